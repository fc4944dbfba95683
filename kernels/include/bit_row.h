/* bit_row.h: popcounts of a row of bits against a tile of output channels. */
#ifndef BN_BIT_ROW_H
#define BN_BIT_ROW_H

#include "popcount.h"

/*
 * counts[t] = popcount(x[k] xor w[k * width + t]), summed over k < size. Sums are words, so that
 * vector lanes stay aligned where a processor counts bits in vectors.
 */
BN_HOT_LOOP void bn_count_bit_row(int32_t size, ptrdiff_t width, const bn_word *restrict x,
                                  const bn_word *restrict w, int32_t counts[BN_BIT_TILE])
{
    bn_word acc[BN_BIT_TILE] = {0};
    for (int32_t k = 0; k < size; k++) {
        for (int32_t t = 0; t < BN_BIT_TILE; t++)
            acc[t] += (bn_word)bn_popcount(x[k] ^ w[t]);
        w += width;
    }
    for (int32_t t = 0; t < BN_BIT_TILE; t++)
        counts[t] = (int32_t)acc[t];
}

#endif
