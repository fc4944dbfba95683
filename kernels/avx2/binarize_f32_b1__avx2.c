/* The sign of floats as bits: see the scalar kernel. */
#include "../include/binarize.h"
#include "avx2.h"

BN_AVX2 static bn_word bn_signs_of_floats_avx2(int32_t count, const float *restrict x,
                                               const float *restrict direction,
                                               const float *restrict threshold)
{
    bn_word bits = 0;
    int32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m256 product =
            _mm256_mul_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(direction + i));
        const __m256 less = _mm256_cmp_ps(product, _mm256_loadu_ps(threshold + i), _CMP_LT_OQ);
        bits |= (bn_word)(uint32_t)_mm256_movemask_ps(less) << i;
    }
    for (; i < count; i++)
        bits |= bn_sign_of_float(x[i], direction[i], threshold[i]) << i;
    return bits;
}

BN_KERNEL void binarize_f32_b1__avx2(const struct bn_rows_shape *shape, const float *restrict x,
                                     const float *restrict threshold,
                                     const float *restrict direction, bn_word *restrict y)
{
    bn_binarize(shape, x, threshold, direction, y, bn_signs_of_floats_avx2);
}
