/*
 * y = activation(pow(a, b)), with broadcasting. y may be an operand that is not broadcast.
 */
#include <math.h>

#include "../include/broadcast.h"

BN_KERNEL void pow_f32_f32__scalar(const struct bn_binary_shape *shape, const float *a,
                                   const float *b, float *y)
{
    const int32_t count = shape->size[BN_MAX_RANK - 1];
    const ptrdiff_t a_step = shape->a_stride[BN_MAX_RANK - 1];
    const ptrdiff_t b_step = shape->b_stride[BN_MAX_RANK - 1];
    struct bn_broadcast_row row = {{0}, 0, 0};
    do {
        const float *a_row = a + row.a, *b_row = b + row.b;
        if (a_step == 1 && b_step == 1) {
            for (ptrdiff_t i = 0; i < count; i++)
                y[i] = powf(a_row[i], b_row[i]);
        } else {
            for (ptrdiff_t i = 0; i < count; i++)
                y[i] = powf(a_row[i * a_step], b_row[i * b_step]);
        }
        if (shape->activation.apply)
            shape->activation.apply(y, count, shape->activation.a, shape->activation.b);
        y += count;
    } while (bn_next_broadcast_row(shape, &row));
}
