/*
 * Rows of tables: y[o][i] = table[o][indices[i]], each `width` elements. Indices outside the
 * table go to its nearest row.
 */
#include <string.h>

#include "../include/shapes.h"

BN_KERNEL void gather_i32_f32__scalar(const struct bn_gather_shape *shape,
                                      const float *restrict table, const int32_t *restrict indices,
                                      float *restrict y)
{
    const int32_t last = shape->vocabulary - 1;
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        for (int32_t i = 0; i < shape->count; i++) {
            const int32_t index = indices[i];
            const int32_t row = index >= last ? last : index > 0 ? index : 0;
            memcpy(y, table + (ptrdiff_t)row * shape->width, (size_t)shape->width * sizeof *y);
            y += shape->width;
        }
        table += (ptrdiff_t)shape->vocabulary * shape->width;
    }
}
