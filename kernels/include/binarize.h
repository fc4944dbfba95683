/* binarize.h: the signs of rows of floats, around a loop of an instruction set. */
#ifndef BN_BINARIZE_H
#define BN_BINARIZE_H

#include "shapes.h"
#include "words.h"

/* Bit i is x[i] * direction[i] < threshold[i], for i < count, at most a word. */
typedef bn_word bn_signs_of_floats(int32_t count, const float *restrict x,
                                   const float *restrict direction,
                                   const float *restrict threshold);

static inline bn_word bn_sign_of_float(float x, float direction, float threshold)
{
    return (bn_word)(x * direction < threshold);
}

static inline void bn_binarize(const struct bn_rows_shape *shape, const float *restrict x,
                               const float *restrict threshold, const float *restrict direction,
                               bn_word *restrict y, bn_signs_of_floats *signs)
{
    for (int32_t r = 0; r < shape->rows; r++, x += shape->channels) {
        for (int32_t first = 0; first < shape->channels; first += BN_WORD_BITS) {
            const int32_t left = shape->channels - first;
            *y++ = signs(left < BN_WORD_BITS ? left : BN_WORD_BITS, x + first, direction + first,
                         threshold + first);
        }
    }
}

#endif
