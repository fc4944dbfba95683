/* int8_loops_neon_dotprod.h: the loops of layers of bytes for Arm with dot products. */
#ifndef BN_INT8_LOOPS_NEON_DOTPROD_H
#define BN_INT8_LOOPS_NEON_DOTPROD_H

#include "../neon/int8_prepare_neon.h"
#include "int8_bit_row_neon_dotprod.h"
#include "int8_tile_neon_dotprod.h"

/* Pixels of a tile. */
#define BN_DOT_PIXELS_NEON 8

/* The sums of at least a tile's pixels; the last tile may overlap the one before. */
static inline void bn_dot_pixels_neon(int32_t quads, int32_t pixels, const int8_t *x,
                                      const int8_t *w, int32_t *sum, ptrdiff_t step)
{
    const ptrdiff_t row = (ptrdiff_t)4 * quads;
    for (int32_t p = 0; p < pixels; p += BN_DOT_PIXELS_NEON) {
        const int32_t last = pixels - BN_DOT_PIXELS_NEON, first = p < last ? p : last;
        bn_dot_tile_neon(quads, x + first * row, row, w, sum + first * step, step);
    }
}

/* The sums of each pixel alone. */
static inline void bn_dot_rows_neon(int32_t quads, int32_t pixels, int32_t tiles, const int8_t *x,
                                    const int8_t *w, int32_t *sum)
{
    const int8_t *tile[4];
    for (int32_t i = 0; i < 4; i++)
        tile[i] = w + (ptrdiff_t)BN_INT8_QUAD * quads * (i < tiles ? i : 0);
    for (int32_t p = 0; p < pixels; p++, x += (ptrdiff_t)4 * quads) {
        int32_t all[BN_INT8_BLOCK];
        bn_dot_row_neon(quads, x, tile, all);
        memcpy(sum + (ptrdiff_t)p * tiles * BN_INT8_TILE, all,
               (size_t)tiles * BN_INT8_TILE * sizeof *sum);
    }
}

static void bn_multiply_int8_neon_dotprod(int32_t quads, int32_t pixels, int32_t tiles,
                                          const void *restrict x, const void *restrict w,
                                          int8_t *restrict room, int32_t *restrict sum)
{
    const int8_t *tile = w;
    (void)room;
    if (pixels < BN_DOT_PIXELS_NEON) {
        bn_dot_rows_neon(quads, pixels, tiles, x, w, sum);
        return;
    }
    for (int32_t i = 0; i < tiles; i++, tile += (ptrdiff_t)BN_INT8_QUAD * quads)
        bn_dot_pixels_neon(quads, pixels, x, tile, sum + i * BN_INT8_TILE,
                           (ptrdiff_t)tiles * BN_INT8_TILE);
}

static void bn_multiply_int8_bits_neon_dotprod(int32_t quads, int32_t pixels, int32_t tiles,
                                               const void *restrict x, const void *restrict w,
                                               int8_t *restrict room, int32_t *restrict sum)
{
    const ptrdiff_t step = (ptrdiff_t)tiles * BN_INT8_TILE;
    const uint8_t *bits = w;
    const int8_t *rows = x;
    if (pixels < BN_DOT_PIXELS_NEON) {
        for (int32_t p = 0; p < pixels; p++)
            bn_dot_bit_row_neon(quads, tiles, rows + (ptrdiff_t)4 * quads * p, bits,
                                sum + p * step);
        return;
    }
    for (int32_t i = 0; i < tiles; i++, bits += (ptrdiff_t)BN_INT8_QUAD_BITS * quads) {
        bn_expand_int8_bits_neon(quads, bits, room);
        bn_dot_pixels_neon(quads, pixels, rows, room, sum + i * BN_INT8_TILE, step);
    }
}

static const struct bn_int8_loops bn_int8_loops_neon_dotprod = {
    .shift_unsigned = -128,
    .x_bytes = 1,
    .prepare = bn_prepare_int8_neon,
    .multiply = bn_multiply_int8_neon_dotprod,
};

/* The same for weights of one bit. */
static const struct bn_int8_loops bn_int8_bit_loops_neon_dotprod = {
    .shift_unsigned = -128,
    .x_bytes = 1,
    .prepare = bn_prepare_int8_neon,
    .multiply = bn_multiply_int8_bits_neon_dotprod,
};

#endif
