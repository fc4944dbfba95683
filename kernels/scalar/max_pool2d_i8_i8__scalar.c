/*
 * Max pooling of bytes: y[n][oy][ox][c] = the largest x[n][iy][ix][c] of the window, taken from the
 * taps inside the image.
 */
#include "../include/int8_pool.h"

/* y[c] = the larger of y[c] and x[c]. */
static inline void bn_take_larger_bytes(int32_t channels, const int8_t *restrict x,
                                        int8_t *restrict y)
{
    for (int32_t c = 0; c < channels; c++)
        y[c] = x[c] > y[c] ? x[c] : y[c];
}

BN_KERNEL void max_pool2d_i8_i8__scalar(const struct bn_pool2d_shape *shape,
                                        const int8_t *restrict x, int8_t *restrict y,
                                        struct bn_part part)
{
    const int32_t channels = shape->channels;
    const int32_t end = bn_int8_pool_end(shape, part);
    for (int32_t row = bn_int8_pool_begin(shape, part); row < end; row++)
        for (int32_t ox = 0; ox < shape->out_width; ox++) {
            const struct bn_int8_pool_window window = bn_int8_pool_window_at(shape, x, row, ox);
            int8_t *to = y + ((ptrdiff_t)row * shape->out_width + ox) * channels;
            memset(to, INT8_MIN, (size_t)channels);
            for (int32_t ky = 0; ky < window.height; ky++)
                for (int32_t kx = 0; kx < window.width; kx++)
                    bn_take_larger_bytes(
                        channels, window.first + ky * window.step_y + kx * window.step_x, to);
        }
}
