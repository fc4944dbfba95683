/* x[i] = clip((x[i] + 1) / 2, 0, 1). */
#include "../../include/base.h"

BN_KERNEL void sparse_sigmoid_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        x[i] = v <= -1 ? 0 : v >= 1 ? 1 : (v + 1) / 2;
    }
}
