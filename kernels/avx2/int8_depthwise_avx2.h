/* int8_depthwise_avx2.h: the loop of depthwise convolutions of bytes, two taps of 16 channels at a
 * time. */
#ifndef BN_INT8_DEPTHWISE_AVX2_H
#define BN_INT8_DEPTHWISE_AVX2_H

#include "../include/int8_depthwise.h"
#include "avx2.h"

/* Sums of channels 0 to 7 and 8 to 15. */
struct bn_int8_sums_avx2 {
    __m256i low, high;
};

BN_AVX2 static inline __m128i bn_load_int8_row_avx2(const int8_t *from)
{
    return _mm_loadu_si128((const __m128i *)(const void *)from);
}

/* Adds x * w of two taps, a and b. */
BN_AVX2 static inline void bn_add_int8_taps_avx2(struct bn_int8_sums_avx2 *sums, __m128i x_a,
                                                 __m128i x_b, __m128i w_a, __m128i w_b)
{
    const __m256i x_low = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(x_a, x_b));
    const __m256i x_high = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(x_a, x_b));
    const __m256i w_low = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(w_a, w_b));
    const __m256i w_high = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(w_a, w_b));
    sums->low = _mm256_add_epi32(sums->low, _mm256_madd_epi16(x_low, w_low));
    sums->high = _mm256_add_epi32(sums->high, _mm256_madd_epi16(x_high, w_high));
}

/* The sums of the 16 channels from c on, counted from first. */
BN_AVX2 static inline void bn_sum_int8_taps_avx2(int32_t taps, int32_t c, int32_t first,
                                                 const int8_t *const *x, const int8_t *w,
                                                 ptrdiff_t step, int32_t *sum)
{
    const ptrdiff_t at = (ptrdiff_t)first + c;
    struct bn_int8_sums_avx2 sums = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    int32_t tap = 0;
    w += c;
    for (; tap + 1 < taps; tap += 2, w += 2 * step)
        bn_add_int8_taps_avx2(&sums, bn_load_int8_row_avx2(x[tap] + at),
                              bn_load_int8_row_avx2(x[tap + 1] + at), bn_load_int8_row_avx2(w),
                              bn_load_int8_row_avx2(w + step));
    if (tap < taps)
        bn_add_int8_taps_avx2(&sums, bn_load_int8_row_avx2(x[tap] + at), _mm_setzero_si128(),
                              bn_load_int8_row_avx2(w), _mm_setzero_si128());
    _mm256_storeu_si256((__m256i *)(void *)(sum + c), sums.low);
    _mm256_storeu_si256((__m256i *)(void *)(sum + c + 8), sums.high);
}

/* What is past the last 16 channels is summed with those before it. */
BN_AVX2 static void bn_multiply_int8_taps_avx2(int32_t taps, int32_t count, int32_t first,
                                               const int8_t *const *x, const int8_t *restrict w,
                                               ptrdiff_t step, int32_t *restrict sum)
{
    bn_sum_int8_taps_avx2(taps, 0, first, x, w, step, sum);
    if (count > 16)
        bn_sum_int8_taps_avx2(taps, count - 16, first, x, w, step, sum);
}

#endif
