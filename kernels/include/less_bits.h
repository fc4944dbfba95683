/* less_bits.h: the sign epilogue of bits by bits. */
#ifndef BN_LESS_BITS_H
#define BN_LESS_BITS_H

#include "base.h"

/* Bit t is total - 2 * differ[t] < threshold[t]. */
BN_HOT_LOOP uint32_t bn_less_block(int32_t total, const int32_t differ[BN_BIT_BLOCK],
                                   const int32_t threshold[BN_BIT_BLOCK])
{
    uint32_t bits = 0;
    for (int32_t t = 0; t < BN_BIT_BLOCK; t++)
        bits |= (uint32_t)(total - 2 * differ[t] < threshold[t]) << t;
    return bits;
}

/* The same for t < count, at most a block. */
static inline uint32_t bn_less_bits(int32_t total, const int32_t *differ, const int32_t *threshold,
                                    int32_t count)
{
    uint32_t bits = 0;
    if (count == BN_BIT_BLOCK)
        return bn_less_block(total, differ, threshold);
    for (int32_t t = 0; t < count; t++)
        bits |= (uint32_t)(total - 2 * differ[t] < threshold[t]) << t;
    return bits;
}

#endif
