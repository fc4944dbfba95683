/*
 * Average pooling: y[n][oy][ox][c] = the mean of x[n][iy][ix][c] over the taps of the window that
 * lie inside the image.
 */
#include "../include/shapes.h"
#include "../include/tap_range.h"

BN_KERNEL void average_pool2d_f32_f32__scalar(const struct bn_pool2d_shape *shape,
                                              const float *restrict x, float *restrict y,
                                              struct bn_part part)
{
    const int32_t row = shape->channels;
    const ptrdiff_t image_size = (ptrdiff_t)shape->in_height * shape->in_width * row;
    const int32_t out_rows = shape->batch * shape->out_height;
    const int32_t begin = bn_part_begin(part, out_rows), end = bn_part_end(part, out_rows);
    y += (ptrdiff_t)begin * shape->out_width * row;
    for (int32_t out_row = begin; out_row < end; out_row++) {
        const int32_t oy = out_row % shape->out_height;
        const float *image = x + out_row / shape->out_height * image_size;
        const struct bn_tap_range rows =
            bn_tap_range_at(oy * shape->stride_y - shape->pad_top, shape->kernel_height,
                            shape->dilation_y, shape->in_height);
        for (int32_t ox = 0; ox < shape->out_width; ox++) {
            const struct bn_tap_range columns =
                bn_tap_range_at(ox * shape->stride_x - shape->pad_left, shape->kernel_width,
                                shape->dilation_x, shape->in_width);
            const int32_t taps = (rows.end - rows.first) * (columns.end - columns.first);
            for (int32_t c = 0; c < row; c++)
                y[c] = 0;
            for (int32_t ky = rows.first; ky < rows.end; ky++) {
                for (int32_t kx = columns.first; kx < columns.end; kx++) {
                    const ptrdiff_t iy = rows.begin + ky * shape->dilation_y;
                    const ptrdiff_t ix = columns.begin + kx * shape->dilation_x;
                    const float *tap = image + (iy * shape->in_width + ix) * row;
                    for (int32_t c = 0; c < row; c++)
                        y[c] += tap[c];
                }
            }
            for (int32_t c = 0; c < row; c++)
                y[c] /= (float)taps;
            y += row;
        }
    }
}
