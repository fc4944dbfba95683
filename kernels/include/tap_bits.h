/* tap_bits.h: bits of one tap of a window over a packed image. */
#ifndef BN_TAP_BITS_H
#define BN_TAP_BITS_H

#include "low_bits.h"
#include "shapes.h"

/* Bits first .. first + count - 1 of a row, count at most a word. */
static inline bn_word bn_extract_bits(const bn_word *row, int32_t first, int32_t count)
{
    const int32_t word = first / BN_WORD_BITS, shift = first % BN_WORD_BITS;
    bn_word bits = row[word] >> shift;
    if (shift + count > BN_WORD_BITS)
        bits |= row[word + 1] << (BN_WORD_BITS - shift);
    return bits & bn_low_bits(count);
}

/* True when the pixel (y, x) is one of the image. */
static inline int bn_is_inside(const struct bn_conv2d_shape *shape, int32_t y, int32_t x)
{
    return y >= 0 && y < shape->in_height && x >= 0 && x < shape->in_width;
}

/*
 * Channels first .. first + count - 1 of the pixel (y, x), count at most a word. Outside the image
 * they are the padding, taken as +1 when pad_value is 0: the caller leaves such taps out.
 */
static inline bn_word bn_tap_bits(const struct bn_conv2d_shape *shape, const bn_word *image,
                                  int32_t row_words, int32_t y, int32_t x, int32_t first,
                                  int32_t count)
{
    if (!bn_is_inside(shape, y, x))
        return shape->pad_value < 0 ? bn_low_bits(count) : 0;
    const ptrdiff_t pixel = (ptrdiff_t)y * shape->in_width + x;
    return bn_extract_bits(image + pixel * row_words, first, count);
}

#endif
