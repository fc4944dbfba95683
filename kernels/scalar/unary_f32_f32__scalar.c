/* Elementwise function: y[i] = activation(x[i]). y may be x. */
#include <string.h>

#include "../include/shapes.h"

BN_KERNEL void unary_f32_f32__scalar(const struct bn_rows_shape *shape, const float *x, float *y)
{
    const int32_t channels = shape->channels;
    for (int32_t r = 0; r < shape->rows; r++) {
        float *row = y + (ptrdiff_t)r * channels;
        if (y != x)
            memcpy(row, x + (ptrdiff_t)r * channels, (size_t)channels * sizeof *row);
        if (shape->activation.apply)
            shape->activation.apply(row, channels, shape->activation.a, shape->activation.b);
    }
}
