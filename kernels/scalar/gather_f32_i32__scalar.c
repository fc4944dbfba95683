/*
 * Rows of tables: y[o][i] = table[o][indices[i]], each `width` elements. Indices are floats that
 * hold integers; fractions are cut off, those outside the table go to its nearest row, NaN to the
 * first.
 */
#include <string.h>

#include "../include/shapes.h"

BN_KERNEL void gather_f32_i32__scalar(const struct bn_gather_shape *shape,
                                      const int32_t *restrict table, const float *restrict indices,
                                      int32_t *restrict y)
{
    const int32_t last = shape->vocabulary - 1;
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        for (int32_t i = 0; i < shape->count; i++) {
            const float index = indices[i];
            const int32_t row = index >= (float)last ? last : index > 0 ? (int32_t)index : 0;
            memcpy(y, table + (ptrdiff_t)row * shape->width, (size_t)shape->width * sizeof *y);
            y += shape->width;
        }
        table += (ptrdiff_t)shape->vocabulary * shape->width;
    }
}
