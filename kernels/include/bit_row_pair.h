/* bit_row_pair.h: popcounts of two rows of bits against a tile of output channels. */
#ifndef BN_BIT_ROW_PAIR_H
#define BN_BIT_ROW_PAIR_H

#include "long_bit_row.h"

/* As bn_count_bit_row, for two rows at once, so that weights are loaded once for both. */
BN_HOT_LOOP void bn_count_bit_row_pair(int32_t size, ptrdiff_t width, const bn_word *restrict x0,
                                       const bn_word *restrict x1, const bn_word *restrict w,
                                       int32_t counts0[BN_BIT_TILE], int32_t counts1[BN_BIT_TILE])
{
    bn_word acc0[BN_BIT_TILE] = {0}, acc1[BN_BIT_TILE] = {0};
    for (int32_t k = 0; k < size; k++) {
        for (int32_t t = 0; t < BN_BIT_TILE; t++)
            acc0[t] += (bn_word)bn_popcount(x0[k] ^ w[t]);
        for (int32_t t = 0; t < BN_BIT_TILE; t++)
            acc1[t] += (bn_word)bn_popcount(x1[k] ^ w[t]);
        w += width;
    }
    for (int32_t t = 0; t < BN_BIT_TILE; t++) {
        counts0[t] = (int32_t)acc0[t];
        counts1[t] = (int32_t)acc1[t];
    }
}

/* The same, whatever their length, of rows that follow each other. */
static inline void bn_count_bits_of_pair(int32_t size, ptrdiff_t width, const bn_word *x,
                                         const bn_word *w, int32_t counts0[BN_BIT_TILE],
                                         int32_t counts1[BN_BIT_TILE])
{
    if (BN_IS_LONG_BIT_ROW(size)) {
        bn_count_long_bit_row(size, width, x, w, counts0);
        bn_count_long_bit_row(size, width, x + size, w, counts1);
    } else {
        bn_count_bit_row_pair(size, width, x, x + size, w, counts0, counts1);
    }
}

#endif
