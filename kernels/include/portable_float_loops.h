/*
 * portable_float_loops.h: the loops of layers with a float operand in plain C. Products are rounded
 * before they are added.
 */
#ifndef BN_PORTABLE_FLOAT_LOOPS_H
#define BN_PORTABLE_FLOAT_LOOPS_H

#include "float_columns.h"
#include "float_loops.h"
#include "float_tile.h"
#include "less_float_bits.h"
#include "write_scaled_sums.h"

/* sum[p][t] for the channels of the one tile of a block. */
static inline void bn_sum_float_tile(const struct bn_float_windows *windows,
                                     const struct bn_float_block *block,
                                     float sum[BN_PIXEL_TILE][BN_FLOAT_TILE])
{
    const float *x[BN_PIXEL_TILE], *w = block->w;
    const int32_t run = windows->taps * windows->count;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
        x[p] = windows->x[p < windows->pixels ? p : 0];
    if (windows->taps == 1) {
        bn_add_float_run(windows->rows, windows->count, windows->row_step, x, w, sum);
        return;
    }
    for (int32_t row = 0; row < windows->rows; row++, w += (ptrdiff_t)run * BN_FLOAT_TILE) {
        bn_add_float_run(windows->taps, windows->count, windows->tap_step, x, w, sum);
        for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
            x[p] += windows->row_step;
    }
}

/* sum[i][t] for channel t of tile i of a block, of the only window. */
static inline void bn_sum_float_columns(const struct bn_float_windows *windows,
                                        const struct bn_float_block *block,
                                        float sum[BN_COLUMN_TILES][BN_FLOAT_TILE])
{
    const float *columns[BN_COLUMN_TILES];
    for (int32_t i = 0; i < BN_COLUMN_TILES; i++)
        columns[i] = block->w + (i < block->tiles ? i : 0) * block->depth * BN_FLOAT_TILE;
    for (int32_t row = 0; row < windows->rows; row++) {
        for (int32_t tap = 0; tap < windows->taps; tap++) {
            bn_add_float_columns(windows->count,
                                 windows->x[0] + row * windows->row_step + tap * windows->tap_step,
                                 columns, sum);
            for (int32_t i = 0; i < BN_COLUMN_TILES; i++)
                columns[i] += (ptrdiff_t)windows->count * BN_FLOAT_TILE;
        }
    }
}

static inline void bn_sum_float_windows(const struct bn_float_windows *windows,
                                        const struct bn_float_block *block,
                                        float sum[BN_PIXEL_TILE][BN_FLOAT_TILE])
{
    if (windows->pixels == 1)
        bn_sum_float_columns(windows, block, sum);
    else
        bn_sum_float_tile(windows, block, sum);
}

static inline void bn_write_floats(const struct bn_float_windows *windows,
                                   const struct bn_float_block *block, float *y, ptrdiff_t step)
{
    float sum[BN_PIXEL_TILE][BN_FLOAT_TILE] = {{0}};
    bn_sum_float_windows(windows, block, sum);
    if (windows->pixels == 1)
        bn_write_scaled_sums(&sum[0][0], block, y);
    else
        for (int32_t p = 0; p < windows->pixels; p++)
            bn_write_scaled_sums(sum[p], block, y + p * step);
}

static inline void bn_write_float_bits(const struct bn_float_windows *windows,
                                       const struct bn_float_block *block,
                                       uint32_t bits[BN_FLOAT_PIXELS])
{
    float sum[BN_PIXEL_TILE][BN_FLOAT_TILE] = {{0}};
    bn_sum_float_windows(windows, block, sum);
    if (windows->pixels == 1)
        bits[0] = bn_less_float_bits(&sum[0][0], block->offset, block->tiles * BN_FLOAT_TILE);
    else
        for (int32_t p = 0; p < windows->pixels; p++)
            bits[p] = bn_less_float_bits(sum[p], block->offset, BN_FLOAT_TILE);
}

static const struct bn_float_loops bn_portable_float_loops = {
    .pixels = BN_PIXEL_TILE,
    .tiles = 1,
    .tiles_of_one = BN_COLUMN_TILES,
    .write_floats = bn_write_floats,
    .write_bits = bn_write_float_bits,
};

#endif
