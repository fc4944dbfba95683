/* int8_pool.h: where the windows of pools of bytes lie; parts are shares of the rows of all images.
 */
#ifndef BN_INT8_POOL_H
#define BN_INT8_POOL_H

#include <string.h>

#include "shapes.h"
#include "tap_range.h"

static inline int32_t bn_int8_pool_begin(const struct bn_pool2d_shape *shape, struct bn_part part)
{
    return bn_part_begin(part, shape->batch * shape->out_height);
}

static inline int32_t bn_int8_pool_end(const struct bn_pool2d_shape *shape, struct bn_part part)
{
    return bn_part_end(part, shape->batch * shape->out_height);
}

/* The taps inside the image: their first, how many there are each way, and how far apart. */
struct bn_int8_pool_window {
    const int8_t *first;
    ptrdiff_t step_y, step_x;
    int32_t height, width;
};

/* The window of column ox of `row`, the rows of all images being counted. */
static inline struct bn_int8_pool_window bn_int8_pool_window_at(const struct bn_pool2d_shape *shape,
                                                                const int8_t *x, int32_t row,
                                                                int32_t ox)
{
    const int32_t n = row / shape->out_height, oy = row % shape->out_height;
    const struct bn_tap_range rows =
        bn_tap_range_at(oy * shape->stride_y - shape->pad_top, shape->kernel_height,
                        shape->dilation_y, shape->in_height);
    const struct bn_tap_range columns =
        bn_tap_range_at(ox * shape->stride_x - shape->pad_left, shape->kernel_width,
                        shape->dilation_x, shape->in_width);
    const ptrdiff_t iy = rows.begin + rows.first * shape->dilation_y;
    const ptrdiff_t ix = columns.begin + columns.first * shape->dilation_x;
    const struct bn_int8_pool_window window = {
        .first =
            x + (((ptrdiff_t)n * shape->in_height + iy) * shape->in_width + ix) * shape->channels,
        .step_y = (ptrdiff_t)shape->dilation_y * shape->in_width * shape->channels,
        .step_x = (ptrdiff_t)shape->dilation_x * shape->channels,
        .height = rows.end - rows.first,
        .width = columns.end - columns.first,
    };
    return window;
}

#endif
