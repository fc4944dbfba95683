/*
 * 2-D convolution, bit input, bit weights, float output:
 *   acc = sum over (ky, kx, c) of x == w ? 1 : -1
 *   y[n][oy][ox][o] = activation((acc - mean[o]) * scale[o] + offset[o])
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image reads pad_value; 0 leaves it out of the sum.
 * acc is K - 2 * popcount(x xor w), K being the number of channels in the taps of the window.
 * Weights: bn_word [group][O/g/B][kernel_y][kernel_x][words(C/g)][B].
 */
#include "../include/bit_windows.h"

BN_KERNEL void conv2d_b1_b1_f32__scalar(const struct bn_conv2d_shape *shape,
                                        const bn_word *restrict x, const bn_word *restrict w,
                                        const float *restrict mean, const float *restrict scale,
                                        const float *restrict offset, float *restrict y)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t out_channels = shape->out_channels;
    const int32_t out_pixels = shape->out_height * shape->out_width;
    const ptrdiff_t tile_size = bn_bit_tile_size(shape);
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t pixel = 0; pixel < out_pixels; pixel += BN_PIXEL_TILE) {
            const int32_t left = out_pixels - pixel;
            const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
            const bn_word *w_tile = w;
            for (int32_t group = 0; group < shape->groups; group++) {
                const int32_t first = group * (out_channels / shape->groups);
                const int32_t end = first + out_channels / shape->groups;
                struct bn_bit_window windows[BN_PIXEL_TILE];
                bn_set_bit_windows(windows, shape, group, pixel);
                for (int32_t o = first; o < end; o += BN_BIT_TILE) {
                    const int32_t count = end - o < BN_BIT_TILE ? end - o : BN_BIT_TILE;
                    bn_word pop[BN_PIXEL_TILE][BN_BIT_TILE] = {{0}};
                    bn_add_bit_windows(shape, x, windows, w_tile, pop);
                    for (int32_t p = 0; p < pixels; p++) {
                        float *row = y + (ptrdiff_t)(pixel + p) * out_channels;
                        for (int32_t t = 0; t < count; t++) {
                            const int32_t terms = windows[p].taps * channels;
                            const float acc = (float)(terms - 2 * (int32_t)pop[p][t]);
                            row[o + t] = (acc - mean[o + t]) * scale[o + t] + offset[o + t];
                        }
                    }
                    w_tile += tile_size;
                }
            }
            if (shape->activation.apply)
                shape->activation.apply(y + (ptrdiff_t)pixel * out_channels, pixels * out_channels,
                                        shape->activation.a, shape->activation.b);
        }
        x += (ptrdiff_t)shape->in_height * shape->in_width * bn_words(shape->in_channels);
        y += (ptrdiff_t)out_pixels * out_channels;
    }
}
