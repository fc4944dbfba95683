/* x[i] = min(max(x[i], a), b). */
#include "../../include/base.h"

BN_KERNEL void clip_f32__scalar(float *x, int32_t count, float a, float b)
{
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        x[i] = v < a ? a : v > b ? b : v;
    }
}
