/* less_float_bits.h: the sign epilogue of float sums. */
#ifndef BN_LESS_FLOAT_BITS_H
#define BN_LESS_FLOAT_BITS_H

#include "base.h"

/* Bit t is sum[t] < threshold[t], for t < count, at most 32. */
BN_HOT_LOOP uint32_t bn_less_float_bits(const float *restrict sum, const float *restrict threshold,
                                        int32_t count)
{
    uint32_t bits = 0;
    for (int32_t t = 0; t < count; t++)
        bits |= (uint32_t)(sum[t] < threshold[t]) << t;
    return bits;
}

#endif
