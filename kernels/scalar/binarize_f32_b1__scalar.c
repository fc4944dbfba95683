/*
 * The sign of a float tensor as bits: y[r][c] = x[r][c] * direction[c] < threshold[c], where 1
 * means -1. Directions are 1 or -1.
 */
#include "../include/shapes.h"
#include "../include/words.h"

BN_KERNEL void binarize_f32_b1__scalar(const struct bn_rows_shape *shape, const float *restrict x,
                                       const float *restrict threshold,
                                       const float *restrict direction, bn_word *restrict y)
{
    const int32_t channels = shape->channels, words = bn_words(channels);
    for (int32_t r = 0; r < shape->rows; r++) {
        const float *row = x + (ptrdiff_t)r * channels;
        for (int32_t word = 0; word < words; word++) {
            const int32_t first = word * BN_WORD_BITS, left = channels - first;
            const int32_t count = left < BN_WORD_BITS ? left : BN_WORD_BITS;
            bn_word bits = 0;
            for (int32_t i = 0; i < count; i++) {
                const int32_t c = first + i;
                bits |= (bn_word)(row[c] * direction[c] < threshold[c]) << i;
            }
            y[(ptrdiff_t)r * words + word] = bits;
        }
    }
}
