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
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        const int32_t at = pixel + p < last ? pixel + p : last;
        windows->y[p] = at / shape->out_width * shape->stride_y - shape->pad_top;
        windows->x[p] = at % shape->out_width * shape->stride_x - shape->pad_left;
    }
}

#endif
