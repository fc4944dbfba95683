/* x[i] = max(x[i], 0) + min(0, a * (exp(x[i] / a) - 1)). a is alpha. */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void celu_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        const float low = a * expm1f((v < 0 ? v : 0) / a);
        x[i] = (v > 0 ? v : 0) + (low < 0 ? low : 0);
    }
}
