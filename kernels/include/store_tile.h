/* store_tile.h: from a tile of results to the rows of the output. */
#ifndef BN_STORE_TILE_H
#define BN_STORE_TILE_H

#include "shapes.h"

/*
 * Applies the activation to tile[pixels][width] and writes the first `channels` of each pixel to
 * rows of `row` floats. The whole tile must hold numbers.
 */
static inline void bn_store_tile(const struct bn_activation *activation, float *tile, int32_t width,
                                 int32_t pixels, int32_t channels, float *y, int32_t row)
{
    if (activation->apply)
        activation->apply(tile, pixels * width, activation->a, activation->b);
    for (int32_t p = 0; p < pixels; p++)
        for (int32_t t = 0; t < channels; t++)
            y[(ptrdiff_t)p * row + t] = tile[p * width + t];
}

#endif
