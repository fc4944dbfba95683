/* x[i] = x[i] * Phi(x[i]), by the tanh approximation. */
#include <math.h>

#include "../../include/base.h"

BN_KERNEL void gelu_tanh_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        const float v = x[i];
        const float inner = 0.79788456080286535588f * (v + 0.044715f * v * v * v);
        x[i] = 0.5f * v * (1 + tanhf(inner));
    }
}
