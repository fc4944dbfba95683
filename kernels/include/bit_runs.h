/*
 * bit_runs.h: a tile of windows over a packed image, cut into runs: stretches of consecutive
 * weight words for which each window's input words are consecutive too.
 *
 * Taken together the runs cover (kernel_y, kernel_x, words of the group) in that order, each once.
 * A tap outside the image reads the padding, or is left out of its window when pad_value is 0.
 */
#ifndef BN_BIT_RUNS_H
#define BN_BIT_RUNS_H

#include "tap_bits.h"
#include "windows.h"
#include "words.h"

/* The longest run that may need its words put together. */
#define BN_RUN_WORDS 8

struct bn_bit_runs {
    const struct bn_conv2d_shape *shape;
    const bn_word *image;
    int32_t first_channel; /* of the group */
    struct bn_windows windows;
    int32_t ky, kx, word;
    /* The current run; x is NULL where the tap is left out, and a count of 0 is the end. */
    const bn_word *x[BN_PIXEL_TILE];
    int32_t count;
    /* Taps not left out so far, the current run's included. */
    int32_t taps[BN_PIXEL_TILE];
    bn_word made[BN_PIXEL_TILE][BN_RUN_WORDS];
};

/* True when all windows have row ky inside the image, as one stretch of memory. */
static inline int bn_bit_row_is_run(const struct bn_bit_runs *runs)
{
    const struct bn_conv2d_shape *shape = runs->shape;
    int inside = shape->groups == 1 && shape->dilation_x == 1;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        const int32_t y = runs->windows.y[p] + runs->ky * shape->dilation_y;
        const int32_t x = runs->windows.x[p];
        inside = inside && y >= 0 && y < shape->in_height;
        inside = inside && x >= 0 && x + shape->kernel_width <= shape->in_width;
    }
    return inside;
}

/* Sets the run of window p, `count` words from (ky, kx, word) on. */
static inline void bn_set_window_run(struct bn_bit_runs *runs, int32_t p)
{
    const struct bn_conv2d_shape *shape = runs->shape;
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t row_words = bn_words(shape->in_channels);
    const int32_t y = runs->windows.y[p] + runs->ky * shape->dilation_y;
    const int32_t x = runs->windows.x[p] + runs->kx * shape->dilation_x;
    const int inside = bn_is_inside(shape, y, x);
    if (!inside && shape->pad_value == 0) {
        runs->x[p] = NULL;
        return;
    }
    if (inside && (shape->groups == 1 || channels % BN_WORD_BITS == 0)) {
        const ptrdiff_t pixel = (ptrdiff_t)y * shape->in_width + x;
        const int32_t first_word = runs->first_channel / BN_WORD_BITS + runs->word;
        runs->x[p] = runs->image + pixel * row_words + first_word;
        return;
    }
    for (int32_t i = 0; i < runs->count; i++) {
        const int32_t channel = (runs->word + i) * BN_WORD_BITS;
        const int32_t left = channels - channel;
        runs->made[p][i] =
            bn_tap_bits(shape, runs->image, row_words, y, x, runs->first_channel + channel,
                        left < BN_WORD_BITS ? left : BN_WORD_BITS);
    }
    runs->x[p] = runs->made[p];
}

/* Sets the run that begins at (ky, kx, word). */
static inline void bn_set_bit_run(struct bn_bit_runs *runs)
{
    const struct bn_conv2d_shape *shape = runs->shape;
    const int32_t words = bn_words(shape->in_channels / shape->groups);
    const int32_t left = words - runs->word;
    if (runs->ky == shape->kernel_height) {
        runs->count = 0;
        return;
    }
    const int whole_row = runs->kx == 0 && runs->word == 0 && bn_bit_row_is_run(runs);
    runs->count = left < BN_RUN_WORDS ? left : BN_RUN_WORDS;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        bn_set_window_run(runs, p);
        if (runs->word == 0 && runs->x[p])
            runs->taps[p] += whole_row ? shape->kernel_width : 1;
    }
    if (whole_row)
        runs->count = shape->kernel_width * words;
}

/* Starts at the first run of the windows of the output pixels from `pixel` on. */
static inline void bn_first_bit_run(struct bn_bit_runs *runs, const struct bn_conv2d_shape *shape,
                                    const bn_word *image, int32_t first_channel, int32_t pixel)
{
    runs->shape = shape;
    runs->image = image;
    runs->first_channel = first_channel;
    runs->ky = runs->kx = runs->word = 0;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
        runs->taps[p] = 0;
    bn_place_windows(&runs->windows, shape, pixel);
    bn_set_bit_run(runs);
}

static inline void bn_next_bit_run(struct bn_bit_runs *runs)
{
    const int32_t words = bn_words(runs->shape->in_channels / runs->shape->groups);
    runs->word += runs->count;
    if (runs->word >= words) {
        runs->kx += runs->word / words;
        runs->word = 0;
    }
    if (runs->kx == runs->shape->kernel_width) {
        runs->kx = 0;
        runs->ky++;
    }
    bn_set_bit_run(runs);
}

#endif
