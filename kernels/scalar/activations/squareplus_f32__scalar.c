/* x[i] = (x[i] + sqrt(x[i]^2 + a)) / 2. a is the parameter b of squareplus. */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void squareplus_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        x[i] = (v + sqrtf(v * v + a)) / 2;
    }
}
