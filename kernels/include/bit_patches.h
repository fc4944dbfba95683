/*
 * bit_patches.h: the windows of a strip of output pixels, copied out of a packed image.
 *
 * A patch holds the bits of a window one after the other, in the order of the weights: (kernel_y,
 * kernel_x, channel of the group). A tap outside the image reads the padding; where pad_value is 0
 * it is left out of the sum, see bit_edges.h.
 */
#ifndef BN_BIT_PATCHES_H
#define BN_BIT_PATCHES_H

#include <string.h>

#include "bit_writer.h"
#include "inside_taps.h"
#include "tap_bits.h"
#include "windows.h"
#include "words.h"

struct bn_bit_patches {
    const struct bn_conv2d_shape *shape;
    int32_t size;   /* words of a patch */
    int32_t all;    /* bits of a window */
    bn_word *words; /* [strip][size]; bits of taps that are left out are 0 */
    int32_t *count; /* [strip]: bits that are not left out */
};

/* `scratch` is bn_word [strip][words of a window's bits] and [strip]. */
static inline void bn_start_bit_patches(struct bn_bit_patches *patches,
                                        const struct bn_conv2d_shape *shape, bn_word *scratch)
{
    const int32_t channels = shape->in_channels / shape->groups;
    patches->shape = shape;
    patches->all = shape->kernel_height * shape->kernel_width * channels;
    patches->size = bn_words(patches->all);
    patches->words = scratch;
    patches->count = (int32_t *)(void *)(scratch + (ptrdiff_t)shape->strip * patches->size);
}

/* Appends the taps of row ky of the window that begins at pixel x of image row y. */
static inline void bn_append_row(struct bn_bit_writer *writer, const struct bn_conv2d_shape *shape,
                                 const bn_word *image, int32_t first_channel, int32_t y, int32_t x)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t row_words = bn_words(shape->in_channels);
    for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
        for (int32_t c = 0; c < channels; c += BN_WORD_BITS) {
            const int32_t count = channels - c < BN_WORD_BITS ? channels - c : BN_WORD_BITS;
            bn_append_bits(writer,
                           bn_tap_bits(shape, image, row_words, y, x, first_channel + c, count),
                           count);
        }
        x += shape->dilation_x;
    }
}

/* The same for `taps` whole pixels, `step` words apart. */
static inline void bn_append_pixels(struct bn_bit_writer *writer, const bn_word *pixels,
                                    int32_t taps, ptrdiff_t step, int32_t channels)
{
    for (int32_t i = 0; i < taps; i++) {
        const bn_word *word = pixels + i * step;
        int32_t left = channels;
        for (; left > BN_WORD_BITS; left -= BN_WORD_BITS)
            bn_append_bits(writer, *word++, BN_WORD_BITS);
        bn_append_bits(writer, *word, left);
    }
}

/*
 * The same for pixels that follow each other, of so many channels that words hold several of them
 * whole. What is appended begins with a word.
 */
BN_HOT_LOOP void bn_append_narrow_pixels(struct bn_bit_writer *writer,
                                         const bn_word *restrict pixels, int32_t taps,
                                         int32_t channels)
{
    const int32_t count = BN_WORD_BITS / channels, words = taps / count;
    bn_word *restrict to = writer->to;
    for (int32_t i = 0; i < words; i++, pixels += count) {
        bn_word bits = pixels[0] | pixels[1] << channels;
        for (int32_t k = 2; k < count; k++)
            bits |= pixels[k] << k * channels;
        to[i] = bits;
    }
    writer->to = to + words;
    bn_append_pixels(writer, pixels, taps % count, 1, channels);
}

/* True when the one window is the image, all of its channels. */
static inline int bn_is_image(const struct bn_conv2d_shape *shape)
{
    return shape->kernel_height == shape->in_height && shape->kernel_width == shape->in_width &&
           shape->dilation_y == 1 && shape->dilation_x == 1 && shape->pad_top == 0 &&
           shape->pad_left == 0 && shape->out_height == 1 && shape->out_width == 1 &&
           shape->groups == 1;
}

/* Copies window p, whose first tap is (y, x), and whose taps are not whole words. */
static inline void bn_copy_bit_patch(struct bn_bit_patches *patches, const bn_word *image,
                                     int32_t first_channel, int32_t p, int32_t y, int32_t x)
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t row_words = bn_words(shape->in_channels);
    const int is_inside = bn_is_whole(shape, y, x);
    struct bn_bit_writer bits = {patches->words + (ptrdiff_t)p * patches->size, 0, 0};
    patches->count[p] = patches->all;
    if (bn_is_image(shape) && channels < BN_WORD_BITS && BN_WORD_BITS % channels == 0) {
        bn_append_narrow_pixels(&bits, image, shape->in_height * shape->in_width, channels);
        bn_end_bits(&bits);
        return;
    }
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        const int32_t row_y = y + ky * shape->dilation_y;
        const ptrdiff_t from = ((ptrdiff_t)row_y * shape->in_width + x) * row_words;
        if (!is_inside || shape->groups != 1)
            bn_append_row(&bits, shape, image, first_channel, row_y, x);
        else
            bn_append_pixels(&bits, image + from, shape->kernel_width,
                             (ptrdiff_t)shape->dilation_x * row_words, channels);
    }
    bn_end_bits(&bits);
    if (!is_inside && shape->pad_value == 0) {
        const struct bn_inside_taps inside = bn_inside_taps(shape, y, x);
        patches->count[p] = (inside.bottom - inside.top) * (inside.right - inside.left) * channels;
    }
}

/*
 * Appends a tap, or two that are `next` words apart, of `channels` bits to each of `count` words,
 * which hold `filled` bits; neighbours' taps are `step` words apart.
 */
BN_HOT_LOOP void bn_append_taps(int32_t count, const bn_word *restrict from, ptrdiff_t step,
                                ptrdiff_t next, int32_t channels, int32_t filled,
                                bn_word *restrict to)
{
    const bn_word *restrict second = from + next;
    const bn_word kept = filled ? (bn_word) ~(bn_word)0 : 0;
    if (next == 0)
        for (int32_t i = 0; i < count; i++)
            to[i] = (to[i] & kept) | from[i * step] << filled;
    else if (step == 1)
        for (int32_t i = 0; i < count; i++)
            to[i] = (to[i] & kept) | (from[i] | second[i] << channels) << filled;
    else
        for (int32_t i = 0; i < count; i++)
            to[i] = (to[i] & kept) | (from[i * step] | second[i * step] << channels) << filled;
}

/*
 * How many of the output pixels from `pixel` on, at most `most`, are neighbours in a row whose
 * windows lie in the image.
 */
static inline int32_t bn_count_whole_windows(const struct bn_conv2d_shape *shape, int32_t pixel,
                                             int32_t most)
{
    const int32_t oy = pixel / shape->out_width, ox = pixel % shape->out_width;
    const int32_t y = oy * shape->stride_y - shape->pad_top;
    const int32_t x = ox * shape->stride_x - shape->pad_left;
    const int32_t reach = (shape->kernel_width - 1) * shape->dilation_x;
    const int32_t left = shape->out_width - ox < most ? shape->out_width - ox : most;
    if (!bn_is_whole(shape, y, x))
        return 0;
    const int32_t count = (shape->in_width - 1 - reach - x) / shape->stride_x + 1;
    return count < left ? count : left;
}

/* Copies the `count` windows of neighbours in a row, whole and of a single word, tap by tap. */
static inline void bn_copy_bit_words(struct bn_bit_patches *patches, const bn_word *image,
                                     int32_t p, int32_t pixel, int32_t count)
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t y = pixel / shape->out_width * shape->stride_y - shape->pad_top;
    const int32_t x = pixel % shape->out_width * shape->stride_x - shape->pad_left;
    int32_t filled = 0;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        const bn_word *tap = image + (ptrdiff_t)(y + ky * shape->dilation_y) * shape->in_width + x;
        for (int32_t kx = 0; kx < shape->kernel_width; kx += 2, tap += 2 * shape->dilation_x) {
            const int32_t taps = kx + 1 < shape->kernel_width ? 2 : 1;
            bn_append_taps(count, tap, shape->stride_x, taps == 2 ? shape->dilation_x : 0,
                           shape->in_channels, filled, patches->words + p);
            filled += taps * shape->in_channels;
        }
    }
    for (int32_t i = 0; i < count; i++)
        patches->count[p + i] = filled;
}

/* Copies a few words, four at a time. */
static inline void bn_copy_words(bn_word *restrict to, const bn_word *restrict from, int32_t count)
{
    int32_t i = 0;
    for (; i + 4 <= count; i += 4)
        memcpy(to + i, from + i, 4 * sizeof(bn_word));
    for (; i < count; i++)
        to[i] = from[i];
}

/*
 * Copies the windows of `pixels` output pixels from `pixel` on, whose taps are whole words: `words`
 * of the `row_words` of a pixel. counts[p] gets the bits of window p that are not left out.
 */
BN_HOT_LOOP void bn_copy_word_patches(const struct bn_conv2d_shape *shape,
                                      const bn_word *restrict image, int32_t row_words,
                                      int32_t words, int32_t pixel, int32_t pixels,
                                      bn_word *restrict to, int32_t *restrict counts)
{
    const int32_t height = shape->kernel_height, width = shape->kernel_width;
    const int32_t step_y = shape->dilation_y, step_x = shape->dilation_x;
    const int32_t in_height = shape->in_height, in_width = shape->in_width;
    const int32_t out_width = shape->out_width, last_x = in_width - (width - 1) * step_x;
    const int32_t is_stretch = step_x == 1 && words == row_words;
    const bn_word outside = shape->pad_value < 0 ? (bn_word) ~(bn_word)0 : 0;
    int32_t ox = pixel % out_width;
    int32_t y = pixel / out_width * shape->stride_y - shape->pad_top;
    for (int32_t p = 0; p < pixels; p++) {
        const int32_t x = ox * shape->stride_x - shape->pad_left;
        int32_t inside = 0;
        for (int32_t ky = 0, at_y = y; ky < height; ky++, at_y += step_y) {
            const int is_row = at_y >= 0 && at_y < in_height;
            /* Taps that are copied together. */
            const int32_t run = is_stretch && is_row && x >= 0 && x < last_x ? width : 1;
            for (int32_t kx = 0, at_x = x; kx < width; kx += run, at_x += run * step_x) {
                const int32_t count = run * words;
                if (is_row && at_x >= 0 && at_x < in_width) {
                    const bn_word *from = image + ((ptrdiff_t)at_y * in_width + at_x) * row_words;
                    bn_copy_words(to, from, count);
                    inside += run;
                } else {
                    for (int32_t i = 0; i < count; i++)
                        to[i] = outside;
                }
                to += count;
            }
        }
        counts[p] = (shape->pad_value == 0 ? inside : height * width) * words * BN_WORD_BITS;
        if (++ox == out_width) {
            ox = 0;
            y += shape->stride_y;
        }
    }
}

/* How many bits of the windows of `pixels` output pixels from `pixel` on are not left out. */
static inline void bn_count_inside_bits(struct bn_bit_patches *patches, int32_t pixel,
                                        int32_t pixels)
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t channels = shape->in_channels / shape->groups;
    int32_t ox = pixel % shape->out_width;
    int32_t y = pixel / shape->out_width * shape->stride_y - shape->pad_top;
    for (int32_t p = 0; p < pixels; p++) {
        const int32_t x = ox * shape->stride_x - shape->pad_left;
        patches->count[p] = patches->all;
        if (shape->pad_value == 0 && !bn_is_whole(shape, y, x)) {
            const struct bn_inside_taps inside = bn_inside_taps(shape, y, x);
            patches->count[p] =
                (inside.bottom - inside.top) * (inside.right - inside.left) * channels;
        }
        if (++ox == shape->out_width) {
            ox = 0;
            y += shape->stride_y;
        }
    }
}

/* Copies the windows of `pixels` output pixels from `pixel` on, at most a strip, for one group. */
static inline void bn_copy_bit_patches(struct bn_bit_patches *patches, const bn_word *image,
                                       int32_t group, int32_t pixel, int32_t pixels)
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t first_channel = group * channels;
    const int are_words = patches->size == 1 && shape->groups == 1;
    if (channels % BN_WORD_BITS == 0) {
        bn_copy_word_patches(shape, image + first_channel / BN_WORD_BITS,
                             bn_words(shape->in_channels), channels / BN_WORD_BITS, pixel, pixels,
                             patches->words, patches->count);
        return;
    }
    for (int32_t p = 0, count; p < pixels; p += count) {
        count = are_words ? bn_count_whole_windows(shape, pixel + p, pixels - p) : 0;
        if (count > 0) {
            bn_copy_bit_words(patches, image, p, pixel + p, count);
            continue;
        }
        struct bn_windows windows;
        bn_place_windows(&windows, shape, pixel + p);
        count = are_words ? 1 : pixels - p < BN_PIXEL_TILE ? pixels - p : BN_PIXEL_TILE;
        for (int32_t i = 0; i < count; i++)
            bn_copy_bit_patch(patches, image, first_channel, p + i, windows.y[i], windows.x[i]);
    }
}

#endif
