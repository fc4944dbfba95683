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
    uint16_t least[BN_BIT_BLOCK];    /* bn_least_differ of whole windows */
};

/*
 * From how many differing bits on total - 2 * differ is less than the threshold, or total + 1; for
 * windows of less than 65,535 bits.
 */
static inline int32_t bn_least_differ(int32_t total, int32_t threshold)
{
    /* Thresholds that no sum comes near may be as large as can be. */
    const int32_t most = threshold > total ? total + 1 : threshold;
    const int32_t limit = most < -total ? -total : most;
    return (total - limit + 2) / 2;
}

static inline void bn_set_bit_limits(struct bn_bit_limits *limits, int32_t total, int32_t count,
                                     const int32_t *threshold)
{
    bn_pad_thresholds(count, threshold, limits->threshold);
    for (int32_t t = 0; t < BN_BIT_BLOCK; t++)
        limits->least[t] = (uint16_t)bn_least_differ(total, limits->threshold[t]);
}

#endif
