/*
 * float_layer.h: convolutions and dense layers with a float operand, around the loops of an
 * instruction set: strips of output rows, in them blocks of channels, in them tiles of pixels.
 */
#ifndef BN_FLOAT_LAYER_H
#define BN_FLOAT_LAYER_H

#include "float_band.h"
#include "float_loops.h"
#include "load_tile.h"
#include "put_bits.h"

/* Rows of a dense layer whose bits are unpacked together. */
#define BN_DENSE_STRIP 24

/* The operands of a call; what a layer doesn't have is NULL. */
struct bn_float_layer {
    const struct bn_conv2d_shape *shape;
    const float *x;
    const bn_word *x_bits;
    const float *w;
    const uint8_t *signs;
    const float *mean, *scale;
    const float *offset; /* or thresholds */
    float *y;
    bn_word *y_bits;
    float *scratch; /* as bn_make_float_band says */
};

/* A strip of output pixels and the output channels of each group that are computed. */
struct bn_float_strip {
    struct bn_float_band band;
    int32_t pixels;
    ptrdiff_t first_pixel; /* of the output */
    int32_t begin, end;    /* channels of a group */
};

/* A dense layer as a convolution, of an image that is one pixel wide. */
static inline struct bn_conv2d_shape bn_dense_as_conv2d(const struct bn_dense_shape *dense)
{
    const struct bn_conv2d_shape shape = {
        .batch = 1,
        .in_height = dense->rows,
        .in_width = 1,
        .in_channels = dense->in_channels,
        .out_height = dense->rows,
        .out_width = 1,
        .out_channels = dense->out_channels,
        .kernel_height = 1,
        .kernel_width = 1,
        .stride_y = 1,
        .stride_x = 1,
        .dilation_y = 1,
        .dilation_x = 1,
        .groups = 1,
        .strip = BN_DENSE_STRIP,
        .activation = dense->activation,
    };
    return shape;
}

/* The sizes and steps of windows over the band. */
static inline void bn_measure_float_windows(struct bn_float_windows *windows,
                                            const struct bn_conv2d_shape *shape, ptrdiff_t band_row)
{
    windows->are_alone = shape->batch * shape->out_height * shape->out_width == 1;
    windows->rows = shape->kernel_height;
    windows->taps = shape->kernel_width;
    windows->count = shape->in_channels / shape->groups;
    windows->row_step = shape->dilation_y * band_row;
    windows->tap_step = (ptrdiff_t)shape->dilation_x * shape->in_channels;
    if (windows->tap_step == windows->count || windows->taps == 1) {
        windows->count *= windows->taps;
        windows->taps = 1;
    }
    if (windows->taps == 1 && (windows->row_step == windows->count || windows->rows == 1)) {
        windows->count *= windows->rows;
        windows->rows = 1;
    }
}

/* The operands of the channels from `first` on, of the layer's tile of that index. */
static inline void bn_load_float_block(const struct bn_float_layer *layer,
                                       struct bn_float_block *block, int32_t first, int32_t tile)
{
    const int32_t width = block->tiles * BN_FLOAT_TILE;
    const ptrdiff_t before = tile * block->depth;
    if (layer->w)
        block->w = layer->w + before * BN_FLOAT_TILE;
    if (layer->signs)
        block->signs = layer->signs + before;
    for (int32_t t = 0; t < width; t++) {
        block->mean[t] = 0;
        block->scale[t] = 1;
    }
    if (layer->mean)
        bn_load_tile(layer->mean + first, block->count, block->mean, width);
    if (layer->scale)
        bn_load_tile(layer->scale + first, block->count, block->scale, width);
    bn_load_tile(layer->offset + first, block->count, block->offset, width);
}

/* Where the windows of a strip's pixels begin, one after the other. */
struct bn_float_cursor {
    const float *x;
    int32_t ox, width;               /* of the output */
    ptrdiff_t pixel_step, line_skip; /* floats */
};

/* Places the next `count` windows; `most` is how many tiles have, bar the last ones of a strip. */
static inline void bn_place_float_windows(struct bn_float_windows *windows,
                                          struct bn_float_cursor *cursor, int32_t count,
                                          int32_t most)
{
    windows->pixels = count;
    if (count == most && count <= cursor->width - cursor->ox) {
        for (int32_t p = 0; p < most; p++)
            windows->x[p] = cursor->x + p * cursor->pixel_step;
        cursor->x += most * cursor->pixel_step;
        cursor->ox += most;
        if (cursor->ox == cursor->width) {
            cursor->ox = 0;
            cursor->x += cursor->line_skip;
        }
        return;
    }
    for (int32_t p = 0; p < count; p++) {
        windows->x[p] = cursor->x;
        cursor->x += cursor->pixel_step;
        if (++cursor->ox == cursor->width) {
            cursor->ox = 0;
            cursor->x += cursor->line_skip;
        }
    }
}

/* Writes the bits first .. first + count - 1 of the rows of neighbouring pixels. */
static inline void bn_put_tile_bits(bn_word *rows, int32_t row_words, int32_t first, int32_t count,
                                    const uint32_t *bits, int32_t pixels)
{
    if (first % BN_WORD_BITS == 0) {
        const bn_word mask = bn_low_bits(count);
        rows += first / BN_WORD_BITS;
        /* Neighbours are put in vectors. */
        if (row_words == 1)
            for (int32_t p = 0; p < pixels; p++)
                rows[p] = bits[p] & mask;
        else
            for (int32_t p = 0; p < pixels; p++, rows += row_words)
                *rows = bits[p] & mask;
        return;
    }
    for (int32_t p = 0; p < pixels; p++, rows += row_words)
        bn_put_bits(rows, first, count, bits[p]);
}

/*
 * A block of channels, from `first` on, for all pixels of the strip, at most `most` at once;
 * windows begin at `x`.
 */
static inline void bn_run_float_tiles(const struct bn_float_layer *layer,
                                      const struct bn_float_loops *loops,
                                      const struct bn_float_strip *strip,
                                      struct bn_float_windows *windows,
                                      const struct bn_float_block *block, const float *x,
                                      int32_t first, int32_t most)
{
    const struct bn_conv2d_shape *shape = layer->shape;
    const int32_t out_channels = shape->out_channels, out_words = bn_words(out_channels);
    const int32_t tiles = (strip->pixels + most - 1) / most;
    const int32_t length = strip->pixels / tiles, longer = strip->pixels % tiles;
    const ptrdiff_t pixel_step = (ptrdiff_t)shape->stride_x * shape->in_channels;
    struct bn_float_cursor cursor = {
        .x = x,
        .width = shape->out_width,
        .pixel_step = pixel_step,
        .line_skip = shape->stride_y * strip->band.row - shape->out_width * pixel_step,
    };
    ptrdiff_t pixel = strip->first_pixel;
    for (int32_t i = 0; i < tiles; i++) {
        bn_place_float_windows(windows, &cursor, length + (i < longer), most);
        if (layer->y) {
            loops->write_floats(windows, block, layer->y + pixel * out_channels + first,
                                out_channels);
        } else {
            uint32_t bits[BN_FLOAT_PIXELS];
            loops->write_bits(windows, block, bits);
            bn_put_tile_bits(layer->y_bits + pixel * out_words, out_words, first, block->count,
                             bits, windows->pixels);
        }
        pixel += windows->pixels;
    }
}

/* Applies the activation to the channels of the strip that were computed. */
static inline void bn_activate_float_strip(const struct bn_float_layer *layer,
                                           const struct bn_float_strip *strip)
{
    const struct bn_conv2d_shape *shape = layer->shape;
    const struct bn_activation *activation = &shape->activation;
    const int32_t channels = strip->end - strip->begin;
    float *y = layer->y + strip->first_pixel * shape->out_channels;
    if (channels * shape->groups == shape->out_channels)
        activation->apply(y, strip->pixels * shape->out_channels, activation->a, activation->b);
    else
        for (int32_t p = 0; p < strip->pixels; p++)
            activation->apply(y + (ptrdiff_t)p * shape->out_channels + strip->begin, channels,
                              activation->a, activation->b);
}

/* All blocks of channels of a strip. */
static inline void bn_run_float_strip(const struct bn_float_layer *layer,
                                      const struct bn_float_loops *loops,
                                      const struct bn_float_strip *strip)
{
    const struct bn_conv2d_shape *shape = layer->shape;
    const int32_t in_channels = shape->in_channels / shape->groups;
    const int32_t out_channels = shape->out_channels / shape->groups;
    const int32_t group_tiles = (out_channels + BN_FLOAT_TILE - 1) / BN_FLOAT_TILE;
    const int32_t most = strip->pixels == 1 ? loops->tiles_of_one : loops->tiles;
    struct bn_float_windows windows;
    struct bn_float_block block;
    bn_measure_float_windows(&windows, shape, strip->band.row);
    block.depth = (ptrdiff_t)shape->kernel_height * shape->kernel_width * in_channels;
    for (int32_t group = 0; group < shape->groups; group++) {
        const float *x = strip->band.x + (ptrdiff_t)group * in_channels;
        for (int32_t c = strip->begin; c < strip->end; c += most * BN_FLOAT_TILE) {
            const int32_t left = strip->end - c, first = group * out_channels + c;
            block.count = left < most * BN_FLOAT_TILE ? left : most * BN_FLOAT_TILE;
            block.tiles = (block.count + BN_FLOAT_TILE - 1) / BN_FLOAT_TILE;
            bn_load_float_block(layer, &block, first, group * group_tiles + c / BN_FLOAT_TILE);
            if (block.tiles == 1 && loops->pixels_of_tile)
                bn_run_float_tiles(layer, loops, strip, &windows, &block, x, first,
                                   loops->pixels_of_tile);
            else
                bn_run_float_tiles(layer, loops, strip, &windows, &block, x, first, loops->pixels);
        }
    }
    if (layer->y && shape->activation.apply && strip->begin < strip->end)
        bn_activate_float_strip(layer, strip);
}

/*
 * The part of a layer. Parts are rows of the output; or, where these are too few to keep all parts
 * busy, channels, in whole words.
 */
static inline void bn_run_float_layer(const struct bn_float_layer *layer, struct bn_part part,
                                      const struct bn_float_loops *loops)
{
    const struct bn_conv2d_shape *shape = layer->shape;
    const int32_t lines = shape->batch * shape->out_height, words = bn_words(shape->out_channels);
    const int by_channels = shape->groups == 1 && words >= part.count &&
                            lines < part.count * BN_FLOAT_PIXELS / shape->out_width;
    const ptrdiff_t image_pixels = (ptrdiff_t)shape->in_height * shape->in_width;
    const int32_t end = by_channels ? lines : bn_part_end(part, lines);
    const int32_t most = bn_strip_rows(shape);
    struct bn_float_strip strip = {.begin = 0, .end = shape->out_channels / shape->groups};
    if (by_channels) {
        strip.begin = bn_part_begin(part, words) * BN_WORD_BITS;
        if (part.index + 1 < part.count)
            strip.end = bn_part_end(part, words) * BN_WORD_BITS;
    }
    for (int32_t line = by_channels ? 0 : bn_part_begin(part, lines), rows; line < end;
         line += rows) {
        const int32_t n = line / shape->out_height, oy = line % shape->out_height;
        rows = shape->out_height - oy < end - line ? shape->out_height - oy : end - line;
        rows = rows < most ? rows : most;
        strip.pixels = rows * shape->out_width;
        strip.first_pixel = (ptrdiff_t)line * shape->out_width;
        strip.band = bn_make_float_band(
            shape, layer->x ? layer->x + n * image_pixels * shape->in_channels : NULL,
            layer->x_bits ? layer->x_bits + n * image_pixels * bn_words(shape->in_channels) : NULL,
            oy, rows, layer->scratch);
        bn_run_float_strip(layer, loops, &strip);
    }
}

#endif
