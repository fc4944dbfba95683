/* windows.h: where the windows of neighbouring output pixels lie in the input image. */
#ifndef BN_WINDOWS_H
#define BN_WINDOWS_H

#include "shapes.h"

/* The first tap of each window of a tile; it may lie outside the image. */
struct bn_windows {
    int32_t y[BN_PIXEL_TILE], x[BN_PIXEL_TILE];
};

/* The windows of the output pixels from `pixel` on. Those past the last pixel repeat its window. */
static inline void bn_place_windows(struct bn_windows *windows, const struct bn_conv2d_shape *shape,
                                    int32_t pixel)
{
    const int32_t last = shape->out_height * shape->out_width - 1;
    int32_t oy = pixel / shape->out_width, ox = pixel % shape->out_width;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        windows->y[p] = oy * shape->stride_y - shape->pad_top;
        windows->x[p] = ox * shape->stride_x - shape->pad_left;
        if (pixel + p >= last)
            continue;
        if (++ox == shape->out_width) {
            ox = 0;
            oy++;
        }
    }
}

/* True when all taps of the window at (y, x) lie in the image. */
static inline int bn_is_whole(const struct bn_conv2d_shape *shape, int32_t y, int32_t x)
{
    const int32_t last_y = y + (shape->kernel_height - 1) * shape->dilation_y;
    const int32_t last_x = x + (shape->kernel_width - 1) * shape->dilation_x;
    return y >= 0 && last_y < shape->in_height && x >= 0 && last_x < shape->in_width;
}

#endif
