/* inside_taps.h: which taps of a window lie in the image. */
#ifndef BN_INSIDE_TAPS_H
#define BN_INSIDE_TAPS_H

#include "shapes.h"

/* Rows top .. bottom - 1 and columns left .. right - 1 of the kernel; all are 0 for none. */
struct bn_inside_taps {
    int32_t top, bottom, left, right;
};

/* The first of `taps` at `at`, at + step and so on that is not negative. */
static inline int32_t bn_first_inside(int32_t at, int32_t step, int32_t taps)
{
    /* Most steps are 1, and divisions are slow. */
    const int32_t over = at < 0 ? -at : 0, first = step == 1 ? over : (over + step - 1) / step;
    return first < taps ? first : taps;
}

/* How many of them are less than `size`. */
static inline int32_t bn_end_inside(int32_t at, int32_t step, int32_t taps, int32_t size)
{
    const int32_t left = at < size ? size - at : 0,
                  end = step == 1 ? left : (left + step - 1) / step;
    return end < taps ? end : taps;
}

/* Those of the window whose first tap is (y, x). */
static inline struct bn_inside_taps bn_inside_taps(const struct bn_conv2d_shape *shape, int32_t y,
                                                   int32_t x)
{
    const struct bn_inside_taps none = {0, 0, 0, 0};
    const struct bn_inside_taps inside = {
        .top = bn_first_inside(y, shape->dilation_y, shape->kernel_height),
        .bottom = bn_end_inside(y, shape->dilation_y, shape->kernel_height, shape->in_height),
        .left = bn_first_inside(x, shape->dilation_x, shape->kernel_width),
        .right = bn_end_inside(x, shape->dilation_x, shape->kernel_width, shape->in_width),
    };
    return inside.top < inside.bottom && inside.left < inside.right ? inside : none;
}

static inline int bn_same_taps(const struct bn_inside_taps *a, const struct bn_inside_taps *b)
{
    return a->top == b->top && a->bottom == b->bottom && a->left == b->left && a->right == b->right;
}

#endif
