/*
 * Transposed 2-D convolution, float input and weights, seen from the output:
 *   y[n][oy][ox][o] = activation(sum over (ky, kx, c) of x[n][iy][ix][c] * w[ky][kx][c][o] +
 * bias[o]) over the taps for which iy * stride_y = oy + pad_top - ky * dilation_y, ix alike, has a
 * solution in the image. Weights: float [O/T][kernel_y][kernel_x][C][T], zeros past the last
 * channel.
 */
#include "../include/float_tile.h"
#include "../include/load_tile.h"
#include "../include/store_tile.h"
#include "../include/zeros.h"

/*
 * Adds the taps of one input row to a tile of output pixels that are stride_x apart, the first one
 * at column ox: they see the same taps, at neighbouring pixels of the row.
 */
static void bn_add_transposed_row(const struct bn_conv2d_shape *shape, const float *row,
                                  const float *w, int32_t ox,
                                  float sum[BN_PIXEL_TILE][BN_FLOAT_TILE])
{
    const int32_t channels = shape->in_channels;
    for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
        const int32_t position = ox + shape->pad_left - kx * shape->dilation_x;
        const int32_t ix = position / shape->stride_x;
        const float *w_run = w + (ptrdiff_t)kx * channels * BN_FLOAT_TILE;
        if (position % shape->stride_x != 0)
            continue;
        for (int32_t channel = 0; channel < channels; channel += BN_ZEROS) {
            const int32_t left = channels - channel;
            const int32_t count = left < BN_ZEROS ? left : BN_ZEROS;
            const float *x[BN_PIXEL_TILE];
            for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
                const int inside = ix + p >= 0 && ix + p < shape->in_width;
                x[p] = inside ? row + (ptrdiff_t)(ix + p) * channels + channel : bn_zeros;
            }
            bn_add_float_run(1, count, 0, x, w_run, sum);
            w_run += count * BN_FLOAT_TILE;
        }
    }
}

/* One tile of output channels in one row of the output; `w` and `y` begin at the tile. */
static void bn_transposed_row(const struct bn_conv2d_shape *shape, const float *image,
                              const float *w, const float *bias, int32_t count, int32_t oy,
                              float *y)
{
    const int32_t step = shape->stride_x * BN_PIXEL_TILE;
    const ptrdiff_t in_row = (ptrdiff_t)shape->in_width * shape->in_channels;
    const ptrdiff_t w_row = (ptrdiff_t)shape->kernel_width * shape->in_channels * BN_FLOAT_TILE;
    for (int32_t phase = 0; phase < shape->stride_x; phase++) {
        for (int32_t ox = phase; ox < shape->out_width; ox += step) {
            const int32_t left = (shape->out_width - ox + shape->stride_x - 1) / shape->stride_x;
            float sum[BN_PIXEL_TILE][BN_FLOAT_TILE] = {{0}};
            for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
                const int32_t position = oy + shape->pad_top - ky * shape->dilation_y;
                const int32_t iy = position / shape->stride_y;
                if (position < 0 || position % shape->stride_y != 0 || iy >= shape->in_height)
                    continue;
                bn_add_transposed_row(shape, image + iy * in_row, w + ky * w_row, ox, sum);
            }
            for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
                for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                    sum[p][t] += bias[t];
            bn_store_tile(&shape->activation, &sum[0][0], BN_FLOAT_TILE,
                          left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE, count,
                          y + (ptrdiff_t)ox * shape->out_channels,
                          shape->stride_x * shape->out_channels);
        }
    }
}

BN_KERNEL void conv2d_transpose_f32_f32_f32__scalar(const struct bn_conv2d_shape *shape,
                                                    const float *restrict x,
                                                    const float *restrict w,
                                                    const float *restrict bias, float *restrict y)
{
    const ptrdiff_t in_size = (ptrdiff_t)shape->in_height * shape->in_width * shape->in_channels;
    const ptrdiff_t out_row = (ptrdiff_t)shape->out_width * shape->out_channels;
    const ptrdiff_t tile_size =
        (ptrdiff_t)shape->kernel_height * shape->kernel_width * shape->in_channels * BN_FLOAT_TILE;
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t first = 0; first < shape->out_channels; first += BN_FLOAT_TILE) {
            const int32_t left = shape->out_channels - first;
            const int32_t count = left < BN_FLOAT_TILE ? left : BN_FLOAT_TILE;
            const float *w_tile = w + first / BN_FLOAT_TILE * tile_size;
            float b[BN_FLOAT_TILE];
            bn_load_tile(bias + first, count, b, BN_FLOAT_TILE);
            for (int32_t oy = 0; oy < shape->out_height; oy++)
                bn_transposed_row(shape, x, w_tile, b, count, oy, y + oy * out_row + first);
        }
        x += in_size;
        y += shape->out_height * out_row;
    }
}
