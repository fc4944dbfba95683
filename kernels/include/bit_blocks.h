/* bit_blocks.h: how the output channels of binary x binary weights are laid out. */
#ifndef BN_BIT_BLOCKS_H
#define BN_BIT_BLOCKS_H

#include "base.h"

/* The width of a block of `channels` channels, in whole tiles. */
static inline int32_t bn_padded_channels(int32_t channels)
{
    return (channels + BN_BIT_TILE - 1) / BN_BIT_TILE * BN_BIT_TILE;
}

/* The thresholds of a block, so that vectors of them can be read past its last channel. */
static inline void bn_pad_thresholds(int32_t count, const int32_t *threshold,
                                     int32_t padded[BN_BIT_BLOCK])
{
    for (int32_t t = 0; t < count; t++)
        padded[t] = threshold[t];
    for (int32_t t = count; t < BN_BIT_BLOCK; t++)
        padded[t] = 0;
}

/*
 * least[t]: from how many differing bits of `total` on total - 2 * differ is less than
 * threshold[t]; for totals below 65,535.
 */
static inline void bn_least_differences(int32_t total, const int32_t threshold[BN_BIT_BLOCK],
                                        uint16_t least[BN_BIT_BLOCK])
{
    for (int32_t t = 0; t < BN_BIT_BLOCK; t++) {
        const int64_t twice = (int64_t)total - threshold[t];
        const int64_t from = (twice - (twice & 1)) / 2 + 1;
        least[t] = (uint16_t)(from < 0 ? 0 : from > total ? total + 1 : from);
    }
}

#endif
