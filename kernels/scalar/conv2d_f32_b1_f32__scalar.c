/*
 * 2-D convolution, float input, bit weights, float output:
 *   acc = sum over (ky, kx, c) of w ? -x : x
 *   y[n][oy][ox][o] = activation((acc - mean[o]) * scale[o] + offset[o])
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image is 0.
 * Weights: uint8_t [group][O/g/T][kernel_y][kernel_x][C/g], bit j is output channel j of the block.
 */
#include "../include/float_runs.h"
#include "../include/float_sign_block.h"
#include "../include/load_tile.h"
#include "../include/out_tiles.h"
#include "../include/store_tile.h"

BN_KERNEL void conv2d_f32_b1_f32__scalar(const struct bn_conv2d_shape *shape,
                                         const float *restrict x, const uint8_t *restrict w,
                                         const float *restrict mean, const float *restrict scale,
                                         const float *restrict offset, float *restrict y)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t out_pixels = shape->out_height * shape->out_width;
    const ptrdiff_t image_size = (ptrdiff_t)shape->in_height * shape->in_width * shape->in_channels;
    const ptrdiff_t tile_size = (ptrdiff_t)shape->kernel_height * shape->kernel_width * channels;
    const int32_t blocks = bn_out_tiles(shape, BN_SIGN_BLOCK);
    for (int32_t n = 0; n < shape->batch; n++) {
        const float *image = x + n * image_size;
        const uint8_t *w_block = w;
        for (int32_t i = 0; i < blocks; i++) {
            const struct bn_out_tile block = bn_out_tile_at(shape, BN_SIGN_BLOCK, i);
            const int32_t tiles = block.count > BN_FLOAT_TILE ? 2 : 1;
            float m[BN_SIGN_BLOCK], s[BN_SIGN_BLOCK], b[BN_SIGN_BLOCK];
            bn_load_tile(mean + block.first, block.count, m, BN_SIGN_BLOCK);
            bn_load_tile(scale + block.first, block.count, s, BN_SIGN_BLOCK);
            bn_load_tile(offset + block.first, block.count, b, BN_SIGN_BLOCK);
            for (int32_t pixel = 0; pixel < out_pixels; pixel += BN_PIXEL_TILE) {
                const int32_t left = out_pixels - pixel;
                const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
                float *row =
                    y + ((ptrdiff_t)n * out_pixels + pixel) * shape->out_channels + block.first;
                float sum[BN_PIXEL_TILE][BN_SIGN_BLOCK] = {{0}};
                struct bn_float_runs runs;
                const uint8_t *w_run = w_block;
                bn_first_float_run(&runs, shape, image + block.first_input, pixel);
                do {
                    bn_add_float_sign_run(runs.rows, runs.count, runs.step, runs.x, w_run,
                                          tiles == 2 ? w_run + tile_size : NULL, sum);
                    w_run += runs.count;
                } while (bn_next_float_run(&runs));
                for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
                    for (int32_t t = 0; t < BN_SIGN_BLOCK; t++)
                        sum[p][t] = (sum[p][t] - m[t]) * s[t] + b[t];
                bn_store_tile(&shape->activation, &sum[0][0], BN_SIGN_BLOCK, pixels, block.count,
                              row, shape->out_channels);
            }
            w_block += tiles * tile_size;
        }
    }
}
