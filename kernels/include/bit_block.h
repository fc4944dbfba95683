/* bit_block.h: popcounts of rows of bits against a tile of output channels. */
#ifndef BN_BIT_BLOCK_H
#define BN_BIT_BLOCK_H

#include "popcount.h"

/*
 * A stretch of weights for which the inputs are rows of words, one below the other. Rows of x are
 * x_step words apart, those of w w_step.
 */
struct bn_bit_block {
    int32_t rows, count;
    ptrdiff_t x_step, w_step;
};

/*
 * pop[t] += popcount(x[row][k] xor w[row][k][t]), summed over all rows and k < count. Sums are
 * words, so that vector lanes stay aligned.
 */
BN_HOT_LOOP void bn_add_bit_block(const struct bn_bit_block *block, const bn_word *restrict x,
                                  const bn_word *restrict w, bn_word pop[BN_BIT_TILE])
{
    bn_word acc[BN_BIT_TILE] = {0};
    for (int32_t row = 0; row < block->rows; row++) {
        for (ptrdiff_t k = 0; k < block->count; k++)
            for (int32_t t = 0; t < BN_BIT_TILE; t++)
                acc[t] += (bn_word)bn_popcount(x[k] ^ w[k * BN_BIT_TILE + t]);
        x += block->x_step;
        w += block->w_step;
    }
    for (int32_t t = 0; t < BN_BIT_TILE; t++)
        pop[t] += acc[t];
}

#endif
