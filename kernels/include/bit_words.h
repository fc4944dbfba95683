/* bit_words.h: popcounts of windows of a single word against neighbouring output channels. */
#ifndef BN_BIT_WORDS_H
#define BN_BIT_WORDS_H

#include "popcount.h"

/* counts[p][t] = popcount(x[p] xor w[t]), for t < channels. */
BN_HOT_LOOP void bn_count_bit_words(int32_t channels, const bn_word x[BN_PIXEL_TILE],
                                    const bn_word *restrict w,
                                    int32_t counts[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const bn_word x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
    for (int32_t t = 0; t < channels; t++) {
        counts[0][t] = bn_popcount(x0 ^ w[t]);
        counts[1][t] = bn_popcount(x1 ^ w[t]);
        counts[2][t] = bn_popcount(x2 ^ w[t]);
        counts[3][t] = bn_popcount(x3 ^ w[t]);
    }
}

#endif
