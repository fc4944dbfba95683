/* y[i] = x[i] modulo 2^16. */
#include "../include/shapes.h"

BN_KERNEL void cast_i32_u16__scalar(const struct bn_rows_shape *shape, const int32_t *restrict x,
                                    uint16_t *restrict y)
{
    const ptrdiff_t count = (ptrdiff_t)shape->rows * shape->channels;
    for (ptrdiff_t i = 0; i < count; i++)
        y[i] = (uint16_t)x[i];
}
