/*
 * triple_layer.h: convolutions of floats by weights of one bit with a sign, by way of
 * triple_sums.h, around the loops of an instruction set: strips of output rows, in them blocks of
 * channels, in them rows.
 */
#ifndef BN_TRIPLE_LAYER_H
#define BN_TRIPLE_LAYER_H

#include "float_layer.h"
#include "triple_loops.h"

struct bn_triple_strip {
    struct bn_triples triples;
    float *sums, *columns, *row;
    int32_t *choice;
    uint32_t *bits;
    int32_t lane;       /* bits of a lane: of its pixels, in whole calls of the loops */
    int32_t are_inside; /* no window reaches over the left or right edge of the image */
};

/*
 * Scratch: float [image_rows][row] of sums, at a multiple of 32 bytes; [columns][BN_STRETCHES];
 * int32_t [out_channels, an even number][choices]; uint32_t [BN_STRETCHES][lane]; and a row of
 * whole pixels with at least `width` floats.
 */
static inline void bn_start_triple_strip(struct bn_triple_strip *strip,
                                         const struct bn_conv2d_shape *shape,
                                         const struct bn_triples *triples, float *scratch)
{
    const int32_t last_x =
        (shape->out_width - 1) * shape->stride_x + (shape->kernel_width - 1) * shape->dilation_x;
    strip->triples = *triples;
    strip->lane =
        (triples->vectors + BN_TRIPLE_VECTORS - 1) / BN_TRIPLE_VECTORS * BN_TRIPLE_VECTORS;
    strip->are_inside = shape->pad_left == 0 && last_x < shape->in_width;
    strip->sums = (float *)(void *)(((uintptr_t)scratch + 31) & ~(uintptr_t)31);
    strip->columns = strip->sums + triples->image_rows * triples->row;
    strip->choice =
        (int32_t *)(void *)(strip->columns + (ptrdiff_t)triples->columns * BN_STRETCHES);
    strip->bits =
        (uint32_t *)(void *)(strip->choice + bn_triple_choices(shape->out_channels, triples));
    strip->row = (float *)(void *)(strip->bits + (ptrdiff_t)BN_STRETCHES * strip->lane);
}

/* Bit t of a byte as byte t. */
static inline uint64_t bn_spread_bits(uint8_t bits)
{
    const uint64_t low = (bits & 0x7fu) * 0x02040810204081u & 0x0101010101010101u;
    return low | (uint64_t)(bits >> 7) << 56;
}

/* Which of the sums of `count` floats each channel of a tile takes: byte t is that of channel t. */
static inline uint64_t bn_chosen_sums(const uint8_t *signs, int32_t count)
{
    uint64_t chosen = 0;
    for (int32_t i = 0; i < count; i++)
        chosen |= bn_spread_bits(signs[i]) << i;
    return chosen;
}

/*
 * Where in a strip's sums those of the `count` channels of a tile are, for the first pixel of its
 * first row. Of an odd number, the channel after the last has some as well.
 */
static inline void bn_choose_tile_sums(const struct bn_conv2d_shape *shape,
                                       const struct bn_triples *triples, const uint8_t *signs,
                                       int32_t count, int32_t *to)
{
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        ptrdiff_t at = ky * shape->dilation_y * triples->row;
        for (int32_t run = 0; run < triples->runs; run++) {
            for (int32_t k = 0; k < triples->run; k += 3, to += 2) {
                const int32_t left = triples->run - k, floats = left < 3 ? left : 3;
                const ptrdiff_t first = at + k / triples->step * triples->place +
                                        (left < 3 ? BN_TRIPLE * BN_STRETCHES : 0);
                const uint64_t chosen = bn_chosen_sums(signs, floats);
                for (int32_t t = 0; t < count + count % 2; t++)
                    to[t / 2 * 2 * triples->choices + t % 2] =
                        (int32_t)first + (int32_t)(chosen >> 8 * t & 7) * BN_STRETCHES;
                signs += floats;
            }
            at += shape->dilation_x * shape->in_channels / triples->step * triples->place;
        }
    }
}

static inline void bn_choose_sums(const struct bn_float_layer *layer,
                                  const struct bn_triples *triples, int32_t *choice)
{
    const struct bn_conv2d_shape *shape = layer->shape;
    const ptrdiff_t depth =
        (ptrdiff_t)shape->kernel_height * shape->kernel_width * shape->in_channels;
    for (int32_t o = 0; o < shape->out_channels; o += BN_FLOAT_TILE) {
        const int32_t left = shape->out_channels - o;
        bn_choose_tile_sums(shape, triples, layer->signs + o / BN_FLOAT_TILE * depth,
                            left < BN_FLOAT_TILE ? left : BN_FLOAT_TILE,
                            choice + (ptrdiff_t)o * triples->choices);
    }
}

/*
 * The floats that the windows of an output row read of image row y, the first window's first; and
 * what follows them, up to `width`, which may be anything. Copied where that is not all in the
 * image.
 */
static inline const float *bn_triple_row(const struct bn_conv2d_shape *shape,
                                         const struct bn_triple_strip *strip, const float *image,
                                         int32_t y)
{
    const ptrdiff_t row = (ptrdiff_t)shape->in_width * shape->in_channels, begin = y * row;
    const int32_t width = strip->triples.width, inside = y >= 0 && y < shape->in_height;
    if (inside && strip->are_inside && begin + width <= shape->in_height * row)
        return image + begin;
    bn_copy_band_row(shape, inside ? image + begin : NULL, NULL, inside, -shape->pad_left,
                     (width + shape->in_channels - 1) / shape->in_channels, strip->row);
    return strip->row;
}

/* Makes the sums of all rows that `rows` output rows from row oy on of an image read. */
static inline void bn_make_triples(const struct bn_conv2d_shape *shape,
                                   const struct bn_triple_loops *loops,
                                   const struct bn_triple_strip *strip, const float *image,
                                   int32_t oy, int32_t rows)
{
    const struct bn_triples *triples = &strip->triples;
    const ptrdiff_t stretch = (ptrdiff_t)triples->vectors * shape->stride_x * shape->in_channels;
    for (int32_t i = 0; i < bn_triple_rows(shape, rows); i++) {
        const int32_t y = oy * shape->stride_y - shape->pad_top + i;
        loops->make(triples, bn_triple_row(shape, strip, image, y), stretch, strip->columns,
                    strip->sums + i * triples->row);
    }
}

/* Puts the bits of a block of channels, [BN_STRETCHES][lane], into the output row `y`. */
static inline void bn_put_stretches(const struct bn_conv2d_shape *shape,
                                    const struct bn_triples *triples, const uint32_t *bits,
                                    int32_t lane, int32_t first, int32_t count, bn_word *y)
{
    const int32_t words = bn_words(shape->out_channels);
    const int32_t length = lane == triples->vectors ? shape->out_width : triples->vectors;
    for (int32_t pixel = 0; pixel < shape->out_width; pixel += length, bits += lane) {
        const int32_t left = shape->out_width - pixel;
        bn_put_tile_bits(y + (ptrdiff_t)pixel * words, words, first, count, bits,
                         left < length ? left : length);
    }
}

/* All channels of an output row, whose windows begin at the sums from `sums` on. */
static inline void bn_sign_triple_row(const struct bn_float_layer *layer,
                                      const struct bn_triple_loops *loops,
                                      const struct bn_triple_strip *strip, const float *sums,
                                      bn_word *y)
{
    const struct bn_conv2d_shape *shape = layer->shape;
    const struct bn_triples *triples = &strip->triples;
    const ptrdiff_t step = shape->stride_x * shape->in_channels / triples->step * triples->place;
    for (int32_t first = 0; first < shape->out_channels; first += BN_TRIPLE_BLOCK) {
        const int32_t left = shape->out_channels - first;
        const struct bn_triple_block block = {
            .count = left < BN_TRIPLE_BLOCK ? left : BN_TRIPLE_BLOCK,
            .choices = triples->choices,
            .choice = strip->choice + (ptrdiff_t)first * triples->choices,
            .threshold = layer->offset + first,
        };
        for (int32_t v = 0; v < triples->vectors; v += BN_TRIPLE_VECTORS) {
            const int32_t more = triples->vectors - v;
            loops->sign(&block, sums + v * step, step,
                        more < BN_TRIPLE_VECTORS ? more : BN_TRIPLE_VECTORS, strip->bits + v,
                        strip->lane);
        }
        bn_put_stretches(shape, triples, strip->bits, strip->lane, first, block.count, y);
    }
}

/* The part of a layer for which bn_take_triples. Parts are rows of the output. */
static inline void bn_run_triple_layer(const struct bn_float_layer *layer,
                                       const struct bn_triples *triples, struct bn_part part,
                                       const struct bn_triple_loops *loops)
{
    const struct bn_conv2d_shape *shape = layer->shape;
    const int32_t lines = shape->batch * shape->out_height, end = bn_part_end(part, lines);
    const ptrdiff_t image = (ptrdiff_t)shape->in_height * shape->in_width * shape->in_channels;
    const ptrdiff_t out_row = (ptrdiff_t)shape->out_width * bn_words(shape->out_channels);
    struct bn_triple_strip strip;
    bn_start_triple_strip(&strip, shape, triples, layer->scratch);
    bn_choose_sums(layer, triples, strip.choice);
    for (int32_t line = bn_part_begin(part, lines), rows; line < end; line += rows) {
        const int32_t n = line / shape->out_height, oy = line % shape->out_height;
        rows = shape->out_height - oy < end - line ? shape->out_height - oy : end - line;
        rows = rows < triples->strip ? rows : triples->strip;
        bn_make_triples(shape, loops, &strip, layer->x + n * image, oy, rows);
        for (int32_t i = 0; i < rows; i++)
            bn_sign_triple_row(layer, loops, &strip,
                               strip.sums + i * shape->stride_y * triples->row,
                               layer->y_bits + (line + i) * out_row);
    }
}

#endif
