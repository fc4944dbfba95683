/* x[i] = x[i] > a ? 1 : x[i] < -a ? -1 : 0. a is the threshold. */
#include "../../include/base.h"

BN_KERNEL void ternary_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] > a ? 1.0f : x[i] < -a ? -1.0f : 0.0f;
}
