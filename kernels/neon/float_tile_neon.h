/*
 * float_tile_neon.h: sums of a tile of pixels x 8 output channels, weights being floats or bits.
 * Inputs are read four along k at a time, and each of them multiplies two vectors of weights.
 * AArch64 fuses products and sums; ARMv7 rounds each, and takes what is too small to be normal as
 * 0.
 */
#ifndef BN_FLOAT_TILE_NEON_H
#define BN_FLOAT_TILE_NEON_H

#include "../include/float_loops.h"
#include "neon.h"

/* Inputs of up to 8 pixels: `runs` of `count` floats each, `step` apart. */
struct bn_float_runs_neon {
    int32_t runs, count;
    ptrdiff_t step;
    const float *x[8];
};

/* sums += w * x[lane], where x is four inputs; and sums += w * x, where it is one. */
#if defined(__aarch64__)
#define BN_ADD_LANE_NEON(sums, w, x, lane) sums = vfmaq_laneq_f32(sums, w, x, lane)
#define BN_ADD_ONE_NEON(sums, w, x)        sums = vfmaq_n_f32(sums, w, x)
#else
#define BN_ADD_LANE_NEON(sums, w, x, lane)                                                         \
    sums = vmlaq_lane_f32(sums, w, lane < 2 ? vget_low_f32(x) : vget_high_f32(x), (lane)&1)
#define BN_ADD_ONE_NEON(sums, w, x) sums = vmlaq_n_f32(sums, w, x)
#endif

/* The factors that half a byte of weights stands for: looked up in as many loads as floats take. */
static const float bn_signs_neon[16][4] = {
    {1, 1, 1, 1},   {-1, 1, 1, 1},   {1, -1, 1, 1},   {-1, -1, 1, 1},
    {1, 1, -1, 1},  {-1, 1, -1, 1},  {1, -1, -1, 1},  {-1, -1, -1, 1},
    {1, 1, 1, -1},  {-1, 1, 1, -1},  {1, -1, 1, -1},  {-1, -1, 1, -1},
    {1, 1, -1, -1}, {-1, 1, -1, -1}, {1, -1, -1, -1}, {-1, -1, -1, -1},
};

/* The weights of the first and of the last 4 channels of a tile, `i` further along k. */
#define BN_LOW_FLOATS_NEON(w, i)  low = vld1q_f32((w) + (i)*BN_FLOAT_TILE)
#define BN_HIGH_FLOATS_NEON(w, i) high = vld1q_f32((w) + (i)*BN_FLOAT_TILE + 4)
#define BN_LOW_SIGNS_NEON(w, i)   low = vld1q_f32(bn_signs_neon[(w)[i] & 15])
#define BN_HIGH_SIGNS_NEON(w, i)  high = vld1q_f32(bn_signs_neon[(w)[i] >> 4])

/* What is done for each pixel. Its sums are a for the first 4 channels, b for the others. */
#define BN_START_SUMS_NEON(p) float32x4_t a##p = vld1q_f32(sum[p]), b##p = vld1q_f32(sum[p] + 4);
#define BN_START_RUN_NEON(p)  const float *from##p = runs->x[p] + run * runs->step;
#define BN_NEXT_FOUR_NEON(p)                                                                       \
    const float32x4_t x##p = vld1q_f32(from##p);                                                   \
    from##p += 4;
#define BN_ADD_LOW_0_NEON(p)  BN_ADD_LANE_NEON(a##p, low, x##p, 0);
#define BN_ADD_HIGH_0_NEON(p) BN_ADD_LANE_NEON(b##p, high, x##p, 0);
#define BN_ADD_LOW_1_NEON(p)  BN_ADD_LANE_NEON(a##p, low, x##p, 1);
#define BN_ADD_HIGH_1_NEON(p) BN_ADD_LANE_NEON(b##p, high, x##p, 1);
#define BN_ADD_LOW_2_NEON(p)  BN_ADD_LANE_NEON(a##p, low, x##p, 2);
#define BN_ADD_HIGH_2_NEON(p) BN_ADD_LANE_NEON(b##p, high, x##p, 2);
#define BN_ADD_LOW_3_NEON(p)  BN_ADD_LANE_NEON(a##p, low, x##p, 3);
#define BN_ADD_HIGH_3_NEON(p) BN_ADD_LANE_NEON(b##p, high, x##p, 3);
#define BN_ADD_LAST_NEON(p)                                                                        \
    BN_ADD_ONE_NEON(a##p, low, *from##p);                                                          \
    BN_ADD_ONE_NEON(b##p, high, *from##p);                                                         \
    from##p++;
#define BN_END_SUMS_NEON(p)                                                                        \
    vst1q_f32(sum[p], a##p);                                                                       \
    vst1q_f32(sum[p] + 4, b##p);

#define BN_EACH_OF_4_NEON(DO) DO(0) DO(1) DO(2) DO(3)
#define BN_EACH_OF_8_NEON(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

/*
 * The body of the functions below: adds the products of all runs to `sum`. Weights are loaded as
 * soon as the last products of those before them are under way.
 */
#define BN_ADD_RUNS_NEON(EACH, LOW, HIGH, step)                                                    \
    const int32_t fours = runs->count / 4, rest = runs->count % 4;                                 \
    float32x4_t low, high;                                                                         \
    EACH(BN_START_SUMS_NEON)                                                                       \
    for (int32_t run = 0; run < runs->runs; run++) {                                               \
        EACH(BN_START_RUN_NEON)                                                                    \
        for (int32_t k = 0; k < fours; k++) {                                                      \
            LOW(w, 0);                                                                             \
            EACH(BN_NEXT_FOUR_NEON)                                                                \
            HIGH(w, 0);                                                                            \
            EACH(BN_ADD_LOW_0_NEON)                                                                \
            LOW(w, 1);                                                                             \
            EACH(BN_ADD_HIGH_0_NEON)                                                               \
            HIGH(w, 1);                                                                            \
            EACH(BN_ADD_LOW_1_NEON)                                                                \
            LOW(w, 2);                                                                             \
            EACH(BN_ADD_HIGH_1_NEON)                                                               \
            HIGH(w, 2);                                                                            \
            EACH(BN_ADD_LOW_2_NEON)                                                                \
            LOW(w, 3);                                                                             \
            EACH(BN_ADD_HIGH_2_NEON)                                                               \
            HIGH(w, 3);                                                                            \
            EACH(BN_ADD_LOW_3_NEON)                                                                \
            EACH(BN_ADD_HIGH_3_NEON)                                                               \
            w += 4 * (step);                                                                       \
        }                                                                                          \
        for (int32_t k = 0; k < rest; k++) {                                                       \
            LOW(w, 0);                                                                             \
            HIGH(w, 0);                                                                            \
            EACH(BN_ADD_LAST_NEON)                                                                 \
            w += step;                                                                             \
        }                                                                                          \
    }                                                                                              \
    EACH(BN_END_SUMS_NEON)

BN_HOT_LOOP void bn_add_floats_of_4_neon(const struct bn_float_runs_neon *runs, const float *w,
                                         float sum[4][BN_FLOAT_TILE]){
    BN_ADD_RUNS_NEON(BN_EACH_OF_4_NEON, BN_LOW_FLOATS_NEON, BN_HIGH_FLOATS_NEON, BN_FLOAT_TILE)}

BN_HOT_LOOP void bn_add_signed_of_4_neon(const struct bn_float_runs_neon *runs, const uint8_t *w,
                                         float sum[4][BN_FLOAT_TILE]){
    BN_ADD_RUNS_NEON(BN_EACH_OF_4_NEON, BN_LOW_SIGNS_NEON, BN_HIGH_SIGNS_NEON, 1)}

#if defined(__aarch64__)

BN_HOT_LOOP void bn_add_floats_of_8_neon(const struct bn_float_runs_neon *runs, const float *w,
                                         float sum[8][BN_FLOAT_TILE]){
    BN_ADD_RUNS_NEON(BN_EACH_OF_8_NEON, BN_LOW_FLOATS_NEON, BN_HIGH_FLOATS_NEON, BN_FLOAT_TILE)}

BN_HOT_LOOP void bn_add_signed_of_8_neon(const struct bn_float_runs_neon *runs, const uint8_t *w,
                                         float sum[8][BN_FLOAT_TILE])
{
    BN_ADD_RUNS_NEON(BN_EACH_OF_8_NEON, BN_LOW_SIGNS_NEON, BN_HIGH_SIGNS_NEON, 1)
}

#endif

#endif
