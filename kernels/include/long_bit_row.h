/* long_bit_row.h: popcounts of a row of bits of any length against a tile of output channels. */
#ifndef BN_LONG_BIT_ROW_H
#define BN_LONG_BIT_ROW_H

#include "bit_row.h"

/*
 * Gcc makes vectors of additions, but not of popcounts before AVX-512: with wide vectors, or
 * without an instruction that counts, adding the bits of a long row place by place beats counting
 * them word by word, from so many words on. Clang counts in vectors by itself.
 */
#if !defined(__SSE2__) || defined(__clang__) || defined(__AVX512VPOPCNTDQ__)
#define BN_IS_LONG_BIT_ROW(words) 0
#elif defined(__AVX2__) || !defined(__POPCNT__)
#define BN_IS_LONG_BIT_ROW(words) ((words) >= 16)
#else
#define BN_IS_LONG_BIT_ROW(words) 0
#endif

/* Adds three bits in each place: their sum is *low and twice what is returned. */
static inline bn_word bn_add_bits(bn_word *low, bn_word a, bn_word b)
{
    const bn_word either = *low ^ a, carry = (*low & a) | (either & b);
    *low = either ^ b;
    return carry;
}

/* How many bits of each byte are 1. */
static inline bn_word bn_popcount_bytes(bn_word bits)
{
    const bn_word ones = (bn_word) ~(bn_word)0;
    const bn_word by2 = ones / 3, by4 = ones / 15 * 3, by8 = ones / 17;
    bits = bits - ((bits >> 1) & by2);
    bits = (bits & by4) + ((bits >> 2) & by4);
    return (bits + (bits >> 4)) & by8;
}

/* The sum of the bytes of a word. */
static inline bn_word bn_add_bytes(bn_word bytes)
{
    const bn_word ones = (bn_word) ~(bn_word)0, by16 = ones / 257;
    bytes = (bytes & by16) + ((bytes >> 8) & by16);
    return (bytes * (ones / 0xffff)) >> (BN_WORD_BITS - 16);
}

/* As bn_count_bit_row: sums of bits wait in places worth one, two and four until they are eight. */
BN_HOT_LOOP void bn_count_long_bit_row(int32_t size, ptrdiff_t width, const bn_word *restrict x,
                                       const bn_word *restrict w, int32_t counts[BN_BIT_TILE])
{
    bn_word one[BN_BIT_TILE] = {0}, two[BN_BIT_TILE] = {0}, four[BN_BIT_TILE] = {0};
    bn_word eights[BN_BIT_TILE] = {0};
    int32_t blocks = size / 8;
    while (blocks > 0) {
        /* Bytes count to 8 per block, so 31 blocks fit. */
        const int32_t some = blocks < 31 ? blocks : 31;
        bn_word bytes[BN_BIT_TILE] = {0};
        for (int32_t i = 0; i < some; i++) {
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_BIT_TILE; t++) {
                const bn_word *v = w + t;
                bn_word a = bn_add_bits(&one[t], x[0] ^ v[0], x[1] ^ v[width]);
                bn_word b = bn_add_bits(&one[t], x[2] ^ v[2 * width], x[3] ^ v[3 * width]);
                const bn_word c = bn_add_bits(&two[t], a, b);
                a = bn_add_bits(&one[t], x[4] ^ v[4 * width], x[5] ^ v[5 * width]);
                b = bn_add_bits(&one[t], x[6] ^ v[6 * width], x[7] ^ v[7 * width]);
                const bn_word d = bn_add_bits(&two[t], a, b);
                bytes[t] += bn_popcount_bytes(bn_add_bits(&four[t], c, d));
            }
            x += 8;
            w += 8 * width;
        }
        for (int32_t t = 0; t < BN_BIT_TILE; t++)
            eights[t] += bn_add_bytes(bytes[t]);
        blocks -= some;
    }
    bn_count_bit_row(size % 8, width, x, w, counts);
    for (int32_t t = 0; t < BN_BIT_TILE; t++)
        counts[t] += bn_popcount(one[t]) + 2 * bn_popcount(two[t]) + 4 * bn_popcount(four[t]) +
                     8 * (int32_t)eights[t];
}

/* As bn_count_bit_row. */
static inline void bn_count_bits(int32_t size, ptrdiff_t width, const bn_word *x, const bn_word *w,
                                 int32_t counts[BN_BIT_TILE])
{
    if (BN_IS_LONG_BIT_ROW(size))
        bn_count_long_bit_row(size, width, x, w, counts);
    else
        bn_count_bit_row(size, width, x, w, counts);
}

#endif
