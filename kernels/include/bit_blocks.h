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

/* What the counts of a block are compared with. */
struct bn_bit_limits {
    int32_t threshold[BN_BIT_BLOCK]; /* as bn_pad_thresholds makes them */
    /*
     * From how many differing bits of a whole window on total - 2 * differ is less than the
     * threshold, for windows of less than 65,535 bits.
     */
    uint16_t least[BN_BIT_BLOCK];
};

static inline void bn_set_bit_limits(struct bn_bit_limits *limits, int32_t total, int32_t count,
                                     const int32_t *threshold)
{
    bn_pad_thresholds(count, threshold, limits->threshold);
    for (int32_t t = 0; t < BN_BIT_BLOCK; t++) {
        const int64_t twice = (int64_t)total - limits->threshold[t];
        const int64_t from = (twice - (twice & 1)) / 2 + 1;
        limits->least[t] = (uint16_t)(from < 0 ? 0 : from > total ? total + 1 : from);
    }
}

#endif
