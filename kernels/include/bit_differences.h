/* bit_differences.h: a tile of output pixels x a block of output channels, bits by bits. */
#ifndef BN_BIT_DIFFERENCES_H
#define BN_BIT_DIFFERENCES_H

#include "bit_patches.h"
#include "bit_row_pair.h"
#include "bit_words.h"

/* Channels as their weights are laid out, in whole tiles. */
static inline int32_t bn_padded_channels(int32_t channels)
{
    return (channels + BN_BIT_TILE - 1) / BN_BIT_TILE * BN_BIT_TILE;
}

/* counts[t] -= popcount(mask[k] and w[k][t]), summed over k < size. */
static inline void bn_subtract_masked(int32_t size, const bn_word *restrict mask,
                                      const bn_word *restrict w, int32_t counts[BN_BIT_TILE])
{
    for (int32_t k = 0; k < size; k++) {
        for (int32_t t = 0; t < BN_BIT_TILE; t++)
            counts[t] -= bn_popcount(mask[k] & w[t]);
        w += BN_BIT_TILE;
    }
}

/*
 * differ[p][t] = how many of the bits of patch p that count are not those of channel t, for
 * p < pixels and t < channels.
 */
static inline void bn_compare_bit_patches(const struct bn_bit_patches *patches, const bn_word *w,
                                          int32_t pixels, int32_t channels,
                                          int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t all =
        shape->kernel_height * shape->kernel_width * (shape->in_channels / shape->groups);
    const int32_t size = patches->size;
    if (size == 1 && pixels == BN_PIXEL_TILE) {
        bn_count_bit_words(bn_padded_channels(channels), patches->words, w, differ);
    } else {
        for (int32_t t = 0; t < channels; t += BN_BIT_TILE) {
            const bn_word *x = patches->words, *w_tile = w + (ptrdiff_t)t * size;
            int32_t p = 0;
            for (; p + 1 < pixels; p += 2, x += (ptrdiff_t)2 * size)
                bn_count_bits_of_pair(size, x, w_tile, differ[p] + t, differ[p + 1] + t);
            if (p < pixels)
                bn_count_bits(size, x, w_tile, differ[p] + t);
        }
    }
    for (int32_t p = 0; p < pixels; p++)
        if (patches->count[p] < all)
            for (int32_t t = 0; t < channels; t += BN_BIT_TILE)
                bn_subtract_masked(size, patches->left_out + (ptrdiff_t)p * size,
                                   w + (ptrdiff_t)t * size, differ[p] + t);
}

#endif
