/* y = the larger of a and b, with broadcasting. y may be an operand that is not broadcast. */
#include "../include/broadcast.h"

BN_KERNEL void max_i32_i32__scalar(const struct bn_binary_shape *shape, const int32_t *a,
                                   const int32_t *b, int32_t *y)
{
    const int32_t count = shape->size[BN_MAX_RANK - 1];
    const ptrdiff_t a_step = shape->a_stride[BN_MAX_RANK - 1];
    const ptrdiff_t b_step = shape->b_stride[BN_MAX_RANK - 1];
    struct bn_broadcast_row row = {{0}, 0, 0};
    do {
        const int32_t *a_row = a + row.a, *b_row = b + row.b;
        for (ptrdiff_t i = 0; i < count; i++)
            y[i] = a_row[i * a_step] > b_row[i * b_step] ? a_row[i * a_step] : b_row[i * b_step];
        y += count;
    } while (bn_next_broadcast_row(shape, &row));
}
