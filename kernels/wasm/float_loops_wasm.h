/*
 * float_loops_wasm.h: the loops of layers with a float operand. A tile is four pixels by the two
 * vectors of a tile of channels, or one pixel by four tiles: V8 loads all operands of a step before
 * it multiplies, and x86 has 16 vector registers for them and the sums.
 */
#ifndef BN_FLOAT_LOOPS_WASM_H
#define BN_FLOAT_LOOPS_WASM_H

#include <wasm_simd128.h>

#include "../include/float_loops.h"
#include "../include/write_scaled_sums.h"

#define BN_TILE_PIXELS_WASM 4
#define BN_ROW_TILES_WASM   4

/* The sign bits of four channels. */
static const uint32_t bn_sign_masks_wasm[16][4] __attribute__((aligned(16))) = {
#define BN_SIGN_BITS(bits)                                                                         \
    {                                                                                              \
        ((bits)&1u) << 31, ((bits)&2u) << 30, ((bits)&4u) << 29, ((bits)&8u) << 28                 \
    }
    BN_SIGN_BITS(0),  BN_SIGN_BITS(1),  BN_SIGN_BITS(2),  BN_SIGN_BITS(3),
    BN_SIGN_BITS(4),  BN_SIGN_BITS(5),  BN_SIGN_BITS(6),  BN_SIGN_BITS(7),
    BN_SIGN_BITS(8),  BN_SIGN_BITS(9),  BN_SIGN_BITS(10), BN_SIGN_BITS(11),
    BN_SIGN_BITS(12), BN_SIGN_BITS(13), BN_SIGN_BITS(14), BN_SIGN_BITS(15),
};

/* Where the weights of a tile are: floats; or, that being NULL, bits. */
struct bn_float_columns_wasm {
    const float *w;
    const uint8_t *signs;
};

/* sum[p][t] for BN_TILE_PIXELS_WASM windows and one tile; the last argument is constant. */
static inline void bn_sum_float_tile_wasm(const struct bn_float_windows *windows,
                                          struct bn_float_columns_wasm columns,
                                          float sum[][BN_FLOAT_TILE], const int are_signs)
{
    const float *x[BN_TILE_PIXELS_WASM];
    v128_t acc[BN_TILE_PIXELS_WASM][2];
    for (int p = 0; p < BN_TILE_PIXELS_WASM; p++) {
        x[p] = windows->x[p];
        acc[p][0] = acc[p][1] = wasm_f32x4_splat(0);
    }
    for (int32_t row = 0; row < windows->rows; row++) {
        ptrdiff_t from = row * windows->row_step;
        for (int32_t tap = 0; tap < windows->taps; tap++, from += windows->tap_step) {
            for (int32_t c = 0; c < windows->count; c++) {
                v128_t w[2];
                if (are_signs) {
                    const uint32_t bits = *columns.signs++;
                    w[0] = wasm_v128_load(bn_sign_masks_wasm[bits & 15]);
                    w[1] = wasm_v128_load(bn_sign_masks_wasm[bits >> 4]);
                } else {
                    w[0] = wasm_v128_load(columns.w);
                    w[1] = wasm_v128_load(columns.w + 4);
                    columns.w += BN_FLOAT_TILE;
                }
                for (int p = 0; p < BN_TILE_PIXELS_WASM; p++) {
                    const v128_t one = wasm_v128_load32_splat(x[p] + from + c);
                    for (int i = 0; i < 2; i++)
                        acc[p][i] =
                            wasm_f32x4_add(acc[p][i], are_signs ? wasm_v128_xor(one, w[i])
                                                                : wasm_f32x4_mul(one, w[i]));
                }
            }
        }
    }
    for (int p = 0; p < BN_TILE_PIXELS_WASM; p++) {
        wasm_v128_store(sum[p], acc[p][0]);
        wasm_v128_store(sum[p] + 4, acc[p][1]);
    }
}

/* sum[i][t] for the only window and tile i, of BN_ROW_TILES_WASM; the last argument is constant. */
static inline void bn_sum_float_row_wasm(const struct bn_float_windows *windows,
                                         const struct bn_float_columns_wasm *columns,
                                         float sum[][BN_FLOAT_TILE], const int are_signs)
{
    v128_t acc[BN_ROW_TILES_WASM][2];
    ptrdiff_t k = 0;
    for (int i = 0; i < BN_ROW_TILES_WASM; i++)
        acc[i][0] = acc[i][1] = wasm_f32x4_splat(0);
    for (int32_t row = 0; row < windows->rows; row++) {
        const float *x = windows->x[0] + row * windows->row_step;
        for (int32_t tap = 0; tap < windows->taps; tap++, x += windows->tap_step) {
            for (int32_t c = 0; c < windows->count; c++, k++) {
                const v128_t one = wasm_v128_load32_splat(x + c);
                for (int i = 0; i < BN_ROW_TILES_WASM; i++) {
                    if (are_signs) {
                        const uint32_t bits = columns[i].signs[k];
                        const v128_t low = wasm_v128_load(bn_sign_masks_wasm[bits & 15]);
                        const v128_t high = wasm_v128_load(bn_sign_masks_wasm[bits >> 4]);
                        acc[i][0] = wasm_f32x4_add(acc[i][0], wasm_v128_xor(one, low));
                        acc[i][1] = wasm_f32x4_add(acc[i][1], wasm_v128_xor(one, high));
                    } else {
                        const float *w = columns[i].w + k * BN_FLOAT_TILE;
                        const v128_t low = wasm_v128_load(w), high = wasm_v128_load(w + 4);
                        acc[i][0] = wasm_f32x4_add(acc[i][0], wasm_f32x4_mul(one, low));
                        acc[i][1] = wasm_f32x4_add(acc[i][1], wasm_f32x4_mul(one, high));
                    }
                }
            }
        }
    }
    for (int i = 0; i < BN_ROW_TILES_WASM; i++) {
        wasm_v128_store(sum[i], acc[i][0]);
        wasm_v128_store(sum[i] + 4, acc[i][1]);
    }
}

BN_HOT_LOOP void bn_sum_floats_of_tile_wasm(const struct bn_float_windows *windows,
                                            struct bn_float_columns_wasm columns,
                                            float sum[][BN_FLOAT_TILE])
{
    bn_sum_float_tile_wasm(windows, columns, sum, 0);
}

BN_HOT_LOOP void bn_sum_signed_of_tile_wasm(const struct bn_float_windows *windows,
                                            struct bn_float_columns_wasm columns,
                                            float sum[][BN_FLOAT_TILE])
{
    bn_sum_float_tile_wasm(windows, columns, sum, 1);
}

BN_HOT_LOOP void bn_sum_floats_of_row_wasm(const struct bn_float_windows *windows,
                                           const struct bn_float_columns_wasm *columns,
                                           float sum[][BN_FLOAT_TILE])
{
    bn_sum_float_row_wasm(windows, columns, sum, 0);
}

BN_HOT_LOOP void bn_sum_signed_of_row_wasm(const struct bn_float_windows *windows,
                                           const struct bn_float_columns_wasm *columns,
                                           float sum[][BN_FLOAT_TILE])
{
    bn_sum_float_row_wasm(windows, columns, sum, 1);
}

/* sum[p][t] of a tile. */
static inline void bn_sum_tile_wasm(const struct bn_float_windows *windows,
                                    const struct bn_float_block *block, const int are_signs,
                                    float sum[][BN_FLOAT_TILE])
{
    const struct bn_float_columns_wasm columns = {
        .w = are_signs ? NULL : block->w,
        .signs = are_signs ? block->signs : NULL,
    };
    struct bn_float_windows filled;
    if (windows->pixels < BN_TILE_PIXELS_WASM) {
        filled = *windows;
        for (int32_t p = filled.pixels; p < BN_TILE_PIXELS_WASM; p++)
            filled.x[p] = filled.x[0];
        windows = &filled;
    }
    if (are_signs)
        bn_sum_signed_of_tile_wasm(windows, columns, sum);
    else
        bn_sum_floats_of_tile_wasm(windows, columns, sum);
}

/* sum[i][t] of tile i, of a single pixel. */
static inline void bn_sum_row_wasm(const struct bn_float_windows *windows,
                                   const struct bn_float_block *block, const int are_signs,
                                   float sum[][BN_FLOAT_TILE])
{
    struct bn_float_columns_wasm columns[BN_ROW_TILES_WASM];
    for (int32_t i = 0; i < BN_ROW_TILES_WASM; i++) {
        const ptrdiff_t at = i < block->tiles ? i * block->depth : 0;
        columns[i].w = are_signs ? NULL : block->w + at * BN_FLOAT_TILE;
        columns[i].signs = are_signs ? block->signs + at : NULL;
    }
    if (are_signs)
        bn_sum_signed_of_row_wasm(windows, columns, sum);
    else
        bn_sum_floats_of_row_wasm(windows, columns, sum);
}

/* Four sums, scaled. */
static inline v128_t bn_scale_sums_wasm(const float *sum, const struct bn_float_block *block, int t)
{
    const v128_t centred = wasm_f32x4_sub(wasm_v128_load(sum + t), wasm_v128_load(block->mean + t));
    const v128_t scaled = wasm_f32x4_mul(centred, wasm_v128_load(block->scale + t));
    return wasm_f32x4_add(scaled, wasm_v128_load(block->offset + t));
}

static inline void bn_write_sums_wasm(const struct bn_float_windows *windows,
                                      const struct bn_float_block *block, const int are_signs,
                                      float *y, ptrdiff_t step)
{
    float sum[BN_TILE_PIXELS_WASM][BN_FLOAT_TILE];
    if (windows->pixels == 1) {
        bn_sum_row_wasm(windows, block, are_signs, sum);
        bn_write_scaled_sums(&sum[0][0], block, y);
        return;
    }
    bn_sum_tile_wasm(windows, block, are_signs, sum);
    for (int32_t p = 0; p < windows->pixels; p++, y += step) {
        if (block->count < BN_FLOAT_TILE) {
            bn_write_scaled_sums(sum[p], block, y);
        } else {
            wasm_v128_store(y, bn_scale_sums_wasm(sum[p], block, 0));
            wasm_v128_store(y + 4, bn_scale_sums_wasm(sum[p], block, 4));
        }
    }
}

/* A bit for each of four sums. */
static inline uint32_t bn_less_floats_wasm(const float *sum, const float *threshold)
{
    return (uint32_t)wasm_i32x4_bitmask(
        wasm_f32x4_lt(wasm_v128_load(sum), wasm_v128_load(threshold)));
}

static inline void bn_write_sum_bits_wasm(const struct bn_float_windows *windows,
                                          const struct bn_float_block *block, const int are_signs,
                                          uint32_t bits[BN_FLOAT_PIXELS])
{
    float sum[BN_TILE_PIXELS_WASM][BN_FLOAT_TILE];
    if (windows->pixels == 1) {
        bn_sum_row_wasm(windows, block, are_signs, sum);
        bits[0] = 0;
        for (int32_t t = 0; t < block->tiles * BN_FLOAT_TILE; t += 4)
            bits[0] |= bn_less_floats_wasm(&sum[0][0] + t, block->offset + t) << t;
        return;
    }
    bn_sum_tile_wasm(windows, block, are_signs, sum);
    for (int32_t p = 0; p < windows->pixels; p++)
        bits[p] = bn_less_floats_wasm(sum[p], block->offset) |
                  bn_less_floats_wasm(sum[p] + 4, block->offset + 4) << 4;
}

static void bn_write_floats_wasm(const struct bn_float_windows *windows,
                                 const struct bn_float_block *block, float *y, ptrdiff_t step)
{
    bn_write_sums_wasm(windows, block, 0, y, step);
}

static void bn_write_float_bits_wasm(const struct bn_float_windows *windows,
                                     const struct bn_float_block *block,
                                     uint32_t bits[BN_FLOAT_PIXELS])
{
    bn_write_sum_bits_wasm(windows, block, 0, bits);
}

static void bn_write_signed_wasm(const struct bn_float_windows *windows,
                                 const struct bn_float_block *block, float *y, ptrdiff_t step)
{
    bn_write_sums_wasm(windows, block, 1, y, step);
}

static void bn_write_signed_bits_wasm(const struct bn_float_windows *windows,
                                      const struct bn_float_block *block,
                                      uint32_t bits[BN_FLOAT_PIXELS])
{
    bn_write_sum_bits_wasm(windows, block, 1, bits);
}

static const struct bn_float_loops bn_float_loops_wasm = {
    .pixels = BN_TILE_PIXELS_WASM,
    .tiles = 1,
    .tiles_of_one = BN_ROW_TILES_WASM,
    .write_floats = bn_write_floats_wasm,
    .write_bits = bn_write_float_bits_wasm,
};

/* The same for weights of one bit. */
static const struct bn_float_loops bn_sign_loops_wasm = {
    .pixels = BN_TILE_PIXELS_WASM,
    .tiles = 1,
    .tiles_of_one = BN_ROW_TILES_WASM,
    .write_floats = bn_write_signed_wasm,
    .write_bits = bn_write_signed_bits_wasm,
};

#endif
