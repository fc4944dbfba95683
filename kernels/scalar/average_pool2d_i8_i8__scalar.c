/*
 * Average pooling of bytes: y[n][oy][ox][c] = the mean of x[n][iy][ix][c] over the taps of the
 * window that lie inside the image, rounded to the nearest, halves away from 0.
 */
#include "../include/int8_pool.h"

/* Channels whose sums are kept at a time. */
#define BN_AVERAGE_BLOCK 64
/* 129 * 2^16 is below 2^24. */
#define BN_FEW_TAPS 65536

/* sum[c] += x[c] */
static inline void bn_add_row_of_bytes(int32_t channels, const int8_t *restrict x,
                                       int32_t *restrict sum)
{
    for (int32_t c = 0; c < channels; c++)
        sum[c] += x[c];
}

/*
 * y[c] = sum[c] / taps, to the nearest, halves away from 0. Both numbers are below 2^24 where taps
 * are few, and a quotient of such floats is never rounded up to an integer.
 */
static inline void bn_divide_byte_sums(int32_t channels, int32_t taps, const int32_t *restrict sum,
                                       int8_t *restrict y)
{
    const int32_t half = taps / 2;
    const float divisor = (float)taps;
    for (int32_t c = 0; c < channels; c++) {
        const int32_t size = (sum[c] < 0 ? -sum[c] : sum[c]) + half;
        const int32_t mean = taps < BN_FEW_TAPS ? (int32_t)((float)size / divisor) : size / taps;
        y[c] = (int8_t)(sum[c] < 0 ? -mean : mean);
    }
}

BN_KERNEL void average_pool2d_i8_i8__scalar(const struct bn_pool2d_shape *shape,
                                            const int8_t *restrict x, int8_t *restrict y,
                                            struct bn_part part)
{
    const int32_t channels = shape->channels;
    const int32_t end = bn_int8_pool_end(shape, part);
    for (int32_t row = bn_int8_pool_begin(shape, part); row < end; row++)
        for (int32_t ox = 0; ox < shape->out_width; ox++) {
            const struct bn_int8_pool_window window = bn_int8_pool_window_at(shape, x, row, ox);
            const int32_t taps = window.height * window.width;
            int8_t *to = y + ((ptrdiff_t)row * shape->out_width + ox) * channels;
            for (int32_t first = 0; first < channels; first += BN_AVERAGE_BLOCK) {
                const int32_t left = channels - first;
                const int32_t count = left < BN_AVERAGE_BLOCK ? left : BN_AVERAGE_BLOCK;
                int32_t sum[BN_AVERAGE_BLOCK] = {0};
                for (int32_t ky = 0; ky < window.height; ky++)
                    for (int32_t kx = 0; kx < window.width; kx++)
                        bn_add_row_of_bytes(
                            count, window.first + ky * window.step_y + kx * window.step_x + first,
                            sum);
                bn_divide_byte_sums(count, taps, sum, to + first);
            }
        }
}
