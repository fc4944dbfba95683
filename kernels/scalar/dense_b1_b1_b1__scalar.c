/*
 * Dense layer, bit input, bit weights, bit output:
 *   acc = sum over k of x[n][k] == w[k][o] ? 1 : -1
 *   y[n][o] = acc < threshold[o]   (1 means -1)
 * acc is K - 2 * popcount(x xor w).
 * Weights: bn_word [O/B][words(K)][B].
 */
#include <string.h>

#include "../include/less_bits.h"
#include "../include/long_bit_row.h"
#include "../include/or_bits.h"
#include "../include/shapes.h"
#include "../include/words.h"

BN_KERNEL void dense_b1_b1_b1__scalar(const struct bn_dense_shape *shape, const bn_word *restrict x,
                                      const bn_word *restrict w, const int32_t *restrict threshold,
                                      bn_word *restrict y)
{
    const int32_t in_channels = shape->in_channels;
    const int32_t out_channels = shape->out_channels;
    const int32_t in_words = bn_words(in_channels);
    const int32_t out_words = bn_words(out_channels);
    memset(y, 0, (size_t)shape->rows * (size_t)out_words * sizeof *y);
    for (int32_t n = 0; n < shape->rows; n++) {
        const bn_word *x_row = x + (ptrdiff_t)n * in_words;
        bn_word *y_row = y + (ptrdiff_t)n * out_words;
        const bn_word *w_tile = w;
        for (int32_t first = 0; first < out_channels; first += BN_BIT_BLOCK) {
            const int32_t left = out_channels - first;
            const int32_t count = left < BN_BIT_BLOCK ? left : BN_BIT_BLOCK;
            int32_t differ[BN_BIT_BLOCK];
            for (int32_t t = 0; t < count; t += BN_BIT_TILE) {
                bn_count_bits(in_words, x_row, w_tile, differ + t);
                w_tile += (ptrdiff_t)in_words * BN_BIT_TILE;
            }
            bn_or_bits(y_row, first, count,
                       bn_less_bits(in_channels, differ, threshold + first, count));
        }
    }
}
