/* bit_dense.h: dense layers of bits by bits, around the loops of an instruction set. */
#ifndef BN_BIT_DENSE_H
#define BN_BIT_DENSE_H

#include <string.h>

#include "bit_blocks.h"
#include "bit_loops.h"
#include "or_bits.h"
#include "scale_sums.h"
#include "shapes.h"
#include "words.h"

/* Where a part of the output channels begins, in whole blocks, and so in whole words of bits. */
static inline int32_t bn_first_part_channel(const struct bn_dense_shape *shape, struct bn_part part)
{
    const int32_t blocks = (shape->out_channels + BN_BIT_BLOCK - 1) / BN_BIT_BLOCK;
    return bn_part_begin(part, blocks) * BN_BIT_BLOCK;
}

static inline int32_t bn_end_part_channel(const struct bn_dense_shape *shape, struct bn_part part)
{
    const int32_t blocks = (shape->out_channels + BN_BIT_BLOCK - 1) / BN_BIT_BLOCK;
    const int32_t end = bn_part_end(part, blocks) * BN_BIT_BLOCK;
    return end < shape->out_channels ? end : shape->out_channels;
}

/* dense_b1_b1_b1, see the scalar kernel. */
static inline void bn_dense_b1_b1_b1(const struct bn_dense_shape *shape, const bn_word *x,
                                     const bn_word *w, const int32_t *threshold, bn_word *y,
                                     struct bn_part part, const struct bn_bit_loops *loops)
{
    const int32_t in_words = bn_words(shape->in_channels);
    const int32_t out_words = bn_words(shape->out_channels);
    const int32_t begin = bn_first_part_channel(shape, part);
    const int32_t end = bn_end_part_channel(shape, part);
    const int32_t first_word = begin / BN_WORD_BITS, end_word = bn_words(end);
    for (int32_t n = 0; n < shape->rows; n++) {
        memset(y + first_word, 0, (size_t)(end_word - first_word) * sizeof *y);
        for (int32_t first = begin; first < end; first += BN_BIT_BLOCK) {
            const int32_t count = end - first < BN_BIT_BLOCK ? end - first : BN_BIT_BLOCK;
            const int32_t width = bn_padded_channels(count);
            int32_t differ[BN_BIT_BLOCK], limits[BN_BIT_BLOCK];
            bn_pad_thresholds(count, threshold + first, limits);
            loops->count_row(in_words, width, x, w + (ptrdiff_t)first * in_words, differ);
            const uint64_t bits = loops->less(shape->in_channels, width, differ, limits);
            bn_or_block(y, first, count, bits);
        }
        x += in_words;
        y += out_words;
    }
}

/* dense_b1_b1_f32, see the scalar kernel. */
static inline void bn_dense_b1_b1_f32(const struct bn_dense_shape *shape, const bn_word *x,
                                      const bn_word *w, const float *mean, const float *scale,
                                      const float *offset, float *y, struct bn_part part,
                                      const struct bn_bit_loops *loops)
{
    const struct bn_activation *activation = &shape->activation;
    const int32_t in_words = bn_words(shape->in_channels);
    const int32_t begin = bn_first_part_channel(shape, part);
    const int32_t end = bn_end_part_channel(shape, part);
    for (int32_t n = 0; n < shape->rows; n++) {
        for (int32_t first = begin; first < end; first += BN_BIT_BLOCK) {
            const int32_t count = end - first < BN_BIT_BLOCK ? end - first : BN_BIT_BLOCK;
            int32_t differ[BN_BIT_BLOCK];
            loops->count_row(in_words, bn_padded_channels(count), x,
                             w + (ptrdiff_t)first * in_words, differ);
            bn_scale_sums(shape->in_channels, differ, mean + first, scale + first, offset + first,
                          count, y + first);
        }
        if (activation->apply && begin < end)
            activation->apply(y + begin, end - begin, activation->a, activation->b);
        x += in_words;
        y += shape->out_channels;
    }
}

#endif
