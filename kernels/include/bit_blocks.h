/* bit_blocks.h: how the output channels of binary x binary weights are laid out. */
#ifndef BN_BIT_BLOCKS_H
#define BN_BIT_BLOCKS_H

#include "base.h"

/* The width of a block of `channels` channels, in whole tiles. */
static inline int32_t bn_padded_channels(int32_t channels)
{
    return (channels + BN_BIT_TILE - 1) / BN_BIT_TILE * BN_BIT_TILE;
}

#endif
