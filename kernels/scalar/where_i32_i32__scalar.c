/*
 * y = a where the condition is not 0, else b, with broadcasting. y may be a or b where they are not
 * broadcast.
 */
#include "../include/where_rows.h"

BN_KERNEL void where_i32_i32__scalar(const struct bn_where_shape *shape, const int32_t *condition,
                                     const int32_t *a, const int32_t *b, int32_t *y)
{
    const int32_t last = BN_MAX_RANK - 1, count = shape->size[last];
    const ptrdiff_t step = shape->condition_stride[last];
    const ptrdiff_t a_step = shape->a_stride[last], b_step = shape->b_stride[last];
    const int32_t rows = bn_where_rows(shape);
    for (int32_t row = 0; row < rows; row++) {
        const struct bn_where_row at = bn_where_row_at(shape, row);
        const int32_t *a_row = a + at.a, *b_row = b + at.b;
        for (ptrdiff_t i = 0; i < count; i++)
            y[i] = condition[at.condition + i * step] != 0 ? a_row[i * a_step] : b_row[i * b_step];
        y += count;
    }
}
