/* x[i] = clip(a * x[i] + b, 0, 1). a is the slope alpha, b the offset beta. */
#include "../../include/base.h"

BN_KERNEL void hard_sigmoid_f32__scalar(float *x, int32_t count, float a, float b)
{
    for (int32_t i = 0; i < count; i++) {
        const float v = a * x[i] + b;
        x[i] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
}
