/* x[i] = erf(x[i]). */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void erf_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = erff(x[i]);
}
