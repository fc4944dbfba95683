/*
 * 2-D convolution, float input, bit weights, bit output:
 *   acc = sum over (ky, kx, c) of w ? -x : x
 *   y[n][oy][ox][o] = acc < threshold[o]   (1 means -1)
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image is 0.
 * Weights: uint8_t [group][O/g/T][kernel_y][kernel_x][C/g], bit j is output channel j of the block.
 */
#include <string.h>

#include "../include/float_runs.h"
#include "../include/float_sign_block.h"
#include "../include/less_float_bits.h"
#include "../include/load_tile.h"
#include "../include/or_bits.h"
#include "../include/out_tiles.h"
#include "../include/words.h"

BN_KERNEL void conv2d_f32_b1_b1__scalar(const struct bn_conv2d_shape *shape,
                                        const float *restrict x, const uint8_t *restrict w,
                                        const float *restrict threshold, bn_word *restrict y)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t out_words = bn_words(shape->out_channels);
    const int32_t out_pixels = shape->out_height * shape->out_width;
    const ptrdiff_t image_size = (ptrdiff_t)shape->in_height * shape->in_width * shape->in_channels;
    const ptrdiff_t tile_size = (ptrdiff_t)shape->kernel_height * shape->kernel_width * channels;
    const int32_t blocks = bn_out_tiles(shape, BN_SIGN_BLOCK);
    memset(y, 0, (size_t)shape->batch * (size_t)out_pixels * (size_t)out_words * sizeof *y);
    for (int32_t n = 0; n < shape->batch; n++) {
        const float *image = x + n * image_size;
        const uint8_t *w_block = w;
        for (int32_t i = 0; i < blocks; i++) {
            const struct bn_out_tile block = bn_out_tile_at(shape, BN_SIGN_BLOCK, i);
            const int32_t tiles = block.count > BN_FLOAT_TILE ? 2 : 1;
            float limit[BN_SIGN_BLOCK];
            bn_load_tile(threshold + block.first, block.count, limit, BN_SIGN_BLOCK);
            for (int32_t pixel = 0; pixel < out_pixels; pixel += BN_PIXEL_TILE) {
                const int32_t left = out_pixels - pixel;
                const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
                bn_word *row = y + ((ptrdiff_t)n * out_pixels + pixel) * out_words;
                float sum[BN_PIXEL_TILE][BN_SIGN_BLOCK] = {{0}};
                struct bn_float_runs runs;
                const uint8_t *w_run = w_block;
                bn_first_float_run(&runs, shape, image + block.first_input, pixel);
                do {
                    bn_add_float_sign_run(runs.rows, runs.count, runs.step, runs.x, w_run,
                                          tiles == 2 ? w_run + tile_size : NULL, sum);
                    w_run += runs.count;
                } while (bn_next_float_run(&runs));
                for (int32_t p = 0; p < pixels; p++) {
                    const bn_word bits = bn_less_float_bits(sum[p], limit, BN_SIGN_BLOCK);
                    bn_or_bits(row + (ptrdiff_t)p * out_words, block.first, block.count, bits);
                }
            }
            w_block += tiles * tile_size;
        }
    }
}
