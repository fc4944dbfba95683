/*
 * bit_tile_aarch64.h: the loop of binary convolutions on AArch64: 8 output channels x 4 pixels x
 * 128 bits, in 32 each of xor and count, 28 pairwise sums and 4 that widen: 3 operations per 128
 * bits.
 *
 * One pixel is a step of 24 operations, in which the counts of the pixel before are summed up while
 * this one's are made, so that none waits for the one before it on processors that run in order.
 */
#ifndef BN_BIT_TILE_AARCH64_H
#define BN_BIT_TILE_AARCH64_H

#include "neon.h"

#if defined(__aarch64__)

#define BN_XOR_NEON(d, i, x)  d##i = veorq_u8(w##i, x)
#define BN_COUNT_NEON(d, i)   d##i = vcntq_u8(d##i)
#define BN_PAIR_NEON(d, i, j) d##i = vpaddq_u8(d##i, d##j)

/*
 * `n` becomes the counts of pixel x; those in `p`, of the pixel before, become `pairs`, two sums
 * per channel; `sums` takes what is in `pairs` from two pixels before.
 */
#define BN_BIT_STEP_NEON(p, n, x, sums)                                                            \
    BN_XOR_NEON(n, 0, x);                                                                          \
    BN_XOR_NEON(n, 1, x);                                                                          \
    BN_XOR_NEON(n, 2, x);                                                                          \
    BN_XOR_NEON(n, 3, x);                                                                          \
    BN_XOR_NEON(n, 4, x);                                                                          \
    BN_XOR_NEON(n, 5, x);                                                                          \
    BN_XOR_NEON(n, 6, x);                                                                          \
    BN_XOR_NEON(n, 7, x);                                                                          \
    BN_PAIR_NEON(p, 0, 1);                                                                         \
    BN_PAIR_NEON(p, 2, 3);                                                                         \
    BN_PAIR_NEON(p, 4, 5);                                                                         \
    BN_PAIR_NEON(p, 6, 7);                                                                         \
    BN_COUNT_NEON(n, 0);                                                                           \
    BN_COUNT_NEON(n, 1);                                                                           \
    BN_COUNT_NEON(n, 2);                                                                           \
    BN_PAIR_NEON(p, 0, 2);                                                                         \
    BN_COUNT_NEON(n, 3);                                                                           \
    BN_PAIR_NEON(p, 4, 6);                                                                         \
    BN_COUNT_NEON(n, 4);                                                                           \
    BN_COUNT_NEON(n, 5);                                                                           \
    BN_COUNT_NEON(n, 6);                                                                           \
    BN_COUNT_NEON(n, 7);                                                                           \
    sums = vpadalq_u8(sums, pairs);                                                                \
    pairs = vpaddq_u8(p##0, p##4)

/*
 * sums[p][t] = popcount(x[p] xor w[t]) over `vectors` of x[p], which is x + at[p], and of w, which
 * is [vectors][8]. at[0] is 0.
 */
BN_ORDERED_LOOP_NEON void bn_count_bit_tile_aarch64(int32_t vectors, const bn_word *x,
                                                    const ptrdiff_t at[4], const bn_word *w,
                                                    uint16x8_t sums[4])
{
    const uint8x16_t zero = vdupq_n_u8(0);
    const ptrdiff_t at1 = at[1], at2 = at[2], at3 = at[3];
    uint16x8_t sums0 = vdupq_n_u16(0), sums1 = sums0, sums2 = sums0, sums3 = sums0;
    uint8x16_t a0, a1, a2, a3, a4, a5, a6, a7, pairs = zero;
    uint8x16_t b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    uint8x16_t b4 = zero, b5 = zero, b6 = zero, b7 = zero;
    for (int32_t k = 0; k < vectors; k++) {
        const uint8x16_t bits0 = bn_load_words_neon(x);
        const uint8x16_t w0 = bn_load_words_neon(w), w1 = bn_load_words_neon(w + BN_WORDS_NEON);
        const uint8x16_t w2 = bn_load_words_neon(w + 2 * BN_WORDS_NEON);
        const uint8x16_t w3 = bn_load_words_neon(w + 3 * BN_WORDS_NEON);
        const uint8x16_t w4 = bn_load_words_neon(w + 4 * BN_WORDS_NEON);
        const uint8x16_t w5 = bn_load_words_neon(w + 5 * BN_WORDS_NEON);
        const uint8x16_t w6 = bn_load_words_neon(w + 6 * BN_WORDS_NEON);
        const uint8x16_t w7 = bn_load_words_neon(w + 7 * BN_WORDS_NEON);
        const uint8x16_t bits1 = bn_load_words_neon(x + at1), bits2 = bn_load_words_neon(x + at2);
        const uint8x16_t bits3 = bn_load_words_neon(x + at3);
        BN_BIT_STEP_NEON(b, a, bits0, sums2);
        BN_BIT_STEP_NEON(a, b, bits1, sums3);
        BN_BIT_STEP_NEON(b, a, bits2, sums0);
        BN_BIT_STEP_NEON(a, b, bits3, sums1);
        w += 8 * BN_WORDS_NEON;
        x += BN_WORDS_NEON;
    }
    BN_PAIR_NEON(b, 0, 1);
    BN_PAIR_NEON(b, 2, 3);
    BN_PAIR_NEON(b, 4, 5);
    BN_PAIR_NEON(b, 6, 7);
    BN_PAIR_NEON(b, 0, 2);
    BN_PAIR_NEON(b, 4, 6);
    sums[0] = sums0;
    sums[1] = sums1;
    sums[2] = vpadalq_u8(sums2, pairs);
    sums[3] = vpadalq_u8(sums3, vpaddq_u8(b0, b4));
}

#endif

#endif
