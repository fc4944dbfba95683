/*
 * 2-D convolution, bit input, bit weights, float output:
 *   acc = sum over (ky, kx, c) of x == w ? 1 : -1
 *   y[n][oy][ox][o] = activation((acc - mean[o]) * scale[o] + offset[o])
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image reads pad_value; 0 leaves it out of the sum.
 * acc is K - 2 * popcount(x xor w), K being the number of channels in the taps of the window.
 * Weights: bn_word [group][blocks of 64 of O/g][words(kernel_y * kernel_x * C/g)][width of block].
 * Scratch: as bn_start_bit_strip says.
 */
#include "../include/bit_conv2d.h"
#include "../include/portable_bit_loops.h"

BN_KERNEL void conv2d_b1_b1_f32__scalar(const struct bn_conv2d_shape *shape,
                                        const bn_word *restrict x, const bn_word *restrict w,
                                        const float *restrict mean, const float *restrict scale,
                                        const float *restrict offset, float *restrict y,
                                        bn_word *restrict scratch, struct bn_part part)
{
    bn_conv2d_b1_b1_f32(shape, x, w, mean, scale, offset, NULL, y, scratch, part,
                        &bn_portable_bit_loops);
}
