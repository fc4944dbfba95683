/* x[i] = x[i] * Phi(x[i]), the normal distribution function; erfc keeps its digits for negative x.
 */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void gelu_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = 0.5f * x[i] * erfcf(x[i] * -0.70710678118654752440f);
}
