/* The largest along the middle axis: y[o][n] = max of x[o][i][n] over i. */
#include "../include/shapes.h"

BN_KERNEL void reduce_max_i32_i32__scalar(const struct bn_axis_shape *shape,
                                          const int32_t *restrict x, int32_t *restrict y)
{
    const int32_t inner = shape->inner;
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        for (int32_t n = 0; n < inner; n++)
            y[n] = x[n];
        for (int32_t i = 1; i < shape->axis; i++) {
            x += inner;
            for (int32_t n = 0; n < inner; n++)
                y[n] = y[n] > x[n] ? y[n] : x[n];
        }
        x += inner;
        y += inner;
    }
}
