/*
 * int8_tile_neon_dotprod.h: sums of products of bytes, up to 8 pixels x a tile of 8 output
 * channels, a quad of one pixel at a time multiplying the weights of four channels.
 */
#ifndef BN_INT8_TILE_NEON_DOTPROD_H
#define BN_INT8_TILE_NEON_DOTPROD_H

#include <string.h>

#include "../include/int8_loops.h"
#include "../neon/neon.h"

/* What is done for each pixel. Its sums are a for the first 4 channels, b for the others. */
#define BN_START_DOTS_NEON(p)                                                                      \
    const int8_t *from##p = x + (p)*row;                                                           \
    int32x4_t a##p = vdupq_n_s32(0), b##p = a##p;
#define BN_NEXT_QUADS_NEON(p)                                                                      \
    const int8x16_t x##p = vld1q_s8(from##p);                                                      \
    from##p += 16;
#define BN_DOT_LOW_0_NEON(p)  a##p = vdotq_laneq_s32(a##p, low, x##p, 0);
#define BN_DOT_HIGH_0_NEON(p) b##p = vdotq_laneq_s32(b##p, high, x##p, 0);
#define BN_DOT_LOW_1_NEON(p)  a##p = vdotq_laneq_s32(a##p, low, x##p, 1);
#define BN_DOT_HIGH_1_NEON(p) b##p = vdotq_laneq_s32(b##p, high, x##p, 1);
#define BN_DOT_LOW_2_NEON(p)  a##p = vdotq_laneq_s32(a##p, low, x##p, 2);
#define BN_DOT_HIGH_2_NEON(p) b##p = vdotq_laneq_s32(b##p, high, x##p, 2);
#define BN_DOT_LOW_3_NEON(p)  a##p = vdotq_laneq_s32(a##p, low, x##p, 3);
#define BN_DOT_HIGH_3_NEON(p) b##p = vdotq_laneq_s32(b##p, high, x##p, 3);
#define BN_DOT_LAST_NEON(p)                                                                        \
    {                                                                                              \
        const int8x16_t quad = bn_repeat_quad_neon(from##p);                                       \
        a##p = vdotq_s32(a##p, low, quad);                                                         \
        b##p = vdotq_s32(b##p, high, quad);                                                        \
        from##p += 4;                                                                              \
    }
#define BN_END_DOTS_NEON(p)                                                                        \
    vst1q_s32(sum + (p)*step, a##p);                                                               \
    vst1q_s32(sum + (p)*step + 4, b##p);

#define BN_EACH_DOT_OF_8_NEON(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

static inline int8x16_t bn_repeat_quad_neon(const int8_t *x)
{
    int32_t quad;
    memcpy(&quad, x, sizeof quad);
    return vreinterpretq_s8_s32(vdupq_n_s32(quad));
}

/*
 * sum[p * step + t] for 8 pixels, whose rows are `row` apart, and the channels of a tile. Weights
 * are loaded where those before them are done with.
 */
BN_ORDERED_LOOP_NEON void bn_dot_tile_neon(int32_t quads, const int8_t *x, ptrdiff_t row,
                                           const int8_t *w, int32_t *sum, ptrdiff_t step)
{
    int32_t q = 0;
    BN_EACH_DOT_OF_8_NEON(BN_START_DOTS_NEON)
    for (; q + 4 <= quads; q += 4, w += 4 * BN_INT8_QUAD) {
        int8x16_t low = vld1q_s8(w), high = vld1q_s8(w + 16);
        BN_EACH_DOT_OF_8_NEON(BN_NEXT_QUADS_NEON)
        BN_EACH_DOT_OF_8_NEON(BN_DOT_LOW_0_NEON)
        low = vld1q_s8(w + 32);
        BN_EACH_DOT_OF_8_NEON(BN_DOT_HIGH_0_NEON)
        high = vld1q_s8(w + 48);
        BN_EACH_DOT_OF_8_NEON(BN_DOT_LOW_1_NEON)
        low = vld1q_s8(w + 64);
        BN_EACH_DOT_OF_8_NEON(BN_DOT_HIGH_1_NEON)
        high = vld1q_s8(w + 80);
        BN_EACH_DOT_OF_8_NEON(BN_DOT_LOW_2_NEON)
        low = vld1q_s8(w + 96);
        BN_EACH_DOT_OF_8_NEON(BN_DOT_HIGH_2_NEON)
        high = vld1q_s8(w + 112);
        BN_EACH_DOT_OF_8_NEON(BN_DOT_LOW_3_NEON)
        BN_EACH_DOT_OF_8_NEON(BN_DOT_HIGH_3_NEON)
    }
    for (; q < quads; q++, w += BN_INT8_QUAD) {
        const int8x16_t low = vld1q_s8(w), high = vld1q_s8(w + 16);
        BN_EACH_DOT_OF_8_NEON(BN_DOT_LAST_NEON)
    }
    BN_EACH_DOT_OF_8_NEON(BN_END_DOTS_NEON)
}

/* Adds the products of a quad: two vectors of sums for the channels of a tile. */
#define BN_DOT_ROW_NEON(a, b, w)                                                                   \
    a = vdotq_s32(a, vld1q_s8(w), quad);                                                           \
    b = vdotq_s32(b, vld1q_s8(w + 16), quad);                                                      \
    w += BN_INT8_QUAD

/* sum[t] of a single pixel for the channels of four tiles; `w` are their weights. */
BN_HOT_LOOP void bn_dot_row_neon(int32_t quads, const int8_t *x, const int8_t *const w[4],
                                 int32_t sum[BN_INT8_BLOCK])
{
    const int8_t *w0 = w[0], *w1 = w[1], *w2 = w[2], *w3 = w[3];
    int32x4_t a = vdupq_n_s32(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    for (int32_t q = 0; q < quads; q++, x += 4) {
        const int8x16_t quad = bn_repeat_quad_neon(x);
        BN_DOT_ROW_NEON(a, b, w0);
        BN_DOT_ROW_NEON(c, d, w1);
        BN_DOT_ROW_NEON(e, f, w2);
        BN_DOT_ROW_NEON(g, h, w3);
    }
    vst1q_s32(sum, a);
    vst1q_s32(sum + 4, b);
    vst1q_s32(sum + 8, c);
    vst1q_s32(sum + 12, d);
    vst1q_s32(sum + 16, e);
    vst1q_s32(sum + 20, f);
    vst1q_s32(sum + 24, g);
    vst1q_s32(sum + 28, h);
}

#endif
