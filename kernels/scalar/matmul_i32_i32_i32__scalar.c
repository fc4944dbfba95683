/*
 * Products of stacks of matrices: y[i][m][n] = sum over k of a[i][m][k] * b[i][k][n], modulo 2^32.
 */
#include "../include/matrix_at.h"
#include "../include/wrap.h"

BN_KERNEL void matmul_i32_i32_i32__scalar(const struct bn_matmul_shape *shape,
                                          const int32_t *restrict a, const int32_t *restrict b,
                                          int32_t *restrict y)
{
    const int32_t columns = shape->columns, depth = shape->depth;
    for (int32_t i = 0; i < shape->batch; i++) {
        const int32_t *row = a + bn_matrix_at(shape, i, shape->a_stride);
        for (int32_t m = 0; m < shape->rows; m++) {
            const int32_t *b_row = b + bn_matrix_at(shape, i, shape->b_stride);
            for (int32_t n = 0; n < columns; n++)
                y[n] = 0;
            for (int32_t k = 0; k < depth; k++) {
                for (int32_t n = 0; n < columns; n++)
                    y[n] = bn_wrapped_sum(y[n], bn_wrapped_product(row[k], b_row[n]));
                b_row += columns;
            }
            row += depth;
            y += columns;
        }
    }
}
