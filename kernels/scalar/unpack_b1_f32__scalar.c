/* Bits to floats: y[r][c] = activation(x[r][c] ? -1 : 1). */
#include "../include/shapes.h"
#include "../include/words.h"

BN_KERNEL void unpack_b1_f32__scalar(const struct bn_rows_shape *shape, const bn_word *restrict x,
                                     float *restrict y)
{
    const int32_t channels = shape->channels, words = bn_words(channels);
    for (int32_t r = 0; r < shape->rows; r++) {
        const bn_word *x_row = x + (ptrdiff_t)r * words;
        float *y_row = y + (ptrdiff_t)r * channels;
        for (int32_t c = 0; c < channels; c++)
            y_row[c] = (x_row[c / BN_WORD_BITS] >> (c % BN_WORD_BITS)) & 1 ? -1.0f : 1.0f;
        if (shape->activation.apply)
            shape->activation.apply(y_row, channels, shape->activation.a, shape->activation.b);
    }
}
