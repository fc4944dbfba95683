/*
 * x[i] rounded to the nearest number of IEEE half precision: 11 significant bits, at most 65504,
 * steps of 2^-24 below 2^-14. Ties go to the even one, what lies past the largest to infinity.
 */
#include <math.h>
#include <string.h>

#include "../../include/base.h"

static inline float bn_half(float x)
{
    const float size = fabsf(x);
    uint32_t bits;
    if (size < 0.00006103515625f)
        return rintf(x * 16777216) * 0.000000059604644775390625f;
    /* Halfway to the number after 65504. */
    if (size >= 65520)
        return copysignf(INFINITY, x);
    memcpy(&bits, &x, sizeof bits);
    bits += 0x0fff + (bits >> 13 & 1);
    bits &= 0xffffe000;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

BN_KERNEL void to_half_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] == x[i] ? bn_half(x[i]) : x[i];
}
