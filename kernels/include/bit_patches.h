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

/* Copies window p, whose first tap is (y, x). */
static inline void bn_copy_bit_patch(struct bn_bit_patches *patches, const bn_word *image,
                                     int32_t first_channel, int32_t p, int32_t y, int32_t x)
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t row_words = bn_words(shape->in_channels);
    const int is_inside = bn_is_whole(shape, y, x);
    const int is_stretch = shape->dilation_x == 1 && channels % BN_WORD_BITS == 0;
    struct bn_bit_writer bits = {patches->words + (ptrdiff_t)p * patches->size, 0, 0};
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        const int32_t row_y = y + ky * shape->dilation_y;
        const ptrdiff_t from = ((ptrdiff_t)row_y * shape->in_width + x) * row_words;
        if (!is_inside || shape->groups != 1)
            bn_append_row(&bits, shape, image, first_channel, row_y, x);
        else if (is_stretch)
            for (int32_t i = 0; i < shape->kernel_width * row_words; i++)
                *bits.to++ = image[from + i];
        else
            bn_append_pixels(&bits, image + from, shape->kernel_width,
                             (ptrdiff_t)shape->dilation_x * row_words, channels);
    }
    bn_end_bits(&bits);
    patches->count[p] = patches->all;
    if (!is_inside && shape->pad_value == 0) {
        const struct bn_inside_taps inside = bn_inside_taps(shape, y, x);
        patches->count[p] = (inside.bottom - inside.top) * (inside.right - inside.left) * channels;
    }
}

/*
 * Copies the tile of windows from p on where they are a single word and whole, tap by tap for all
 * of them; returns 0 where they are not.
 */
static inline int bn_copy_bit_words(struct bn_bit_patches *patches, const bn_word *image, int32_t p,
                                    const struct bn_windows *windows)
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const bn_word *from[BN_PIXEL_TILE];
    bn_word bits[BN_PIXEL_TILE] = {0};
    if (patches->size != 1 || shape->groups != 1)
        return 0;
    for (int32_t i = 0; i < BN_PIXEL_TILE; i++) {
        if (!bn_is_whole(shape, windows->y[i], windows->x[i]))
            return 0;
        from[i] = image + ((ptrdiff_t)windows->y[i] * shape->in_width + windows->x[i]);
    }
    int32_t filled = 0;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        ptrdiff_t tap = (ptrdiff_t)ky * shape->dilation_y * shape->in_width;
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            for (int32_t i = 0; i < BN_PIXEL_TILE; i++)
                bits[i] |= from[i][tap] << filled;
            tap += shape->dilation_x;
            filled += shape->in_channels;
        }
    }
    for (int32_t i = 0; i < BN_PIXEL_TILE; i++) {
        patches->words[p + i] = bits[i];
        patches->count[p + i] = filled;
    }
    return 1;
}

/* Copies the windows of `pixels` output pixels from `pixel` on, at most a strip, for one group. */
static inline void bn_copy_bit_patches(struct bn_bit_patches *patches, const bn_word *image,
                                       int32_t group, int32_t pixel, int32_t pixels)
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t first_channel = group * (shape->in_channels / shape->groups);
    for (int32_t p = 0; p < pixels; p += BN_PIXEL_TILE) {
        struct bn_windows windows;
        bn_place_windows(&windows, shape, pixel + p);
        if (bn_copy_bit_words(patches, image, p, &windows))
            continue;
        const int32_t count = pixels - p < BN_PIXEL_TILE ? pixels - p : BN_PIXEL_TILE;
        for (int32_t i = 0; i < count; i++)
            bn_copy_bit_patch(patches, image, first_channel, p + i, windows.y[i], windows.x[i]);
    }
}

#endif
