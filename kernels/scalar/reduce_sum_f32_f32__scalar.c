/* The sum along the middle axis: y[o][n] = sum of x[o][i][n] over i. */
#include "../include/column_sums.h"

BN_KERNEL void reduce_sum_f32_f32__scalar(const struct bn_axis_shape *shape,
                                          const float *restrict x, float *restrict y)
{
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        for (int32_t n = 0; n < shape->inner; n += BN_SUM_COLUMNS) {
            const int32_t left = shape->inner - n;
            const int32_t count = left < BN_SUM_COLUMNS ? left : BN_SUM_COLUMNS;
            float sum[BN_SUM_COLUMNS];
            bn_sum_columns(shape, x + n, count, sum);
            for (int32_t c = 0; c < count; c++)
                y[n + c] = sum[c];
        }
        x += (ptrdiff_t)shape->axis * shape->inner;
        y += shape->inner;
    }
}
