/* bit_conv2d.h: 2-D convolutions of bits by bits, around the loops of an instruction set. */
#ifndef BN_BIT_CONV2D_H
#define BN_BIT_CONV2D_H

#include <string.h>

#include "bit_blocks.h"
#include "bit_loops.h"
#include "bit_patches.h"
#include "or_bits.h"
#include "out_tiles.h"
#include "popcount.h"
#include "portable_bit_loops.h"
#include "scale_sums.h"

/* A strip of output pixels, and how its windows meet the weights of one block after the other. */
struct bn_bit_strip {
    const struct bn_bit_loops *loops;
    struct bn_bit_patches patches;
    bn_word *memory;      /* for weights as the loops read them; NULL: none */
    bn_word *prepared;    /* the block's in it; NULL: they are read as they are */
    const bn_word *block; /* the weights of the block that was entered last */
    int32_t pixels;
};

/*
 * Scratch: bn_word [strip][words of a window's bits] and [strip]; bn_prepared_words of a window's
 * words where a strip is longer than a tile; and where a tap can be left out of a sum,
 * [strip][words of a window's bits] again.
 */
static inline void bn_start_bit_strip(struct bn_bit_strip *strip,
                                      const struct bn_conv2d_shape *shape,
                                      const struct bn_bit_loops *loops, bn_word *scratch)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t size = bn_words(shape->kernel_height * shape->kernel_width * channels);
    const int is_long = shape->strip > BN_PIXEL_TILE;
    bn_start_bit_patches(&strip->patches, shape, scratch, is_long ? bn_prepared_words(size) : 0);
    strip->loops = loops;
    strip->memory = strip->prepared = NULL;
    strip->block = NULL;
    if (loops->prepare && is_long)
        strip->memory = scratch + (ptrdiff_t)shape->strip * (size + 1);
}

/* counts[t] -= popcount(mask[k] and w[k * width + t]), summed over k < size, for t < width. */
static inline void bn_subtract_masked(int32_t size, int32_t width, const bn_word *restrict mask,
                                      const bn_word *restrict w, int32_t *restrict counts)
{
    for (int32_t k = 0; k < size; k++, w += width)
        if (mask[k])
            for (int32_t t = 0; t < width; t++)
                counts[t] -= bn_popcount(mask[k] & w[t]);
}

/* True when none of the bits of the `pixels` windows from p on are left out. */
static inline int bn_are_whole(const struct bn_bit_patches *patches, int32_t p, int32_t pixels)
{
    for (int32_t i = 0; i < pixels; i++)
        if (patches->count[p + i] < patches->all)
            return 0;
    return 1;
}

/* True when four bits of a window, from a multiple of 4 on, are always of the same tap. */
static inline int bn_leaves_out_fours(const struct bn_conv2d_shape *shape)
{
    return shape->in_channels / shape->groups % 4 == 0;
}

/*
 * differ[i][t] = how many of the bits of window p + i that count are not those of channel t, for
 * the tile of `pixels` windows from p on.
 */
static inline void bn_compare_bit_tile(const struct bn_bit_strip *strip, const bn_word *w,
                                       int32_t width, int32_t p, int32_t pixels,
                                       int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const struct bn_bit_patches *patches = &strip->patches;
    const struct bn_bit_loops *loops = strip->loops;
    const int32_t size = patches->size;
    const bn_word *x = patches->words + (ptrdiff_t)p * size;
    const bn_word *left_out = patches->left_out + (ptrdiff_t)p * size;
    if (strip->prepared && loops->count_fours_inside && bn_leaves_out_fours(patches->shape) &&
        !bn_are_whole(patches, p, pixels)) {
        loops->count_fours_inside(size, width, pixels, x, left_out, strip->prepared, differ);
        return;
    }
    if (loops->count_inside && !bn_are_whole(patches, p, pixels)) {
        loops->count_inside(size, width, pixels, x, left_out, w, differ);
        return;
    }
    if (strip->prepared)
        loops->count(size, width, pixels, x, strip->prepared, differ);
    else if (width <= loops->narrow)
        bn_count_bit_block(size, width, pixels, x, w, differ);
    else if (loops->prepare)
        for (int32_t i = 0; i < pixels; i++)
            loops->count_row(size, width, x + (ptrdiff_t)i * size, w, differ[i]);
    else
        loops->count(size, width, pixels, x, w, differ);
    for (int32_t i = 0; i < pixels; i++)
        if (patches->count[p + i] < patches->all)
            bn_subtract_masked(size, width, patches->left_out + (ptrdiff_t)(p + i) * size, w,
                               differ[i]);
}

/* Enters a block of weights: lays them out as the loops read them. Returns 0 if it was entered. */
static inline int bn_enter_bit_block(struct bn_bit_strip *strip, const bn_word *w, int32_t width)
{
    if (strip->block == w)
        return 0;
    strip->block = w;
    strip->prepared = width > strip->loops->narrow ? strip->memory : NULL;
    if (strip->prepared)
        strip->loops->prepare(strip->patches.size, width, w, strip->prepared);
    return 1;
}

/* Makes the strip the windows of the part's output pixels from `pixel` on; returns how many. */
static inline int32_t bn_place_bit_strip(struct bn_bit_strip *strip, int32_t pixel, int32_t end)
{
    const int32_t left = end - pixel, most = strip->patches.shape->strip;
    strip->pixels = left < most ? left : most;
    return strip->pixels;
}

/* Where a part of the output pixels of an image begins, in whole tiles. */
static inline int32_t bn_first_part_pixel(const struct bn_conv2d_shape *shape, struct bn_part part)
{
    const int32_t pixels = shape->out_height * shape->out_width;
    return bn_part_begin(part, (pixels + BN_PIXEL_TILE - 1) / BN_PIXEL_TILE) * BN_PIXEL_TILE;
}

static inline int32_t bn_end_part_pixel(const struct bn_conv2d_shape *shape, struct bn_part part)
{
    const int32_t pixels = shape->out_height * shape->out_width;
    const int32_t end =
        bn_part_end(part, (pixels + BN_PIXEL_TILE - 1) / BN_PIXEL_TILE) * BN_PIXEL_TILE;
    return end < pixels ? end : pixels;
}

/* True when the loops can compare what they count, the windows from p on being whole. */
static inline int bn_can_sign(const struct bn_bit_strip *strip, int32_t p, int32_t pixels)
{
    const struct bn_bit_patches *patches = &strip->patches;
    const struct bn_bit_loops *loops = strip->loops;
    return loops->sign && (strip->prepared || !loops->prepare) && patches->all < UINT16_MAX &&
           bn_are_whole(patches, p, pixels);
}

/* Writes the signs of a block of channels of the strip to the rows from `y` on, cleared before. */
static inline void bn_sign_bit_block(struct bn_bit_strip *strip, struct bn_bit_limits *limits,
                                     const bn_word *w, struct bn_out_tile block,
                                     const int32_t *threshold, bn_word *y, int32_t out_words)
{
    const struct bn_bit_patches *patches = &strip->patches;
    const int32_t width = bn_padded_channels(block.count);
    if (bn_enter_bit_block(strip, w, width))
        bn_set_bit_limits(limits, patches->all, block.count, threshold + block.first);
    for (int32_t p = 0; p < strip->pixels; p += BN_PIXEL_TILE) {
        const int32_t left = strip->pixels - p;
        const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
        uint64_t bits[BN_PIXEL_TILE];
        if (bn_can_sign(strip, p, pixels)) {
            strip->loops->sign(patches->size, width, pixels,
                               patches->words + (ptrdiff_t)p * patches->size,
                               strip->prepared ? strip->prepared : w, limits->least, bits);
        } else {
            int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK];
            bn_compare_bit_tile(strip, w, width, p, pixels, differ);
            for (int32_t i = 0; i < pixels; i++)
                bits[i] =
                    strip->loops->less(patches->count[p + i], width, differ[i], limits->threshold);
        }
        for (int32_t i = 0; i < pixels; i++)
            bn_or_block(y + (ptrdiff_t)(p + i) * out_words, block.first, block.count, bits[i]);
    }
}

/* Writes the scaled sums of a block of channels of the strip to the rows from `y` on. */
static inline void bn_scale_bit_block(struct bn_bit_strip *strip, const bn_word *w,
                                      struct bn_out_tile block, const float *mean,
                                      const float *scale, const float *offset, float *y)
{
    const int32_t width = bn_padded_channels(block.count);
    const int32_t out_channels = strip->patches.shape->out_channels;
    bn_enter_bit_block(strip, w, width);
    for (int32_t p = 0; p < strip->pixels; p += BN_PIXEL_TILE) {
        const int32_t left = strip->pixels - p;
        const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
        int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK];
        bn_compare_bit_tile(strip, w, width, p, pixels, differ);
        for (int32_t i = 0; i < pixels; i++)
            bn_scale_sums(strip->patches.count[p + i], differ[i], mean + block.first,
                          scale + block.first, offset + block.first, block.count,
                          y + (ptrdiff_t)(p + i) * out_channels + block.first);
    }
}

/* conv2d_b1_b1_b1, see the scalar kernel. */
static inline void bn_conv2d_b1_b1_b1(const struct bn_conv2d_shape *shape, const bn_word *x,
                                      const bn_word *w, const int32_t *threshold, bn_word *y,
                                      bn_word *scratch, struct bn_part part,
                                      const struct bn_bit_loops *loops)
{
    const int32_t out_words = bn_words(shape->out_channels);
    const int32_t blocks = bn_out_tiles(shape, BN_BIT_BLOCK);
    const int32_t begin = bn_first_part_pixel(shape, part), end = bn_end_part_pixel(shape, part);
    struct bn_bit_strip strip;
    struct bn_bit_limits limits;
    bn_start_bit_strip(&strip, shape, loops, scratch);
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t pixel = begin; pixel < end; pixel += shape->strip) {
            const int32_t pixels = bn_place_bit_strip(&strip, pixel, end);
            const bn_word *w_block = w;
            bn_word *rows = y + (ptrdiff_t)pixel * out_words;
            memset(rows, 0, (size_t)pixels * (size_t)out_words * sizeof *rows);
            for (int32_t i = 0; i < blocks; i++) {
                const struct bn_out_tile block = bn_out_tile_at(shape, BN_BIT_BLOCK, i);
                if (block.is_first_of_group)
                    bn_copy_bit_patches(&strip.patches, x, block.group, pixel, pixels);
                bn_sign_bit_block(&strip, &limits, w_block, block, threshold, rows, out_words);
                w_block += (ptrdiff_t)strip.patches.size * bn_padded_channels(block.count);
            }
        }
        x += (ptrdiff_t)shape->in_height * shape->in_width * bn_words(shape->in_channels);
        y += (ptrdiff_t)shape->out_height * shape->out_width * out_words;
    }
}

/* conv2d_b1_b1_f32, see the scalar kernel. */
static inline void bn_conv2d_b1_b1_f32(const struct bn_conv2d_shape *shape, const bn_word *x,
                                       const bn_word *w, const float *mean, const float *scale,
                                       const float *offset, float *y, bn_word *scratch,
                                       struct bn_part part, const struct bn_bit_loops *loops)
{
    const struct bn_activation *activation = &shape->activation;
    const int32_t blocks = bn_out_tiles(shape, BN_BIT_BLOCK);
    const int32_t begin = bn_first_part_pixel(shape, part), end = bn_end_part_pixel(shape, part);
    struct bn_bit_strip strip;
    bn_start_bit_strip(&strip, shape, loops, scratch);
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t pixel = begin; pixel < end; pixel += shape->strip) {
            const int32_t pixels = bn_place_bit_strip(&strip, pixel, end);
            const bn_word *w_block = w;
            float *rows = y + (ptrdiff_t)pixel * shape->out_channels;
            for (int32_t i = 0; i < blocks; i++) {
                const struct bn_out_tile block = bn_out_tile_at(shape, BN_BIT_BLOCK, i);
                if (block.is_first_of_group)
                    bn_copy_bit_patches(&strip.patches, x, block.group, pixel, pixels);
                bn_scale_bit_block(&strip, w_block, block, mean, scale, offset, rows);
                w_block += (ptrdiff_t)strip.patches.size * bn_padded_channels(block.count);
            }
            if (activation->apply)
                activation->apply(rows, pixels * shape->out_channels, activation->a, activation->b);
        }
        x += (ptrdiff_t)shape->in_height * shape->in_width * bn_words(shape->in_channels);
        y += (ptrdiff_t)shape->out_height * shape->out_width * shape->out_channels;
    }
}

#endif
