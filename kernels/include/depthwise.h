/*
 * depthwise.h: the operands of a depthwise convolution, up to a word's worth of output channels at
 * a time. Output channel c * M + m reads input channel c.
 */
#ifndef BN_DEPTHWISE_H
#define BN_DEPTHWISE_H

#include "low_bits.h"
#include "shapes.h"

/* Tap (ky, kx) of an output pixel: where it lies, and whether that is in the image. */
struct bn_tap {
    ptrdiff_t pixel;
    int inside;
};

static inline struct bn_tap bn_tap_at(const struct bn_conv2d_shape *shape, int32_t oy, int32_t ox,
                                      int32_t ky, int32_t kx)
{
    const int32_t y = oy * shape->stride_y + ky * shape->dilation_y - shape->pad_top;
    const int32_t x = ox * shape->stride_x + kx * shape->dilation_x - shape->pad_left;
    const struct bn_tap tap = {
        .pixel = (ptrdiff_t)y * shape->in_width + x,
        .inside = y >= 0 && y < shape->in_height && x >= 0 && x < shape->in_width,
    };
    return tap;
}

/*
 * The inputs of output channels first .. first + count - 1, in a row of floats: the row itself, or
 * `buffer` where each input has several outputs.
 */
static inline const float *bn_depthwise_floats(const float *row, int32_t first, int32_t count,
                                               int32_t multiplier, float buffer[BN_WORD_BITS])
{
    if (multiplier == 1)
        return row + first;
    for (int32_t i = 0; i < count; i++)
        buffer[i] = row[(first + i) / multiplier];
    return buffer;
}

/* The same of a row of bits, `first` being a multiple of the word. */
static inline bn_word bn_depthwise_bits(const bn_word *row, int32_t first, int32_t count,
                                        int32_t multiplier)
{
    bn_word bits = 0;
    if (multiplier == 1)
        return row[first / BN_WORD_BITS];
    for (int32_t i = 0; i < count; i++) {
        const int32_t c = (first + i) / multiplier;
        bits |= (row[c / BN_WORD_BITS] >> (c % BN_WORD_BITS) & 1) << i;
    }
    return bits;
}

/* The same of a tap outside the image, pad_value being 1 or -1. */
static inline bn_word bn_depthwise_padding(const struct bn_conv2d_shape *shape, int32_t count)
{
    return shape->pad_value < 0 ? bn_low_bits(count) : 0;
}

#endif
