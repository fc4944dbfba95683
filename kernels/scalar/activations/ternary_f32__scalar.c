/* The sign of x[i], or 0 where |x[i]| < a; the sign of 0 is 0. a is the threshold. */
#include "../../include/base.h"

BN_KERNEL void ternary_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] >= a && x[i] > 0 ? 1.0f : x[i] <= -a && x[i] < 0 ? -1.0f : 0.0f;
}
