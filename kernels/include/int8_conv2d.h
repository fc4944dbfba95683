/* int8_conv2d.h: 2-D convolutions of bytes, around the loops of an instruction set. */
#ifndef BN_INT8_CONV2D_H
#define BN_INT8_CONV2D_H

#include "int8_epilogue.h"
#include "int8_patches.h"
#include "int8_scratch.h"
#include "out_tiles.h"

/* Output pixels of all images, one after the other. */
struct bn_int8_strip {
    const struct bn_conv2d_shape *shape;
    const struct bn_int8_loops *loops;
    struct bn_int8_scratch scratch;
    int32_t quads, first, pixels;
    const void *rows; /* their windows, prepared */
};

/* Copies and prepares the windows of a strip, for a group of channels. */
static inline void bn_copy_int8_strip(struct bn_int8_strip *strip, const uint8_t *x,
                                      int32_t first_channel)
{
    const struct bn_conv2d_shape *shape = strip->shape;
    const int32_t out_pixels = shape->out_height * shape->out_width;
    const ptrdiff_t image = (ptrdiff_t)shape->in_height * shape->in_width * shape->in_channels;
    const struct bn_int8_source source = {
        .shape = shape,
        .loops = strip->loops,
        .quads = strip->quads,
        .plain =
            bn_int8_prepares(strip->loops, shape->unsigned_input) ? strip->scratch.plain : NULL,
        .outside = strip->scratch.outside,
    };
    uint8_t *to = strip->scratch.prepared;
    memset(strip->scratch.outside, shape->pad_value, (size_t)(shape->in_channels / shape->groups));
    for (int32_t p = 0; p < strip->pixels; p++) {
        const int32_t n = (strip->first + p) / out_pixels, place = (strip->first + p) % out_pixels;
        to = bn_copy_int8_patch(&source, x + n * image, first_channel,
                                place / shape->out_width * shape->stride_y - shape->pad_top,
                                place % shape->out_width * shape->stride_x - shape->pad_left, to);
    }
    strip->rows = strip->scratch.prepared;
}

/* Finds the windows of a strip where they lie, or copies them. */
static inline void bn_place_int8_strip(struct bn_int8_strip *strip, const uint8_t *x,
                                       int32_t first_channel)
{
    const struct bn_conv2d_shape *shape = strip->shape;
    if (!bn_int8_image_is_patches(shape))
        bn_copy_int8_strip(strip, x, first_channel);
    else if (bn_int8_prepares(strip->loops, shape->unsigned_input)) {
        strip->loops->prepare(strip->pixels * 4 * strip->quads, shape->unsigned_input,
                              x + (ptrdiff_t)strip->first * shape->in_channels,
                              strip->scratch.prepared);
        strip->rows = strip->scratch.prepared;
    } else
        strip->rows = x + (ptrdiff_t)strip->first * shape->in_channels;
}

/*
 * The convolution of x by w, see the scalar kernels; parts are shares of the output pixels of all
 * images, in whole tiles. Scratch is that of int8_scratch.h.
 */
static inline void bn_int8_conv2d(const struct bn_conv2d_shape *shape, const void *x,
                                  const struct bn_int8_weights *w,
                                  const struct bn_int8_epilogue *epilogue, void *scratch,
                                  struct bn_part part)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const int32_t quads = (shape->kernel_height * shape->kernel_width * channels + 3) / 4;
    const int32_t all = shape->batch * shape->out_height * shape->out_width;
    const int32_t tiles = (all + BN_PIXEL_TILE - 1) / BN_PIXEL_TILE;
    const int32_t part_end = bn_part_end(part, tiles) * BN_PIXEL_TILE;
    const int32_t end = part_end < all ? part_end : all;
    const int32_t blocks = bn_out_tiles(shape, BN_INT8_BLOCK);
    const int32_t shift = bn_int8_shift(w->loops, shape->unsigned_input);
    struct bn_int8_strip strip = {shape, w->loops, {0}, quads, 0, 0, NULL};
    strip.scratch = bn_int8_scratch_at(scratch, shape->strip, quads, w);
    strip.first = bn_part_begin(part, tiles) * BN_PIXEL_TILE;
    for (; strip.first < end; strip.first += shape->strip) {
        const uint8_t *w_block = w->data;
        strip.pixels = end - strip.first < shape->strip ? end - strip.first : shape->strip;
        for (int32_t i = 0; i < blocks; i++) {
            const struct bn_out_tile block = bn_out_tile_at(shape, BN_INT8_BLOCK, i);
            const int32_t w_tiles = (block.count + BN_INT8_TILE - 1) / BN_INT8_TILE;
            if (block.is_first_of_group)
                bn_place_int8_strip(&strip, x, block.first_input);
            w->loops->multiply(quads, strip.pixels, w_tiles, strip.rows, w_block,
                               strip.scratch.room, strip.scratch.sums);
            bn_finish_int8_block(epilogue, strip.first, strip.pixels, block.first, block.count,
                                 w_tiles * BN_INT8_TILE, shift, strip.scratch.sums);
            w_block += (ptrdiff_t)w_tiles * quads * w->quad;
        }
    }
}

#endif
