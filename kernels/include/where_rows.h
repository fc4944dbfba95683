/* where_rows.h: where the rows of a three-way broadcast begin. */
#ifndef BN_WHERE_ROWS_H
#define BN_WHERE_ROWS_H

#include "shapes.h"

/* A row of the result, along its last axis: where it begins in the operands. */
struct bn_where_row {
    ptrdiff_t condition, a, b;
};

static inline int32_t bn_where_rows(const struct bn_where_shape *shape)
{
    int32_t rows = 1;
    for (int32_t axis = 0; axis < BN_MAX_RANK - 1; axis++)
        rows *= shape->size[axis];
    return rows;
}

static inline struct bn_where_row bn_where_row_at(const struct bn_where_shape *shape, int32_t row)
{
    struct bn_where_row at = {0, 0, 0};
    for (int32_t axis = BN_MAX_RANK - 2; axis >= 0; axis--) {
        const ptrdiff_t index = row % shape->size[axis];
        row /= shape->size[axis];
        at.condition += index * shape->condition_stride[axis];
        at.a += index * shape->a_stride[axis];
        at.b += index * shape->b_stride[axis];
    }
    return at;
}

#endif
