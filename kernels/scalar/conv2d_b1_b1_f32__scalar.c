/*
 * 2-D convolution, bit input, bit weights, float output:
 *   acc = sum over (ky, kx, c) of x == w ? 1 : -1
 *   y[n][oy][ox][o] = activation((acc - mean[o]) * scale[o] + offset[o])
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image reads pad_value; 0 leaves it out of the sum.
 * acc is K - 2 * popcount(x xor w), K being the number of channels in the taps of the window.
 * Weights: bn_word [group][O/g/B][kernel_y][kernel_x][words(C/g)][B].
 */
#include "../include/bit_runs.h"
#include "../include/bit_tile.h"
#include "../include/load_tile.h"
#include "../include/out_tiles.h"
#include "../include/store_tile.h"

BN_KERNEL void conv2d_b1_b1_f32__scalar(const struct bn_conv2d_shape *shape,
                                        const bn_word *restrict x, const bn_word *restrict w,
                                        const float *restrict mean, const float *restrict scale,
                                        const float *restrict offset, float *restrict y)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t in_words = bn_words(shape->in_channels);
    const int32_t out_pixels = shape->out_height * shape->out_width;
    const ptrdiff_t image_size = (ptrdiff_t)shape->in_height * shape->in_width * in_words;
    const ptrdiff_t tile_size =
        (ptrdiff_t)shape->kernel_height * shape->kernel_width * bn_words(channels) * BN_BIT_TILE;
    const int32_t tiles = bn_out_tiles(shape, BN_BIT_TILE);
    for (int32_t n = 0; n < shape->batch; n++) {
        const bn_word *image = x + n * image_size;
        for (int32_t i = 0; i < tiles; i++) {
            const struct bn_out_tile tile = bn_out_tile_at(shape, BN_BIT_TILE, i);
            float m[BN_BIT_TILE], s[BN_BIT_TILE], b[BN_BIT_TILE];
            bn_load_tile(mean + tile.first, tile.count, m, BN_BIT_TILE);
            bn_load_tile(scale + tile.first, tile.count, s, BN_BIT_TILE);
            bn_load_tile(offset + tile.first, tile.count, b, BN_BIT_TILE);
            for (int32_t pixel = 0; pixel < out_pixels; pixel += BN_PIXEL_TILE) {
                const int32_t left = out_pixels - pixel;
                const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
                float *row =
                    y + ((ptrdiff_t)n * out_pixels + pixel) * shape->out_channels + tile.first;
                bn_word pop[BN_PIXEL_TILE][BN_BIT_TILE] = {{0}};
                struct bn_bit_runs runs;
                const bn_word *w_run = w + i * tile_size;
                bn_first_bit_run(&runs, shape, image, tile.first_input, pixel);
                for (; runs.count > 0; bn_next_bit_run(&runs)) {
                    bn_add_bit_run(runs.count, runs.x, w_run, pop);
                    w_run += runs.count * BN_BIT_TILE;
                }
                float sum[BN_PIXEL_TILE][BN_BIT_TILE];
                for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
                    for (int32_t t = 0; t < BN_BIT_TILE; t++) {
                        const int32_t acc = runs.taps[p] * channels - 2 * (int32_t)pop[p][t];
                        sum[p][t] = ((float)acc - m[t]) * s[t] + b[t];
                    }
                }
                bn_store_tile(&shape->activation, &sum[0][0], BN_BIT_TILE, pixels, tile.count, row,
                              shape->out_channels);
            }
        }
    }
}
