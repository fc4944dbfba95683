/*
 * Max pooling: y[n][oy][ox][c] = the largest x[n][iy][ix][c] of the window, taken from the taps
 * inside the image (minus infinity where there are none).
 */
#include <math.h>

#include "../include/extremes.h"
#include "../include/shapes.h"
#include "../include/tap_range.h"

BN_KERNEL void max_pool2d_f32_f32__scalar(const struct bn_pool2d_shape *shape,
                                          const float *restrict x, float *restrict y)
{
    const int32_t row = shape->channels;
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t oy = 0; oy < shape->out_height; oy++) {
            const struct bn_tap_range rows =
                bn_tap_range_at(oy * shape->stride_y - shape->pad_top, shape->kernel_height,
                                shape->dilation_y, shape->in_height);
            for (int32_t ox = 0; ox < shape->out_width; ox++) {
                const struct bn_tap_range columns =
                    bn_tap_range_at(ox * shape->stride_x - shape->pad_left, shape->kernel_width,
                                    shape->dilation_x, shape->in_width);
                for (int32_t c = 0; c < row; c++)
                    y[c] = -INFINITY;
                for (int32_t ky = rows.first; ky < rows.end; ky++) {
                    for (int32_t kx = columns.first; kx < columns.end; kx++) {
                        const ptrdiff_t iy = rows.begin + ky * shape->dilation_y;
                        const ptrdiff_t ix = columns.begin + kx * shape->dilation_x;
                        const float *tap = x + (iy * shape->in_width + ix) * row;
                        for (int32_t c = 0; c < row; c++)
                            y[c] = bn_max(y[c], tap[c]);
                    }
                }
                y += row;
            }
        }
        x += (ptrdiff_t)shape->in_height * shape->in_width * row;
    }
}
