/*
 * Interpolation along the middle axis: y[o][s][n] = sum over t of
 * weights[s][t] * x[o][indices[s][t]][n], in the order of t. Indices lie inside the axis.
 */
#include "../include/shapes.h"

BN_KERNEL void resample_f32_f32__scalar(const struct bn_resample_shape *shape,
                                        const float *restrict x, const int32_t *restrict indices,
                                        const float *restrict weights, float *restrict y)
{
    const int32_t inner = shape->inner, taps = shape->taps;
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        for (int32_t place = 0; place < shape->places; place++) {
            const int32_t *index = indices + (ptrdiff_t)place * taps;
            const float *weight = weights + (ptrdiff_t)place * taps;
            for (int32_t n = 0; n < inner; n++)
                y[n] = 0;
            for (int32_t t = 0; t < taps; t++) {
                const float *row = x + (ptrdiff_t)index[t] * inner;
                for (int32_t n = 0; n < inner; n++)
                    y[n] += weight[t] * row[n];
            }
            y += inner;
        }
        x += (ptrdiff_t)shape->axis * inner;
    }
}
