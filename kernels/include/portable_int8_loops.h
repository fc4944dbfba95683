/* portable_int8_loops.h: the loops of layers of bytes in plain C. */
#ifndef BN_PORTABLE_INT8_LOOPS_H
#define BN_PORTABLE_INT8_LOOPS_H

#include <string.h>

#include "int8_loops.h"

/* Unsigned bytes less 128 are signed ones. */
static inline void bn_prepare_int8(int32_t count, int32_t is_unsigned, const uint8_t *restrict x,
                                   void *restrict to)
{
    uint8_t *restrict signed_x = to;
    const uint8_t flip = is_unsigned ? 0x80 : 0;
    for (int32_t k = 0; k < count; k++)
        signed_x[k] = x[k] ^ flip;
}

/* sum[t] = the sum of x[k] * w[k][t], for a row and a tile. */
BN_HOT_LOOP void bn_multiply_int8_row(int32_t quads, const int8_t *restrict x,
                                      const int8_t *restrict w, int32_t *restrict sum)
{
    int32_t acc[BN_INT8_TILE] = {0};
    for (int32_t q = 0; q < quads; q++, x += 4, w += BN_INT8_QUAD) {
        BN_TILE_LOOP
        for (int32_t t = 0; t < BN_INT8_TILE; t++)
            acc[t] +=
                x[0] * w[4 * t] + x[1] * w[4 * t + 1] + x[2] * w[4 * t + 2] + x[3] * w[4 * t + 3];
    }
    memcpy(sum, acc, sizeof acc);
}

static inline void bn_multiply_int8(int32_t quads, int32_t pixels, int32_t tiles,
                                    const void *restrict x, const void *restrict w,
                                    int8_t *restrict room, int32_t *restrict sum)
{
    const int8_t *x_rows = x, *w_tiles = w;
    (void)room;
    for (int32_t i = 0; i < tiles; i++)
        for (int32_t p = 0; p < pixels; p++)
            bn_multiply_int8_row(quads, x_rows + (ptrdiff_t)4 * quads * p,
                                 w_tiles + (ptrdiff_t)BN_INT8_QUAD * quads * i,
                                 sum + (p * tiles + i) * BN_INT8_TILE);
}

static const struct bn_int8_loops bn_portable_int8_loops = {
    .shift_unsigned = -128,
    .x_bytes = 1,
    .prepare = bn_prepare_int8,
    .multiply = bn_multiply_int8,
};

/* The bits of a tile as bytes of 1 and -1. */
static inline void bn_expand_int8_bits(int32_t quads, const uint8_t *restrict bits,
                                       int8_t *restrict to)
{
    for (int32_t i = 0; i < quads * BN_INT8_QUAD_BITS; i++, to += 8)
        for (int32_t j = 0; j < 8; j++)
            to[j] = (int8_t)(1 - 2 * (bits[i] >> j & 1));
}

/* sum[i] = x[0] + x[1] + x[2] + x[3], those whose bit is 1 in i being subtracted. */
static inline void bn_sum_signed_quads(const int8_t *x, int32_t sum[16])
{
    sum[0] = x[0] + x[1] + x[2] + x[3];
    for (int32_t k = 0; k < 4; k++)
        for (int32_t i = 0; i < 1 << k; i++)
            sum[(1 << k) + i] = sum[i] - 2 * x[k];
}

/* The same as bn_multiply_int8_row, of bits as they are stored. */
BN_HOT_LOOP void bn_multiply_int8_bit_row(int32_t quads, const int8_t *restrict x,
                                          const uint8_t *restrict bits, int32_t tiles,
                                          int32_t *restrict sum)
{
    memset(sum, 0, (size_t)tiles * BN_INT8_TILE * sizeof *sum);
    for (int32_t q = 0; q < quads; q++, x += 4, bits += BN_INT8_QUAD_BITS) {
        int32_t quad[16];
        bn_sum_signed_quads(x, quad);
        for (int32_t i = 0; i < tiles; i++) {
            const uint8_t *tile = bits + (ptrdiff_t)BN_INT8_QUAD_BITS * quads * i;
            for (int32_t t = 0; t < BN_INT8_TILE; t++)
                sum[i * BN_INT8_TILE + t] += quad[tile[t / 2] >> t % 2 * 4 & 15];
        }
    }
}

static inline void bn_multiply_int8_bits(int32_t quads, int32_t pixels, int32_t tiles,
                                         const void *restrict x, const void *restrict w,
                                         int8_t *restrict room, int32_t *restrict sum)
{
    const int8_t *x_rows = x;
    const uint8_t *bits = w;
    if (pixels == 1) {
        bn_multiply_int8_bit_row(quads, x_rows, bits, tiles, sum);
        return;
    }
    for (int32_t i = 0; i < tiles; i++) {
        bn_expand_int8_bits(quads, bits + (ptrdiff_t)BN_INT8_QUAD_BITS * quads * i, room);
        for (int32_t p = 0; p < pixels; p++)
            bn_multiply_int8_row(quads, x_rows + (ptrdiff_t)4 * quads * p, room,
                                 sum + (p * tiles + i) * BN_INT8_TILE);
    }
}

static const struct bn_int8_loops bn_portable_int8_bit_loops = {
    .shift_unsigned = -128,
    .x_bytes = 1,
    .prepare = bn_prepare_int8,
    .multiply = bn_multiply_int8_bits,
};

#endif
