/* y = a >> b with the sign of a, or 0 where b is no place of a bit, with broadcasting. y may be an
 * operand that is not broadcast. */
#include "../include/broadcast.h"

static inline int32_t bn_shifted_right(int32_t a, int32_t places)
{
    if (places < 0 || places > 31)
        return 0;
    return a < 0 ? ~(~a >> places) : a >> places;
}

BN_KERNEL void shr_i32_i32__scalar(const struct bn_binary_shape *shape, const int32_t *a,
                                   const int32_t *b, int32_t *y)
{
    const int32_t count = shape->size[BN_MAX_RANK - 1];
    const ptrdiff_t a_step = shape->a_stride[BN_MAX_RANK - 1];
    const ptrdiff_t b_step = shape->b_stride[BN_MAX_RANK - 1];
    struct bn_broadcast_row row = {{0}, 0, 0};
    do {
        const int32_t *a_row = a + row.a, *b_row = b + row.b;
        for (ptrdiff_t i = 0; i < count; i++)
            y[i] = bn_shifted_right(a_row[i * a_step], b_row[i * b_step]);
        y += count;
    } while (bn_next_broadcast_row(shape, &row));
}
