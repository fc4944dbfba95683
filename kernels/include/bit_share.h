/* bit_share.h: what a part of a convolution of bits by bits computes, and the rows that it writes.
 */
#ifndef BN_BIT_SHARE_H
#define BN_BIT_SHARE_H

#include <string.h>

#include "out_tiles.h"
#include "words.h"

/* What a part computes: output pixels of each image, and blocks of channels. */
struct bn_bit_share {
    int32_t first_pixel, end_pixel, first_block, end_block;
};

/*
 * Parts are output pixels, in whole tiles; or blocks of channels, where these come out even and a
 * strip is all pixels, so that each part lays out the weights of its own blocks only.
 */
static inline struct bn_bit_share bn_bit_share_of(const struct bn_conv2d_shape *shape,
                                                  struct bn_part part)
{
    const int32_t pixels = shape->out_height * shape->out_width;
    const int32_t tiles = (pixels + BN_PIXEL_TILE - 1) / BN_PIXEL_TILE;
    const int32_t blocks = bn_out_tiles(shape, BN_BIT_BLOCK);
    struct bn_bit_share share = {0, pixels, 0, blocks};
    if (shape->groups == 1 && pixels <= shape->strip &&
        (blocks % part.count == 0 || tiles < part.count)) {
        share.first_block = bn_part_begin(part, blocks);
        share.end_block = bn_part_end(part, blocks);
    } else {
        const int32_t end = bn_part_end(part, tiles) * BN_PIXEL_TILE;
        share.first_pixel = bn_part_begin(part, tiles) * BN_PIXEL_TILE;
        share.end_pixel = end < pixels ? end : pixels;
    }
    return share;
}

/* The channel that block `end_block` begins with, or how many there are. */
static inline int32_t bn_end_bit_channel(const struct bn_conv2d_shape *shape, int32_t end_block)
{
    return end_block < bn_out_tiles(shape, BN_BIT_BLOCK) ? end_block * BN_BIT_BLOCK
                                                         : shape->out_channels;
}

/* Makes the words of the share's channels 0 in `pixels` rows of bits. */
static inline void bn_clear_bit_rows(const struct bn_conv2d_shape *shape,
                                     const struct bn_bit_share *share, int32_t pixels,
                                     bn_word *rows)
{
    const int32_t row = bn_words(shape->out_channels);
    const int32_t first = share->first_block * (BN_BIT_BLOCK / BN_WORD_BITS);
    const int32_t words = bn_words(bn_end_bit_channel(shape, share->end_block)) - first;
    if (words == row)
        memset(rows, 0, (size_t)pixels * (size_t)row * sizeof *rows);
    else
        for (int32_t p = 0; p < pixels; p++)
            memset(rows + (ptrdiff_t)p * row + first, 0, (size_t)words * sizeof *rows);
}

/* Applies the activation to the share's channels in `pixels` rows of floats. */
static inline void bn_activate_rows(const struct bn_conv2d_shape *shape,
                                    const struct bn_bit_share *share, int32_t pixels, float *rows)
{
    const struct bn_activation *activation = &shape->activation;
    const int32_t first = share->first_block * BN_BIT_BLOCK;
    const int32_t count = bn_end_bit_channel(shape, share->end_block) - first;
    if (!activation->apply)
        return;
    if (count == shape->out_channels)
        activation->apply(rows, pixels * count, activation->a, activation->b);
    else
        for (int32_t p = 0; p < pixels; p++)
            activation->apply(rows + (ptrdiff_t)p * shape->out_channels + first, count,
                              activation->a, activation->b);
}

#endif
