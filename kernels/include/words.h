/* words.h: the length of a row of bits. */
#ifndef BN_WORDS_H
#define BN_WORDS_H

#include "base.h"

/* Words in a row of `channels` bits. */
static inline int32_t bn_words(int32_t channels)
{
    return (channels + BN_WORD_BITS - 1) / BN_WORD_BITS;
}

#endif
