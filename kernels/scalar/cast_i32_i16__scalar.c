/* y[i] = the low 16 bits of x[i], the highest of them being the sign. */
#include "../include/shapes.h"

BN_KERNEL void cast_i32_i16__scalar(const struct bn_rows_shape *shape, const int32_t *restrict x,
                                    int16_t *restrict y)
{
    const ptrdiff_t count = (ptrdiff_t)shape->rows * shape->channels;
    for (ptrdiff_t i = 0; i < count; i++)
        y[i] = (int16_t)(((x[i] & 0xffff) ^ 0x8000) - 0x8000);
}
