/* recurrent.h: what the recurrent kernels share. */
#ifndef BN_RECURRENT_H
#define BN_RECURRENT_H

#include "shapes.h"

/*
 * sum[c] += the sum of x[k] * matrix[k][c] over k < count, for c < columns. Rows of the matrix are
 * `row` floats apart.
 */
static inline void bn_add_product(int32_t count, int32_t columns, int32_t row,
                                  const float *restrict x, const float *restrict matrix,
                                  float *restrict sum)
{
    for (int32_t k = 0; k < count; k++) {
        for (int32_t c = 0; c < columns; c++)
            sum[c] += x[k] * matrix[c];
        matrix += row;
    }
}

static inline void bn_activate(const struct bn_activation *activation, float *x, int32_t count)
{
    if (activation->apply)
        activation->apply(x, count, activation->a, activation->b);
}

/* The input of time step t of a sequence, in the order in which they are read. */
static inline const float *bn_step_input(const struct bn_recurrent_shape *shape, const float *x,
                                         int32_t sequence, int32_t t)
{
    const int32_t time = shape->go_backwards ? shape->steps - 1 - t : t;
    return x + ((ptrdiff_t)sequence * shape->steps + time) * shape->features;
}

#endif
