/* x[i] = x[i] < 0 ? a * x[i] : x[i]. a is the slope alpha. */
#include "../../include/base.h"

BN_KERNEL void leaky_relu_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] < 0 ? a * x[i] : x[i];
}
