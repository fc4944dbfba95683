/* x[i] = x[i] > a ? x[i] : b. a is theta, b the value below it. */
#include "../../include/base.h"

BN_KERNEL void thresholded_relu_f32__scalar(float *x, int32_t count, float a, float b)
{
    for (int32_t i = 0; i < count; i++)
        x[i] = x[i] > a ? x[i] : b;
}
