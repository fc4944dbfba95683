/* x[i] = x[i] < 0 ? -1 : 1, so that the sign of 0 is 1. */
#include "../../include/base.h"

BN_KERNEL void sign_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] < 0 ? -1.0f : 1.0f;
}
