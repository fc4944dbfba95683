/*
 * triple_sums.h: where the sums of three floats lie, by which convolutions of a few float channels
 * by weights of one bit add up a third as many numbers, and multiply none.
 *
 * Three floats have eight sums, one for each choice of signs, and every three floats of a window's
 * row give any channel one of them. So all are made, once for all channels and for all windows that
 * have the three. Which of them a channel adds up is what its weights say.
 *
 * An output row is cut into BN_STRETCHES stretches as long as each other, which are computed side
 * by side, a lane each: neighbours in an image row are then neighbouring vectors. What lies three
 * floats on from a place of each stretch is the next place; where windows may begin elsewhere, each
 * float is one.
 */
#ifndef BN_TRIPLE_SUMS_H
#define BN_TRIPLE_SUMS_H

#include "shapes.h"

#define BN_STRETCHES 8
/* Sums of three floats. */
#define BN_TRIPLE 8
/* Floats that the sums of a strip's rows take, so that they stay in the first cache; and choices.
 */
#define BN_TRIPLE_STRIP   6144
#define BN_TRIPLE_CHOICES 4096

struct bn_triples {
    int32_t vectors;   /* output pixels of a stretch */
    int32_t runs, run; /* of a window's row: stretches without a gap, and the floats of each */
    int32_t rest;      /* floats of a run after its last triple */
    int32_t choices;   /* sums that a channel adds up */
    int32_t step;      /* floats from one place to the next */
    int32_t columns;   /* floats of a stretch, as many as are read */
    int32_t width;     /* floats of a row of the image with what is outside it */
    int32_t places;
    ptrdiff_t place, row; /* floats of the sums of a place, and of a row */
    int32_t image_rows;   /* the most of a strip */
    int32_t strip;        /* output rows */
};

/* Image rows that `rows` output rows read. */
static inline int32_t bn_triple_rows(const struct bn_conv2d_shape *shape, int32_t rows)
{
    return (rows - 1) * shape->stride_y + (shape->kernel_height - 1) * shape->dilation_y + 1;
}

static inline struct bn_triples bn_place_triples(const struct bn_conv2d_shape *shape)
{
    const int32_t channels = shape->in_channels;
    const int32_t reach = (shape->kernel_width - 1) * shape->dilation_x + 1;
    struct bn_triples t;
    t.vectors = (shape->out_width + BN_STRETCHES - 1) / BN_STRETCHES;
    t.runs = shape->dilation_x == 1 ? 1 : shape->kernel_width;
    t.run = shape->kernel_width / t.runs * channels;
    t.rest = t.run % 3;
    t.choices = shape->kernel_height * t.runs * ((t.run + 2) / 3);
    t.step = channels % 3 == 0 ? 3 : 1;
    const int32_t floats = ((t.vectors - 1) * shape->stride_x + reach) * channels;
    t.places = (floats + t.step - 1) / t.step;
    t.columns = (floats + 2 + BN_STRETCHES - 1) / BN_STRETCHES * BN_STRETCHES;
    t.width = (BN_STRETCHES - 1) * t.vectors * shape->stride_x * channels + t.columns;
    t.place = (ptrdiff_t)BN_STRETCHES * (BN_TRIPLE + (t.rest ? 1 << t.rest : 0));
    t.row = t.places * t.place;
    const int32_t most = (int32_t)(BN_TRIPLE_STRIP / t.row) - bn_triple_rows(shape, 1);
    t.strip = most < 0 ? 0 : most / shape->stride_y + 1;
    t.strip = t.strip < shape->out_height ? t.strip : shape->out_height;
    t.image_rows = bn_triple_rows(shape, t.strip);
    return t;
}

/* Those of all channels; one more where their number is odd. */
static inline ptrdiff_t bn_triple_choices(int32_t channels, const struct bn_triples *triples)
{
    return ((ptrdiff_t)channels + channels % 2) * triples->choices;
}

/*
 * True where they are made and added up in less time than as many products take, by what there is
 * to store, load and multiply for an output row.
 */
static inline int bn_take_triples(const struct bn_conv2d_shape *shape, const struct bn_triples *t)
{
    const int32_t tiles = (shape->out_channels + BN_FLOAT_TILE - 1) / BN_FLOAT_TILE;
    const int64_t depth = (int64_t)shape->kernel_height * shape->kernel_width * shape->in_channels;
    const int64_t made = shape->stride_y * (t->row / BN_STRETCHES + t->columns);
    const int64_t added = (int64_t)t->vectors * shape->out_channels * t->choices;
    const int64_t products = shape->out_width * tiles * depth;
    return shape->groups == 1 && shape->strip > BN_PIXEL_TILE && t->strip > 0 &&
           bn_triple_choices(shape->out_channels, t) <= BN_TRIPLE_CHOICES &&
           4 * (2 * made + added) < 3 * products;
}

#endif
