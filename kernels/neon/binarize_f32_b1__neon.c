/*
 * The sign of floats as bits: see the scalar kernel. ARMv7's vectors take the smallest floats for
 * 0, so that it compares one by one.
 */
#include "../include/binarize.h"
#include "neon.h"

static bn_word bn_signs_of_floats_neon(int32_t count, const float *restrict x,
                                       const float *restrict direction,
                                       const float *restrict threshold)
{
    bn_word bits = 0;
    int32_t i = 0;
#if defined(__aarch64__)
    static const uint16_t places[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint16x8_t place = vld1q_u16(places);
    for (; i + 8 <= count; i += 8) {
        const float32x4_t low = vmulq_f32(vld1q_f32(x + i), vld1q_f32(direction + i));
        const float32x4_t high = vmulq_f32(vld1q_f32(x + i + 4), vld1q_f32(direction + i + 4));
        const uint16x4_t low_less = vmovn_u32(vcltq_f32(low, vld1q_f32(threshold + i)));
        const uint16x4_t high_less = vmovn_u32(vcltq_f32(high, vld1q_f32(threshold + i + 4)));
        const uint16x8_t less = vandq_u16(vcombine_u16(low_less, high_less), place);
        bits |= (bn_word)vaddvq_u16(less) << i;
    }
#endif
    for (; i < count; i++)
        bits |= bn_sign_of_float(x[i], direction[i], threshold[i]) << i;
    return bits;
}

BN_KERNEL void binarize_f32_b1__neon(const struct bn_rows_shape *shape, const float *restrict x,
                                     const float *restrict threshold,
                                     const float *restrict direction, bn_word *restrict y)
{
    bn_binarize(shape, x, threshold, direction, y, bn_signs_of_floats_neon);
}
