/*
 * depthwise_counts.h: sums of a depthwise convolution of bits by bits.
 *
 * Each channel counts the taps where input and weight differ. A word's worth of channels counts at
 * once, in bit planes: plane b holds bit b of every channel's count.
 */
#ifndef BN_DEPTHWISE_COUNTS_H
#define BN_DEPTHWISE_COUNTS_H

#include "depthwise.h"
#include "words.h"

#define BN_PLANES 31

struct bn_counts {
    int32_t taps; /* that were counted */
    int32_t used; /* planes that may hold ones */
    bn_word plane[BN_PLANES];
};

/* Adds one to the counts of the channels whose bit is 1. */
static inline void bn_count(struct bn_counts *counts, bn_word bits)
{
    counts->taps++;
    for (int32_t b = 0; bits; b++) {
        const bn_word carry = counts->plane[b] & bits;
        counts->plane[b] ^= bits;
        bits = carry;
        if (b == counts->used)
            counts->used++;
    }
}

/* The sum of channel i: taps that agree less taps that differ. */
static inline int32_t bn_counted_sum(const struct bn_counts *counts, int32_t i)
{
    int32_t differ = 0;
    for (int32_t b = 0; b < counts->used; b++)
        differ |= (int32_t)(counts->plane[b] >> i & 1) << b;
    return counts->taps - 2 * differ;
}

/* Counts the window of output pixel (oy, ox) for the channels first .. first + count - 1. */
static inline void bn_count_window(struct bn_counts *counts, const struct bn_conv2d_shape *shape,
                                   const bn_word *image, const bn_word *w, int32_t oy, int32_t ox,
                                   int32_t first, int32_t count)
{
    const int32_t multiplier = shape->out_channels / shape->in_channels;
    const int32_t in_words = bn_words(shape->in_channels);
    counts->taps = counts->used = 0;
    for (int32_t b = 0; b < BN_PLANES; b++)
        counts->plane[b] = 0;
    w += first / BN_WORD_BITS;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const struct bn_tap tap = bn_tap_at(shape, oy, ox, ky, kx);
            if (tap.inside)
                bn_count(counts, *w ^ bn_depthwise_bits(image + tap.pixel * in_words, first, count,
                                                        multiplier));
            else if (shape->pad_value != 0)
                bn_count(counts, *w ^ bn_depthwise_padding(shape, count));
            w += bn_words(shape->out_channels);
        }
    }
}

#endif
