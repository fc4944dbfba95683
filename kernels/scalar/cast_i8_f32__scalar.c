/* y[i] = x[i]. */
#include "../include/shapes.h"

BN_KERNEL void cast_i8_f32__scalar(const struct bn_rows_shape *shape, const int8_t *restrict x,
                                   float *restrict y)
{
    const ptrdiff_t count = (ptrdiff_t)shape->rows * shape->channels;
    for (ptrdiff_t i = 0; i < count; i++)
        y[i] = x[i];
}
