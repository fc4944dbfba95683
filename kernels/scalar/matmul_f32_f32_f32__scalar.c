/*
 * Products of stacks of matrices: y[i][m][n] = sum over k of a[i][m][k] * b[i][k][n], in the order
 * of k. Rows of b are added up four at a time.
 */
#include "../include/matrix_at.h"

/* y[n] += x[k] * b[k][n], for k < count in order. */
BN_HOT_LOOP void bn_add_matrix_rows(int32_t count, int32_t columns, const float *restrict x,
                                    const float *restrict b, float *restrict y)
{
    int32_t k = 0;
    for (; k + 4 <= count; k += 4) {
        const float x0 = x[k], x1 = x[k + 1], x2 = x[k + 2], x3 = x[k + 3];
        const float *b0 = b, *b1 = b0 + columns, *b2 = b1 + columns, *b3 = b2 + columns;
        for (ptrdiff_t n = 0; n < columns; n++)
            y[n] = (((y[n] + x0 * b0[n]) + x1 * b1[n]) + x2 * b2[n]) + x3 * b3[n];
        b = b3 + columns;
    }
    for (; k < count; k++) {
        for (ptrdiff_t n = 0; n < columns; n++)
            y[n] += x[k] * b[n];
        b += columns;
    }
}

BN_KERNEL void matmul_f32_f32_f32__scalar(const struct bn_matmul_shape *shape,
                                          const float *restrict a, const float *restrict b,
                                          float *restrict y)
{
    const int32_t columns = shape->columns, depth = shape->depth;
    for (int32_t i = 0; i < shape->batch; i++) {
        const float *row = a + bn_matrix_at(shape, i, shape->a_stride);
        const float *matrix = b + bn_matrix_at(shape, i, shape->b_stride);
        for (int32_t m = 0; m < shape->rows; m++) {
            for (int32_t n = 0; n < columns; n++)
                y[n] = 0;
            bn_add_matrix_rows(depth, columns, row, matrix, y);
            row += depth;
            y += columns;
        }
    }
}
