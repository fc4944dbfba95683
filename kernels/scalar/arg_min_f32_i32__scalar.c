/*
 * The place of the smallest along the middle axis, where NaN counts as such: y[o][n] = the first or
 * last i of those with the smallest x[o][i][n].
 */
#include "../include/shapes.h"

BN_KERNEL void arg_min_f32_i32__scalar(const struct bn_arg_shape *shape, const float *restrict x,
                                       int32_t *restrict y)
{
    const int32_t inner = shape->inner;
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        for (int32_t n = 0; n < inner; n++)
            y[n] = 0;
        for (int32_t i = 1; i < shape->axis; i++) {
            for (int32_t n = 0; n < inner; n++) {
                const float best = x[(ptrdiff_t)y[n] * inner + n], v = x[(ptrdiff_t)i * inner + n];
                if (v < best || (v != v && best == best) ||
                    (shape->last && (v == best || (v != v && best != best))))
                    y[n] = i;
            }
        }
        x += (ptrdiff_t)shape->axis * inner;
        y += inner;
    }
}
