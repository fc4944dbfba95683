/* bit_row_neon.h: how one row of bits differs from weights as they are stored: [size][width]. */
#ifndef BN_BIT_ROW_NEON_H
#define BN_BIT_ROW_NEON_H

#include "neon.h"

/* Words of which a sum of 16 bits takes 16 counts each. */
#define BN_BIT_ROW_CHUNK_NEON 4095

/* Channels in one vector: 2 or 4. */
#define BN_ROW_CHANNELS_NEON BN_WORDS_NEON

static inline uint16x8_t bn_add_word_neon(uint16x8_t sums, const bn_word *w, uint8x16_t x)
{
    return vpadalq_u8(sums, vcntq_u8(veorq_u8(bn_load_words_neon(w), x)));
}

/* Adds the sums of a vector's channels to differ. */
static inline void bn_add_row_sums_neon(uint16x8_t sums, int32_t *differ)
{
    const uint32x4_t wide = vpaddlq_u16(sums);
#if BN_WORD_BITS == 64
    const int32x2_t counts =
        vreinterpret_s32_u32(vpadd_u32(vget_low_u32(wide), vget_high_u32(wide)));
    vst1_s32(differ, vadd_s32(vld1_s32(differ), counts));
#else
    vst1q_s32(differ, vaddq_s32(vld1q_s32(differ), vreinterpretq_s32_u32(wide)));
#endif
}

/* The channels of eight vectors, so that no sum waits for itself. */
BN_HOT_LOOP void bn_add_wide_row_neon(int32_t size, int32_t width, const bn_word *restrict x,
                                      const bn_word *restrict w, int32_t *restrict differ)
{
    const int32_t step = BN_ROW_CHANNELS_NEON;
    uint16x8_t a = vdupq_n_u16(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    for (int32_t k = 0; k < size; k++) {
        const uint8x16_t bits = bn_repeat_word_neon(x[k]);
        a = bn_add_word_neon(a, w, bits);
        b = bn_add_word_neon(b, w + step, bits);
        c = bn_add_word_neon(c, w + 2 * step, bits);
        d = bn_add_word_neon(d, w + 3 * step, bits);
        e = bn_add_word_neon(e, w + 4 * step, bits);
        f = bn_add_word_neon(f, w + 5 * step, bits);
        g = bn_add_word_neon(g, w + 6 * step, bits);
        h = bn_add_word_neon(h, w + 7 * step, bits);
        w += width;
    }
    bn_add_row_sums_neon(a, differ);
    bn_add_row_sums_neon(b, differ + step);
    bn_add_row_sums_neon(c, differ + 2 * step);
    bn_add_row_sums_neon(d, differ + 3 * step);
    bn_add_row_sums_neon(e, differ + 4 * step);
    bn_add_row_sums_neon(f, differ + 5 * step);
    bn_add_row_sums_neon(g, differ + 6 * step);
    bn_add_row_sums_neon(h, differ + 7 * step);
}

/* The channels of one vector. */
BN_HOT_LOOP void bn_add_narrow_row_neon(int32_t size, int32_t width, const bn_word *restrict x,
                                        const bn_word *restrict w, int32_t *restrict differ)
{
    uint16x8_t sums = vdupq_n_u16(0);
    for (int32_t k = 0; k < size; k++) {
        sums = bn_add_word_neon(sums, w, bn_repeat_word_neon(x[k]));
        w += width;
    }
    bn_add_row_sums_neon(sums, differ);
}

static void bn_count_bit_row_neon(int32_t size, int32_t width, const bn_word *restrict x,
                                  const bn_word *restrict w, int32_t differ[BN_BIT_BLOCK])
{
    const int32_t step = BN_ROW_CHANNELS_NEON;
    for (int32_t t = 0; t < width; t++)
        differ[t] = 0;
    for (int32_t k = 0; k < size; k += BN_BIT_ROW_CHUNK_NEON) {
        const int32_t left = size - k;
        const int32_t words = left < BN_BIT_ROW_CHUNK_NEON ? left : BN_BIT_ROW_CHUNK_NEON;
        const bn_word *rows = w + (ptrdiff_t)k * width;
        int32_t t = 0;
        for (; t + 8 * step <= width; t += 8 * step)
            bn_add_wide_row_neon(words, width, x + k, rows + t, differ + t);
        for (; t < width; t += step)
            bn_add_narrow_row_neon(words, width, x + k, rows + t, differ + t);
    }
}

#endif
