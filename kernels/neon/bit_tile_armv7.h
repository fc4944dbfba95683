/*
 * bit_tile_armv7.h: the loop of binary convolutions on ARMv7, which has half of AArch64's registers
 * and no pairwise sums of whole ones: 4 output channels x 2 pixels x 128 bits.
 */
#ifndef BN_BIT_TILE_ARMV7_H
#define BN_BIT_TILE_ARMV7_H

#include "neon.h"

#if !defined(__aarch64__)

/* One channel's bits, and on to the next one's. */
#define BN_TAKE_BITS_NEON(sums0, sums1)                                                            \
    do {                                                                                           \
        const uint8x16_t bits = bn_load_words_neon(w);                                             \
        w += BN_WORDS_NEON;                                                                        \
        sums0 = vpadalq_u8(sums0, vcntq_u8(veorq_u8(bits, bits0)));                                \
        sums1 = vpadalq_u8(sums1, vcntq_u8(veorq_u8(bits, bits1)));                                \
    } while (0)

static inline uint32x2_t bn_halves_neon(uint16x8_t sums)
{
    const uint32x4_t wide = vpaddlq_u16(sums);
    return vadd_u32(vget_low_u32(wide), vget_high_u32(wide));
}

static inline uint32x4_t bn_sums_of_four_neon(uint16x8_t a, uint16x8_t b, uint16x8_t c,
                                              uint16x8_t d)
{
    return vcombine_u32(vpadd_u32(bn_halves_neon(a), bn_halves_neon(b)),
                        vpadd_u32(bn_halves_neon(c), bn_halves_neon(d)));
}

/*
 * sums[p][t] = popcount(x[p] xor w[t]) over `vectors` (1 or more) of x0 and x1 and of w:
 * [vectors][8], of whose channels 4 are read.
 */
BN_HOT_LOOP void bn_count_bit_tile_armv7(int32_t vectors, const bn_word *x0, const bn_word *x1,
                                         const bn_word *w, uint32x4_t sums[2])
{
    uint16x8_t a0 = vdupq_n_u16(0), b0 = a0, c0 = a0, d0 = a0, a1 = a0, b1 = a0, c1 = a0, d1 = a0;
    do {
        const uint8x16_t bits0 = bn_load_words_neon(x0), bits1 = bn_load_words_neon(x1);
        BN_TAKE_BITS_NEON(a0, a1);
        BN_TAKE_BITS_NEON(b0, b1);
        BN_TAKE_BITS_NEON(c0, c1);
        BN_TAKE_BITS_NEON(d0, d1);
        w += 4 * BN_WORDS_NEON;
        x0 += BN_WORDS_NEON;
        x1 += BN_WORDS_NEON;
    } while (--vectors > 0);
    sums[0] = bn_sums_of_four_neon(a0, b0, c0, d0);
    sums[1] = bn_sums_of_four_neon(a1, b1, c1, d1);
}

#endif

#endif
