/* depthwise_counts.h: sums of a depthwise convolution of bits by bits. */
#ifndef BN_DEPTHWISE_COUNTS_H
#define BN_DEPTHWISE_COUNTS_H

#include <string.h>

#include "depthwise.h"
#include "words.h"

/* Taps of a word's worth of channels: how many there were, and in how many x and w differ. */
struct bn_counts {
    int32_t taps;
    int32_t differ[BN_WORD_BITS];
    /* What is not in `differ` yet: four channels side by side, 16 bits each. */
    uint64_t fields[BN_WORD_BITS / 4];
};

/* Each of four bits in a field of its own. */
#define BN_FIELDS(b3, b2, b1, b0)                                                                  \
    ((uint64_t)(b3) << 48 | (uint64_t)(b2) << 32 | (uint64_t)(b1) << 16 | (uint64_t)(b0))

static const uint64_t bn_fields[16] = {
    BN_FIELDS(0, 0, 0, 0), BN_FIELDS(0, 0, 0, 1), BN_FIELDS(0, 0, 1, 0), BN_FIELDS(0, 0, 1, 1),
    BN_FIELDS(0, 1, 0, 0), BN_FIELDS(0, 1, 0, 1), BN_FIELDS(0, 1, 1, 0), BN_FIELDS(0, 1, 1, 1),
    BN_FIELDS(1, 0, 0, 0), BN_FIELDS(1, 0, 0, 1), BN_FIELDS(1, 0, 1, 0), BN_FIELDS(1, 0, 1, 1),
    BN_FIELDS(1, 1, 0, 0), BN_FIELDS(1, 1, 0, 1), BN_FIELDS(1, 1, 1, 0), BN_FIELDS(1, 1, 1, 1),
};

static inline void bn_empty_fields(struct bn_counts *counts)
{
    for (int32_t i = 0; i < BN_WORD_BITS; i++)
        counts->differ[i] += (int32_t)(counts->fields[i / 4] >> (16 * (i % 4)) & 0xffff);
    for (int32_t i = 0; i < BN_WORD_BITS / 4; i++)
        counts->fields[i] = 0;
}

/* Counts one tap of all channels, from the bits in which x and w differ. */
static inline void bn_count_tap(struct bn_counts *counts, bn_word differ)
{
    for (int32_t i = 0; i < BN_WORD_BITS / 4; i++, differ >>= 4)
        counts->fields[i] += bn_fields[differ & 15];
    if (++counts->taps % 0xffff == 0)
        bn_empty_fields(counts);
}

/* The sum of channel i: taps that agree less taps that differ. */
static inline int32_t bn_counted_sum(const struct bn_counts *counts, int32_t i)
{
    return counts->taps - 2 * counts->differ[i];
}

/* Counts the window of output pixel (oy, ox) for the channels first .. first + count - 1. */
static inline void bn_count_window(struct bn_counts *counts, const struct bn_conv2d_shape *shape,
                                   const bn_word *image, const bn_word *w, int32_t oy, int32_t ox,
                                   int32_t first, int32_t count)
{
    const int32_t multiplier = shape->out_channels / shape->in_channels;
    const int32_t in_words = bn_words(shape->in_channels);
    memset(counts, 0, sizeof *counts);
    w += first / BN_WORD_BITS;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const struct bn_tap tap = bn_tap_at(shape, oy, ox, ky, kx);
            if (tap.inside)
                bn_count_tap(counts, *w ^ bn_depthwise_bits(image + tap.pixel * in_words, first,
                                                            count, multiplier));
            else if (shape->pad_value != 0)
                bn_count_tap(counts, *w ^ bn_depthwise_padding(shape, count));
            w += bn_words(shape->out_channels);
        }
    }
    bn_empty_fields(counts);
}

#endif
