/*
 * bit_rows_avx2.h: a row of bits by weights as they are stored, a lane of a word per channel. Bits
 * of long rows are added place by place (Harley and Seal's carry-save), so that only every eighth
 * vector is counted.
 */
#ifndef BN_BIT_ROWS_AVX2_H
#define BN_BIT_ROWS_AVX2_H

#include "bit_vectors_avx2.h"

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

BN_AVX2 static inline __m256i bn_add_words_avx2(__m256i a, __m256i b)
{
#if BN_WORD_BITS == 64
    return _mm256_add_epi64(a, b);
#else
    return _mm256_add_epi32(a, b);
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

/* Times eight, in each word. */
BN_AVX2 static inline __m256i bn_times_eight_avx2(__m256i words)
{
#if BN_WORD_BITS == 64
    return _mm256_slli_epi64(words, 3);
#else
    return _mm256_slli_epi32(words, 3);
#endif
}

/* The bits in which a word differs from a vector of channels. */
BN_AVX2 static inline __m256i bn_differing_bits_avx2(bn_word x, const bn_word *w)
{
    return _mm256_xor_si256(bn_broadcast_avx2(x),
                            _mm256_loadu_si256((const __m256i *)(const void *)w));
}

/* Adds three bits in each place: their sum is *low and twice what is returned. */
BN_AVX2 static inline __m256i bn_add_bits_avx2(__m256i *low, __m256i a, __m256i b)
{
    const __m256i either = _mm256_xor_si256(*low, a);
    const __m256i carry = _mm256_or_si256(_mm256_and_si256(*low, a), _mm256_and_si256(either, b));
    *low = _mm256_xor_si256(either, b);
    return carry;
}

/* Bits in places worth one, two and four, and bytes that count eights. */
struct bn_places_avx2 {
    __m256i one, two, four, eights;
};

/* Adds the bits in which eight words of x differ from a vector of channels, rows of w. */
BN_AVX2 static inline void bn_add_eight_words_avx2(struct bn_places_avx2 *sum, const bn_word *x,
                                                   const bn_word *w, ptrdiff_t width)
{
    __m256i differ[8];
    BN_UNROLL_AVX2
    for (int32_t i = 0; i < 8; i++)
        differ[i] = bn_differing_bits_avx2(x[i], w + i * width);
    const __m256i a = bn_add_bits_avx2(&sum->one, differ[0], differ[1]);
    const __m256i b = bn_add_bits_avx2(&sum->one, differ[2], differ[3]);
    const __m256i c = bn_add_bits_avx2(&sum->two, a, b);
    const __m256i d = bn_add_bits_avx2(&sum->one, differ[4], differ[5]);
    const __m256i e = bn_add_bits_avx2(&sum->one, differ[6], differ[7]);
    const __m256i f = bn_add_bits_avx2(&sum->two, d, e);
    const __m256i g = bn_add_bits_avx2(&sum->four, c, f);
    sum->eights = _mm256_add_epi8(sum->eights, bn_popcount_avx2(g));
}

/* The sum of each word. */
BN_AVX2 static inline __m256i bn_add_places_avx2(const struct bn_places_avx2 *sum)
{
    __m256i bytes = bn_popcount_avx2(sum->four);
    bytes = _mm256_add_epi8(_mm256_add_epi8(bytes, bytes), bn_popcount_avx2(sum->two));
    bytes = _mm256_add_epi8(_mm256_add_epi8(bytes, bytes), bn_popcount_avx2(sum->one));
    const __m256i eights = bn_add_bytes_avx2(sum->eights);
    return bn_add_words_avx2(bn_add_bytes_avx2(bytes), bn_times_eight_avx2(eights));
}

/* differ[t] = or += word t. */
BN_AVX2 static inline void bn_add_to_counts_avx2(__m256i words, int is_first, int32_t *differ)
{
#if BN_WORD_BITS == 64
    const __m256i low = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    const __m128i sums = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(words, low));
    __m128i *to = (__m128i *)(void *)differ;
    _mm_storeu_si128(to, is_first ? sums : _mm_add_epi32(sums, _mm_loadu_si128(to)));
#else
    __m256i *to = (__m256i *)(void *)differ;
    _mm256_storeu_si256(to, is_first ? words : _mm256_add_epi32(words, _mm256_loadu_si256(to)));
#endif
}

/* differ[t] = or += the bits in which a run of words x differs from channel t of a vector. */
BN_AVX2 BN_HOT_LOOP void bn_count_run_of_row_avx2(int32_t size, ptrdiff_t width,
                                                  const bn_word *restrict x,
                                                  const bn_word *restrict w, int is_first,
                                                  int32_t *restrict differ)
{
    const __m256i zero = _mm256_setzero_si256();
    struct bn_places_avx2 sum = {zero, zero, zero, zero};
    __m256i bytes = zero;
    int32_t k = 0;
    for (; k + 8 <= size; k += 8, w += 8 * width)
        bn_add_eight_words_avx2(&sum, x + k, w, width);
    for (; k < size; k++, w += width)
        bytes = _mm256_add_epi8(bytes, bn_popcount_avx2(bn_differing_bits_avx2(x[k], w)));
    bn_add_to_counts_avx2(bn_add_words_avx2(bn_add_places_avx2(&sum), bn_add_bytes_avx2(bytes)),
                          is_first, differ);
}

/* Words of weights that stay in the first cache while one vector of channels after the other comes.
 */
#define BN_ROW_RUN_AVX2 3584

/* Words of x whose weights these are: of whole eights, and few enough for bytes to count them. */
static inline int32_t bn_row_run_avx2(int32_t width)
{
    const int32_t run = BN_ROW_RUN_AVX2 / width / 8 * 8;
    return run < 248 ? run : 248;
}

/* A row x one vector of channels, from w on. */
BN_AVX2 BN_HOT_LOOP void bn_count_vector_of_row_avx2(int32_t size, ptrdiff_t width,
                                                     const bn_word *restrict x,
                                                     const bn_word *restrict w,
                                                     bn_word sums[BN_WORDS_AVX2])
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i sum = zero;
    for (int32_t k = 0; k < size;) {
        const int32_t end = size - k < 31 ? size : k + 31;
        __m256i bytes = zero;
        for (; k < end; k++, w += width) {
            const __m256i row = _mm256_loadu_si256((const __m256i *)(const void *)w);
            const __m256i differ = _mm256_xor_si256(bn_broadcast_avx2(x[k]), row);
            bytes = _mm256_add_epi8(bytes, bn_popcount_avx2(differ));
        }
        sum = bn_add_words_avx2(sum, bn_add_bytes_avx2(bytes));
    }
    _mm256_storeu_si256((__m256i *)(void *)sums, sum);
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

/*
 * From so many words on rows are counted by carry-save, unless channels fill vectors four at a
 * time: then weights are read in longer pieces, which counts for more.
 */
#define BN_LONG_ROW_AVX2 256

/* The channels in whole vectors; returns how many. */
BN_AVX2 static int32_t bn_count_long_row_avx2(int32_t size, int32_t width,
                                              const bn_word *restrict x, const bn_word *restrict w,
                                              int32_t differ[BN_BIT_BLOCK])
{
    const int32_t whole = width / BN_WORDS_AVX2 * BN_WORDS_AVX2, most = bn_row_run_avx2(width);
    for (int32_t k = 0; k < size; k += most) {
        const int32_t run = size - k < most ? size - k : most;
        const bn_word *rows = w + (ptrdiff_t)k * width;
        for (int32_t t = 0; t < whole; t += BN_WORDS_AVX2)
            bn_count_run_of_row_avx2(run, width, x + k, rows + t, k == 0, differ + t);
    }
    return whole;
}

BN_AVX2 static void bn_count_bits_of_row_avx2(int32_t size, int32_t width,
                                              const bn_word *restrict x, const bn_word *restrict w,
                                              int32_t differ[BN_BIT_BLOCK])
{
    int32_t t = 0;
    if (size >= BN_LONG_ROW_AVX2 && width % (4 * BN_WORDS_AVX2) != 0)
        t = bn_count_long_row_avx2(size, width, x, w, differ);
    for (; t + 4 * BN_WORDS_AVX2 <= width; t += 4 * BN_WORDS_AVX2)
        bn_count_four_vectors_of_row_avx2(size, width, x, w + t, differ + t);
    for (; t + BN_WORDS_AVX2 <= width; t += BN_WORDS_AVX2) {
        bn_word sums[BN_WORDS_AVX2];
        bn_count_vector_of_row_avx2(size, width, x, w + t, sums);
        for (int32_t i = 0; i < BN_WORDS_AVX2; i++)
            differ[t + i] = (int32_t)sums[i];
    }
    for (; t < width; t++) {
        int64_t sum = 0;
        for (int32_t k = 0; k < size; k++)
            sum += _mm_popcnt_u64(x[k] ^ w[(ptrdiff_t)k * width + t]);
        differ[t] = (int32_t)sum;
    }
}

#endif
