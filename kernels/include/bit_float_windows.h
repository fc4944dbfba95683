/* bit_float_windows.h: sums over a tile of windows of a packed image, float weights. */
#ifndef BN_BIT_FLOAT_WINDOWS_H
#define BN_BIT_FLOAT_WINDOWS_H

#include <string.h>

#include "float_tile.h"
#include "tap_bits.h"
#include "unpack_bits.h"
#include "windows.h"
#include "words.h"

/*
 * sum[p][t] += x ? -w[k][t] : w[k][t], k over (kernel_y, kernel_x, channel of the group), for the
 * windows of the output pixels from `pixel` on. Each tap's bits become floats, a word at a time.
 */
static inline void bn_sum_bit_float_windows(const struct bn_conv2d_shape *shape,
                                            const bn_word *image, int32_t first_channel,
                                            int32_t pixel, const float *w,
                                            float sum[BN_PIXEL_TILE][BN_FLOAT_TILE])
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t row_words = bn_words(shape->in_channels);
    const int32_t taps = shape->kernel_height * shape->kernel_width;
    float signs[BN_PIXEL_TILE][BN_WORD_BITS];
    const float *const x[BN_PIXEL_TILE] = {signs[0], signs[1], signs[2], signs[3]};
    struct bn_windows windows;
    bn_place_windows(&windows, shape, pixel);
    for (int32_t tap = 0; tap < taps; tap++) {
        const int32_t ky = tap / shape->kernel_width, kx = tap % shape->kernel_width;
        for (int32_t channel = 0; channel < channels; channel += BN_WORD_BITS) {
            const int32_t left = channels - channel;
            const int32_t count = left < BN_WORD_BITS ? left : BN_WORD_BITS;
            for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
                const int32_t iy = windows.y[p] + ky * shape->dilation_y;
                const int32_t ix = windows.x[p] + kx * shape->dilation_x;
                if (shape->pad_value == 0 && !bn_is_inside(shape, iy, ix))
                    memset(signs[p], 0, sizeof signs[p]);
                else
                    bn_unpack_bits(bn_tap_bits(shape, image, row_words, iy, ix,
                                               first_channel + channel, count),
                                   count, signs[p]);
            }
            bn_add_float_run(1, count, 0, x, w, sum);
            w += count * BN_FLOAT_TILE;
        }
    }
}

#endif
