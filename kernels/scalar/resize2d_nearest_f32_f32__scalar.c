/*
 * Resizes images to the nearest pixel, half-pixel centres:
 *   y[n][oy][ox][c] = x[n][floor((oy + 1/2) * in_height / out_height)][ox alike][c]
 */
#include <string.h>

#include "../include/shapes.h"

BN_KERNEL void resize2d_nearest_f32_f32__scalar(const struct bn_resize2d_shape *shape,
                                                const float *restrict x, float *restrict y)
{
    const int32_t channels = shape->channels;
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t oy = 0; oy < shape->out_height; oy++) {
            const int64_t iy =
                (2 * (int64_t)oy + 1) * shape->in_height / (2 * (int64_t)shape->out_height);
            const float *row = x + (ptrdiff_t)iy * shape->in_width * channels;
            for (int32_t ox = 0; ox < shape->out_width; ox++) {
                const int64_t ix =
                    (2 * (int64_t)ox + 1) * shape->in_width / (2 * (int64_t)shape->out_width);
                memcpy(y, row + (ptrdiff_t)ix * channels, (size_t)channels * sizeof *y);
                y += channels;
            }
        }
        x += (ptrdiff_t)shape->in_height * shape->in_width * channels;
    }
}
