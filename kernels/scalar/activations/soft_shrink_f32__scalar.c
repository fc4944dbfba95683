/* x[i] = x[i] > a ? x[i] - a : x[i] < -a ? x[i] + a : 0. a is lambda. */
#include "../../include/base.h"

BN_KERNEL void soft_shrink_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        x[i] = v > a ? v - a : v < -a ? v + a : 0;
    }
}
