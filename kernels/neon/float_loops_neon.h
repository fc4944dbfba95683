/* float_loops_neon.h: the loops of layers with a float operand for Arm. */
#ifndef BN_FLOAT_LOOPS_NEON_H
#define BN_FLOAT_LOOPS_NEON_H

#include "float_epilogue_neon.h"
#include "float_row_neon.h"
#include "float_tile_neon.h"

#if defined(__aarch64__)
#define BN_TILE_PIXELS_NEON 8
#else
#define BN_TILE_PIXELS_NEON 4
#endif

/* Adds the products of all runs to `sum`; the weights are floats or, those being NULL, bits. */
static inline void bn_add_float_runs_neon(const struct bn_float_runs_neon *runs, int32_t pixels,
                                          const float *w, const uint8_t *signs,
                                          float sum[BN_TILE_PIXELS_NEON][BN_FLOAT_TILE])
{
#if defined(__aarch64__)
    if (pixels > 4) {
        if (w)
            bn_add_floats_of_8_neon(runs, w, sum);
        else
            bn_add_signed_of_8_neon(runs, signs, sum);
        return;
    }
#endif
    (void)pixels;
    if (w)
        bn_add_floats_of_4_neon(runs, w, sum);
    else
        bn_add_signed_of_4_neon(runs, signs, sum);
}

/* sum[p][t] for the channels of the one tile of a block. */
static inline void bn_sum_float_tile_neon(const struct bn_float_windows *windows,
                                          const struct bn_float_block *block, const float *w,
                                          const uint8_t *signs,
                                          float sum[BN_TILE_PIXELS_NEON][BN_FLOAT_TILE])
{
    const int is_row = windows->taps == 1;
    const ptrdiff_t depth = (ptrdiff_t)windows->count * (is_row ? windows->rows : windows->taps);
    struct bn_float_runs_neon runs = {
        .runs = is_row ? windows->rows : windows->taps,
        .count = windows->count,
        .step = is_row ? windows->row_step : windows->tap_step,
    };
    for (int32_t p = 0; p < BN_TILE_PIXELS_NEON; p++)
        runs.x[p] = windows->x[p < windows->pixels ? p : 0];
    for (ptrdiff_t k = 0; k < block->depth; k += depth) {
        bn_add_float_runs_neon(&runs, windows->pixels, w ? w + k * BN_FLOAT_TILE : NULL,
                               w ? NULL : signs + k, sum);
        for (int32_t p = 0; p < BN_TILE_PIXELS_NEON; p++)
            runs.x[p] += windows->row_step;
    }
}

/* sum[i][t] for channel t of tile i of a block, of the only window. */
static inline void bn_sum_float_row_neon(const struct bn_float_windows *windows,
                                         const struct bn_float_block *block, const float *w,
                                         const uint8_t *signs,
                                         float sum[BN_ROW_TILES_NEON][BN_FLOAT_TILE])
{
    const float *columns[BN_ROW_TILES_NEON] = {NULL};
    const uint8_t *sign_columns[BN_ROW_TILES_NEON] = {NULL};
    ptrdiff_t k = 0;
    for (int32_t row = 0; row < windows->rows; row++)
        for (int32_t tap = 0; tap < windows->taps; tap++, k += windows->count) {
            const float *x = windows->x[0] + row * windows->row_step + tap * windows->tap_step;
            for (int32_t i = 0; i < BN_ROW_TILES_NEON; i++) {
                const ptrdiff_t at = (i < block->tiles ? i : 0) * block->depth + k;
                if (w)
                    columns[i] = w + at * BN_FLOAT_TILE;
                else
                    sign_columns[i] = signs + at;
            }
            if (w)
                bn_add_float_row_neon(windows->count, x, columns, sum);
            else
                bn_add_signed_row_neon(windows->count, x, sign_columns, sum);
        }
}

static inline void bn_write_sums_neon(const struct bn_float_windows *windows,
                                      const struct bn_float_block *block, const float *w,
                                      const uint8_t *signs, float *y, ptrdiff_t step)
{
    float sum[BN_TILE_PIXELS_NEON][BN_FLOAT_TILE] = {{0}};
    if (windows->pixels == 1) {
        bn_sum_float_row_neon(windows, block, w, signs, sum);
        bn_write_scaled_neon(&sum[0][0], block, y);
    } else {
        bn_sum_float_tile_neon(windows, block, w, signs, sum);
        for (int32_t p = 0; p < windows->pixels; p++)
            bn_write_scaled_neon(sum[p], block, y + p * step);
    }
}

static inline void bn_write_sum_bits_neon(const struct bn_float_windows *windows,
                                          const struct bn_float_block *block, const float *w,
                                          const uint8_t *signs, uint32_t bits[BN_FLOAT_PIXELS])
{
    float sum[BN_TILE_PIXELS_NEON][BN_FLOAT_TILE] = {{0}};
    if (windows->pixels == 1) {
        bn_sum_float_row_neon(windows, block, w, signs, sum);
        bits[0] = bn_less_floats_neon(&sum[0][0], block->offset, block->tiles);
    } else {
        bn_sum_float_tile_neon(windows, block, w, signs, sum);
        for (int32_t p = 0; p < windows->pixels; p++)
            bits[p] = bn_less_floats_neon(sum[p], block->offset, 1);
    }
}

static void bn_write_floats_neon(const struct bn_float_windows *windows,
                                 const struct bn_float_block *block, float *y, ptrdiff_t step)
{
    bn_write_sums_neon(windows, block, block->w, NULL, y, step);
}

static void bn_write_float_bits_neon(const struct bn_float_windows *windows,
                                     const struct bn_float_block *block,
                                     uint32_t bits[BN_FLOAT_PIXELS])
{
    bn_write_sum_bits_neon(windows, block, block->w, NULL, bits);
}

static void bn_write_signed_neon(const struct bn_float_windows *windows,
                                 const struct bn_float_block *block, float *y, ptrdiff_t step)
{
    bn_write_sums_neon(windows, block, NULL, block->signs, y, step);
}

static void bn_write_signed_bits_neon(const struct bn_float_windows *windows,
                                      const struct bn_float_block *block,
                                      uint32_t bits[BN_FLOAT_PIXELS])
{
    bn_write_sum_bits_neon(windows, block, NULL, block->signs, bits);
}

static const struct bn_float_loops bn_float_loops_neon = {
    .pixels = BN_TILE_PIXELS_NEON,
    .tiles = 1,
    .tiles_of_one = BN_ROW_TILES_NEON,
    .write_floats = bn_write_floats_neon,
    .write_bits = bn_write_float_bits_neon,
};

/* The same for weights of one bit. */
static const struct bn_float_loops bn_sign_loops_neon = {
    .pixels = BN_TILE_PIXELS_NEON,
    .tiles = 1,
    .tiles_of_one = BN_ROW_TILES_NEON,
    .write_floats = bn_write_signed_neon,
    .write_bits = bn_write_signed_bits_neon,
};

#endif
