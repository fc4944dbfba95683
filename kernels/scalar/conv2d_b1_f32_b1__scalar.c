/*
 * 2-D convolution, bit input, float weights, bit output:
 *   acc = sum over (ky, kx, c) of x ? -w : w
 *   y[n][oy][ox][o] = acc < threshold[o]   (1 means -1)
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image reads pad_value; 0 leaves it out of the sum.
 * Weights: float [group][O/g/T][kernel_y][kernel_x][C/g][T], zeros past the last channel.
 */
#include <string.h>

#include "../include/bit_float_windows.h"
#include "../include/load_tile.h"
#include "../include/or_bits.h"
#include "../include/out_tiles.h"
#include "../include/words.h"

BN_KERNEL void conv2d_b1_f32_b1__scalar(const struct bn_conv2d_shape *shape,
                                        const bn_word *restrict x, const float *restrict w,
                                        const float *restrict threshold, bn_word *restrict y)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t in_words = bn_words(shape->in_channels);
    const int32_t out_words = bn_words(shape->out_channels);
    const int32_t out_pixels = shape->out_height * shape->out_width;
    const ptrdiff_t image_size = (ptrdiff_t)shape->in_height * shape->in_width * in_words;
    const ptrdiff_t tile_size =
        (ptrdiff_t)shape->kernel_height * shape->kernel_width * channels * BN_FLOAT_TILE;
    const int32_t tiles = bn_out_tiles(shape, BN_FLOAT_TILE);
    memset(y, 0, (size_t)shape->batch * (size_t)out_pixels * (size_t)out_words * sizeof *y);
    for (int32_t n = 0; n < shape->batch; n++) {
        const bn_word *image = x + n * image_size;
        for (int32_t i = 0; i < tiles; i++) {
            const struct bn_out_tile tile = bn_out_tile_at(shape, BN_FLOAT_TILE, i);
            float limit[BN_FLOAT_TILE];
            bn_load_tile(threshold + tile.first, tile.count, limit, BN_FLOAT_TILE);
            for (int32_t pixel = 0; pixel < out_pixels; pixel += BN_PIXEL_TILE) {
                const int32_t left = out_pixels - pixel;
                const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
                bn_word *row = y + ((ptrdiff_t)n * out_pixels + pixel) * out_words;
                float sum[BN_PIXEL_TILE][BN_FLOAT_TILE] = {{0}};
                bn_sum_bit_float_windows(shape, image, tile.first_input, pixel, w + i * tile_size,
                                         sum);
                for (int32_t p = 0; p < pixels; p++) {
                    bn_word bits = 0;
                    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                        bits |= (bn_word)(sum[p][t] < limit[t]) << t;
                    bn_or_bits(row + (ptrdiff_t)p * out_words, tile.first, tile.count, bits);
                }
            }
        }
    }
}
