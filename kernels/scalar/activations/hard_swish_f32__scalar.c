/* x[i] = x[i] * min(max(x[i] + 3, 0), 6) / 6. */
#include "../../include/base.h"

BN_KERNEL void hard_swish_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        const float gate = v < -3 ? 0 : v > 3 ? 6 : v + 3;
        x[i] = v * gate / 6;
    }
}
