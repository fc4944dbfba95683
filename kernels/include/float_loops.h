/*
 * float_loops.h: what layers with a float operand leave to an instruction set: the loops that their
 * time goes into. Everything around them is the same for all, see float_layer.h.
 *
 * Each sum is taken over k in order, from 0 on, in a single accumulator, whatever the tile that it
 * is part of; products and additions may be fused. So a result depends neither on which other
 * pixels or channels are computed with it nor on how the work is split. Only where a layer has no
 * other pixel, which windows say, a sum may be taken in another order.
 */
#ifndef BN_FLOAT_LOOPS_H
#define BN_FLOAT_LOOPS_H

#include "base.h"

/* The most output pixels and output channels that are computed together. */
#define BN_FLOAT_PIXELS 12
#define BN_FLOAT_BLOCK  32

/*
 * The inputs of some output pixels. Each window is `rows` rows of `taps` taps of `count` floats,
 * and k counts through them in that order; steps are in floats. What can be read in one go is: the
 * taps of a row, mostly, and then taps is 1.
 */
struct bn_float_windows {
    int32_t pixels;
    int32_t are_alone; /* the layer has a single pixel */
    int32_t rows, taps, count;
    ptrdiff_t row_step, tap_step;
    const float *x[BN_FLOAT_PIXELS];
};

/* A block of output channels. Its operands are filled up with zeros to whole tiles. */
struct bn_float_block {
    int32_t count, tiles;
    ptrdiff_t depth;      /* k < depth */
    const float *w;       /* weights [tiles][depth][BN_FLOAT_TILE]; or, of one bit each, */
    const uint8_t *signs; /* [tiles][depth] bytes, bit t is channel t of the tile, 1 means -1 */
    float mean[BN_FLOAT_BLOCK], scale[BN_FLOAT_BLOCK];
    float offset[BN_FLOAT_BLOCK]; /* or what bits are the signs against: thresholds */
};

/* For weights of one kind. */
struct bn_float_loops {
    /* The most pixels and tiles of channels in a call; and the most tiles for a single pixel. */
    int32_t pixels, tiles, tiles_of_one;
    /* More pixels than `pixels`, where a block is a single tile; else 0. */
    int32_t pixels_of_tile;
    /* y[p * step + t] = (sum - mean[t]) * scale[t] + offset[t], for t < count, each op rounded. */
    void (*write_floats)(const struct bn_float_windows *windows, const struct bn_float_block *block,
                         float *y, ptrdiff_t step);
    /* Bit t of bits[p] is sum < offset[t]; bits of channels past `count` may be anything. */
    void (*write_bits)(const struct bn_float_windows *windows, const struct bn_float_block *block,
                       uint32_t bits[BN_FLOAT_PIXELS]);
};

#endif
