/*
 * bit_loops_avx2.h: the loops of binary x binary layers, a byte lane per output channel.
 *
 * Four bits of a window choose one of 16 constant tables, popcount(bits xor i) for i from 0 to 15,
 * and four bits of the weights of 32 channels look their counts up in it: a shuffle and an addition
 * per 128 products.
 */
#ifndef BN_BIT_LOOPS_AVX2_H
#define BN_BIT_LOOPS_AVX2_H

#include "../include/bit_loops.h"
#include "avx2.h"

/* [16][32]: row a holds popcount(a xor i) at i, in both halves of a vector. */
static const uint8_t bn_differences_avx2[16 * 32] __attribute__((aligned(32))) = {
    /* clang-format off */
    0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    1, 0, 2, 1, 2, 1, 3, 2, 2, 1, 3, 2, 3, 2, 4, 3, 1, 0, 2, 1, 2, 1, 3, 2, 2, 1, 3, 2, 3, 2, 4, 3,
    1, 2, 0, 1, 2, 3, 1, 2, 2, 3, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2, 2, 3, 1, 2, 3, 4, 2, 3,
    2, 1, 1, 0, 3, 2, 2, 1, 3, 2, 2, 1, 4, 3, 3, 2, 2, 1, 1, 0, 3, 2, 2, 1, 3, 2, 2, 1, 4, 3, 3, 2,
    1, 2, 2, 3, 0, 1, 1, 2, 2, 3, 3, 4, 1, 2, 2, 3, 1, 2, 2, 3, 0, 1, 1, 2, 2, 3, 3, 4, 1, 2, 2, 3,
    2, 1, 3, 2, 1, 0, 2, 1, 3, 2, 4, 3, 2, 1, 3, 2, 2, 1, 3, 2, 1, 0, 2, 1, 3, 2, 4, 3, 2, 1, 3, 2,
    2, 3, 1, 2, 1, 2, 0, 1, 3, 4, 2, 3, 2, 3, 1, 2, 2, 3, 1, 2, 1, 2, 0, 1, 3, 4, 2, 3, 2, 3, 1, 2,
    3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1,
    1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3,
    2, 1, 3, 2, 3, 2, 4, 3, 1, 0, 2, 1, 2, 1, 3, 2, 2, 1, 3, 2, 3, 2, 4, 3, 1, 0, 2, 1, 2, 1, 3, 2,
    2, 3, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2, 2, 3, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2,
    3, 2, 2, 1, 4, 3, 3, 2, 2, 1, 1, 0, 3, 2, 2, 1, 3, 2, 2, 1, 4, 3, 3, 2, 2, 1, 1, 0, 3, 2, 2, 1,
    2, 3, 3, 4, 1, 2, 2, 3, 1, 2, 2, 3, 0, 1, 1, 2, 2, 3, 3, 4, 1, 2, 2, 3, 1, 2, 2, 3, 0, 1, 1, 2,
    3, 2, 4, 3, 2, 1, 3, 2, 2, 1, 3, 2, 1, 0, 2, 1, 3, 2, 4, 3, 2, 1, 3, 2, 2, 1, 3, 2, 1, 0, 2, 1,
    3, 4, 2, 3, 2, 3, 1, 2, 2, 3, 1, 2, 1, 2, 0, 1, 3, 4, 2, 3, 2, 3, 1, 2, 2, 3, 1, 2, 1, 2, 0, 1,
    4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0,
    /* clang-format on */
};

/* Channels that are counted together: the lanes of two vectors; or of one, where there are no more.
 */
#define BN_LANES_AVX2         32
#define BN_STEPS_OF_WORD_AVX2 (BN_WORD_BITS / 4)
/* Words whose counts fit in a byte. */
#define BN_MOST_WORDS_AVX2 (252 / BN_WORD_BITS)

/* A vector per byte of the words of 32 channels: lane t of vector i is byte i of w[t]. */
BN_AVX2 static inline void bn_bytes_of_words_avx2(const bn_word w[BN_LANES_AVX2],
                                                  __m256i bytes[BN_WORD_BITS / 8])
{
    const __m128i *from = (const __m128i *)(const void *)w;
    __m256i pairs[BN_WORD_BITS / 8], quads[BN_WORD_BITS / 8];
#if BN_WORD_BITS == 64
    const __m256i order = _mm256_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15, 0,
                                           8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    __m256i eights[8];
    for (int32_t i = 0; i < 8; i++) {
        const __m256i half = _mm256_castsi128_si256(_mm_loadu_si128(from + i));
        pairs[i] = _mm256_shuffle_epi8(
            _mm256_inserti128_si256(half, _mm_loadu_si128(from + 8 + i), 1), order);
    }
    for (int32_t i = 0; i < 4; i++) {
        quads[i] = _mm256_unpacklo_epi16(pairs[2 * i], pairs[2 * i + 1]);
        quads[4 + i] = _mm256_unpackhi_epi16(pairs[2 * i], pairs[2 * i + 1]);
    }
    for (int32_t i = 0; i < 2; i++) {
        for (int32_t half = 0; half < 2; half++) {
            const __m256i a = quads[4 * half + 2 * i], b = quads[4 * half + 2 * i + 1];
            eights[4 * half + i] = _mm256_unpacklo_epi32(a, b);
            eights[4 * half + 2 + i] = _mm256_unpackhi_epi32(a, b);
        }
    }
    for (int32_t i = 0; i < 4; i++) {
        bytes[2 * i] = _mm256_unpacklo_epi64(eights[2 * i], eights[2 * i + 1]);
        bytes[2 * i + 1] = _mm256_unpackhi_epi64(eights[2 * i], eights[2 * i + 1]);
    }
#else
    const __m256i order = _mm256_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0,
                                           4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    for (int32_t i = 0; i < 4; i++) {
        const __m256i half = _mm256_castsi128_si256(_mm_loadu_si128(from + i));
        pairs[i] = _mm256_shuffle_epi8(
            _mm256_inserti128_si256(half, _mm_loadu_si128(from + 4 + i), 1), order);
    }
    for (int32_t i = 0; i < 2; i++) {
        quads[i] = _mm256_unpacklo_epi32(pairs[2 * i], pairs[2 * i + 1]);
        quads[2 + i] = _mm256_unpackhi_epi32(pairs[2 * i], pairs[2 * i + 1]);
    }
    for (int32_t i = 0; i < 2; i++) {
        bytes[2 * i] = _mm256_unpacklo_epi64(quads[2 * i], quads[2 * i + 1]);
        bytes[2 * i + 1] = _mm256_unpackhi_epi64(quads[2 * i], quads[2 * i + 1]);
    }
#endif
}

/* prepared: bytes [size][steps of a word][1 or 2 vectors], each of four bits. */
BN_AVX2 static void bn_prepare_bits_avx2(int32_t size, int32_t width, const bn_word *restrict w,
                                         bn_word *restrict prepared)
{
    const int32_t vectors = width > BN_LANES_AVX2 ? 2 : 1;
    const __m256i low = _mm256_set1_epi8(15);
    __m256i *to = (__m256i *)(void *)prepared;
    for (int32_t k = 0; k < size; k++) {
        for (int32_t i = 0; i < vectors; i++) {
            const int32_t left = width - i * BN_LANES_AVX2;
            bn_word lanes[BN_LANES_AVX2] = {0};
            __m256i bytes[BN_WORD_BITS / 8];
            for (int32_t t = 0; t < BN_LANES_AVX2 && t < left; t++)
                lanes[t] = w[i * BN_LANES_AVX2 + t];
            bn_bytes_of_words_avx2(left < BN_LANES_AVX2 ? lanes : w + i * BN_LANES_AVX2, bytes);
            for (int32_t b = 0; b < BN_WORD_BITS / 8; b++) {
                const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes[b], 4), low);
                _mm256_storeu_si256(to + 2 * b * vectors + i, _mm256_and_si256(bytes[b], low));
                _mm256_storeu_si256(to + (2 * b + 1) * vectors + i, high);
            }
        }
        w += width;
        to += BN_STEPS_OF_WORD_AVX2 * vectors;
    }
}

/* The table for four bits of a window. */
BN_AVX2 static inline __m256i bn_table_avx2(bn_word x, int32_t step)
{
    const bn_word at = (step < 2 ? x << (5 - 4 * step) : x >> (4 * step - 5)) & 0x1e0;
    return _mm256_load_si256((const __m256i *)(const void *)(bn_differences_avx2 + at));
}

/* sums[i] = or += the bytes of `counts`, in their order. */
BN_AVX2 static inline void bn_widen_counts_avx2(__m256i counts, int is_first, int32_t *sums)
{
    for (int32_t i = 0; i < 4; i++) {
        const __m128i half =
            i < 2 ? _mm256_castsi256_si128(counts) : _mm256_extracti128_si256(counts, 1);
        __m256i *to = (__m256i *)(void *)(sums + 8 * i);
        __m256i eight = _mm256_cvtepu8_epi32(i % 2 ? _mm_srli_si128(half, 8) : half);
        if (!is_first)
            eight = _mm256_add_epi32(eight, _mm256_loadu_si256(to));
        _mm256_storeu_si256(to, eight);
    }
}

/* Keeps gcc from adding counts in a tree, whose leaves don't fit in registers. */
#define BN_IN_ORDER_AVX2(a, b, c, d) __asm__("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d))

/* Four pixels x 64 channels. */
BN_AVX2 BN_HOT_LOOP void bn_count_two_vectors_avx2(int32_t size, const bn_word *const x[4],
                                                   const __m256i *w,
                                                   int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const __m256i zero = _mm256_setzero_si256();
    for (int32_t k = 0; k < size;) {
        const int32_t end = size - k < BN_MOST_WORDS_AVX2 ? size : k + BN_MOST_WORDS_AVX2;
        const int is_first = k == 0;
        __m256i a0 = zero, a1 = zero, a2 = zero, a3 = zero;
        __m256i b0 = zero, b1 = zero, b2 = zero, b3 = zero;
        for (; k < end; k++) {
            const bn_word x0 = x[0][k], x1 = x[1][k], x2 = x[2][k], x3 = x[3][k];
            BN_UNROLL_AVX2
            for (int32_t step = 0; step < BN_STEPS_OF_WORD_AVX2; step++) {
                const __m256i v = _mm256_loadu_si256(w++), u = _mm256_loadu_si256(w++);
                __m256i table = bn_table_avx2(x0, step);
                a0 = _mm256_add_epi8(a0, _mm256_shuffle_epi8(table, v));
                b0 = _mm256_add_epi8(b0, _mm256_shuffle_epi8(table, u));
                table = bn_table_avx2(x1, step);
                a1 = _mm256_add_epi8(a1, _mm256_shuffle_epi8(table, v));
                b1 = _mm256_add_epi8(b1, _mm256_shuffle_epi8(table, u));
                table = bn_table_avx2(x2, step);
                a2 = _mm256_add_epi8(a2, _mm256_shuffle_epi8(table, v));
                b2 = _mm256_add_epi8(b2, _mm256_shuffle_epi8(table, u));
                table = bn_table_avx2(x3, step);
                a3 = _mm256_add_epi8(a3, _mm256_shuffle_epi8(table, v));
                b3 = _mm256_add_epi8(b3, _mm256_shuffle_epi8(table, u));
                BN_IN_ORDER_AVX2(a0, a1, a2, a3);
                BN_IN_ORDER_AVX2(b0, b1, b2, b3);
            }
        }
        bn_widen_counts_avx2(a0, is_first, differ[0]);
        bn_widen_counts_avx2(a1, is_first, differ[1]);
        bn_widen_counts_avx2(a2, is_first, differ[2]);
        bn_widen_counts_avx2(a3, is_first, differ[3]);
        bn_widen_counts_avx2(b0, is_first, differ[0] + BN_LANES_AVX2);
        bn_widen_counts_avx2(b1, is_first, differ[1] + BN_LANES_AVX2);
        bn_widen_counts_avx2(b2, is_first, differ[2] + BN_LANES_AVX2);
        bn_widen_counts_avx2(b3, is_first, differ[3] + BN_LANES_AVX2);
    }
}

/* Four pixels x 32 channels. */
BN_AVX2 BN_HOT_LOOP void bn_count_vector_avx2(int32_t size, const bn_word *const x[4],
                                              const __m256i *w,
                                              int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const __m256i zero = _mm256_setzero_si256();
    for (int32_t k = 0; k < size;) {
        const int32_t end = size - k < BN_MOST_WORDS_AVX2 ? size : k + BN_MOST_WORDS_AVX2;
        const int is_first = k == 0;
        __m256i a0 = zero, a1 = zero, a2 = zero, a3 = zero;
        for (; k < end; k++) {
            const bn_word x0 = x[0][k], x1 = x[1][k], x2 = x[2][k], x3 = x[3][k];
            BN_UNROLL_AVX2
            for (int32_t step = 0; step < BN_STEPS_OF_WORD_AVX2; step++) {
                const __m256i v = _mm256_loadu_si256(w++);
                a0 = _mm256_add_epi8(a0, _mm256_shuffle_epi8(bn_table_avx2(x0, step), v));
                a1 = _mm256_add_epi8(a1, _mm256_shuffle_epi8(bn_table_avx2(x1, step), v));
                a2 = _mm256_add_epi8(a2, _mm256_shuffle_epi8(bn_table_avx2(x2, step), v));
                a3 = _mm256_add_epi8(a3, _mm256_shuffle_epi8(bn_table_avx2(x3, step), v));
                BN_IN_ORDER_AVX2(a0, a1, a2, a3);
            }
        }
        bn_widen_counts_avx2(a0, is_first, differ[0]);
        bn_widen_counts_avx2(a1, is_first, differ[1]);
        bn_widen_counts_avx2(a2, is_first, differ[2]);
        bn_widen_counts_avx2(a3, is_first, differ[3]);
    }
}

BN_AVX2 static void bn_count_bits_avx2(int32_t size, int32_t width, int32_t pixels,
                                       const bn_word *restrict x, const bn_word *restrict w,
                                       int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const __m256i *prepared = (const __m256i *)(const void *)w;
    const bn_word *rows[BN_PIXEL_TILE];
    /* Pixels that are not there repeat the last one. */
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
        rows[p] = x + (ptrdiff_t)(p < pixels ? p : pixels - 1) * size;
    if (width > BN_LANES_AVX2)
        bn_count_two_vectors_avx2(size, rows, prepared, differ);
    else
        bn_count_vector_avx2(size, rows, prepared, differ);
}

/* The bits of each byte. */
BN_AVX2 static inline __m256i bn_popcount_avx2(__m256i bits)
{
    const __m256i counts = _mm256_load_si256((const __m256i *)(const void *)bn_differences_avx2);
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bits, 4), low);
    return _mm256_add_epi8(_mm256_shuffle_epi8(counts, _mm256_and_si256(bits, low)),
                           _mm256_shuffle_epi8(counts, high));
}

/* Words per vector, and the sums of the bytes of each. */
#define BN_WORDS_AVX2 (256 / BN_WORD_BITS)

BN_AVX2 static inline __m256i bn_add_bytes_avx2(__m256i bytes)
{
#if BN_WORD_BITS == 64
    return _mm256_sad_epu8(bytes, _mm256_setzero_si256());
#else
    const __m256i pairs = _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#endif
}

BN_AVX2 static inline __m256i bn_broadcast_avx2(bn_word x)
{
#if BN_WORD_BITS == 64
    return _mm256_set1_epi64x((long long)x);
#else
    return _mm256_set1_epi32((int)x);
#endif
}

/* A row x four vectors of channels, from w on. */
BN_AVX2 BN_HOT_LOOP void bn_count_four_vectors_of_row_avx2(int32_t size, ptrdiff_t width,
                                                           const bn_word *restrict x,
                                                           const bn_word *restrict w,
                                                           int32_t *restrict differ)
{
    const __m256i zero = _mm256_setzero_si256();
    bn_word sums[4 * BN_WORDS_AVX2] = {0};
    for (int32_t k = 0; k < size;) {
        const int32_t end = size - k < 31 ? size : k + 31;
        __m256i bytes[4] = {zero, zero, zero, zero};
        for (; k < end; k++) {
            const __m256i v = bn_broadcast_avx2(x[k]);
            const __m256i *row = (const __m256i *)(const void *)w;
            for (int32_t i = 0; i < 4; i++) {
                const __m256i bits = _mm256_xor_si256(v, _mm256_loadu_si256(row + i));
                bytes[i] = _mm256_add_epi8(bytes[i], bn_popcount_avx2(bits));
            }
            w += width;
        }
        for (int32_t i = 0; i < 4; i++) {
            bn_word some[BN_WORDS_AVX2];
            _mm256_storeu_si256((__m256i *)(void *)some, bn_add_bytes_avx2(bytes[i]));
            for (int32_t t = 0; t < BN_WORDS_AVX2; t++)
                sums[i * BN_WORDS_AVX2 + t] += some[t];
        }
    }
    for (int32_t t = 0; t < 4 * BN_WORDS_AVX2; t++)
        differ[t] = (int32_t)sums[t];
}

BN_AVX2 static void bn_count_bits_of_row_avx2(int32_t size, int32_t width,
                                              const bn_word *restrict x, const bn_word *restrict w,
                                              int32_t differ[BN_BIT_BLOCK])
{
    int32_t t = 0;
    for (; t + 4 * BN_WORDS_AVX2 <= width; t += 4 * BN_WORDS_AVX2)
        bn_count_four_vectors_of_row_avx2(size, width, x, w + t, differ + t);
    for (; t < width; t++) {
        int64_t sum = 0;
        for (int32_t k = 0; k < size; k++)
            sum += _mm_popcnt_u64(x[k] ^ w[(ptrdiff_t)k * width + t]);
        differ[t] = (int32_t)sum;
    }
}

BN_AVX2 static uint64_t bn_less_bits_avx2(int32_t total, int32_t width,
                                          const int32_t differ[BN_BIT_BLOCK],
                                          const int32_t threshold[BN_BIT_BLOCK])
{
    const __m256i all = _mm256_set1_epi32(total);
    uint64_t bits = 0;
    for (int32_t t = 0; t < width; t += 8) {
        const __m256i d = _mm256_loadu_si256((const __m256i *)(const void *)(differ + t));
        const __m256i limit = _mm256_loadu_si256((const __m256i *)(const void *)(threshold + t));
        const __m256i acc = _mm256_sub_epi32(all, _mm256_add_epi32(d, d));
        const __m256 less = _mm256_castsi256_ps(_mm256_cmpgt_epi32(limit, acc));
        bits |= (uint64_t)(uint32_t)_mm256_movemask_ps(less) << t;
    }
    return bits;
}

static const struct bn_bit_loops bn_bit_loops_avx2 = {
    .prepare = bn_prepare_bits_avx2,
    .count = bn_count_bits_avx2,
    .count_row = bn_count_bits_of_row_avx2,
    .less = bn_less_bits_avx2,
};

#endif
