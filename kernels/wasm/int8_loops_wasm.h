/*
 * int8_loops_wasm.h: the loops of layers of bytes.
 *
 * Bytes by bytes: activations are prepared to 16 bits, weights become such as they are loaded, and
 * i32x4.dot_i16x8_s adds two exact products. Bytes by bits: what is subtracted is inverted, which
 * is one too little for each; then neighbours are added up in 16 bits.
 */
#ifndef BN_INT8_LOOPS_WASM_H
#define BN_INT8_LOOPS_WASM_H

#include <wasm_simd128.h>

#include "../include/int8_loops.h"

/* Pixels whose sums stay in registers, of bytes and of bits. */
#define BN_INT8_PIXELS_WASM     2
#define BN_INT8_BIT_PIXELS_WASM 4
/* Tiles of bits that a single pixel meets at once. */
#define BN_INT8_ROW_TILES_WASM (BN_INT8_BLOCK / BN_INT8_TILE)
/* Vectors of a tile's quad: of 16 bits, and of bytes. */
#define BN_INT8_WIDE_WASM 4
#define BN_INT8_HALF_WASM 2
/* Quads whose sums of two neighbours fit 16 bits: 127 * 2 * 128 is 32512. */
#define BN_INT8_BIT_RUN_WASM 127

static inline void bn_widen_int8_wasm(int32_t count, int32_t is_unsigned, const uint8_t *restrict x,
                                      void *restrict to)
{
    int16_t *restrict wide = to;
    int32_t k = 0;
    for (; k + 8 <= count; k += 8)
        wasm_v128_store(wide + k,
                        is_unsigned ? wasm_u16x8_load8x8(x + k) : wasm_i16x8_load8x8(x + k));
    for (; k < count; k++)
        wide[k] = is_unsigned ? x[k] : (int16_t)(x[k] ^ 0x80) - 128;
}

/* Neighbouring lanes added up. */
static inline v128_t bn_add_lanes_wasm(v128_t a, v128_t b)
{
    return wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 2, 4, 6),
                          wasm_i32x4_shuffle(a, b, 1, 3, 5, 7));
}

/*
 * sum[p][t] = the sum of x[p][k] * w[k][t], for `pixels` (a constant) rows of x, and a tile; rows
 * of sums are `step` apart.
 */
static inline void bn_multiply_int8_tile_wasm(const int32_t pixels, int32_t quads,
                                              const int16_t *restrict x, const int8_t *restrict w,
                                              int32_t *restrict sum, int32_t step)
{
    const ptrdiff_t row = (ptrdiff_t)4 * quads;
    v128_t acc[BN_INT8_PIXELS_WASM][BN_INT8_WIDE_WASM];
    for (int32_t p = 0; p < pixels; p++)
        for (int32_t i = 0; i < BN_INT8_WIDE_WASM; i++)
            acc[p][i] = wasm_i32x4_splat(0);
    for (int32_t q = 0; q < quads; q++, x += 4, w += BN_INT8_QUAD) {
        v128_t weights[BN_INT8_WIDE_WASM];
        for (int32_t i = 0; i < BN_INT8_WIDE_WASM; i++)
            weights[i] = wasm_i16x8_load8x8(w + 8 * i);
        for (int32_t p = 0; p < pixels; p++) {
            const v128_t quad = wasm_v128_load64_splat(x + p * row);
            for (int32_t i = 0; i < BN_INT8_WIDE_WASM; i++)
                acc[p][i] = wasm_i32x4_add(acc[p][i], wasm_i32x4_dot_i16x8(quad, weights[i]));
        }
    }
    for (int32_t p = 0; p < pixels; p++) {
        int32_t *to = sum + (ptrdiff_t)p * step;
        wasm_v128_store(to, bn_add_lanes_wasm(acc[p][0], acc[p][1]));
        wasm_v128_store(to + 4, bn_add_lanes_wasm(acc[p][2], acc[p][3]));
    }
}

BN_HOT_LOOP void bn_multiply_int8_of_2_wasm(int32_t quads, const int16_t *restrict x,
                                            const int8_t *restrict w, int32_t *restrict sum,
                                            int32_t step)
{
    bn_multiply_int8_tile_wasm(BN_INT8_PIXELS_WASM, quads, x, w, sum, step);
}

BN_HOT_LOOP void bn_multiply_int8_of_1_wasm(int32_t quads, const int16_t *restrict x,
                                            const int8_t *restrict w, int32_t *restrict sum)
{
    bn_multiply_int8_tile_wasm(1, quads, x, w, sum, 0);
}

static inline void bn_multiply_int8_wasm(int32_t quads, int32_t pixels, int32_t tiles,
                                         const void *restrict x, const void *restrict w,
                                         int8_t *restrict room, int32_t *restrict sum)
{
    const int32_t step = tiles * BN_INT8_TILE;
    const ptrdiff_t row = (ptrdiff_t)4 * quads;
    (void)room;
    for (int32_t i = 0; i < tiles; i++) {
        const int8_t *w_tile = (const int8_t *)w + (ptrdiff_t)BN_INT8_QUAD * quads * i;
        const int16_t *rows = x;
        int32_t *to = sum + i * BN_INT8_TILE;
        int32_t p = pixels;
        for (; p >= 2; p -= 2, rows += 2 * row, to += (ptrdiff_t)2 * step)
            bn_multiply_int8_of_2_wasm(quads, rows, w_tile, to, step);
        if (p > 0)
            bn_multiply_int8_of_1_wasm(quads, rows, w_tile, to);
    }
}

static const struct bn_int8_loops bn_int8_loops_wasm = {
    .x_bytes = 2,
    .prepare = bn_widen_int8_wasm,
    .multiply = bn_multiply_int8_wasm,
};

/* Unsigned bytes less 128. */
static inline void bn_lower_int8_wasm(int32_t count, int32_t is_unsigned, const uint8_t *restrict x,
                                      void *restrict to)
{
    uint8_t *restrict lowered = to;
    const uint8_t flip = is_unsigned ? 0x80 : 0;
    for (int32_t k = 0; k < count; k++)
        lowered[k] = x[k] ^ flip;
}

/* Of four channels of a quad, of those of eight, a byte per bit: -1 where it is 0, or else 0. */
static inline v128_t bn_int8_zeros_wasm(v128_t bits, const int half)
{
    const v128_t places = wasm_i64x2_const_splat((int64_t)0x8040201008040201u);
    v128_t from = half ? wasm_i8x16_const(2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3)
                       : wasm_i8x16_const(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    /* Keeps clang from making it a shuffle, whose constant V8 loads anew each time. */
    __asm__("" : "+r"(from));
    return wasm_i8x16_eq(wasm_v128_and(wasm_i8x16_swizzle(bits, from), places),
                         wasm_i8x16_splat(0));
}

/* acc + the sums of neighbouring bytes of x, inverted where the mask is. */
static inline v128_t bn_add_masked_int8_wasm(v128_t acc, v128_t x, v128_t mask)
{
    return wasm_i16x8_add(acc, wasm_i16x8_extadd_pairwise_i8x16(wasm_v128_xor(x, mask)));
}

/* The bits of a tile as masks, and minus[t] what inverting them takes away from all sums. */
BN_HOT_LOOP void bn_expand_int8_bits_wasm(int32_t quads, const uint8_t *restrict bits,
                                          int8_t *restrict masks, int32_t minus[BN_INT8_TILE])
{
    v128_t sums[BN_INT8_HALF_WASM] = {wasm_i32x4_splat(0), wasm_i32x4_splat(0)};
    for (int32_t q = 0; q < quads; q++, bits += BN_INT8_QUAD_BITS, masks += BN_INT8_QUAD) {
        const v128_t quad = wasm_v128_load32_splat(bits);
        for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++) {
            const v128_t mask = wasm_v128_not(bn_int8_zeros_wasm(quad, i));
            const v128_t pairs = wasm_i16x8_extadd_pairwise_i8x16(mask);
            wasm_v128_store(masks + 16 * i, mask);
            sums[i] = wasm_i32x4_add(sums[i], wasm_i32x4_extadd_pairwise_i16x8(pairs));
        }
    }
    for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++)
        wasm_v128_store(minus + 4 * i, sums[i]);
}

/* The same as bn_multiply_int8_tile_wasm, of masks, less `minus`. */
static inline void bn_add_masked_int8_tile_wasm(const int32_t pixels, int32_t quads,
                                                const int8_t *restrict x,
                                                const int8_t *restrict masks, const int32_t *minus,
                                                int32_t *restrict sum, int32_t step)
{
    const ptrdiff_t row = (ptrdiff_t)4 * quads;
    v128_t sums[BN_INT8_BIT_PIXELS_WASM][BN_INT8_HALF_WASM];
    for (int32_t p = 0; p < pixels; p++)
        for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++)
            sums[p][i] = wasm_i32x4_neg(wasm_v128_load(minus + 4 * i));
    for (int32_t left = quads; left > 0; left -= BN_INT8_BIT_RUN_WASM) {
        const int32_t run = left < BN_INT8_BIT_RUN_WASM ? left : BN_INT8_BIT_RUN_WASM;
        v128_t acc[BN_INT8_BIT_PIXELS_WASM][BN_INT8_HALF_WASM];
        for (int32_t p = 0; p < pixels; p++)
            for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++)
                acc[p][i] = wasm_i16x8_splat(0);
        for (int32_t q = 0; q < run; q++, x += 4, masks += BN_INT8_QUAD) {
            v128_t mask[BN_INT8_HALF_WASM];
            for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++)
                mask[i] = wasm_v128_load(masks + 16 * i);
            for (int32_t p = 0; p < pixels; p++) {
                const v128_t quad = wasm_v128_load32_splat(x + p * row);
                for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++)
                    acc[p][i] = bn_add_masked_int8_wasm(acc[p][i], quad, mask[i]);
            }
        }
        for (int32_t p = 0; p < pixels; p++)
            for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++)
                sums[p][i] =
                    wasm_i32x4_add(sums[p][i], wasm_i32x4_extadd_pairwise_i16x8(acc[p][i]));
    }
    for (int32_t p = 0; p < pixels; p++)
        for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++)
            wasm_v128_store(sum + (ptrdiff_t)p * step + 4 * i, sums[p][i]);
}

BN_HOT_LOOP void bn_add_masked_int8_of_4_wasm(int32_t quads, const int8_t *restrict x,
                                              const int8_t *restrict masks, const int32_t *minus,
                                              int32_t *restrict sum, int32_t step)
{
    bn_add_masked_int8_tile_wasm(BN_INT8_BIT_PIXELS_WASM, quads, x, masks, minus, sum, step);
}

BN_HOT_LOOP void bn_add_masked_int8_of_1_wasm(int32_t quads, const int8_t *restrict x,
                                              const int8_t *restrict masks, const int32_t *minus,
                                              int32_t *restrict sum)
{
    bn_add_masked_int8_tile_wasm(1, quads, x, masks, minus, sum, 0);
}

/* The sum of `count` bytes, a multiple of 4. */
static inline int32_t bn_sum_int8_wasm(int32_t count, const int8_t *x)
{
    v128_t sums = wasm_i32x4_splat(0);
    int32_t k = 0, sum = 0;
    for (; k + 16 <= count; k += 16) {
        const v128_t pairs = wasm_i16x8_extadd_pairwise_i8x16(wasm_v128_load(x + k));
        sums = wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(pairs));
    }
    for (; k < count; k++)
        sum += x[k];
    return sum + wasm_i32x4_extract_lane(sums, 0) + wasm_i32x4_extract_lane(sums, 1) +
           wasm_i32x4_extract_lane(sums, 2) + wasm_i32x4_extract_lane(sums, 3);
}

/*
 * sum[t] for a single row, whose bytes' sum is `all`, and `tiles` (a constant) tiles of bits as
 * they are stored: twice what is added, less all.
 */
static inline void bn_add_signed_int8_row_wasm(const int32_t tiles, int32_t quads, int32_t all,
                                               const int8_t *restrict x,
                                               const uint8_t *restrict bits, int32_t *restrict sum)
{
    const ptrdiff_t tile = (ptrdiff_t)BN_INT8_QUAD_BITS * quads;
    v128_t sums[BN_INT8_ROW_TILES_WASM][BN_INT8_HALF_WASM];
    for (int32_t j = 0; j < tiles; j++)
        sums[j][0] = sums[j][1] = wasm_i32x4_splat(0);
    for (int32_t left = quads; left > 0; left -= BN_INT8_BIT_RUN_WASM) {
        const int32_t run = left < BN_INT8_BIT_RUN_WASM ? left : BN_INT8_BIT_RUN_WASM;
        v128_t acc[BN_INT8_ROW_TILES_WASM][BN_INT8_HALF_WASM];
        for (int32_t j = 0; j < tiles; j++)
            acc[j][0] = acc[j][1] = wasm_i16x8_splat(0);
        for (int32_t q = 0; q < run; q++, x += 4, bits += BN_INT8_QUAD_BITS) {
            const v128_t quad = wasm_v128_load32_splat(x);
            _Pragma("clang loop unroll(full)") for (int32_t j = 0; j < tiles; j++)
            {
                const v128_t stored = wasm_v128_load32_splat(bits + j * tile);
                for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++) {
                    const v128_t plus = wasm_v128_and(quad, bn_int8_zeros_wasm(stored, i));
                    acc[j][i] = wasm_i16x8_add(acc[j][i], wasm_i16x8_extadd_pairwise_i8x16(plus));
                }
            }
        }
        for (int32_t j = 0; j < tiles; j++)
            for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++)
                sums[j][i] =
                    wasm_i32x4_add(sums[j][i], wasm_i32x4_extadd_pairwise_i16x8(acc[j][i]));
    }
    for (int32_t j = 0; j < tiles; j++)
        for (int32_t i = 0; i < BN_INT8_HALF_WASM; i++)
            wasm_v128_store(sum + j * BN_INT8_TILE + 4 * i,
                            wasm_i32x4_sub(wasm_i32x4_shl(sums[j][i], 1), wasm_i32x4_splat(all)));
}

BN_HOT_LOOP void bn_add_signed_int8_of_4_wasm(int32_t quads, int32_t all, const int8_t *restrict x,
                                              const uint8_t *restrict bits, int32_t *restrict sum)
{
    bn_add_signed_int8_row_wasm(BN_INT8_ROW_TILES_WASM, quads, all, x, bits, sum);
}

BN_HOT_LOOP void bn_add_signed_int8_of_1_wasm(int32_t quads, int32_t all, const int8_t *restrict x,
                                              const uint8_t *restrict bits, int32_t *restrict sum)
{
    bn_add_signed_int8_row_wasm(1, quads, all, x, bits, sum);
}

static inline void bn_multiply_int8_bit_row_wasm(int32_t quads, int32_t tiles,
                                                 const int8_t *restrict x,
                                                 const uint8_t *restrict bits,
                                                 int32_t *restrict sum)
{
    const int32_t all = bn_sum_int8_wasm(4 * quads, x);
    if (tiles == BN_INT8_ROW_TILES_WASM) {
        bn_add_signed_int8_of_4_wasm(quads, all, x, bits, sum);
        return;
    }
    for (int32_t i = 0; i < tiles; i++)
        bn_add_signed_int8_of_1_wasm(quads, all, x, bits + (ptrdiff_t)BN_INT8_QUAD_BITS * quads * i,
                                     sum + i * BN_INT8_TILE);
}

static inline void bn_multiply_int8_bits_wasm(int32_t quads, int32_t pixels, int32_t tiles,
                                              const void *restrict x, const void *restrict w,
                                              int8_t *restrict room, int32_t *restrict sum)
{
    const int32_t step = tiles * BN_INT8_TILE;
    const ptrdiff_t row = (ptrdiff_t)4 * quads;
    if (pixels == 1) {
        bn_multiply_int8_bit_row_wasm(quads, tiles, x, w, sum);
        return;
    }
    for (int32_t i = 0; i < tiles; i++) {
        const uint8_t *bits = (const uint8_t *)w + (ptrdiff_t)BN_INT8_QUAD_BITS * quads * i;
        const int8_t *rows = x;
        int32_t *to = sum + i * BN_INT8_TILE;
        int32_t minus[BN_INT8_TILE];
        int32_t p = pixels;
        bn_expand_int8_bits_wasm(quads, bits, room, minus);
        for (; p >= 4; p -= 4, rows += 4 * row, to += (ptrdiff_t)4 * step)
            bn_add_masked_int8_of_4_wasm(quads, rows, room, minus, to, step);
        for (; p > 0; p--, rows += row, to += step)
            bn_add_masked_int8_of_1_wasm(quads, rows, room, minus, to);
    }
}

static const struct bn_int8_loops bn_int8_bit_loops_wasm = {
    .shift_unsigned = -128,
    .x_bytes = 1,
    .prepare = bn_lower_int8_wasm,
    .multiply = bn_multiply_int8_bits_wasm,
};

#endif
