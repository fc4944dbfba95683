/* low_bits.h: the mask of a word's first bits. */
#ifndef BN_LOW_BITS_H
#define BN_LOW_BITS_H

#include "base.h"

/* Ones in the lowest `count` bits; count is at least 1, and counts past the word mean all of it. */
static inline bn_word bn_low_bits(int32_t count)
{
    const bn_word ones = (bn_word) ~(bn_word)0;
    return count < BN_WORD_BITS ? ones >> (BN_WORD_BITS - count) : ones;
}

#endif
