/* x[i] = the sign of x[i]: -1 or 1, or x[i] itself where it is 0. */
#include "../../include/base.h"

BN_KERNEL void signum_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        x[i] = v > 0 ? 1 : v < 0 ? -1 : v;
    }
}
