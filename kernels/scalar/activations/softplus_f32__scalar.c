/* x[i] = log(1 + exp(x[i])), without overflow. */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void softplus_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        x[i] = (v > 0 ? v : 0) + log1pf(expf(-fabsf(v)));
    }
}
