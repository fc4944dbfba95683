/*
 * bit_words_avx2.h: windows of a single word by one vector of channels. Every six bits of a window
 * choose one of 64 vectors: what they add to the counts of 32 channels. The tables of all six bits
 * are made of the weights first, which many windows are worth.
 */
#ifndef BN_BIT_WORDS_AVX2_H
#define BN_BIT_WORDS_AVX2_H

#include "../include/low_bits.h"
#include "bit_vectors_avx2.h"

/* Bits of a table, tables of a word, and bytes of a table. */
#define BN_WORD_STEP_AVX2   6
#define BN_WORD_TABLES_AVX2 ((BN_WORD_BITS + BN_WORD_STEP_AVX2 - 1) / BN_WORD_STEP_AVX2)
#define BN_WORD_TABLE_AVX2  ((ptrdiff_t)32 << BN_WORD_STEP_AVX2)

static inline int bn_has_word_tables_avx2(int32_t size, int32_t vectors)
{
    return size == 1 && vectors == 1;
}

/* Bytes of 1 where the channels' bit is 0, and of -1 where it is 1: what a bit of 1 adds. */
BN_AVX2 static inline __m256i bn_bit_steps_avx2(const __m256i bytes[BN_WORD_BITS / 8], int32_t bit)
{
    const __m256i place = _mm256_set1_epi8((char)(1 << bit % 8));
    const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes[bit / 8], place), place);
    return _mm256_or_si256(is_set, _mm256_set1_epi8(1));
}

/* A table of `bits` bits from `first` on: each bit doubles it. */
BN_AVX2 static inline void bn_store_word_table_avx2(const __m256i bytes[BN_WORD_BITS / 8],
                                                    int32_t first, int32_t bits, __m256i *to)
{
    /* Of a bit that is 0, a channel's bit of 1 differs. */
    const __m256i zero = _mm256_setzero_si256();
    __m256i none = zero;
    for (int32_t i = 0; i < bits; i++)
        none = _mm256_sub_epi8(none, _mm256_cmpgt_epi8(zero, bn_bit_steps_avx2(bytes, first + i)));
    _mm256_storeu_si256(to, none);
    for (int32_t i = 0; i < bits; i++) {
        const __m256i step = bn_bit_steps_avx2(bytes, first + i);
        for (int32_t value = 0; value < 1 << i; value++)
            _mm256_storeu_si256(to + (1 << i) + value,
                                _mm256_add_epi8(_mm256_loadu_si256(to + value), step));
    }
}

BN_AVX2 static void bn_prepare_word_tables_avx2(int32_t width, const bn_word *restrict w,
                                                bn_word *restrict prepared)
{
    bn_word lanes[BN_LANES_AVX2] = {0};
    __m256i bytes[BN_WORD_BITS / 8];
    for (int32_t t = 0; t < width; t++)
        lanes[t] = w[t];
    bn_bytes_of_words_avx2(lanes, bytes);
    for (int32_t first = 0; first < BN_WORD_BITS; first += BN_WORD_STEP_AVX2) {
        const int32_t left = BN_WORD_BITS - first;
        __m256i *to = (__m256i *)(void *)prepared +
                      ((ptrdiff_t)first / BN_WORD_STEP_AVX2 << BN_WORD_STEP_AVX2);
        bn_store_word_table_avx2(bytes, first, left < BN_WORD_STEP_AVX2 ? left : BN_WORD_STEP_AVX2,
                                 to);
    }
}

/* The bits of a table in a word, times 32: where the vector of their value begins. */
static inline ptrdiff_t bn_word_row_avx2(bn_word x, int32_t table)
{
    const int32_t by = (BN_WORD_STEP_AVX2 * table + BN_WORD_BITS - 5) % BN_WORD_BITS;
    const bn_word mask = (bn_word)(BN_WORD_TABLE_AVX2 - 32);
    /* No bits of the word come after the last. */
    const int32_t left = BN_WORD_BITS - BN_WORD_STEP_AVX2 * table;
    const bn_word rotated = x >> by | x << (BN_WORD_BITS - by);
    return (ptrdiff_t)(rotated & (left < BN_WORD_STEP_AVX2 ? bn_low_bits(5 + left) & mask : mask));
}

/* The counts of a window of a word. */
BN_AVX2 static inline __m256i bn_count_word_avx2(bn_word x, const uint8_t *w)
{
    __m256i counts = bn_load_bytes_avx2(w + bn_word_row_avx2(x, 0));
    BN_UNROLL_AVX2
    for (int32_t i = 1; i < BN_WORD_TABLES_AVX2; i++)
        counts = _mm256_add_epi8(
            counts, bn_load_bytes_avx2(w + i * BN_WORD_TABLE_AVX2 + bn_word_row_avx2(x, i)));
    return counts;
}

/* Windows of a word. */
BN_AVX2 BN_HOT_LOOP void bn_sign_words_avx2(int32_t pixels, const bn_word *restrict x,
                                            const uint8_t *restrict w, const uint16_t *least,
                                            uint64_t *restrict bits)
{
    const __m256i limits = bn_byte_limits_avx2(least);
    for (int32_t p = 0; p < pixels; p++)
        bits[p] = bn_bytes_from_avx2(bn_count_word_avx2(x[p], w), limits);
}

#endif
