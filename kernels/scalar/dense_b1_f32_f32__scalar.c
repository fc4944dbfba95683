/*
 * Dense layer, bit input, float weights, float output:
 *   acc = sum over k of x[n][k] ? -w[k][o] : w[k][o]
 *   y[n][o] = activation(acc + bias[o])
 * Weights: float [O/T][K][T], zeros past the last channel.
 */
#include "../include/float_columns.h"
#include "../include/shapes.h"
#include "../include/unpack_bits.h"
#include "../include/words.h"

BN_KERNEL void dense_b1_f32_f32__scalar(const struct bn_dense_shape *shape,
                                        const bn_word *restrict x, const float *restrict w,
                                        const float *restrict bias, float *restrict y)
{
    const int32_t in_channels = shape->in_channels;
    const int32_t out_channels = shape->out_channels;
    const int32_t in_words = bn_words(in_channels);
    for (int32_t n = 0; n < shape->rows; n++) {
        const bn_word *x_row = x + (ptrdiff_t)n * in_words;
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
            for (int32_t k = 0; k < in_channels; k += BN_WORD_BITS) {
                const int32_t rest = in_channels - k;
                const int32_t run = rest < BN_WORD_BITS ? rest : BN_WORD_BITS;
                float signs[BN_WORD_BITS];
                bn_unpack_bits(x_row[k / BN_WORD_BITS], run, signs);
                bn_add_float_columns(run, signs, columns, sum);
                for (int32_t i = 0; i < BN_COLUMN_TILES; i++)
                    columns[i] += BN_WORD_BITS * BN_FLOAT_TILE;
            }
            for (int32_t t = 0; t < count; t++)
                y_row[first + t] = sum[t / BN_FLOAT_TILE][t % BN_FLOAT_TILE] + bias[first + t];
        }
        if (shape->activation.apply)
            shape->activation.apply(y_row, out_channels, shape->activation.a, shape->activation.b);
    }
}
