/*
 * int8_tile_neon.h: sums of products of bytes, up to 4 pixels x a tile of 8 output channels.
 * Products of 16 bits are added in pairs to sums of 32, two of which make up a channel's.
 *
 * Where no weight is -128, two products fit in 16 bits, and only every second one is widened.
 */
#ifndef BN_INT8_TILE_NEON_H
#define BN_INT8_TILE_NEON_H

#include <string.h>

#include "../include/int8_loops.h"
#include "neon.h"

/* A pixel's sums: channels 0 and 1, 2 and 3, and so on, two sums each. */
struct bn_int8_sums_neon {
    int32x4_t a, b, c, d;
};

/* A quad of inputs over and over; what it multiplies is half a vector of weights. */
#if defined(__aarch64__)

typedef int8x16_t bn_quads_neon;

#define BN_REPEAT_QUAD_NEON(x, lane)      vreinterpretq_s8_s32(vdupq_lane_s32(x, lane))
#define BN_MULTIPLY_LOW_NEON(w, x)        vmull_s8(vget_low_s8(w), vget_low_s8(x))
#define BN_MULTIPLY_HIGH_NEON(w, x)       vmull_high_s8(w, x)
#define BN_ADD_PRODUCT_LOW_NEON(p, w, x)  vmlal_s8(p, vget_low_s8(w), vget_low_s8(x))
#define BN_ADD_PRODUCT_HIGH_NEON(p, w, x) vmlal_high_s8(p, w, x)

#else

typedef int8x8_t bn_quads_neon;

#define BN_REPEAT_QUAD_NEON(x, lane)      vreinterpret_s8_s32(vdup_lane_s32(x, lane))
#define BN_MULTIPLY_LOW_NEON(w, x)        vmull_s8(vget_low_s8(w), x)
#define BN_MULTIPLY_HIGH_NEON(w, x)       vmull_s8(vget_high_s8(w), x)
#define BN_ADD_PRODUCT_LOW_NEON(p, w, x)  vmlal_s8(p, vget_low_s8(w), x)
#define BN_ADD_PRODUCT_HIGH_NEON(p, w, x) vmlal_s8(p, vget_high_s8(w), x)

#endif

/* Two quads of inputs, and one. */
static inline int32x2_t bn_load_quads_neon(const int8_t *x)
{
    return vreinterpret_s32_s8(vld1_s8(x));
}

static inline bn_quads_neon bn_load_quad_neon(const int8_t *x)
{
    int32_t quad;
    memcpy(&quad, x, sizeof quad);
#if defined(__aarch64__)
    return vreinterpretq_s8_s32(vdupq_n_s32(quad));
#else
    return vreinterpret_s8_s32(vdup_n_s32(quad));
#endif
}

/* Adds the products of a quad: `low` are the weights of 4 channels, `high` those of 4 others. */
static inline struct bn_int8_sums_neon bn_add_quad_neon(struct bn_int8_sums_neon sums,
                                                        int8x16_t low, int8x16_t high,
                                                        bn_quads_neon x)
{
    sums.a = vpadalq_s16(sums.a, BN_MULTIPLY_LOW_NEON(low, x));
    sums.b = vpadalq_s16(sums.b, BN_MULTIPLY_HIGH_NEON(low, x));
    sums.c = vpadalq_s16(sums.c, BN_MULTIPLY_LOW_NEON(high, x));
    sums.d = vpadalq_s16(sums.d, BN_MULTIPLY_HIGH_NEON(high, x));
    return sums;
}

/* Adds the products of two quads of inputs with those in w[0] and w[1], and in w[2] and w[3]. */
static inline struct bn_int8_sums_neon bn_add_quads_neon(struct bn_int8_sums_neon sums,
                                                         const int8x16_t w[4], int32x2_t x)
{
    const bn_quads_neon x0 = BN_REPEAT_QUAD_NEON(x, 0), x1 = BN_REPEAT_QUAD_NEON(x, 1);
    int16x8_t a = BN_MULTIPLY_LOW_NEON(w[0], x0);
    int16x8_t b = BN_MULTIPLY_HIGH_NEON(w[0], x0);
    int16x8_t c = BN_MULTIPLY_LOW_NEON(w[1], x0);
    int16x8_t d = BN_MULTIPLY_HIGH_NEON(w[1], x0);
    a = BN_ADD_PRODUCT_LOW_NEON(a, w[2], x1);
    b = BN_ADD_PRODUCT_HIGH_NEON(b, w[2], x1);
    c = BN_ADD_PRODUCT_LOW_NEON(c, w[3], x1);
    d = BN_ADD_PRODUCT_HIGH_NEON(d, w[3], x1);
    sums.a = vpadalq_s16(sums.a, a);
    sums.b = vpadalq_s16(sums.b, b);
    sums.c = vpadalq_s16(sums.c, c);
    sums.d = vpadalq_s16(sums.d, d);
    return sums;
}

static inline int32x4_t bn_add_neighbours_neon(int32x4_t a, int32x4_t b)
{
#if defined(__aarch64__)
    return vpaddq_s32(a, b);
#else
    return vcombine_s32(vpadd_s32(vget_low_s32(a), vget_high_s32(a)),
                        vpadd_s32(vget_low_s32(b), vget_high_s32(b)));
#endif
}

static inline void bn_store_int8_sums_neon(struct bn_int8_sums_neon sums, int32_t *to)
{
    vst1q_s32(to, bn_add_neighbours_neon(sums.a, sums.b));
    vst1q_s32(to + 4, bn_add_neighbours_neon(sums.c, sums.d));
}

#if defined(__aarch64__)

#define BN_INT8_PIXELS_NEON 4

/*
 * sum[p * step + t] for BN_INT8_PIXELS_NEON pixels, whose rows are `row` apart; `w` is a tile
 * without weights of -128.
 */
BN_ORDERED_LOOP_NEON void bn_multiply_narrow_tile_neon(int32_t quads, const int8_t *x,
                                                       ptrdiff_t row, const int8_t *w, int32_t *sum,
                                                       ptrdiff_t step)
{
    const int32x4_t zero = vdupq_n_s32(0);
    struct bn_int8_sums_neon sums0 = {zero, zero, zero, zero};
    struct bn_int8_sums_neon sums1 = sums0, sums2 = sums0, sums3 = sums0;
    const int8_t *x1 = x + row, *x2 = x1 + row, *x3 = x2 + row;
    int32_t q = 0;
    for (; q + 2 <= quads; q += 2, w += 2 * BN_INT8_QUAD, x += 8, x1 += 8, x2 += 8, x3 += 8) {
        const int32x2_t quads0 = bn_load_quads_neon(x), quads1 = bn_load_quads_neon(x1);
        const int32x2_t quads2 = bn_load_quads_neon(x2), quads3 = bn_load_quads_neon(x3);
        const int8x16_t weights[4] = {vld1q_s8(w), vld1q_s8(w + 16), vld1q_s8(w + 32),
                                      vld1q_s8(w + 48)};
        sums0 = bn_add_quads_neon(sums0, weights, quads0);
        sums1 = bn_add_quads_neon(sums1, weights, quads1);
        sums2 = bn_add_quads_neon(sums2, weights, quads2);
        sums3 = bn_add_quads_neon(sums3, weights, quads3);
    }
    if (q < quads) {
        const int8x16_t low = vld1q_s8(w), high = vld1q_s8(w + 16);
        sums0 = bn_add_quad_neon(sums0, low, high, bn_load_quad_neon(x));
        sums1 = bn_add_quad_neon(sums1, low, high, bn_load_quad_neon(x1));
        sums2 = bn_add_quad_neon(sums2, low, high, bn_load_quad_neon(x2));
        sums3 = bn_add_quad_neon(sums3, low, high, bn_load_quad_neon(x3));
    }
    bn_store_int8_sums_neon(sums0, sum);
    bn_store_int8_sums_neon(sums1, sum + step);
    bn_store_int8_sums_neon(sums2, sum + 2 * step);
    bn_store_int8_sums_neon(sums3, sum + 3 * step);
}

#else

#define BN_INT8_PIXELS_NEON 2

BN_ORDERED_LOOP_NEON void bn_multiply_narrow_tile_neon(int32_t quads, const int8_t *x,
                                                       ptrdiff_t row, const int8_t *w, int32_t *sum,
                                                       ptrdiff_t step)
{
    const int32x4_t zero = vdupq_n_s32(0);
    struct bn_int8_sums_neon sums0 = {zero, zero, zero, zero}, sums1 = sums0;
    const int8_t *x1 = x + row;
    int32_t q = 0;
    for (; q + 2 <= quads; q += 2, w += 2 * BN_INT8_QUAD, x += 8, x1 += 8) {
        const int8x16_t weights[4] = {vld1q_s8(w), vld1q_s8(w + 16), vld1q_s8(w + 32),
                                      vld1q_s8(w + 48)};
        sums0 = bn_add_quads_neon(sums0, weights, bn_load_quads_neon(x));
        sums1 = bn_add_quads_neon(sums1, weights, bn_load_quads_neon(x1));
    }
    if (q < quads) {
        const int8x16_t low = vld1q_s8(w), high = vld1q_s8(w + 16);
        sums0 = bn_add_quad_neon(sums0, low, high, bn_load_quad_neon(x));
        sums1 = bn_add_quad_neon(sums1, low, high, bn_load_quad_neon(x1));
    }
    bn_store_int8_sums_neon(sums0, sum);
    bn_store_int8_sums_neon(sums1, sum + step);
}

#endif

/* The same for any weights, and a single pixel. */
BN_HOT_LOOP void bn_multiply_int8_row_neon(int32_t quads, const int8_t *x, const int8_t *w,
                                           int32_t *sum)
{
    const int32x4_t zero = vdupq_n_s32(0);
    struct bn_int8_sums_neon sums = {zero, zero, zero, zero};
    for (int32_t q = 0; q < quads; q++, x += 4, w += BN_INT8_QUAD)
        sums = bn_add_quad_neon(sums, vld1q_s8(w), vld1q_s8(w + 16), bn_load_quad_neon(x));
    bn_store_int8_sums_neon(sums, sum);
}

#endif
