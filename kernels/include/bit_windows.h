/* bit_windows.h: popcounts of windows of a packed image against binary weights. */
#ifndef BN_BIT_WINDOWS_H
#define BN_BIT_WINDOWS_H

#include "bit_block_pair.h"
#include "tap_bits.h"
#include "tap_range.h"
#include "windows.h"
#include "words.h"

/* One output pixel's window, over the channels of one group. */
struct bn_bit_window {
    int32_t y, x; /* of the first tap, which may lie outside the image */
    int32_t first_channel;
    int32_t taps; /* that are not left out */
    /* Where is_block is set, all taps that count are one block of the image and of the weights. */
    int is_block;
    struct bn_bit_block block;
    ptrdiff_t x_first, w_first;
};

/* Taps outside the image are left out when they read 0. */
static inline void bn_set_bit_window(struct bn_bit_window *window,
                                     const struct bn_conv2d_shape *shape, int32_t first_channel,
                                     int32_t y, int32_t x)
{
    const struct bn_tap_range rows =
        bn_tap_range_at(y, shape->kernel_height, shape->dilation_y, shape->in_height);
    const struct bn_tap_range columns =
        bn_tap_range_at(x, shape->kernel_width, shape->dilation_x, shape->in_width);
    const int32_t height = rows.end - rows.first, width = columns.end - columns.first;
    const int32_t all = shape->kernel_height * shape->kernel_width;
    const int32_t words = bn_words(shape->in_channels);
    const ptrdiff_t first_y = y + rows.first * shape->dilation_y;
    window->y = y;
    window->x = x;
    window->first_channel = first_channel;
    window->taps = shape->pad_value == 0 ? height * width : all;
    window->is_block =
        shape->groups == 1 && shape->dilation_x == 1 && window->taps == height * width;
    window->block.rows = height;
    window->block.count = width * words;
    window->block.x_step = (ptrdiff_t)shape->dilation_y * shape->in_width * words;
    window->block.w_step = (ptrdiff_t)shape->kernel_width * words * BN_BIT_TILE;
    window->x_first = (first_y * shape->in_width + x + columns.first) * words;
    window->w_first = ((ptrdiff_t)rows.first * shape->kernel_width + columns.first) * words;
    window->w_first *= BN_BIT_TILE;
}

/* Words that are put together at a time. */
#define BN_MADE_WORDS 8

/* Adds the popcounts of a single tap, at (y, x). */
static inline void bn_add_bit_tap(const struct bn_conv2d_shape *shape, const bn_word *image,
                                  int32_t first_channel, int32_t y, int32_t x, const bn_word *w,
                                  bn_word pop[BN_BIT_TILE])
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t words = bn_words(channels), row_words = bn_words(shape->in_channels);
    struct bn_bit_block block = {1, words, 0, 0};
    if (bn_is_inside(shape, y, x) && (shape->groups == 1 || channels % BN_WORD_BITS == 0)) {
        const ptrdiff_t pixel = (ptrdiff_t)y * shape->in_width + x;
        image += pixel * row_words + first_channel / BN_WORD_BITS;
        bn_add_bit_block(&block, image, w, pop);
        return;
    }
    for (int32_t word = 0; word < words; word += BN_MADE_WORDS) {
        bn_word made[BN_MADE_WORDS];
        block.count = words - word < BN_MADE_WORDS ? words - word : BN_MADE_WORDS;
        for (int32_t i = 0; i < block.count; i++) {
            const int32_t channel = (word + i) * BN_WORD_BITS;
            const int32_t left = channels - channel;
            made[i] = bn_tap_bits(shape, image, row_words, y, x, first_channel + channel,
                                  left < BN_WORD_BITS ? left : BN_WORD_BITS);
        }
        bn_add_bit_block(&block, made, w + (ptrdiff_t)word * BN_BIT_TILE, pop);
    }
}

/* Adds the popcounts of a window; `w` is a tile's weights, [kernel_y][kernel_x][words][B]. */
static inline void bn_add_bit_window(const struct bn_conv2d_shape *shape, const bn_word *image,
                                     const struct bn_bit_window *window, const bn_word *w,
                                     bn_word pop[BN_BIT_TILE])
{
    const ptrdiff_t tap_words = (ptrdiff_t)bn_words(shape->in_channels / shape->groups);
    if (window->is_block) {
        bn_add_bit_block(&window->block, image + window->x_first, w + window->w_first, pop);
        return;
    }
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const int32_t y = window->y + ky * shape->dilation_y;
            const int32_t x = window->x + kx * shape->dilation_x;
            if (shape->pad_value != 0 || bn_is_inside(shape, y, x))
                bn_add_bit_tap(shape, image, window->first_channel, y, x, w, pop);
            w += tap_words * BN_BIT_TILE;
        }
    }
}

/* The windows of the output pixels from `pixel` on, over the channels of a group. */
static inline void bn_set_bit_windows(struct bn_bit_window windows[BN_PIXEL_TILE],
                                      const struct bn_conv2d_shape *shape, int32_t group,
                                      int32_t pixel)
{
    const int32_t first_channel = group * (shape->in_channels / shape->groups);
    struct bn_windows at;
    bn_place_windows(&at, shape, pixel);
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
        bn_set_bit_window(&windows[p], shape, first_channel, at.y[p], at.x[p]);
}

/* True when two windows take the same part of the weights. */
static inline int bn_are_alike(const struct bn_bit_window *a, const struct bn_bit_window *b)
{
    return a->is_block && b->is_block && a->w_first == b->w_first &&
           a->block.rows == b->block.rows && a->block.count == b->block.count;
}

/* Adds the popcounts of all windows of a tile, two at a time where they are alike. */
static inline void bn_add_bit_windows(const struct bn_conv2d_shape *shape, const bn_word *image,
                                      const struct bn_bit_window windows[BN_PIXEL_TILE],
                                      const bn_word *w, bn_word pop[BN_PIXEL_TILE][BN_BIT_TILE])
{
    for (int32_t p = 0; p < BN_PIXEL_TILE; p += 2) {
        const struct bn_bit_window *a = &windows[p], *b = &windows[p + 1];
        if (bn_are_alike(a, b)) {
            bn_add_bit_block_pair(&a->block, image + a->x_first, image + b->x_first, w + a->w_first,
                                  pop[p], pop[p + 1]);
        } else {
            bn_add_bit_window(shape, image, a, w, pop[p]);
            bn_add_bit_window(shape, image, b, w, pop[p + 1]);
        }
    }
}

/* Words of weights that a tile of output channels has. */
static inline ptrdiff_t bn_bit_tile_size(const struct bn_conv2d_shape *shape)
{
    const int32_t words = bn_words(shape->in_channels / shape->groups);
    return (ptrdiff_t)shape->kernel_height * shape->kernel_width * words * BN_BIT_TILE;
}

#endif
