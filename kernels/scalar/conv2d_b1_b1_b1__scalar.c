/*
 * 2-D convolution, bit input, bit weights, bit output:
 *   acc = sum over (ky, kx, c) of x == w ? 1 : -1
 *   y[n][oy][ox][o] = acc < threshold[o]   (1 means -1)
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image reads pad_value; 0 leaves it out of the sum.
 * acc is K - 2 * popcount(x xor w), K being the number of channels in the taps of the window.
 * Weights: bn_word [group][O/g/B][words(kernel_y * kernel_x * C/g)][B].
 * Scratch: bn_word [2][BN_PIXEL_TILE][words(kernel_y * kernel_x * C/g)].
 */
#include <string.h>

#include "../include/bit_differences.h"
#include "../include/less_bits.h"
#include "../include/or_bits.h"

BN_KERNEL void conv2d_b1_b1_b1__scalar(const struct bn_conv2d_shape *shape,
                                       const bn_word *restrict x, const bn_word *restrict w,
                                       const int32_t *restrict threshold, bn_word *restrict y,
                                       bn_word *restrict scratch)
{
    const int32_t group_channels = shape->out_channels / shape->groups;
    const int32_t out_words = bn_words(shape->out_channels);
    const int32_t out_pixels = shape->out_height * shape->out_width;
    struct bn_bit_patches patches = bn_make_bit_patches(shape, scratch);
    memset(y, 0, (size_t)shape->batch * (size_t)out_pixels * (size_t)out_words * sizeof *y);
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t pixel = 0; pixel < out_pixels; pixel += BN_PIXEL_TILE) {
            const int32_t left = out_pixels - pixel;
            const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
            const bn_word *w_block = w;
            for (int32_t group = 0; group < shape->groups; group++) {
                const int32_t first = group * group_channels, end = first + group_channels;
                bn_copy_bit_patches(&patches, x, group, pixel, pixels);
                for (int32_t o = first; o < end; o += BN_BIT_BLOCK) {
                    const int32_t count = end - o < BN_BIT_BLOCK ? end - o : BN_BIT_BLOCK;
                    int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK];
                    bn_compare_bit_patches(&patches, w_block, pixels, count, differ);
                    for (int32_t p = 0; p < pixels; p++) {
                        const bn_word bits =
                            bn_less_bits(patches.count[p], differ[p], threshold + o, count);
                        bn_or_bits(y + (ptrdiff_t)(pixel + p) * out_words, o, count, bits);
                    }
                    w_block += (ptrdiff_t)patches.size * bn_padded_channels(count);
                }
            }
        }
        x += (ptrdiff_t)shape->in_height * shape->in_width * bn_words(shape->in_channels);
        y += (ptrdiff_t)out_pixels * out_words;
    }
}
