/*
 * 2-D convolution, bit input, bit weights, float output:
 *   acc = sum over (ky, kx, c) of x == w ? 1 : -1
 *   y[n][oy][ox][o] = activation((acc - mean[o]) * scale[o] + offset[o])
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image reads pad_value; 0 leaves it out of the sum.
 * acc is K - 2 * popcount(x xor w), K being the number of channels in the taps of the window.
 * Weights: bn_word [group][O/g/B][words(kernel_y * kernel_x * C/g)][B].
 * Scratch: bn_word [2][BN_PIXEL_TILE][words(kernel_y * kernel_x * C/g)].
 */
#include "../include/bit_differences.h"
#include "../include/scale_sums.h"

BN_KERNEL void conv2d_b1_b1_f32__scalar(const struct bn_conv2d_shape *shape,
                                        const bn_word *restrict x, const bn_word *restrict w,
                                        const float *restrict mean, const float *restrict scale,
                                        const float *restrict offset, float *restrict y,
                                        bn_word *restrict scratch)
{
    const struct bn_activation *activation = &shape->activation;
    const int32_t group_channels = shape->out_channels / shape->groups;
    const int32_t out_pixels = shape->out_height * shape->out_width;
    struct bn_bit_patches patches = bn_make_bit_patches(shape, scratch);
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t pixel = 0; pixel < out_pixels; pixel += BN_PIXEL_TILE) {
            const int32_t left = out_pixels - pixel;
            const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
            const bn_word *w_block = w;
            float *row = y + (ptrdiff_t)pixel * shape->out_channels;
            for (int32_t group = 0; group < shape->groups; group++) {
                const int32_t first = group * group_channels, end = first + group_channels;
                bn_copy_bit_patches(&patches, x, group, pixel, pixels);
                for (int32_t o = first; o < end; o += BN_BIT_BLOCK) {
                    const int32_t count = end - o < BN_BIT_BLOCK ? end - o : BN_BIT_BLOCK;
                    int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK];
                    bn_compare_bit_patches(&patches, w_block, pixels, count, differ);
                    for (int32_t p = 0; p < pixels; p++)
                        bn_scale_sums(patches.count[p], differ[p], mean + o, scale + o, offset + o,
                                      count, row + (ptrdiff_t)p * shape->out_channels + o);
                    w_block += (ptrdiff_t)patches.size * bn_padded_channels(count);
                }
            }
            if (activation->apply)
                activation->apply(row, pixels * shape->out_channels, activation->a, activation->b);
        }
        x += (ptrdiff_t)shape->in_height * shape->in_width * bn_words(shape->in_channels);
        y += (ptrdiff_t)out_pixels * shape->out_channels;
    }
}
