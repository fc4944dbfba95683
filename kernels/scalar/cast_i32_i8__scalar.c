/* y[i] = the low 8 bits of x[i], the highest of them being the sign. */
#include "../include/shapes.h"

BN_KERNEL void cast_i32_i8__scalar(const struct bn_rows_shape *shape, const int32_t *restrict x,
                                   int8_t *restrict y)
{
    const ptrdiff_t count = (ptrdiff_t)shape->rows * shape->channels;
    for (ptrdiff_t i = 0; i < count; i++)
        y[i] = (int8_t)(((x[i] & 0xff) ^ 0x80) - 0x80);
}
