/*
 * bit_patches.h: the windows of a tile of output pixels, copied out of a packed image.
 *
 * A patch holds the bits of a window one after the other, in the order of the weights: (kernel_y,
 * kernel_x, channel of the group). A tap outside the image reads the padding; where pad_value is 0
 * it is left out of the sum.
 */
#ifndef BN_BIT_PATCHES_H
#define BN_BIT_PATCHES_H

#include "bit_row.h"
#include "bit_row_pair.h"
#include "tap_bits.h"
#include "windows.h"
#include "words.h"

struct bn_bit_patches {
    const struct bn_conv2d_shape *shape;
    int32_t size;      /* words of a patch */
    bn_word *words;    /* [BN_PIXEL_TILE][size]; bits of taps that are left out are 0 */
    bn_word *left_out; /* [BN_PIXEL_TILE][size]; 1 for bits left out, set where there are any */
    int32_t count[BN_PIXEL_TILE]; /* bits that are not left out */
};

/* `scratch` is [2][BN_PIXEL_TILE][words of a window's bits]. */
static inline struct bn_bit_patches bn_make_bit_patches(const struct bn_conv2d_shape *shape,
                                                        bn_word *scratch)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t size = bn_words(shape->kernel_height * shape->kernel_width * channels);
    const struct bn_bit_patches patches = {
        .shape = shape,
        .size = size,
        .words = scratch,
        .left_out = scratch + (ptrdiff_t)BN_PIXEL_TILE * size,
    };
    return patches;
}

/* Where the next bit goes: into *to, above the lowest `filled` bits. */
struct bn_bit_writer {
    bn_word *to;
    int32_t filled;
};

/* Appends the lowest `count` bits, at most a word; those above are 0. */
static inline void bn_append_bits(struct bn_bit_writer *writer, bn_word bits, int32_t count)
{
    const int32_t room = BN_WORD_BITS - writer->filled;
    *writer->to = writer->filled ? *writer->to | bits << writer->filled : bits;
    if (count < room) {
        writer->filled += count;
        return;
    }
    writer->to++;
    writer->filled = count - room;
    if (writer->filled)
        *writer->to = bits >> room;
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

/* The same for 1 where a tap is outside the image; returns how many taps are inside. */
static inline int32_t bn_append_left_out(struct bn_bit_writer *writer,
                                         const struct bn_conv2d_shape *shape, int32_t y, int32_t x)
{
    const int32_t channels = shape->in_channels / shape->groups;
    int32_t inside = 0;
    for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
        const int is_inside = bn_is_inside(shape, y, x);
        for (int32_t c = 0; c < channels; c += BN_WORD_BITS) {
            const int32_t count = channels - c < BN_WORD_BITS ? channels - c : BN_WORD_BITS;
            bn_append_bits(writer, is_inside ? 0 : bn_low_bits(count), count);
        }
        inside += is_inside;
        x += shape->dilation_x;
    }
    return inside;
}

/* Copies window p, whose first tap is (y, x). */
static inline void bn_copy_bit_patch(struct bn_bit_patches *patches, const bn_word *image,
                                     int32_t first_channel, int32_t p, int32_t y, int32_t x)
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t end_y = y + (shape->kernel_height - 1) * shape->dilation_y;
    const int32_t end_x = x + (shape->kernel_width - 1) * shape->dilation_x;
    const int is_inside = y >= 0 && x >= 0 && end_y < shape->in_height && end_x < shape->in_width;
    const int is_stretch =
        is_inside && shape->dilation_x == 1 && shape->groups == 1 && channels % BN_WORD_BITS == 0;
    struct bn_bit_writer bits = {patches->words + (ptrdiff_t)p * patches->size, 0};
    struct bn_bit_writer left_out = {patches->left_out + (ptrdiff_t)p * patches->size, 0};
    int32_t taps = 0;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        const int32_t row_y = y + ky * shape->dilation_y;
        if (is_stretch) {
            const int32_t words = channels / BN_WORD_BITS;
            const bn_word *from = image + ((ptrdiff_t)row_y * shape->in_width + x) * words;
            for (int32_t i = 0; i < shape->kernel_width * words; i++)
                *bits.to++ = from[i];
        } else {
            bn_append_row(&bits, shape, image, first_channel, row_y, x);
        }
        if (is_inside || shape->pad_value != 0)
            taps += shape->kernel_width;
        else
            taps += bn_append_left_out(&left_out, shape, row_y, x);
    }
    patches->count[p] = taps * channels;
}

/* Copies the windows of `pixels` output pixels from `pixel` on, for one group. */
static inline void bn_copy_bit_patches(struct bn_bit_patches *patches, const bn_word *image,
                                       int32_t group, int32_t pixel, int32_t pixels)
{
    const struct bn_conv2d_shape *shape = patches->shape;
    struct bn_windows windows;
    bn_place_windows(&windows, shape, pixel);
    for (int32_t p = 0; p < pixels; p++)
        bn_copy_bit_patch(patches, image, group * (shape->in_channels / shape->groups), p,
                          windows.y[p], windows.x[p]);
}

/* pop[t] -= popcount(mask[k] and w[k][t]), summed over k < count. */
static inline void bn_subtract_masked(int32_t count, const bn_word *restrict mask,
                                      const bn_word *restrict w, bn_word pop[BN_BIT_TILE])
{
    for (int32_t k = 0; k < count; k++) {
        for (int32_t t = 0; t < BN_BIT_TILE; t++)
            pop[t] -= (bn_word)bn_popcount(mask[k] & w[t]);
        w += BN_BIT_TILE;
    }
}

/* acc[p][t] = sum over the bits of patch p that count of x == w ? 1 : -1, for p < pixels. */
static inline void bn_multiply_bit_patches(const struct bn_bit_patches *patches, const bn_word *w,
                                           int32_t pixels, int32_t acc[BN_PIXEL_TILE][BN_BIT_TILE])
{
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t all =
        shape->kernel_height * shape->kernel_width * (shape->in_channels / shape->groups);
    const int32_t size = patches->size;
    for (int32_t p = 0; p < pixels; p += 2) {
        const bn_word *x = patches->words + (ptrdiff_t)p * size;
        bn_word pop[2][BN_BIT_TILE] = {{0}};
        if (p + 1 < pixels)
            bn_add_bit_row_pair(size, x, x + size, w, pop[0], pop[1]);
        else
            bn_add_bit_row(size, x, w, pop[0]);
        for (int32_t i = 0; i < 2 && p + i < pixels; i++) {
            const int32_t count = patches->count[p + i];
            if (count < all)
                bn_subtract_masked(size, patches->left_out + (ptrdiff_t)(p + i) * size, w, pop[i]);
            for (int32_t t = 0; t < BN_BIT_TILE; t++)
                acc[p + i][t] = count - 2 * (int32_t)pop[i][t];
        }
    }
}

#endif
