/*
 * Depthwise 2-D convolution, bit input, bit weights, float output. With M = out_channels /
 * in_channels, output channel o = c * M + m sees input channel c alone:
 *   acc = sum over (ky, kx) of x == w ? 1 : -1
 *   y[n][oy][ox][o] = activation((acc - mean[o]) * scale[o] + offset[o])
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c] and w at [ky][kx][o]. A tap
 * outside the image reads pad_value; 0 leaves it out of the sum.
 * Weights: bn_word [kernel_y][kernel_x][words(C * M)].
 */
#include "../include/depthwise_counts.h"
#include "../include/words.h"

BN_KERNEL void depthwise_conv2d_b1_b1_f32__scalar(
    const struct bn_conv2d_shape *shape, const bn_word *restrict x, const bn_word *restrict w,
    const float *restrict mean, const float *restrict scale, const float *restrict offset,
    float *restrict y, struct bn_part part)
{
    const int32_t out_channels = shape->out_channels;
    const ptrdiff_t image_size =
        (ptrdiff_t)shape->in_height * shape->in_width * bn_words(shape->in_channels);
    const int32_t out_rows = shape->batch * shape->out_height;
    const int32_t begin = bn_part_begin(part, out_rows), end = bn_part_end(part, out_rows);
    y += (ptrdiff_t)begin * shape->out_width * out_channels;
    for (int32_t out_row = begin; out_row < end; out_row++) {
        const int32_t oy = out_row % shape->out_height;
        const bn_word *image = x + out_row / shape->out_height * image_size;
        for (int32_t ox = 0; ox < shape->out_width; ox++) {
            for (int32_t first = 0; first < out_channels; first += BN_WORD_BITS) {
                const int32_t left = out_channels - first;
                const int32_t count = left < BN_WORD_BITS ? left : BN_WORD_BITS;
                struct bn_counts counts;
                bn_count_window(&counts, shape, image, w, oy, ox, first, count);
                for (int32_t i = 0; i < count; i++) {
                    const int32_t o = first + i;
                    y[o] = ((float)bn_counted_sum(&counts, i) - mean[o]) * scale[o] + offset[o];
                }
            }
            if (shape->activation.apply)
                shape->activation.apply(y, out_channels, shape->activation.a, shape->activation.b);
            y += out_channels;
        }
    }
}
