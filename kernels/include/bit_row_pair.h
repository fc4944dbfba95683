/* bit_row_pair.h: popcounts of two rows of bits against a tile of output channels. */
#ifndef BN_BIT_ROW_PAIR_H
#define BN_BIT_ROW_PAIR_H

#include "popcount.h"

/* As bn_add_bit_row, for two rows at once, so that weights are loaded once for both. */
BN_HOT_LOOP void bn_add_bit_row_pair(int32_t count, const bn_word *restrict x0,
                                     const bn_word *restrict x1, const bn_word *restrict w,
                                     bn_word pop0[BN_BIT_TILE], bn_word pop1[BN_BIT_TILE])
{
    bn_word acc0[BN_BIT_TILE] = {0}, acc1[BN_BIT_TILE] = {0};
    for (int32_t k = 0; k < count; k++) {
        for (int32_t t = 0; t < BN_BIT_TILE; t++)
            acc0[t] += (bn_word)bn_popcount(x0[k] ^ w[t]);
        for (int32_t t = 0; t < BN_BIT_TILE; t++)
            acc1[t] += (bn_word)bn_popcount(x1[k] ^ w[t]);
        w += BN_BIT_TILE;
    }
    for (int32_t t = 0; t < BN_BIT_TILE; t++) {
        pop0[t] += acc0[t];
        pop1[t] += acc1[t];
    }
}

#endif
