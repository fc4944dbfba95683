/* x[i] = x[i] <= -1 ? 0 : x[i] >= 1 ? x[i] : (x[i] + 1)^2 / 4. */
#include "../../include/base.h"

BN_KERNEL void sparse_plus_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        x[i] = v <= -1 ? 0 : v >= 1 ? v : (v + 1) * (v + 1) / 4;
    }
}
