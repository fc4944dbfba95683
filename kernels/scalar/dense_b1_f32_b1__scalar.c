/*
 * Dense layer, bit input, float weights, bit output:
 *   acc = sum over k of x[n][k] ? -w[k][o] : w[k][o]
 *   y[n][o] = acc < threshold[o]   (1 means -1)
 * Weights: float [O/T][K][T], zeros past the last channel.
 */
#include <string.h>

#include "../include/float_columns.h"
#include "../include/or_bits.h"
#include "../include/shapes.h"
#include "../include/unpack_bits.h"
#include "../include/words.h"

BN_KERNEL void dense_b1_f32_b1__scalar(const struct bn_dense_shape *shape,
                                       const bn_word *restrict x, const float *restrict w,
                                       const float *restrict threshold, bn_word *restrict y)
{
    const int32_t in_channels = shape->in_channels;
    const int32_t out_channels = shape->out_channels;
    const int32_t in_words = bn_words(in_channels);
    const int32_t out_words = bn_words(out_channels);
    memset(y, 0, (size_t)shape->rows * (size_t)out_words * sizeof *y);
    for (int32_t n = 0; n < shape->rows; n++) {
        const bn_word *x_row = x + (ptrdiff_t)n * in_words;
        bn_word *y_row = y + (ptrdiff_t)n * out_words;
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
            bn_word bits = 0;
            for (int32_t t = 0; t < count; t++)
                bits |= (bn_word)(sum[t / BN_FLOAT_TILE][t % BN_FLOAT_TILE] < threshold[first + t])
                        << t;
            bn_or_bits(y_row, first, count, bits);
        }
    }
}
