/* unpack_bits.h: bits to floats. */
#ifndef BN_UNPACK_BITS_H
#define BN_UNPACK_BITS_H

#include <string.h>

#include "sign_table.h"

/* Writes -1 or +1 for the lowest `count` bits, and up to three more. */
static inline void bn_unpack_bits(bn_word bits, int32_t count, float out[BN_WORD_BITS])
{
    for (int32_t i = 0; i < count; i += 4, bits >>= 4)
        memcpy(out + i, bn_signs[bits & 15], sizeof bn_signs[0]);
}

#endif
