/* column_tiles.h: how many tiles of output channels a dense layer computes together. */
#ifndef BN_COLUMN_TILES_H
#define BN_COLUMN_TILES_H

#include "base.h"

#define BN_COLUMN_TILES 4
#define BN_COLUMNS      (BN_COLUMN_TILES * BN_FLOAT_TILE)

/* The tile that stands for the one at `first + i`: the last one where there are no more. */
static inline int32_t bn_column_tile(int32_t out_channels, int32_t first, int32_t i)
{
    const int32_t last = (out_channels - 1) / BN_FLOAT_TILE;
    return first + i < last ? first + i : last;
}

#endif
