/*
 * bit_loops_neon.h: the loops of binary x binary layers for Arm.
 *
 * Convolutions read weights in tiles of 8 channels, and in a tile 128 bits of one channel after
 * those of another, as pixels have theirs: [width / 8][size / 2][8][2] words of 64 bits, then [8]
 * for the last of an odd number. What is missing of a tile is 0.
 */
#ifndef BN_BIT_LOOPS_NEON_H
#define BN_BIT_LOOPS_NEON_H

#include "../include/bit_loops.h"
#include "bit_counts_neon.h"
#include "bit_row_neon.h"
#include "less_neon.h"

/* Channel t of a tile of `present` ones, at most 8, in `size` rows of weights. */
static inline void bn_prepare_tile_neon(int32_t size, int32_t width, int32_t present,
                                        const bn_word *restrict w, bn_word *restrict prepared)
{
    const int32_t whole = size / BN_WORDS_NEON * BN_WORDS_NEON;
    for (int32_t k = 0; k < whole; k += BN_WORDS_NEON) {
        for (int32_t t = 0; t < 8; t++)
            for (int32_t i = 0; i < BN_WORDS_NEON; i++)
                *prepared++ = t < present ? w[(ptrdiff_t)i * width + t] : 0;
        w += (ptrdiff_t)BN_WORDS_NEON * width;
    }
    for (int32_t k = whole; k < size; k++) {
        for (int32_t t = 0; t < 8; t++)
            *prepared++ = t < present ? w[t] : 0;
        w += width;
    }
}

static void bn_prepare_bits_neon(int32_t size, int32_t width, const bn_word *restrict w,
                                 bn_word *restrict prepared)
{
    for (int32_t t = 0; t < width; t += 8) {
        /* Two calls: with a constant number of channels the loops are vectors. */
        if (width - t >= 8)
            bn_prepare_tile_neon(size, width, 8, w + t, prepared);
        else
            bn_prepare_tile_neon(size, width, width - t, w + t, prepared);
        prepared += (ptrdiff_t)8 * size;
    }
}

/* Where the rows of a tile are; what is missing of it is as the first. */
static inline void bn_place_pixels_neon(int32_t size, int32_t pixels, ptrdiff_t at[BN_PIXEL_TILE])
{
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
        at[p] = p < pixels ? (ptrdiff_t)p * size : 0;
}

static void bn_count_bits_neon(int32_t size, int32_t width, int32_t pixels,
                               const bn_word *restrict x, const bn_word *restrict w,
                               int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    ptrdiff_t at[BN_PIXEL_TILE];
    bn_place_pixels_neon(size, pixels, at);
    for (int32_t t = 0; t < width; t += 8) {
        for (int32_t k = 0; k < size; k += BN_BIT_CHUNK_NEON) {
            const int32_t left = size - k;
            const int32_t words = left < BN_BIT_CHUNK_NEON ? left : BN_BIT_CHUNK_NEON;
            bn_count_chunk_neon(words, x + k, at, w, k > 0, t, differ);
            w += (ptrdiff_t)8 * words;
        }
    }
}

#if defined(__aarch64__)

/* Sums of 16 bits are compared as they are. */
static void bn_sign_bits_neon(int32_t size, int32_t width, int32_t pixels,
                              const bn_word *restrict x, const bn_word *restrict w,
                              const uint16_t *const least[BN_PIXEL_TILE],
                              uint64_t bits[BN_PIXEL_TILE])
{
    static const uint8_t places[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x8_t place = vld1_u8(places);
    ptrdiff_t at[BN_PIXEL_TILE];
    bn_place_pixels_neon(size, pixels, at);
    for (int32_t p = 0; p < pixels; p++)
        bits[p] = 0;
    for (int32_t t = 0; t < width; t += 8, w += (ptrdiff_t)8 * size) {
        uint16x8_t sums[BN_PIXEL_TILE];
        bn_sum_words_neon(size, x, at, w, sums);
        for (int32_t p = 0; p < pixels; p++) {
            const uint8x8_t is_less = vmovn_u16(vcgeq_u16(sums[p], vld1q_u16(least[p] + t)));
            bits[p] |= (uint64_t)vaddv_u8(vand_u8(is_less, place)) << t;
        }
    }
}

#define BN_SIGN_NEON bn_sign_bits_neon

#else

#define BN_SIGN_NEON NULL

#endif

static const struct bn_bit_loops bn_bit_loops_neon = {
    .prepare = bn_prepare_bits_neon,
    .count = bn_count_bits_neon,
    .count_row = bn_count_bit_row_neon,
    .less = bn_less_neon,
    .sign = BN_SIGN_NEON,
};

#endif
