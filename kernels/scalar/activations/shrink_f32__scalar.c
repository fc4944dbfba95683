/* x[i] = x[i] > a ? x[i] - b : x[i] < -a ? x[i] + b : 0. a is lambda, b the bias. */
#include "../../include/base.h"

BN_KERNEL void shrink_f32__scalar(float *x, int32_t count, float a, float b)
{
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        x[i] = v > a ? v - b : v < -a ? v + b : 0;
    }
}
