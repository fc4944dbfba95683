/* x[i] = |x[i]| > a ? x[i] : 0. a is lambda. */
#include "../../include/base.h"

BN_KERNEL void hard_shrink_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] > a || x[i] < -a ? x[i] : 0;
}
