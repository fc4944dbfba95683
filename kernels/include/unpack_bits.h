/* unpack_bits.h: bits to floats. */
#ifndef BN_UNPACK_BITS_H
#define BN_UNPACK_BITS_H

#include <string.h>

#include "low_bits.h"
#include "sign_table.h"

/* out[c] = -1 where bit c of the row is 1, else +1, for c < channels. */
static inline void bn_unpack_row(const bn_word *row, int32_t channels, float *out)
{
    for (int32_t c = 0; c < channels; c += BN_SIGN_LANES) {
        const bn_word bits = row[c / BN_WORD_BITS] >> c % BN_WORD_BITS;
        const float *const signs = bn_signs[bits & bn_low_bits(BN_SIGN_LANES)];
        const int32_t left = channels - c;
        if (left >= BN_SIGN_LANES)
            memcpy(out + c, signs, sizeof bn_signs[0]);
        else
            for (int32_t i = 0; i < left; i++)
                out[c + i] = signs[i];
    }
}

#endif
