/*
 * Layer normalisation of rows of `axis` values:
 *   y[o][i] = (x[o][i] - mean) / sqrt(variance + epsilon) * gamma[i] + beta[i]
 * with mean and variance of the row x[o]; without `center` the mean counts as 0 (RMS norm).
 * y may be x.
 */
#include <math.h>

#include "../include/shapes.h"

BN_KERNEL void layer_norm_f32_f32__scalar(const struct bn_axis_shape *shape, const float *x,
                                          const float *gamma, const float *beta, float *y)
{
    const int32_t count = shape->axis;
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        float sum = 0, squares = 0;
        for (int32_t i = 0; i < count; i++)
            sum += x[i];
        const float mean = shape->center ? sum / (float)count : 0;
        for (int32_t i = 0; i < count; i++)
            squares += (x[i] - mean) * (x[i] - mean);
        const float factor = 1 / sqrtf(squares / (float)count + shape->epsilon);
        for (int32_t i = 0; i < count; i++)
            y[i] = (x[i] - mean) * factor * gamma[i] + beta[i];
        x += count;
        y += count;
    }
}
