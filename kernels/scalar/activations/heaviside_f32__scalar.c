/* x[i] = x[i] > 0 ? 1 : 0. */
#include "../../include/base.h"

BN_KERNEL void heaviside_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] > 0 ? 1.0f : 0.0f;
}
