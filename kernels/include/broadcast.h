/* broadcast.h: walks two operands of different shapes, row by row of the result. */
#ifndef BN_BROADCAST_H
#define BN_BROADCAST_H

#include "shapes.h"

/* A row of the result, along its last axis: where it begins in a and in b. */
struct bn_broadcast_row {
    int32_t index[BN_MAX_RANK];
    ptrdiff_t a, b;
};

/* Moves to the next row; returns 0 after the last one. */
static inline int bn_next_broadcast_row(const struct bn_binary_shape *shape,
                                        struct bn_broadcast_row *row)
{
    for (int32_t axis = BN_MAX_RANK - 2; axis >= 0; axis--) {
        row->a += shape->a_stride[axis];
        row->b += shape->b_stride[axis];
        if (++row->index[axis] < shape->size[axis])
            return 1;
        row->a -= (ptrdiff_t)shape->size[axis] * shape->a_stride[axis];
        row->b -= (ptrdiff_t)shape->size[axis] * shape->b_stride[axis];
        row->index[axis] = 0;
    }
    return 0;
}

#endif
