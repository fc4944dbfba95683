/* less_bits.h: the sign epilogue of bits by bits. */
#ifndef BN_LESS_BITS_H
#define BN_LESS_BITS_H

#include "base.h"

/* Bit t is total - 2 * differ[t] < threshold[t], for t < count, at most a block. */
static inline uint64_t bn_less_bits(int32_t total, const int32_t *differ, const int32_t *threshold,
                                    int32_t count)
{
    uint64_t bits = 0;
    for (int32_t t = 0; t < count; t++)
        bits |= (uint64_t)(total - 2 * differ[t] < threshold[t]) << t;
    return bits;
}

#endif
