/*
 * Dense layer, float input, float weights, float output:
 *   acc = sum over k of x[n][k] * w[k][o]
 *   y[n][o] = activation(acc + bias[o])
 * Weights: float [O/T][K][T], zeros past the last channel.
 */
#include "../include/float_columns.h"
#include "../include/shapes.h"

BN_KERNEL void dense_f32_f32_f32__scalar(const struct bn_dense_shape *shape,
                                         const float *restrict x, const float *restrict w,
                                         const float *restrict bias, float *restrict y)
{
    const int32_t in_channels = shape->in_channels;
    const int32_t out_channels = shape->out_channels;
    for (int32_t n = 0; n < shape->rows; n++) {
        const float *x_row = x + (ptrdiff_t)n * in_channels;
        float *y_row = y + (ptrdiff_t)n * out_channels;
        for (int32_t first = 0; first < out_channels; first += BN_COLUMNS) {
            const int32_t left = out_channels - first;
            const int32_t count = left < BN_COLUMNS ? left : BN_COLUMNS;
            float sum[BN_COLUMN_TILES][BN_FLOAT_TILE] = {{0}};
            const float *columns[BN_COLUMN_TILES];
            for (int32_t i = 0; i < BN_COLUMN_TILES; i++) {
                const ptrdiff_t tile = bn_column_tile(out_channels, first / BN_FLOAT_TILE, i);
                columns[i] = w + tile * in_channels * BN_FLOAT_TILE;
            }
            bn_add_float_columns(in_channels, x_row, columns, sum);
            for (int32_t t = 0; t < count; t++)
                y_row[first + t] = sum[t / BN_FLOAT_TILE][t % BN_FLOAT_TILE] + bias[first + t];
        }
        if (shape->activation.apply)
            shape->activation.apply(y_row, out_channels, shape->activation.a, shape->activation.b);
    }
}
