/* portable_sign_loops.h: the loops of layers with float inputs and weights of one bit in plain C.
 */
#ifndef BN_PORTABLE_SIGN_LOOPS_H
#define BN_PORTABLE_SIGN_LOOPS_H

#include "float_loops.h"
#include "float_sign_block.h"
#include "float_sign_columns.h"
#include "less_float_bits.h"
#include "write_scaled_sums.h"

/* sum[p][t] for the channels of the one or two tiles of a block. */
static inline void bn_sum_sign_tiles(const struct bn_float_windows *windows,
                                     const struct bn_float_block *block,
                                     float sum[BN_PIXEL_TILE][BN_SIGN_BLOCK])
{
    const float *x[BN_PIXEL_TILE];
    const uint8_t *w = block->signs, *v = block->tiles > 1 ? w + block->depth : NULL;
    const int32_t run = windows->taps * windows->count;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
        x[p] = windows->x[p < windows->pixels ? p : 0];
    if (windows->taps == 1) {
        bn_add_float_sign_run(windows->rows, windows->count, windows->row_step, x, w, v, sum);
        return;
    }
    for (int32_t row = 0; row < windows->rows; row++, w += run) {
        bn_add_float_sign_run(windows->taps, windows->count, windows->tap_step, x, w, v, sum);
        v = v ? v + run : NULL;
        for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
            x[p] += windows->row_step;
    }
}

/* sum[i][t] for channel t of tile i of a block, of the only window. */
static inline void bn_sum_sign_columns(const struct bn_float_windows *windows,
                                       const struct bn_float_block *block,
                                       float sum[BN_COLUMN_TILES][BN_FLOAT_TILE])
{
    const uint8_t *columns[BN_COLUMN_TILES];
    for (int32_t i = 0; i < BN_COLUMN_TILES; i++)
        columns[i] = block->signs + (i < block->tiles ? i : 0) * block->depth;
    for (int32_t row = 0; row < windows->rows; row++) {
        for (int32_t tap = 0; tap < windows->taps; tap++) {
            bn_add_float_sign_columns(
                windows->count, windows->x[0] + row * windows->row_step + tap * windows->tap_step,
                columns, sum);
            for (int32_t i = 0; i < BN_COLUMN_TILES; i++)
                columns[i] += windows->count;
        }
    }
}

static inline void bn_write_sign_floats(const struct bn_float_windows *windows,
                                        const struct bn_float_block *block, float *y,
                                        ptrdiff_t step)
{
    if (windows->pixels == 1) {
        float sum[BN_COLUMN_TILES][BN_FLOAT_TILE] = {{0}};
        bn_sum_sign_columns(windows, block, sum);
        bn_write_scaled_sums(&sum[0][0], block, y);
    } else {
        float sum[BN_PIXEL_TILE][BN_SIGN_BLOCK] = {{0}};
        bn_sum_sign_tiles(windows, block, sum);
        for (int32_t p = 0; p < windows->pixels; p++)
            bn_write_scaled_sums(sum[p], block, y + p * step);
    }
}

static inline void bn_write_sign_bits(const struct bn_float_windows *windows,
                                      const struct bn_float_block *block,
                                      uint32_t bits[BN_FLOAT_PIXELS])
{
    if (windows->pixels == 1) {
        float sum[BN_COLUMN_TILES][BN_FLOAT_TILE] = {{0}};
        bn_sum_sign_columns(windows, block, sum);
        bits[0] = bn_less_float_bits(&sum[0][0], block->offset, block->tiles * BN_FLOAT_TILE);
    } else {
        float sum[BN_PIXEL_TILE][BN_SIGN_BLOCK] = {{0}};
        bn_sum_sign_tiles(windows, block, sum);
        for (int32_t p = 0; p < windows->pixels; p++)
            bits[p] = bn_less_float_bits(sum[p], block->offset, block->tiles * BN_FLOAT_TILE);
    }
}

static const struct bn_float_loops bn_portable_sign_loops = {
    .pixels = BN_PIXEL_TILE,
    .tiles = BN_SIGN_BLOCK / BN_FLOAT_TILE,
    .tiles_of_one = BN_COLUMN_TILES,
    .write_floats = bn_write_sign_floats,
    .write_bits = bn_write_sign_bits,
};

#endif
