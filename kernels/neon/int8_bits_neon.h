/*
 * int8_bits_neon.h: weights of one bit beside inputs of bytes. Bit 4 * c + k of a tile's word is
 * that of channel c and input k of a quad.
 */
#ifndef BN_INT8_BITS_NEON_H
#define BN_INT8_BITS_NEON_H

#include <string.h>

#include "../include/int8_loops.h"
#include "neon.h"

/* Which byte and which bit of a word stand for each byte of half a tile. */
struct bn_bit_places_neon {
    uint8x16_t low, high, bit;
};

static inline struct bn_bit_places_neon bn_find_bit_places_neon(void)
{
    static const uint8_t low[16] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
    static const uint8_t bit[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t places = vld1q_u8(low);
    const struct bn_bit_places_neon found = {places, vaddq_u8(places, vdupq_n_u8(2)),
                                             vld1q_u8(bit)};
    return found;
}

/* The bytes of four that are at `places`. */
static inline uint8x16_t bn_spread_bytes_neon(uint8x8_t four, uint8x16_t places)
{
#if defined(__aarch64__)
    return vqtbl1q_u8(vcombine_u8(four, four), places);
#else
    return vcombine_u8(vtbl1_u8(four, vget_low_u8(places)), vtbl1_u8(four, vget_high_u8(places)));
#endif
}

/* A word of bits as it is stored. */
static inline uint8x8_t bn_load_tile_bits_neon(const uint8_t *bits)
{
    uint32_t word;
    memcpy(&word, bits, sizeof word);
    return vreinterpret_u8_u32(vdup_n_u32(word));
}

/* All ones for bits that are 1, half a tile at a time; `half` is low or high of the places. */
#define BN_BIT_MASK_NEON(bits, at, half) vtstq_u8(bn_spread_bytes_neon(bits, (at).half), (at).bit)

/* The bits of a tile as bytes of 1 and -1. */
static inline void bn_expand_int8_bits_neon(int32_t quads, const uint8_t *restrict bits,
                                            int8_t *restrict to)
{
    const struct bn_bit_places_neon at = bn_find_bit_places_neon();
    const uint8x16_t one = vdupq_n_u8(1);
    for (int32_t q = 0; q < quads; q++, bits += BN_INT8_QUAD_BITS, to += BN_INT8_QUAD) {
        const uint8x8_t word = bn_load_tile_bits_neon(bits);
        vst1q_s8(to, vreinterpretq_s8_u8(vorrq_u8(BN_BIT_MASK_NEON(word, at, low), one)));
        vst1q_s8(to + 16, vreinterpretq_s8_u8(vorrq_u8(BN_BIT_MASK_NEON(word, at, high), one)));
    }
}

/* The sum of inputs. */
static inline int32_t bn_sum_int8_neon(int32_t count, const int8_t *x)
{
    int32_t sum = 0;
    for (int32_t k = 0; k < count; k++)
        sum += x[k];
    return sum;
}

#endif
