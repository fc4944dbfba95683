/* int8_bit_row_neon.h: sums of one row of bytes by weights of one bit, read as they are stored. */
#ifndef BN_INT8_BIT_ROW_NEON_H
#define BN_INT8_BIT_ROW_NEON_H

#include "int8_bits_neon.h"

/* Quads of which sums of 16 bits take two products each. */
#define BN_INT8_CHUNK_NEON 127

/* sums[half] of 16 bits take the inputs whose weight is -1: two sums per channel. */
static inline void bn_add_masked_neon(int16x8_t sums[2], const uint8_t *bits, uint8x16_t x,
                                      const struct bn_bit_places_neon *at)
{
    const uint8x8_t word = bn_load_tile_bits_neon(bits);
    const uint8x16_t low = vandq_u8(BN_BIT_MASK_NEON(word, *at, low), x);
    const uint8x16_t high = vandq_u8(BN_BIT_MASK_NEON(word, *at, high), x);
    sums[0] = vpadalq_s8(sums[0], vreinterpretq_s8_u8(low));
    sums[1] = vpadalq_s8(sums[1], vreinterpretq_s8_u8(high));
}

/* sum[t] -= 2 * the inputs whose weight is -1, for two tiles and at most a chunk of quads. */
BN_HOT_LOOP void bn_subtract_masked_neon(int32_t quads, const int8_t *x, const uint8_t *bits0,
                                         const uint8_t *bits1, int32_t sum0[BN_INT8_TILE],
                                         int32_t sum1[BN_INT8_TILE])
{
    const struct bn_bit_places_neon at = bn_find_bit_places_neon();
    int16x8_t a[2] = {vdupq_n_s16(0), vdupq_n_s16(0)}, b[2] = {a[0], a[0]};
    for (int32_t q = 0; q < quads; q++, x += 4) {
        uint32_t quad;
        memcpy(&quad, x, sizeof quad);
        const uint8x16_t inputs = vreinterpretq_u8_u32(vdupq_n_u32(quad));
        bn_add_masked_neon(a, bits0 + BN_INT8_QUAD_BITS * q, inputs, &at);
        bn_add_masked_neon(b, bits1 + BN_INT8_QUAD_BITS * q, inputs, &at);
    }
    vst1q_s32(sum0, vmlsq_n_s32(vld1q_s32(sum0), vpaddlq_s16(a[0]), 2));
    vst1q_s32(sum0 + 4, vmlsq_n_s32(vld1q_s32(sum0 + 4), vpaddlq_s16(a[1]), 2));
    vst1q_s32(sum1, vmlsq_n_s32(vld1q_s32(sum1), vpaddlq_s16(b[0]), 2));
    vst1q_s32(sum1 + 4, vmlsq_n_s32(vld1q_s32(sum1 + 4), vpaddlq_s16(b[1]), 2));
}

static inline void bn_multiply_int8_bit_row_neon(int32_t quads, int32_t tiles, const int8_t *x,
                                                 const uint8_t *bits, int32_t *sum)
{
    const ptrdiff_t step = (ptrdiff_t)BN_INT8_QUAD_BITS * quads;
    const int32_t all = bn_sum_int8_neon(4 * quads, x);
    for (int32_t t = 0; t < tiles * BN_INT8_TILE; t++)
        sum[t] = all;
    for (int32_t q = 0; q < quads; q += BN_INT8_CHUNK_NEON) {
        const int32_t left = quads - q;
        const int32_t some = left < BN_INT8_CHUNK_NEON ? left : BN_INT8_CHUNK_NEON;
        const uint8_t *from = bits + (ptrdiff_t)BN_INT8_QUAD_BITS * q;
        for (int32_t i = 0; i < tiles; i += 2) {
            int32_t unused[BN_INT8_TILE] = {0}, *to = sum + i * BN_INT8_TILE;
            const int is_pair = i + 1 < tiles;
            bn_subtract_masked_neon(some, x + 4 * q, from + i * step,
                                    from + (is_pair ? i + 1 : i) * step, to,
                                    is_pair ? to + BN_INT8_TILE : unused);
        }
    }
}

#endif
