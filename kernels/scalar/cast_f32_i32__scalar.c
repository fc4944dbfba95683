/* y[i] = x[i] without its fraction; the nearest integer there is where x[i] is out of range; 0 for
 * NaN. */
#include "../include/shapes.h"

BN_KERNEL void cast_f32_i32__scalar(const struct bn_rows_shape *shape, const float *restrict x,
                                    int32_t *restrict y)
{
    const ptrdiff_t count = (ptrdiff_t)shape->rows * shape->channels;
    for (ptrdiff_t i = 0; i < count; i++)
        y[i] = x[i] >= 2147483648.0f    ? INT32_MAX
               : x[i] <= -2147483648.0f ? INT32_MIN
               : x[i] == x[i]           ? (int32_t)x[i]
                                        : 0;
}
