/*
 * 2-D convolution, float input, float weights, float output:
 *   acc = sum over (ky, kx, c) of x * w
 *   y[n][oy][ox][o] = activation(acc + bias[o])
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image is 0.
 * Weights: float [group][O/g/T][kernel_y][kernel_x][C/g][T], zeros past the last channel.
 */
#include "../include/float_runs.h"
#include "../include/float_tile.h"
#include "../include/load_tile.h"
#include "../include/out_tiles.h"
#include "../include/store_tile.h"

BN_KERNEL void conv2d_f32_f32_f32__scalar(const struct bn_conv2d_shape *shape,
                                          const float *restrict x, const float *restrict w,
                                          const float *restrict bias, float *restrict y)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t out_pixels = shape->out_height * shape->out_width;
    const ptrdiff_t image_size = (ptrdiff_t)shape->in_height * shape->in_width * shape->in_channels;
    const ptrdiff_t tile_size =
        (ptrdiff_t)shape->kernel_height * shape->kernel_width * channels * BN_FLOAT_TILE;
    const int32_t tiles = bn_out_tiles(shape, BN_FLOAT_TILE);
    for (int32_t n = 0; n < shape->batch; n++) {
        const float *image = x + n * image_size;
        for (int32_t i = 0; i < tiles; i++) {
            const struct bn_out_tile tile = bn_out_tile_at(shape, BN_FLOAT_TILE, i);
            float b[BN_FLOAT_TILE];
            bn_load_tile(bias + tile.first, tile.count, b, BN_FLOAT_TILE);
            for (int32_t pixel = 0; pixel < out_pixels; pixel += BN_PIXEL_TILE) {
                const int32_t left = out_pixels - pixel;
                const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
                float *row =
                    y + ((ptrdiff_t)n * out_pixels + pixel) * shape->out_channels + tile.first;
                float sum[BN_PIXEL_TILE][BN_FLOAT_TILE] = {{0}};
                struct bn_float_runs runs;
                const float *w_run = w + i * tile_size;
                bn_first_float_run(&runs, shape, image + tile.first_input, pixel);
                do {
                    bn_add_float_run(runs.rows, runs.count, runs.step, runs.x, w_run, sum);
                    w_run += runs.count * BN_FLOAT_TILE;
                } while (bn_next_float_run(&runs));
                for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
                    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                        sum[p][t] += b[t];
                bn_store_tile(&shape->activation, &sum[0][0], BN_FLOAT_TILE, pixels, tile.count,
                              row, shape->out_channels);
            }
        }
    }
}
