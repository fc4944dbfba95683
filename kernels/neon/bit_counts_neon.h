/*
 * bit_counts_neon.h: how the bits of a tile of pixels differ from those of a tile of 8 channels,
 * with words that are not a whole vector, and added up to 32 bits.
 */
#ifndef BN_BIT_COUNTS_NEON_H
#define BN_BIT_COUNTS_NEON_H

#include "bit_tile_aarch64.h"
#include "bit_tile_armv7.h"

/* Words whose counts fit in 16 bits, whatever they are; whole vectors. */
#define BN_BIT_CHUNK_NEON (500 * BN_WORDS_NEON)

/* Adds 4 counts to what is there, or is the first to put some there. */
static inline void bn_put_counts_neon(uint32x4_t counts, int is_more, int32_t *differ)
{
    int32x4_t sums = vreinterpretq_s32_u32(counts);
    if (is_more)
        sums = vaddq_s32(sums, vld1q_s32(differ));
    vst1q_s32(differ, sums);
}

#if defined(__aarch64__)

/* Counts of one word of 8 channels, two sums per channel. */
static inline uint8x16_t bn_count_word_neon(const bn_word *w, uint8x16_t x)
{
    const uint8x16_t a = vcntq_u8(veorq_u8(bn_load_words_neon(w), x));
    const uint8x16_t b = vcntq_u8(veorq_u8(bn_load_words_neon(w + BN_WORDS_NEON), x));
#if BN_WORD_BITS == 64
    const uint8x16_t c = vcntq_u8(veorq_u8(bn_load_words_neon(w + 2 * BN_WORDS_NEON), x));
    const uint8x16_t d = vcntq_u8(veorq_u8(bn_load_words_neon(w + 3 * BN_WORDS_NEON), x));
    return vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
#else
    return vpaddq_u8(a, b);
#endif
}

/*
 * sums[p][t] = how x[p], which is x + at[p], differs from channel t of a tile that `prepare` has
 * made, or of a part of it from a whole vector on.
 */
static inline void bn_sum_words_neon(int32_t words, const bn_word *x,
                                     const ptrdiff_t at[BN_PIXEL_TILE], const bn_word *w,
                                     uint16x8_t sums[BN_PIXEL_TILE])
{
    const int32_t vectors = words / BN_WORDS_NEON;
    if (vectors > 0)
        bn_count_bit_tile_aarch64(vectors, x, at, w, sums);
    else
        for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
            sums[p] = vdupq_n_u16(0);
    for (int32_t k = vectors * BN_WORDS_NEON; k < words; k++)
        for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
            sums[p] = vpadalq_u8(sums[p], bn_count_word_neon(w + (ptrdiff_t)8 * k,
                                                             bn_repeat_word_neon(x[at[p] + k])));
}

static inline void bn_count_chunk_neon(int32_t words, const bn_word *x,
                                       const ptrdiff_t at[BN_PIXEL_TILE], const bn_word *w,
                                       int is_more, int32_t t,
                                       int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    uint16x8_t sums[BN_PIXEL_TILE];
    bn_sum_words_neon(words, x, at, w, sums);
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        bn_put_counts_neon(vmovl_u16(vget_low_u16(sums[p])), is_more, differ[p] + t);
        bn_put_counts_neon(vmovl_u16(vget_high_u16(sums[p])), is_more, differ[p] + t + 4);
    }
}

#else

/* Counts of one word of 4 channels. */
static inline uint32x4_t bn_count_word_neon(const bn_word *w, uint8x16_t x)
{
    const uint8x16_t a = vcntq_u8(veorq_u8(bn_load_words_neon(w), x));
    const uint32x4_t sums_a = vpaddlq_u16(vpaddlq_u8(a));
#if BN_WORD_BITS == 64
    const uint8x16_t b = vcntq_u8(veorq_u8(bn_load_words_neon(w + BN_WORDS_NEON), x));
    const uint32x4_t sums_b = vpaddlq_u16(vpaddlq_u8(b));
    return vcombine_u32(vpadd_u32(vget_low_u32(sums_a), vget_high_u32(sums_a)),
                        vpadd_u32(vget_low_u32(sums_b), vget_high_u32(sums_b)));
#else
    return sums_a;
#endif
}

/* Of a tile that `prepare` has made, or a part of it from a whole vector on. */
static inline void bn_count_chunk_neon(int32_t words, const bn_word *x,
                                       const ptrdiff_t at[BN_PIXEL_TILE], const bn_word *w,
                                       int is_more, int32_t t,
                                       int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const int32_t vectors = words / BN_WORDS_NEON;
    for (int32_t half = 0; half < 2; half++) {
        const bn_word *rest = w + (ptrdiff_t)8 * vectors * BN_WORDS_NEON + 4 * half;
        for (int32_t p = 0; p < BN_PIXEL_TILE; p += 2) {
            const bn_word *x0 = x + at[p], *x1 = x + at[p + 1];
            const uint32x4_t zero = vdupq_n_u32(0);
            uint32x4_t sums[2] = {zero, zero};
            if (vectors > 0)
                bn_count_bit_tile_armv7(vectors, x0, x1, w + 4 * half * BN_WORDS_NEON, sums);
            for (int32_t k = vectors * BN_WORDS_NEON, i = 0; k < words; k++, i += 8) {
                sums[0] =
                    vaddq_u32(sums[0], bn_count_word_neon(rest + i, bn_repeat_word_neon(x0[k])));
                sums[1] =
                    vaddq_u32(sums[1], bn_count_word_neon(rest + i, bn_repeat_word_neon(x1[k])));
            }
            bn_put_counts_neon(sums[0], is_more, differ[p] + t + 4 * half);
            bn_put_counts_neon(sums[1], is_more, differ[p + 1] + t + 4 * half);
        }
    }
}

#endif

#endif
