/*
 * int8_bit_row_neon_dotprod.h: sums of one row of bytes by weights of one bit, read as they are
 * stored: those that are -1 are added up by products with -1, the others being 0.
 */
#ifndef BN_INT8_BIT_ROW_NEON_DOTPROD_H
#define BN_INT8_BIT_ROW_NEON_DOTPROD_H

#include "../neon/int8_bits_neon.h"
#include "int8_tile_neon_dotprod.h"

#define BN_DOT_MASK_NEON(sums, word, half)                                                         \
    sums = vdotq_s32(sums, vreinterpretq_s8_u8(BN_BIT_MASK_NEON(word, at, half)), quad)

/* sum[t] += 2 * less the inputs whose weight is -1, for the channels of two tiles. */
BN_HOT_LOOP void bn_dot_masks_neon(int32_t quads, const int8_t *x, const uint8_t *bits0,
                                   const uint8_t *bits1, int32_t sum0[BN_INT8_TILE],
                                   int32_t sum1[BN_INT8_TILE])
{
    const struct bn_bit_places_neon at = bn_find_bit_places_neon();
    int32x4_t a = vdupq_n_s32(0), b = a, c = a, d = a;
    for (int32_t q = 0; q < quads; q++, x += 4) {
        const int8x16_t quad = bn_repeat_quad_neon(x);
        const uint8x8_t word0 = bn_load_tile_bits_neon(bits0 + BN_INT8_QUAD_BITS * q);
        const uint8x8_t word1 = bn_load_tile_bits_neon(bits1 + BN_INT8_QUAD_BITS * q);
        BN_DOT_MASK_NEON(a, word0, low);
        BN_DOT_MASK_NEON(b, word0, high);
        BN_DOT_MASK_NEON(c, word1, low);
        BN_DOT_MASK_NEON(d, word1, high);
    }
    vst1q_s32(sum0, vmlaq_n_s32(vld1q_s32(sum0), a, 2));
    vst1q_s32(sum0 + 4, vmlaq_n_s32(vld1q_s32(sum0 + 4), b, 2));
    vst1q_s32(sum1, vmlaq_n_s32(vld1q_s32(sum1), c, 2));
    vst1q_s32(sum1 + 4, vmlaq_n_s32(vld1q_s32(sum1 + 4), d, 2));
}

static inline void bn_dot_bit_row_neon(int32_t quads, int32_t tiles, const int8_t *x,
                                       const uint8_t *bits, int32_t *sum)
{
    const ptrdiff_t step = (ptrdiff_t)BN_INT8_QUAD_BITS * quads;
    const int32_t all = bn_sum_int8_neon(4 * quads, x);
    for (int32_t t = 0; t < tiles * BN_INT8_TILE; t++)
        sum[t] = all;
    for (int32_t i = 0; i < tiles; i += 2) {
        int32_t unused[BN_INT8_TILE] = {0}, *to = sum + i * BN_INT8_TILE;
        const int is_pair = i + 1 < tiles;
        bn_dot_masks_neon(quads, x, bits + i * step, bits + (is_pair ? i + 1 : i) * step, to,
                          is_pair ? to + BN_INT8_TILE : unused);
    }
}

#endif
