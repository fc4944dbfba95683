/* bit_tile.h: popcounts of a tile of output pixels x output channels. */
#ifndef BN_BIT_TILE_H
#define BN_BIT_TILE_H

#include "bit_row.h"

/* As bn_add_bit_row, for two rows of bits. Sums are words, so that vector lanes stay aligned. */
BN_HOT_LOOP void bn_add_bit_rows(int32_t count, const bn_word *restrict x0,
                                 const bn_word *restrict x1, const bn_word *restrict w,
                                 bn_word pop[2][BN_BIT_TILE])
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
        pop[0][t] += acc0[t];
        pop[1][t] += acc1[t];
    }
}

/* pop[p][t] += popcount(x[p][k] xor w[k][t]), summed over k < count; none where x[p] is NULL. */
static inline void bn_add_bit_run(int32_t count, const bn_word *const x[BN_PIXEL_TILE],
                                  const bn_word *w, bn_word pop[BN_PIXEL_TILE][BN_BIT_TILE])
{
    for (int32_t p = 0; p < BN_PIXEL_TILE; p += 2) {
        if (x[p] && x[p + 1])
            bn_add_bit_rows(count, x[p], x[p + 1], w, &pop[p]);
        else if (x[p])
            bn_add_bit_row(count, x[p], w, pop[p]);
        else if (x[p + 1])
            bn_add_bit_row(count, x[p + 1], w, pop[p + 1]);
    }
}

#endif
