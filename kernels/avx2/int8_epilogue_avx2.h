/* int8_epilogue_avx2.h: sums to bytes, eight at a time. */
#ifndef BN_INT8_EPILOGUE_AVX2_H
#define BN_INT8_EPILOGUE_AVX2_H

#include "../include/int8_epilogue.h"
#include "avx2.h"

/* Scale, limits and zero point of eight channels. */
struct bn_requantize_avx2 {
    __m256 low, high;
    __m256i zero_point;
};

/* Eight results of 32 bits. NaN becomes the lower limit, as the second of two operands. */
BN_AVX2 static inline __m256i bn_requantize_avx2(const struct bn_requantize_avx2 *to,
                                                 const int32_t *sum, const float *scale)
{
    const __m256i sums = _mm256_loadu_si256((const __m256i *)(const void *)sum);
    const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_loadu_ps(scale));
    const __m256 limited = _mm256_min_ps(_mm256_max_ps(scaled, to->low), to->high);
    return _mm256_add_epi32(_mm256_cvtps_epi32(limited), to->zero_point);
}

/* As bn_store_int8_i8; rounds as the processor does unless told otherwise, halves to even. */
BN_AVX2 static inline void bn_store_int8_i8_avx2(const struct bn_int8_epilogue *to, ptrdiff_t row,
                                                 int32_t first, int32_t count,
                                                 const int32_t *restrict sum)
{
    const struct bn_requantize_avx2 requantize = {
        _mm256_set1_ps((float)(to->low - to->zero_point)),
        _mm256_set1_ps((float)(to->high - to->zero_point)),
        _mm256_set1_epi32(to->zero_point),
    };
    const float *scale = to->scale + first;
    int8_t *y = (int8_t *)to->y + row * to->channels + first;
    int32_t t = 0;
    for (; t + 16 <= count; t += 16) {
        const __m256i pairs =
            _mm256_packs_epi32(bn_requantize_avx2(&requantize, sum + t, scale + t),
                               bn_requantize_avx2(&requantize, sum + t + 8, scale + t + 8));
        const __m256i words = _mm256_permute4x64_epi64(pairs, 0xd8);
        _mm_storeu_si128(
            (__m128i *)(void *)(y + t),
            _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
    }
    if (t < count)
        bn_store_int8_i8(to, row, first + t, count - t, sum + t);
}

#endif
