/* matrix_at.h: where the operands of a product of stacks of matrices begin. */
#ifndef BN_MATRIX_AT_H
#define BN_MATRIX_AT_H

#include "shapes.h"

/* Where the i-th matrix of the result begins in an operand with these strides. */
static inline ptrdiff_t bn_matrix_at(const struct bn_matmul_shape *shape, int32_t i,
                                     const int32_t stride[BN_MAX_RANK])
{
    ptrdiff_t at = 0;
    for (int32_t axis = BN_MAX_RANK - 1; axis >= 0; axis--) {
        at += (ptrdiff_t)(i % shape->size[axis]) * stride[axis];
        i /= shape->size[axis];
    }
    return at;
}

#endif
