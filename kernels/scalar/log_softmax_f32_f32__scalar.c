/*
 * Logarithm of softmax along the middle axis: y[o][i][n] = x[o][i][n] - max - log(sum over j of
 * exp(x[o][j][n] - max)), max being the largest x[o][j][n]. y may be x.
 */
#include <math.h>

#include "../include/extremes.h"
#include "../include/shapes.h"

BN_KERNEL void log_softmax_f32_f32__scalar(const struct bn_axis_shape *shape, const float *x,
                                           float *y)
{
    const ptrdiff_t step = shape->inner;
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        for (int32_t n = 0; n < shape->inner; n++) {
            const ptrdiff_t start = (ptrdiff_t)outer * shape->axis * step + n;
            float largest = x[start], sum = 0;
            for (int32_t i = 1; i < shape->axis; i++)
                largest = bn_max(largest, x[start + i * step]);
            for (int32_t i = 0; i < shape->axis; i++)
                sum += expf(x[start + i * step] - largest);
            const float log_sum = logf(sum);
            for (int32_t i = 0; i < shape->axis; i++)
                y[start + i * step] = x[start + i * step] - largest - log_sum;
        }
    }
}
