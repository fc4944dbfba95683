/* x[i] = max(x[i], 0). */
#include "../../include/base.h"

BN_KERNEL void relu_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] < 0 ? 0 : x[i];
}
