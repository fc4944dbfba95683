/* load_tile.h: per-channel operands of a tile of output channels. */
#ifndef BN_LOAD_TILE_H
#define BN_LOAD_TILE_H

#include "base.h"

/* Copies `count` operands and fills the tile's other places with zeros. */
static inline void bn_load_tile(const float *operand, int32_t count, float *tile, int32_t width)
{
    for (int32_t t = 0; t < width; t++)
        tile[t] = t < count ? operand[t] : 0;
}

#endif
