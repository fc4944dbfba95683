/*
 * float_runs.h: a tile of windows over a float image, cut into runs: stretches of consecutive
 * weights for which each window's inputs are rows of the image, one below the other.
 *
 * Taken together the runs cover (kernel_y, kernel_x, channel of the group) in that order, each
 * once. Where all windows lie in the image a single run does; else each tap is one, or several, and
 * those outside the image read zeros.
 */
#ifndef BN_FLOAT_RUNS_H
#define BN_FLOAT_RUNS_H

#include "windows.h"
#include "zeros.h"

struct bn_float_runs {
    const struct bn_conv2d_shape *shape;
    const float *image; /* at the first channel of the group */
    struct bn_windows windows;
    int32_t ky, kx, channel;
    /* The current run: per window `rows` rows of `count` inputs, `step` apart. */
    const float *x[BN_PIXEL_TILE];
    int32_t rows, count;
    ptrdiff_t step;
};

static inline ptrdiff_t bn_pixel_offset(const struct bn_conv2d_shape *shape, int32_t y, int32_t x)
{
    return ((ptrdiff_t)y * shape->in_width + x) * shape->in_channels;
}

/* Sets the run that covers the whole of all windows; returns 0 where there is none. */
static inline int bn_set_whole_run(struct bn_float_runs *runs)
{
    const struct bn_conv2d_shape *shape = runs->shape;
    if (shape->groups != 1 || shape->dilation_x != 1)
        return 0;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        if (!bn_is_whole(shape, runs->windows.y[p], runs->windows.x[p]))
            return 0;
        runs->x[p] = runs->image + bn_pixel_offset(shape, runs->windows.y[p], runs->windows.x[p]);
    }
    runs->rows = shape->kernel_height;
    runs->count = shape->kernel_width * shape->in_channels;
    runs->step = bn_pixel_offset(shape, shape->dilation_y, 0);
    runs->ky = shape->kernel_height;
    return 1;
}

/* Sets the run that begins at (ky, kx, channel). */
static inline void bn_set_tap_run(struct bn_float_runs *runs)
{
    const struct bn_conv2d_shape *shape = runs->shape;
    const int32_t left = shape->in_channels / shape->groups - runs->channel;
    runs->rows = 1;
    runs->count = left < BN_ZEROS ? left : BN_ZEROS;
    runs->step = 0;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        const int32_t y = runs->windows.y[p] + runs->ky * shape->dilation_y;
        const int32_t x = runs->windows.x[p] + runs->kx * shape->dilation_x;
        const int inside = y >= 0 && y < shape->in_height && x >= 0 && x < shape->in_width;
        runs->x[p] = inside ? runs->image + bn_pixel_offset(shape, y, x) + runs->channel : bn_zeros;
    }
}

/* Starts at the first run of the windows of the output pixels from `pixel` on. */
static inline void bn_first_float_run(struct bn_float_runs *runs,
                                      const struct bn_conv2d_shape *shape, const float *image,
                                      int32_t pixel)
{
    runs->shape = shape;
    runs->image = image;
    runs->ky = runs->kx = runs->channel = 0;
    bn_place_windows(&runs->windows, shape, pixel);
    if (!bn_set_whole_run(runs))
        bn_set_tap_run(runs);
}

/* Moves to the next run; returns 0 after the last one. */
static inline int bn_next_float_run(struct bn_float_runs *runs)
{
    const struct bn_conv2d_shape *shape = runs->shape;
    if (runs->ky == shape->kernel_height)
        return 0;
    runs->channel += runs->count;
    if (runs->channel == shape->in_channels / shape->groups) {
        runs->channel = 0;
        runs->kx++;
    }
    if (runs->kx == shape->kernel_width) {
        runs->kx = 0;
        runs->ky++;
    }
    if (runs->ky == shape->kernel_height)
        return 0;
    bn_set_tap_run(runs);
    return 1;
}

#endif
