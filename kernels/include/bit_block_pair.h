/* bit_block_pair.h: popcounts of two windows at once, so that weights are loaded once for both. */
#ifndef BN_BIT_BLOCK_PAIR_H
#define BN_BIT_BLOCK_PAIR_H

#include "bit_block.h"

/* As bn_add_bit_block, for two inputs. */
BN_HOT_LOOP void bn_add_bit_block_pair(const struct bn_bit_block *block, const bn_word *restrict x0,
                                       const bn_word *restrict x1, const bn_word *restrict w,
                                       bn_word pop0[BN_BIT_TILE], bn_word pop1[BN_BIT_TILE])
{
    bn_word acc0[BN_BIT_TILE] = {0}, acc1[BN_BIT_TILE] = {0};
    for (int32_t row = 0; row < block->rows; row++) {
        for (ptrdiff_t k = 0; k < block->count; k++) {
            for (int32_t t = 0; t < BN_BIT_TILE; t++)
                acc0[t] += (bn_word)bn_popcount(x0[k] ^ w[k * BN_BIT_TILE + t]);
            for (int32_t t = 0; t < BN_BIT_TILE; t++)
                acc1[t] += (bn_word)bn_popcount(x1[k] ^ w[k * BN_BIT_TILE + t]);
        }
        x0 += block->x_step;
        x1 += block->x_step;
        w += block->w_step;
    }
    for (int32_t t = 0; t < BN_BIT_TILE; t++) {
        pop0[t] += acc0[t];
        pop1[t] += acc1[t];
    }
}

#endif
