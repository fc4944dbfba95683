/*
 * Pads with a constant: y is `integer` everywhere but in the block of in_size that begins at
 * `before`, which is x.
 */
#include <string.h>

#include "../include/shapes.h"

BN_KERNEL void pad_i32_i32__scalar(const struct bn_pad_shape *shape, const int32_t *restrict x,
                                   int32_t *restrict y)
{
    const int32_t last = BN_MAX_RANK - 1;
    const int32_t row = shape->in_size[last];
    int32_t index[BN_MAX_RANK] = {0};
    ptrdiff_t count = 1;
    for (int32_t axis = 0; axis < BN_MAX_RANK; axis++)
        count *= shape->out_size[axis];
    for (ptrdiff_t i = 0; i < count; i++)
        y[i] = shape->integer;
    for (;;) {
        ptrdiff_t at = 0;
        for (int32_t axis = 0; axis < BN_MAX_RANK; axis++)
            at = at * shape->out_size[axis] + shape->before[axis] + index[axis];
        memcpy(y + at, x, (size_t)row * sizeof *y);
        x += row;
        int32_t axis = last - 1;
        while (axis >= 0 && ++index[axis] == shape->in_size[axis])
            index[axis--] = 0;
        if (axis < 0)
            return;
    }
}
