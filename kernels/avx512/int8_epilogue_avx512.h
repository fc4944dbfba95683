/* int8_epilogue_avx512.h: sums to bytes, floats and bits, 16 at a time. */
#ifndef BN_INT8_EPILOGUE_AVX512_H
#define BN_INT8_EPILOGUE_AVX512_H

#include "../include/int8_epilogue.h"
#include "avx512.h"

/* Which of 16 values there are, of `count` from the first of them on. */
static inline __mmask16 bn_first_lanes_avx512(int32_t count)
{
    return (__mmask16)(count < 16 ? (1 << count) - 1 : 0xffff);
}

/*
 * As bn_store_int8_i8. Rounds as the processor does unless told otherwise, halves to even; NaN
 * becomes the lower limit, as the second of two operands.
 */
BN_AVX512 static inline void bn_store_int8_i8_avx512(const struct bn_int8_epilogue *to,
                                                     ptrdiff_t row, int32_t first, int32_t count,
                                                     const int32_t *restrict sum)
{
    const __m512 low = _mm512_set1_ps((float)(to->low - to->zero_point));
    const __m512 high = _mm512_set1_ps((float)(to->high - to->zero_point));
    const __m512i zero_point = _mm512_set1_epi32(to->zero_point);
    int8_t *y = (int8_t *)to->y + row * to->channels + first;
    for (int32_t t = 0; t < count; t += 16) {
        const __mmask16 lanes = bn_first_lanes_avx512(count - t);
        const __m512 sums = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(lanes, sum + t));
        const __m512 scaled =
            _mm512_mul_ps(sums, _mm512_maskz_loadu_ps(lanes, to->scale + first + t));
        const __m512 limited = _mm512_min_ps(_mm512_max_ps(scaled, low), high);
        const __m512i rounded = _mm512_add_epi32(_mm512_cvtps_epi32(limited), zero_point);
        _mm_mask_storeu_epi8(y + t, lanes, _mm512_cvtepi32_epi8(rounded));
    }
}

/* As bn_store_int8_f32. */
BN_AVX512 static inline void bn_store_int8_f32_avx512(const struct bn_int8_epilogue *to,
                                                      ptrdiff_t row, int32_t first, int32_t count,
                                                      const int32_t *restrict sum)
{
    float *y = (float *)to->y + row * to->channels + first;
    for (int32_t t = 0; t < count; t += 16) {
        const __mmask16 lanes = bn_first_lanes_avx512(count - t);
        const __m512i sums = _mm512_maskz_loadu_epi32(lanes, sum + t);
        const __m512 centred = _mm512_sub_ps(_mm512_cvtepi32_ps(sums),
                                             _mm512_maskz_loadu_ps(lanes, to->mean + first + t));
        const __m512 scaled =
            _mm512_mul_ps(centred, _mm512_maskz_loadu_ps(lanes, to->scale + first + t));
        _mm512_mask_storeu_ps(
            y + t, lanes,
            _mm512_add_ps(scaled, _mm512_maskz_loadu_ps(lanes, to->offset + first + t)));
    }
    if (to->activation->apply)
        to->activation->apply(y, count, to->activation->a, to->activation->b);
}

/* As bn_store_int8_b1. */
BN_AVX512 static inline void bn_store_int8_b1_avx512(const struct bn_int8_epilogue *to,
                                                     ptrdiff_t row, int32_t first, int32_t count,
                                                     const int32_t *restrict sum)
{
    uint32_t bits = 0;
    for (int32_t t = 0; t < count; t += 16) {
        const __mmask16 lanes = bn_first_lanes_avx512(count - t);
        const __m512i sums = _mm512_maskz_loadu_epi32(lanes, sum + t);
        const __m512i limits = _mm512_maskz_loadu_epi32(lanes, to->threshold + first + t);
        bits |= (uint32_t)_mm512_cmplt_epi32_mask(sums, limits) << t;
    }
    bn_put_bits((bn_word *)to->y + row * bn_words(to->channels), first, count, bits);
}

#endif
