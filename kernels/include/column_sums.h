/* column_sums.h: sums along the middle axis of [outer][axis][inner]. */
#ifndef BN_COLUMN_SUMS_H
#define BN_COLUMN_SUMS_H

#include "shapes.h"

/* Columns that are summed together, and rows whose sum is rounded before it joins the others'. */
#define BN_SUM_COLUMNS 16
#define BN_SUM_ROWS    64

/*
 * sum[c] = the sum of x[i * inner + c] over i < axis, for c < count. Blocks of BN_SUM_ROWS rows are
 * summed first and their sums then, each from first to last: long sums keep their digits.
 */
static inline void bn_sum_columns(const struct bn_axis_shape *shape, const float *x, int32_t count,
                                  float sum[BN_SUM_COLUMNS])
{
    for (int32_t c = 0; c < count; c++)
        sum[c] = 0;
    for (int32_t first = 0; first < shape->axis; first += BN_SUM_ROWS) {
        const int32_t left = shape->axis - first;
        const int32_t rows = left < BN_SUM_ROWS ? left : BN_SUM_ROWS;
        float block[BN_SUM_COLUMNS] = {0};
        for (int32_t i = 0; i < rows; i++) {
            for (int32_t c = 0; c < count; c++)
                block[c] += x[c];
            x += shape->inner;
        }
        for (int32_t c = 0; c < count; c++)
            sum[c] += block[c];
    }
}

#endif
