/* x[i] = floor(x[i]). */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void floor_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++)
        x[i] = floorf(x[i]);
}
