/*
 * Softmax along the middle axis: y[o][i][n] = exp(x[o][i][n] - max) / sum of exp(x[o][j][n] - max)
 * over j, max being the largest x[o][j][n]. y may be x.
 */
#include <math.h>

#include "../include/extremes.h"
#include "../include/shapes.h"

BN_KERNEL void softmax_f32_f32__scalar(const struct bn_axis_shape *shape, const float *x, float *y)
{
    const ptrdiff_t step = shape->inner;
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        for (int32_t n = 0; n < shape->inner; n++) {
            const ptrdiff_t start = (ptrdiff_t)outer * shape->axis * step + n;
            float largest = x[start], sum = 0;
            for (int32_t i = 1; i < shape->axis; i++)
                largest = bn_max(largest, x[start + i * step]);
            for (int32_t i = 0; i < shape->axis; i++) {
                y[start + i * step] = expf(x[start + i * step] - largest);
                sum += y[start + i * step];
            }
            for (int32_t i = 0; i < shape->axis; i++)
                y[start + i * step] /= sum;
        }
    }
}
