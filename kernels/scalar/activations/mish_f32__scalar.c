/* x[i] = x[i] * tanh(softplus(x[i])). */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void mish_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        const float softplus = (v > 0 ? v : 0) + log1pf(expf(-fabsf(v)));
        x[i] = v * tanhf(softplus);
    }
}
