/* y = a to the power of b modulo 2^32, without fractions, with broadcasting. y may be an operand
 * that is not broadcast. */
#include "../include/broadcast.h"
#include "../include/wrap.h"

/* By squares. Of the powers below 0 only those of 1 and -1 are not fractions, which count as 0. */
static inline int32_t bn_power(int32_t base, int32_t exponent)
{
    if (exponent < 0)
        return base == 1 || (base == -1 && exponent % 2 == 0) ? 1 : base == -1 ? -1 : 0;
    uint32_t power = 1;
    for (uint32_t square = (uint32_t)base; exponent > 0; exponent /= 2) {
        if (exponent % 2 == 1)
            power *= square;
        square *= square;
    }
    return bn_wrap(power);
}

BN_KERNEL void pow_i32_i32__scalar(const struct bn_binary_shape *shape, const int32_t *a,
                                   const int32_t *b, int32_t *y)
{
    const int32_t count = shape->size[BN_MAX_RANK - 1];
    const ptrdiff_t a_step = shape->a_stride[BN_MAX_RANK - 1];
    const ptrdiff_t b_step = shape->b_stride[BN_MAX_RANK - 1];
    struct bn_broadcast_row row = {{0}, 0, 0};
    do {
        const int32_t *a_row = a + row.a, *b_row = b + row.b;
        for (ptrdiff_t i = 0; i < count; i++)
            y[i] = bn_power(a_row[i * a_step], b_row[i * b_step]);
        y += count;
    } while (bn_next_broadcast_row(shape, &row));
}
