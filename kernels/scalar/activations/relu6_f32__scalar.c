/* x[i] = min(max(x[i], 0), 6). */
#include "../../include/base.h"

BN_KERNEL void relu6_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        x[i] = v < 0 ? 0 : v > 6 ? 6 : v;
    }
}
