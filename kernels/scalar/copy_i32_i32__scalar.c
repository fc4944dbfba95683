/*
 * Copies elements in another order (slice, transpose, tile, reverse):
 *   y[i0][i1]... = x[offset + sum over axes of (i % modulus) * stride]
 */
#include "../include/shapes.h"

BN_KERNEL void copy_i32_i32__scalar(const struct bn_copy_shape *shape, const int32_t *restrict x,
                                    int32_t *restrict y)
{
    const int32_t last = BN_MAX_RANK - 1;
    const int32_t count = shape->size[last], modulus = shape->modulus[last];
    const ptrdiff_t step = shape->stride[last];
    int32_t index[BN_MAX_RANK] = {0};
    for (;;) {
        const int32_t *row = x + shape->offset;
        for (int32_t axis = 0; axis < last; axis++)
            row += (ptrdiff_t)(index[axis] % shape->modulus[axis]) * shape->stride[axis];
        for (int32_t first = 0; first < count; first += modulus) {
            const int32_t left = count - first;
            const int32_t run = left < modulus ? left : modulus;
            for (int32_t i = 0; i < run; i++)
                y[i] = row[i * step];
            y += run;
        }
        int32_t axis = last - 1;
        while (axis >= 0 && ++index[axis] == shape->size[axis])
            index[axis--] = 0;
        if (axis < 0)
            return;
    }
}
