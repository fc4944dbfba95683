/* unpack_word.h: a word of bits to floats. */
#ifndef BN_UNPACK_WORD_H
#define BN_UNPACK_WORD_H

#include <string.h>

#include "sign_table.h"

/* Writes +1 or -1 for each bit of the word: all BN_WORD_BITS of them. */
static inline void bn_unpack_word(bn_word bits, float out[BN_WORD_BITS])
{
    for (int32_t i = 0; i < BN_WORD_BITS; i += 4, bits >>= 4)
        memcpy(out + i, bn_signs[bits & 15], sizeof bn_signs[0]);
}

#endif
