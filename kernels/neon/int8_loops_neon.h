/* int8_loops_neon.h: the loops of layers of bytes for Arm without dot products. */
#ifndef BN_INT8_LOOPS_NEON_H
#define BN_INT8_LOOPS_NEON_H

#include "int8_bit_row_neon.h"
#include "int8_prepare_neon.h"
#include "int8_tile_neon.h"

/* Whether a tile has a weight of -128. */
static inline int bn_has_lowest_neon(int32_t quads, const int8_t *w)
{
    int8x16_t least = vdupq_n_s8(0);
    int8_t lanes[16];
    for (int32_t q = 0; q < quads; q++, w += BN_INT8_QUAD)
        least = vminq_s8(least, vminq_s8(vld1q_s8(w), vld1q_s8(w + 16)));
    vst1q_s8(lanes, least);
    for (int32_t i = 0; i < 16; i++)
        if (lanes[i] == -128)
            return 1;
    return 0;
}

/* The sums of all pixels with one tile; the last pixels may be computed twice. */
static inline void bn_multiply_int8_tile_neon(int32_t quads, int32_t pixels, const int8_t *x,
                                              const int8_t *w, int pairs_fit, int32_t *sum,
                                              ptrdiff_t step)
{
    const ptrdiff_t row = (ptrdiff_t)4 * quads;
    if (!pairs_fit || pixels < BN_INT8_PIXELS_NEON) {
        for (int32_t p = 0; p < pixels; p++)
            bn_multiply_int8_row_neon(quads, x + p * row, w, sum + p * step);
        return;
    }
    for (int32_t p = 0; p < pixels; p += BN_INT8_PIXELS_NEON) {
        const int32_t last = pixels - BN_INT8_PIXELS_NEON, first = p < last ? p : last;
        bn_multiply_narrow_tile_neon(quads, x + first * row, row, w, sum + first * step, step);
    }
}

static void bn_multiply_int8_neon(int32_t quads, int32_t pixels, int32_t tiles,
                                  const void *restrict x, const void *restrict w,
                                  int8_t *restrict room, int32_t *restrict sum)
{
    const int8_t *tile = w;
    (void)room;
    for (int32_t i = 0; i < tiles; i++, tile += (ptrdiff_t)BN_INT8_QUAD * quads) {
        const int pairs_fit = pixels >= BN_INT8_PIXELS_NEON && !bn_has_lowest_neon(quads, tile);
        bn_multiply_int8_tile_neon(quads, pixels, x, tile, pairs_fit, sum + i * BN_INT8_TILE,
                                   (ptrdiff_t)tiles * BN_INT8_TILE);
    }
}

static void bn_multiply_int8_bits_neon(int32_t quads, int32_t pixels, int32_t tiles,
                                       const void *restrict x, const void *restrict w,
                                       int8_t *restrict room, int32_t *restrict sum)
{
    const uint8_t *bits = w;
    if (pixels == 1) {
        bn_multiply_int8_bit_row_neon(quads, tiles, x, bits, sum);
        return;
    }
    for (int32_t i = 0; i < tiles; i++, bits += (ptrdiff_t)BN_INT8_QUAD_BITS * quads) {
        bn_expand_int8_bits_neon(quads, bits, room);
        bn_multiply_int8_tile_neon(quads, pixels, x, room, 1, sum + i * BN_INT8_TILE,
                                   (ptrdiff_t)tiles * BN_INT8_TILE);
    }
}

static const struct bn_int8_loops bn_int8_loops_neon = {
    .shift_unsigned = -128,
    .x_bytes = 1,
    .prepare = bn_prepare_int8_neon,
    .multiply = bn_multiply_int8_neon,
};

/* The same for weights of one bit. */
static const struct bn_int8_loops bn_int8_bit_loops_neon = {
    .shift_unsigned = -128,
    .x_bytes = 1,
    .prepare = bn_prepare_int8_neon,
    .multiply = bn_multiply_int8_bits_neon,
};

#endif
