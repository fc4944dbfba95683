/*
 * Dense layer, float input, bit weights, float output:
 *   acc = sum over k of w[k][o] ? -x[n][k] : x[n][k]
 *   y[n][o] = activation((acc - mean[o]) * scale[o] + offset[o])
 * Weights: uint8_t [O/T][K], bit j is output channel j of the tile.
 */
#include "../include/float_sign_columns.h"
#include "../include/shapes.h"

BN_KERNEL void dense_f32_b1_f32__scalar(const struct bn_dense_shape *shape, const float *restrict x,
                                        const uint8_t *restrict w, const float *restrict mean,
                                        const float *restrict scale, const float *restrict offset,
                                        float *restrict y)
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
            const uint8_t *columns[BN_COLUMN_TILES];
            for (int32_t i = 0; i < BN_COLUMN_TILES; i++) {
                const ptrdiff_t tile = bn_column_tile(out_channels, first / BN_FLOAT_TILE, i);
                columns[i] = w + tile * in_channels;
            }
            bn_add_float_sign_columns(in_channels, x_row, columns, sum);
            for (int32_t t = 0; t < count; t++) {
                const int32_t o = first + t;
                y_row[o] =
                    (sum[t / BN_FLOAT_TILE][t % BN_FLOAT_TILE] - mean[o]) * scale[o] + offset[o];
            }
        }
        if (shape->activation.apply)
            shape->activation.apply(y_row, out_channels, shape->activation.a, shape->activation.b);
    }
}
