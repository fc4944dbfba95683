/* bit_conv2d.h: 2-D convolutions of bits by bits, around the loops of an instruction set. */
#ifndef BN_BIT_CONV2D_H
#define BN_BIT_CONV2D_H

#include <string.h>

#include "bit_band.h"
#include "bit_blocks.h"
#include "bit_edges.h"
#include "bit_loops.h"
#include "bit_patches.h"
#include "bit_share.h"
#include "or_bits.h"
#include "out_tiles.h"
#include "portable_bit_loops.h"
#include "scale_sums.h"

/* A strip of output pixels, and how its windows meet the weights of one block after the other. */
struct bn_bit_strip {
    const struct bn_bit_loops *loops;
    struct bn_bit_patches patches;
    struct bn_bit_band band;
    int in_band;          /* windows are read from the band, not from the patches */
    bn_word *memory;      /* for weights as the loops read them; NULL: none */
    bn_word *prepared;    /* the block's in it; NULL: they are read as they are */
    const bn_word *block; /* the weights of the block that was entered last */
    int32_t entered;      /* blocks entered so far */
    bn_word *edges;       /* a bn_bit_edge every BN_BIT_EDGE_WORDS; NULL: nothing is remembered */
    int leaves_out;       /* windows leave taps out */
    int32_t first, pixels;
};

/* True when windows leave taps out. */
static inline int bn_leaves_out_taps(const struct bn_conv2d_shape *shape)
{
    const int32_t last_y = (shape->out_height - 1) * shape->stride_y - shape->pad_top;
    const int32_t last_x = (shape->out_width - 1) * shape->stride_x - shape->pad_left;
    return shape->pad_value == 0 && (!bn_is_whole(shape, -shape->pad_top, -shape->pad_left) ||
                                     !bn_is_whole(shape, last_y, last_x));
}

static inline struct bn_bit_edge *bn_bit_edge_at(const struct bn_bit_strip *strip, int32_t index)
{
    return (struct bn_bit_edge *)(void *)(strip->edges + index * BN_BIT_EDGE_WORDS);
}

/*
 * Scratch: bn_word [strip][words of a window's bits] and [strip]; and where a strip is longer than
 * a tile, bn_prepared_words of a window's words, then, if windows leave taps out, bn_bit_edges
 * times BN_BIT_EDGE_WORDS.
 */
static inline void bn_start_bit_strip(struct bn_bit_strip *strip,
                                      const struct bn_conv2d_shape *shape,
                                      const struct bn_bit_loops *loops, bn_word *scratch)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t size = bn_words(shape->kernel_height * shape->kernel_width * channels);
    const struct bn_bit_band nowhere = {shape, NULL, NULL, 0, 0};
    bn_start_bit_patches(&strip->patches, shape, scratch);
    strip->loops = loops;
    strip->memory = strip->prepared = strip->edges = NULL;
    strip->block = NULL;
    strip->entered = 0;
    strip->leaves_out = bn_leaves_out_taps(shape);
    strip->band = nowhere;
    strip->in_band = loops->count_windows && shape->strip > BN_PIXEL_TILE &&
                     bn_start_bit_band(&strip->band, shape, size, scratch);
    if (strip->in_band)
        memset(scratch + (ptrdiff_t)(shape->strip - 1) * size, 0, (size_t)size * sizeof *scratch);
    if (shape->strip <= BN_PIXEL_TILE)
        return;
    scratch += (ptrdiff_t)shape->strip * (size + 1);
    if (loops->prepare)
        strip->memory = scratch;
    if (strip->leaves_out) {
        strip->edges = scratch + bn_prepared_words(size);
        for (int32_t i = 0; i < bn_bit_edges(shape); i++)
            bn_bit_edge_at(strip, i)->block = 0;
    }
}

/* Copies what the windows of the strip of `pixels` output pixels from `pixel` on read. */
static inline void bn_copy_bit_windows(struct bn_bit_strip *strip, const bn_word *image,
                                       int32_t group, int32_t pixel, int32_t pixels)
{
    struct bn_bit_patches *patches = &strip->patches;
    if (strip->in_band) {
        bn_place_bit_band(&strip->band, image, pixel, pixels);
        bn_count_inside_bits(patches, pixel, pixels);
    } else {
        bn_copy_bit_patches(patches, image, group, pixel, pixels);
    }
}

/* The bits of window p, which leaves taps out, or others that are 0 there. */
static inline const bn_word *bn_left_out_bits(const struct bn_bit_strip *strip, int32_t p)
{
    const struct bn_bit_patches *patches = &strip->patches;
    return patches->words +
           (ptrdiff_t)(strip->in_band ? patches->shape->strip - 1 : p) * patches->size;
}

/* True when none of the bits of the `pixels` windows from p on are left out. */
static inline int bn_are_whole(const struct bn_bit_patches *patches, int32_t p, int32_t pixels)
{
    for (int32_t i = 0; i < pixels; i++)
        if (patches->count[p + i] < patches->all)
            return 0;
    return 1;
}

/* The taps inside of those windows of the tile from p on that leave taps out. */
static inline void bn_find_inside_taps(const struct bn_bit_strip *strip, int32_t p, int32_t pixels,
                                       struct bn_inside_taps inside[BN_PIXEL_TILE])
{
    const struct bn_bit_patches *patches = &strip->patches;
    struct bn_windows windows;
    bn_place_windows(&windows, patches->shape, strip->first + p);
    for (int32_t i = 0; i < pixels; i++)
        if (patches->count[p + i] < patches->all)
            inside[i] = bn_inside_taps(patches->shape, windows.y[i], windows.x[i]);
}

/*
 * The rows of the kernel that count for the `pixels` windows from p on: all, but in a band only
 * those inside the image where they are the same for all of the windows, which leave taps out.
 */
static inline struct bn_kernel_rows bn_rows_that_count(
    const struct bn_bit_strip *strip, int32_t p, int32_t pixels,
    const struct bn_inside_taps inside[BN_PIXEL_TILE])
{
    const struct bn_bit_patches *patches = &strip->patches;
    const struct bn_kernel_rows all = {0, patches->shape->kernel_height};
    const struct bn_kernel_rows rows = {inside[0].top, inside[0].bottom};
    for (int32_t i = 0; i < pixels; i++)
        if (!strip->in_band || patches->count[p + i] == patches->all ||
            inside[i].top != rows.first || inside[i].bottom != rows.end)
            return all;
    return rows;
}

/*
 * What is remembered of windows like p, which leaves taps out, in the block that was entered last.
 * `limits` is NULL if no signs are taken.
 */
static inline const struct bn_bit_edge *bn_find_bit_edge(const struct bn_bit_strip *strip,
                                                         const struct bn_inside_taps *inside,
                                                         struct bn_kernel_rows rows, int32_t p,
                                                         int32_t width,
                                                         const struct bn_bit_limits *limits)
{
    const struct bn_bit_patches *patches = &strip->patches;
    const struct bn_conv2d_shape *shape = patches->shape;
    const int32_t columns = 1 + 2 * bn_edge_depth(shape->kernel_width);
    const int32_t row = bn_edge_kind(inside->top, inside->bottom, shape->kernel_height);
    const int32_t column = bn_edge_kind(inside->left, inside->right, shape->kernel_width);
    struct bn_bit_edge *edge = bn_bit_edge_at(strip, row * columns + column);
    if (edge->block == strip->entered && bn_same_taps(&edge->inside, inside) &&
        edge->rows.first == rows.first && edge->rows.end == rows.end)
        return edge;
    edge->block = strip->entered;
    edge->rows = rows;
    edge->inside = *inside;
    bn_count_left_out(shape, strip->loops, inside, rows, width, bn_left_out_bits(strip, p),
                      strip->block, edge->ones);
    if (limits && patches->all < UINT16_MAX)
        for (int32_t t = 0; t < width; t++)
            edge->least[t] = (uint16_t)(edge->ones[t] +
                                        bn_least_differ(patches->count[p], limits->threshold[t]));
    return edge;
}

/* Takes what the windows of a tile leave out of the rows that count off their counts. */
static inline void bn_subtract_left_out(const struct bn_bit_strip *strip, int32_t width, int32_t p,
                                        int32_t pixels,
                                        const struct bn_inside_taps inside[BN_PIXEL_TILE],
                                        struct bn_kernel_rows rows,
                                        const struct bn_bit_limits *limits,
                                        int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const struct bn_bit_patches *patches = &strip->patches;
    for (int32_t i = 0; i < pixels; i++) {
        int32_t counted[BN_BIT_BLOCK];
        const int32_t *ones = counted;
        if (patches->count[p + i] == patches->all)
            continue;
        if (strip->edges)
            ones = bn_find_bit_edge(strip, &inside[i], rows, p + i, width, limits)->ones;
        else
            bn_count_left_out(patches->shape, strip->loops, &inside[i], rows, width,
                              patches->words + (ptrdiff_t)(p + i) * patches->size, strip->block,
                              counted);
        for (int32_t t = 0; t < width; t++)
            differ[i][t] -= ones[t];
    }
}

/* The windows of the tile from p on in the band: of each, the rows that count. */
static inline struct bn_bit_windows bn_band_windows(const struct bn_bit_strip *strip,
                                                    struct bn_kernel_rows rows, int32_t p)
{
    struct bn_bit_windows windows =
        bn_bit_windows_at(&strip->band, strip->first + p, strip->first + strip->pixels);
    windows.rows = rows.end - rows.first;
    for (int32_t i = 0; i < BN_PIXEL_TILE; i++)
        windows.x[i] += rows.first * windows.step;
    return windows;
}

/* The weights of the block that was entered last from row `rows.first` of the kernel on. */
static inline const bn_word *bn_weights_from_row(const struct bn_bit_strip *strip,
                                                 struct bn_kernel_rows rows, int32_t width,
                                                 const struct bn_bit_windows *windows)
{
    return strip->block + (ptrdiff_t)rows.first * windows->words * width;
}

/*
 * differ[i][t] = how many of the bits of window p + i that count are not those of channel t of the
 * block that was entered last, for the tile of `pixels` windows from p on.
 */
static inline void bn_compare_bit_tile(const struct bn_bit_strip *strip, int32_t width, int32_t p,
                                       int32_t pixels, const struct bn_bit_limits *limits,
                                       int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const struct bn_bit_patches *patches = &strip->patches;
    const struct bn_bit_loops *loops = strip->loops;
    const int32_t size = patches->size;
    const bn_word *x = patches->words + (ptrdiff_t)p * size;
    const int are_whole = bn_are_whole(patches, p, pixels);
    struct bn_inside_taps inside[BN_PIXEL_TILE];
    struct bn_kernel_rows rows = {0, patches->shape->kernel_height};
    if (!are_whole) {
        bn_find_inside_taps(strip, p, pixels, inside);
        rows = bn_rows_that_count(strip, p, pixels, inside);
    }
    if (strip->in_band) {
        const struct bn_bit_windows windows = bn_band_windows(strip, rows, p);
        loops->count_windows(&windows, width, pixels,
                             bn_weights_from_row(strip, rows, width, &windows), differ);
    } else if (strip->prepared) {
        loops->count(size, width, pixels, x, strip->prepared, differ);
    } else if (width <= loops->narrow) {
        bn_count_bit_block(size, width, pixels, x, strip->block, differ);
    } else if (loops->prepare) {
        for (int32_t i = 0; i < pixels; i++)
            loops->count_row(size, width, x + (ptrdiff_t)i * size, strip->block, differ[i]);
    } else {
        loops->count(size, width, pixels, x, strip->block, differ);
    }
    if (!are_whole)
        bn_subtract_left_out(strip, width, p, pixels, inside, rows, limits, differ);
}

/* Enters a block of weights: lays them out as the loops read them. Returns 0 if it was entered. */
static inline int bn_enter_bit_block(struct bn_bit_strip *strip, const bn_word *w, int32_t width)
{
    if (strip->block == w)
        return 0;
    strip->block = w;
    strip->entered++;
    strip->prepared = width > strip->loops->narrow ? strip->memory : NULL;
    if (strip->prepared)
        strip->loops->prepare(strip->patches.size, width, w, strip->prepared);
    return 1;
}

/* Makes the strip the windows of the part's output pixels from `pixel` on; returns how many. */
static inline int32_t bn_place_bit_strip(struct bn_bit_strip *strip, int32_t pixel, int32_t end)
{
    const int32_t left = end - pixel, most = strip->patches.shape->strip;
    strip->first = pixel;
    strip->pixels = left < most ? left : most;
    return strip->pixels;
}

/* True when the loops can compare what they count. */
static inline int bn_can_sign(const struct bn_bit_strip *strip)
{
    const struct bn_bit_loops *loops = strip->loops;
    return loops->sign && (strip->prepared || !loops->prepare) && strip->patches.all < UINT16_MAX;
}

/* The signs of the tile of `pixels` windows from p on, by the loops. */
static inline void bn_sign_bit_tile(const struct bn_bit_strip *strip,
                                    const struct bn_bit_limits *limits, int32_t width, int32_t p,
                                    int32_t pixels, uint64_t bits[BN_PIXEL_TILE])
{
    const struct bn_bit_patches *patches = &strip->patches;
    const uint16_t *least[BN_PIXEL_TILE];
    uint16_t at_edges[BN_PIXEL_TILE][BN_BIT_BLOCK];
    struct bn_kernel_rows rows = {0, patches->shape->kernel_height};
    for (int32_t i = 0; i < BN_PIXEL_TILE; i++)
        least[i] = limits->least;
    if (!bn_are_whole(patches, p, pixels)) {
        struct bn_inside_taps inside[BN_PIXEL_TILE];
        bn_find_inside_taps(strip, p, pixels, inside);
        rows = bn_rows_that_count(strip, p, pixels, inside);
        for (int32_t i = 0; i < pixels; i++) {
            if (patches->count[p + i] == patches->all)
                continue;
            /* Copied, as the next window's edge may take its place. */
            const struct bn_bit_edge *edge =
                bn_find_bit_edge(strip, &inside[i], rows, p + i, width, limits);
            memcpy(at_edges[i], edge->least, sizeof edge->least);
            least[i] = at_edges[i];
        }
    }
    if (strip->in_band) {
        const struct bn_bit_windows windows = bn_band_windows(strip, rows, p);
        strip->loops->sign_windows(&windows, width,
                                   bn_weights_from_row(strip, rows, width, &windows), least, bits);
        return;
    }
    strip->loops->sign(patches->size, width, pixels, patches->words + (ptrdiff_t)p * patches->size,
                       strip->prepared ? strip->prepared : strip->block, least, bits);
}

/*
 * Puts the bits of `pixels` pixels and a block of channels into their rows. Words that begin with
 * the block are written, others are as blocks before have left them, or cleared.
 */
static inline void bn_put_blocks(struct bn_out_tile block, int32_t pixels, const uint64_t *bits,
                                 bn_word *y, int32_t out_words)
{
    const bn_word mask = bn_low_bits(block.count);
    if (block.first % BN_WORD_BITS == 0 && block.count <= BN_WORD_BITS && out_words == 1)
        for (int32_t i = 0; i < pixels; i++)
            y[i] = (bn_word)bits[i] & mask;
    else
        for (int32_t i = 0; i < pixels; i++)
            bn_put_block(y + (ptrdiff_t)i * out_words, block.first, block.count, bits[i]);
}

/* Windows whose signs are taken at once. */
#define BN_SIGN_RUN 32

/* The signs of all windows of the strip, none of which leaves anything out. */
static inline void bn_sign_bit_run(const struct bn_bit_strip *strip,
                                   const struct bn_bit_limits *limits, struct bn_out_tile block,
                                   bn_word *y, int32_t out_words)
{
    const struct bn_bit_patches *patches = &strip->patches;
    const int32_t width = bn_padded_channels(block.count);
    for (int32_t p = 0; p < strip->pixels; p += BN_SIGN_RUN) {
        const int32_t left = strip->pixels - p, pixels = left < BN_SIGN_RUN ? left : BN_SIGN_RUN;
        uint64_t bits[BN_SIGN_RUN];
        strip->loops->sign_run(
            patches->size, width, pixels, patches->words + (ptrdiff_t)p * patches->size,
            strip->prepared ? strip->prepared : strip->block, limits->least, bits);
        bn_put_blocks(block, pixels, bits, y + (ptrdiff_t)p * out_words, out_words);
    }
}

/* Writes the signs of a block of channels of the strip to the rows from `y` on. */
static inline void bn_sign_bit_block(struct bn_bit_strip *strip, struct bn_bit_limits *limits,
                                     const bn_word *w, struct bn_out_tile block,
                                     const int32_t *threshold, bn_word *y, int32_t out_words)
{
    const struct bn_bit_patches *patches = &strip->patches;
    const int32_t width = bn_padded_channels(block.count);
    if (bn_enter_bit_block(strip, w, width))
        bn_set_bit_limits(limits, patches->all, block.count, threshold + block.first);
    if (!strip->leaves_out && strip->loops->sign_run && bn_can_sign(strip)) {
        bn_sign_bit_run(strip, limits, block, y, out_words);
        return;
    }
    for (int32_t p = 0; p < strip->pixels; p += BN_PIXEL_TILE) {
        const int32_t left = strip->pixels - p;
        const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
        uint64_t bits[BN_PIXEL_TILE];
        if (bn_can_sign(strip) && (strip->edges || bn_are_whole(patches, p, pixels))) {
            bn_sign_bit_tile(strip, limits, width, p, pixels, bits);
        } else {
            int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK];
            bn_compare_bit_tile(strip, width, p, pixels, limits, differ);
            for (int32_t i = 0; i < pixels; i++)
                bits[i] =
                    strip->loops->less(patches->count[p + i], width, differ[i], limits->threshold);
        }
        bn_put_blocks(block, pixels, bits, y + (ptrdiff_t)p * out_words, out_words);
    }
}

/*
 * Writes the scaled sums of a block of channels of the strip to the rows from `y` on; plus what is
 * in the rows from `addend` on, unless that is NULL.
 */
static inline void bn_scale_bit_block(struct bn_bit_strip *strip, const bn_word *w,
                                      struct bn_out_tile block, const float *mean,
                                      const float *scale, const float *offset, const float *addend,
                                      float *y)
{
    const int32_t width = bn_padded_channels(block.count);
    const int32_t out_channels = strip->patches.shape->out_channels;
    bn_enter_bit_block(strip, w, width);
    for (int32_t p = 0; p < strip->pixels; p += BN_PIXEL_TILE) {
        const int32_t left = strip->pixels - p;
        const int32_t pixels = left < BN_PIXEL_TILE ? left : BN_PIXEL_TILE;
        int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK];
        bn_compare_bit_tile(strip, width, p, pixels, NULL, differ);
        for (int32_t i = 0; i < pixels; i++) {
            const ptrdiff_t at = (ptrdiff_t)(p + i) * out_channels + block.first;
            const int32_t total = strip->patches.count[p + i];
            if (addend)
                bn_scale_sums_and_add(total, differ[i], mean + block.first, scale + block.first,
                                      offset + block.first, addend + at, block.count, y + at);
            else
                bn_scale_sums(total, differ[i], mean + block.first, scale + block.first,
                              offset + block.first, block.count, y + at);
        }
    }
}

/* conv2d_b1_b1_b1, see the scalar kernel. */
static inline void bn_conv2d_b1_b1_b1(const struct bn_conv2d_shape *shape, const bn_word *x,
                                      const bn_word *w, const int32_t *threshold, bn_word *y,
                                      bn_word *scratch, struct bn_part part,
                                      const struct bn_bit_loops *loops)
{
    const int32_t out_words = bn_words(shape->out_channels);
    const struct bn_bit_share share = bn_bit_share_of(shape, part);
    struct bn_bit_strip strip;
    struct bn_bit_limits limits;
    bn_start_bit_strip(&strip, shape, loops, scratch);
    w += (ptrdiff_t)strip.patches.size * BN_BIT_BLOCK * share.first_block;
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t pixel = share.first_pixel; pixel < share.end_pixel; pixel += shape->strip) {
            const int32_t pixels = bn_place_bit_strip(&strip, pixel, share.end_pixel);
            const bn_word *w_block = w;
            bn_word *rows = y + (ptrdiff_t)pixel * out_words;
            if (shape->groups > 1)
                bn_clear_bit_rows(shape, &share, pixels, rows);
            for (int32_t i = share.first_block; i < share.end_block; i++) {
                const struct bn_out_tile block = bn_out_tile_at(shape, BN_BIT_BLOCK, i);
                if (block.is_first_of_group || i == share.first_block)
                    bn_copy_bit_windows(&strip, x, block.group, pixel, pixels);
                bn_sign_bit_block(&strip, &limits, w_block, block, threshold, rows, out_words);
                w_block += (ptrdiff_t)strip.patches.size * bn_padded_channels(block.count);
            }
        }
        x += (ptrdiff_t)shape->in_height * shape->in_width * bn_words(shape->in_channels);
        y += (ptrdiff_t)shape->out_height * shape->out_width * out_words;
    }
}

/* conv2d_add_b1_b1_f32, and without an addend conv2d_b1_b1_f32: see the scalar kernels. */
static inline void bn_conv2d_b1_b1_f32(const struct bn_conv2d_shape *shape, const bn_word *x,
                                       const bn_word *w, const float *mean, const float *scale,
                                       const float *offset, const float *addend, float *y,
                                       bn_word *scratch, struct bn_part part,
                                       const struct bn_bit_loops *loops)
{
    const struct bn_bit_share share = bn_bit_share_of(shape, part);
    struct bn_bit_strip strip;
    bn_start_bit_strip(&strip, shape, loops, scratch);
    w += (ptrdiff_t)strip.patches.size * BN_BIT_BLOCK * share.first_block;
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t pixel = share.first_pixel; pixel < share.end_pixel; pixel += shape->strip) {
            const int32_t pixels = bn_place_bit_strip(&strip, pixel, share.end_pixel);
            const bn_word *w_block = w;
            const ptrdiff_t first = (ptrdiff_t)pixel * shape->out_channels;
            const float *added = addend ? addend + first : NULL;
            float *rows = y + first;
            for (int32_t i = share.first_block; i < share.end_block; i++) {
                const struct bn_out_tile block = bn_out_tile_at(shape, BN_BIT_BLOCK, i);
                if (block.is_first_of_group || i == share.first_block)
                    bn_copy_bit_windows(&strip, x, block.group, pixel, pixels);
                bn_scale_bit_block(&strip, w_block, block, mean, scale, offset, added, rows);
                w_block += (ptrdiff_t)strip.patches.size * bn_padded_channels(block.count);
            }
            bn_activate_rows(shape, &share, pixels, rows);
        }
        x += (ptrdiff_t)shape->in_height * shape->in_width * bn_words(shape->in_channels);
        if (addend)
            addend += (ptrdiff_t)shape->out_height * shape->out_width * shape->out_channels;
        y += (ptrdiff_t)shape->out_height * shape->out_width * shape->out_channels;
    }
}

#endif
