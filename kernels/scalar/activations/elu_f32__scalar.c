/* x[i] = x[i] < 0 ? a * (exp(x[i]) - 1) : x[i]. a is alpha. */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void elu_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] < 0 ? a * expm1f(x[i]) : x[i];
}
