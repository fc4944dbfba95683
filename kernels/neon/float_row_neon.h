/* float_row_neon.h: sums of one pixel x up to 4 tiles of output channels, floats or bits. */
#ifndef BN_FLOAT_ROW_NEON_H
#define BN_FLOAT_ROW_NEON_H

#include "float_tile_neon.h"

/* Tiles of a row: as many sums as hide how long one takes. */
#define BN_ROW_TILES_NEON 4

/* What is done for each tile, whose weights are at `w##t`. */
#define BN_START_TILE_NEON(t) float32x4_t a##t = vld1q_f32(sum[t]), b##t = vld1q_f32(sum[t] + 4);
#define BN_ADD_TILE_NEON(t, LOW, HIGH, i, lane)                                                    \
    LOW(w##t, i);                                                                                  \
    HIGH(w##t, i);                                                                                 \
    BN_ADD_LANE_NEON(a##t, low, four, lane);                                                       \
    BN_ADD_LANE_NEON(b##t, high, four, lane);
#define BN_ADD_LAST_TILE_NEON(t, LOW, HIGH)                                                        \
    LOW(w##t, 0);                                                                                  \
    HIGH(w##t, 0);                                                                                 \
    BN_ADD_ONE_NEON(a##t, low, *x);                                                                \
    BN_ADD_ONE_NEON(b##t, high, *x);
#define BN_END_TILE_NEON(t)                                                                        \
    vst1q_f32(sum[t], a##t);                                                                       \
    vst1q_f32(sum[t] + 4, b##t);

#define BN_ADD_TILES_NEON(LOW, HIGH, i)                                                            \
    BN_ADD_TILE_NEON(0, LOW, HIGH, i, i)                                                           \
    BN_ADD_TILE_NEON(1, LOW, HIGH, i, i)                                                           \
    BN_ADD_TILE_NEON(2, LOW, HIGH, i, i)                                                           \
    BN_ADD_TILE_NEON(3, LOW, HIGH, i, i)

/* The body of the functions below: adds the products of `count` inputs to `sum`. */
#define BN_ADD_ROW_NEON(LOW, HIGH, step)                                                           \
    int32_t k = 0;                                                                                 \
    float32x4_t low, high;                                                                         \
    BN_EACH_OF_4_NEON(BN_START_TILE_NEON)                                                          \
    for (; k + 4 <= count; k += 4, x += 4) {                                                       \
        const float32x4_t four = vld1q_f32(x);                                                     \
        BN_ADD_TILES_NEON(LOW, HIGH, 0)                                                            \
        BN_ADD_TILES_NEON(LOW, HIGH, 1)                                                            \
        BN_ADD_TILES_NEON(LOW, HIGH, 2)                                                            \
        BN_ADD_TILES_NEON(LOW, HIGH, 3)                                                            \
        w0 += 4 * (step), w1 += 4 * (step), w2 += 4 * (step), w3 += 4 * (step);                    \
    }                                                                                              \
    for (; k < count; k++, x++) {                                                                  \
        BN_ADD_LAST_TILE_NEON(0, LOW, HIGH)                                                        \
        BN_ADD_LAST_TILE_NEON(1, LOW, HIGH)                                                        \
        BN_ADD_LAST_TILE_NEON(2, LOW, HIGH)                                                        \
        BN_ADD_LAST_TILE_NEON(3, LOW, HIGH)                                                        \
        w0 += step, w1 += step, w2 += step, w3 += step;                                            \
    }                                                                                              \
    BN_EACH_OF_4_NEON(BN_END_TILE_NEON)

/* w are the tiles' weights; of tiles that there aren't, any others. */
BN_HOT_LOOP void bn_add_float_row_neon(int32_t count, const float *x,
                                       const float *const w[BN_ROW_TILES_NEON],
                                       float sum[BN_ROW_TILES_NEON][BN_FLOAT_TILE])
{
    const float *w0 = w[0], *w1 = w[1], *w2 = w[2], *w3 = w[3];
    BN_ADD_ROW_NEON(BN_LOW_FLOATS_NEON, BN_HIGH_FLOATS_NEON, BN_FLOAT_TILE)
}

BN_HOT_LOOP void bn_add_signed_row_neon(int32_t count, const float *x,
                                        const uint8_t *const w[BN_ROW_TILES_NEON],
                                        float sum[BN_ROW_TILES_NEON][BN_FLOAT_TILE])
{
    const uint8_t *w0 = w[0], *w1 = w[1], *w2 = w[2], *w3 = w[3];
    BN_ADD_ROW_NEON(BN_LOW_SIGNS_NEON, BN_HIGH_SIGNS_NEON, 1)
}

#endif
