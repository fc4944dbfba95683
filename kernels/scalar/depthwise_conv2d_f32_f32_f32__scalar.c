/*
 * Depthwise 2-D convolution, float input, float weights, float output. With M = out_channels /
 * in_channels, output channel o = c * M + m sees input channel c alone:
 *   acc = sum over (ky, kx) of x * w
 *   y[n][oy][ox][o] = activation(acc + bias[o])
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c] and w at [ky][kx][o]. A tap
 * outside the image is 0.
 * Weights: float [kernel_y][kernel_x][C * M].
 */
#include "../include/depthwise_sums.h"

BN_KERNEL void depthwise_conv2d_f32_f32_f32__scalar(const struct bn_conv2d_shape *shape,
                                                    const float *restrict x,
                                                    const float *restrict w,
                                                    const float *restrict bias, float *restrict y,
                                                    struct bn_part part)
{
    const int32_t out_channels = shape->out_channels;
    const ptrdiff_t image_size = (ptrdiff_t)shape->in_height * shape->in_width * shape->in_channels;
    const int32_t out_rows = shape->batch * shape->out_height;
    const int32_t begin = bn_part_begin(part, out_rows), end = bn_part_end(part, out_rows);
    y += (ptrdiff_t)begin * shape->out_width * out_channels;
    for (int32_t out_row = begin; out_row < end; out_row++) {
        const int32_t oy = out_row % shape->out_height;
        const float *image = x + out_row / shape->out_height * image_size;
        for (int32_t ox = 0; ox < shape->out_width; ox++) {
            for (int32_t first = 0; first < out_channels; first += BN_WORD_BITS) {
                const int32_t left = out_channels - first;
                const int32_t count = left < BN_WORD_BITS ? left : BN_WORD_BITS;
                const struct bn_depthwise_place place = {shape, oy, ox, first, count};
                float sum[BN_WORD_BITS];
                bn_depthwise_f32_f32(&place, image, w, sum);
                for (int32_t i = 0; i < count; i++)
                    y[first + i] = sum[i] + bias[first + i];
            }
            if (shape->activation.apply)
                shape->activation.apply(y, out_channels, shape->activation.a, shape->activation.b);
            y += out_channels;
        }
    }
}
