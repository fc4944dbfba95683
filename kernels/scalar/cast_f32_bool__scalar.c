/* y[i] = 1 where x[i] is not 0, else 0. */
#include "../include/shapes.h"

BN_KERNEL void cast_f32_bool__scalar(const struct bn_rows_shape *shape, const float *restrict x,
                                     uint8_t *restrict y)
{
    const ptrdiff_t count = (ptrdiff_t)shape->rows * shape->channels;
    for (ptrdiff_t i = 0; i < count; i++)
        y[i] = x[i] != 0;
}
