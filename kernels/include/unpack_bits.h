/* unpack_bits.h: bits to floats. */
#ifndef BN_UNPACK_BITS_H
#define BN_UNPACK_BITS_H

#include <string.h>

#include "low_bits.h"
#include "sign_table.h"

/* Writes -1 or +1 for the lowest `count` bits, and for as many as fill whole rows of the table. */
static inline void bn_unpack_bits(bn_word bits, int32_t count, float out[BN_WORD_BITS])
{
    for (int32_t i = 0; i < count; i += BN_SIGN_LANES, bits >>= BN_SIGN_LANES)
        memcpy(out + i, bn_signs[bits & bn_low_bits(BN_SIGN_LANES)], sizeof bn_signs[0]);
}

#endif
