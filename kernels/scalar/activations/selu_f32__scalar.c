/* x[i] = scale * (x[i] < 0 ? alpha * (exp(x[i]) - 1) : x[i]), with the constants of SELU. */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void selu_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    const float scale = 1.05070098735548049342f, scale_alpha = 1.75809934084737685994f;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] < 0 ? scale_alpha * expm1f(x[i]) : scale * x[i];
}
