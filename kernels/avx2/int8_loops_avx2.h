/*
 * int8_loops_avx2.h: the loops of layers of bytes.
 *
 * Bytes by bytes: activations are prepared to 16 bits, weights become such as they are loaded, and
 * vpmaddwd adds two exact products. Where the weights are small, activations are unsigned bytes,
 * and vpmaddubsw adds two products, which fit 16 bits; nothing is widened. Bytes by bits: weights
 * become bytes of 1 and -1 for the same instruction, so that 64 such pairs fit 16 bits.
 */
#ifndef BN_INT8_LOOPS_AVX2_H
#define BN_INT8_LOOPS_AVX2_H

#include <string.h>

#include "../include/int8_loops.h"
#include "avx2.h"

/* What is inlined with constant arguments, and what stays a function. */
#define BN_INT8_INLINE_AVX2 BN_AVX2 __attribute__((always_inline)) static inline
#define BN_INT8_CALL_AVX2   BN_AVX2 __attribute__((noinline)) static

/* Pixels whose sums stay in registers, of words of 16 bits and of unsigned bytes. */
#define BN_INT8_PIXELS_AVX2     6
#define BN_UNSIGNED_PIXELS_AVX2 8
/* Quads of K that stay in the first cache. */
#define BN_INT8_RUN_AVX2 288
/* Quads whose sums of two products fit 16 bits: 64 * 2 * 255 is 32640. */
#define BN_INT8_BIT_RUN_AVX2 64

BN_AVX2 static inline __m256i bn_load_avx2(const void *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

/* 16 bytes as 16 bits each. */
BN_AVX2 static inline __m256i bn_load_int8_avx2(const int8_t *from)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)from));
}

BN_AVX2 static inline void bn_widen_int8_avx2(int32_t count, int32_t is_unsigned,
                                              const uint8_t *restrict x, void *restrict to)
{
    int16_t *restrict wide = to;
    int32_t k = 0;
    for (; k + 16 <= count; k += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(x + k));
        const __m256i words =
            is_unsigned ? _mm256_cvtepu8_epi16(bytes) : _mm256_cvtepi8_epi16(bytes);
        _mm256_storeu_si256((__m256i *)(void *)(wide + k), words);
    }
    for (; k < count; k++)
        wide[k] = is_unsigned ? x[k] : (int16_t)(x[k] ^ 0x80) - 128;
}

/* Four activations of 16 bits in every quarter of a vector. */
BN_AVX2 static inline __m256i bn_repeat_quad_avx2(const int16_t *x)
{
    int64_t quad;
    memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi64x(quad);
}

/*
 * What a tile of weights and `pixels` (a constant) rows of x, `row` apart, give over `quads` of K:
 * raw[p] holds the sums of the channels one after the other, each in two halves to be added.
 */
BN_INT8_INLINE_AVX2 void bn_multiply_int8_run_avx2(const int32_t pixels, int32_t quads,
                                                   ptrdiff_t row, const int16_t *restrict x,
                                                   const int8_t *restrict w,
                                                   __m256i raw[BN_INT8_PIXELS_AVX2][2])
{
    __m256i low[BN_INT8_PIXELS_AVX2], high[BN_INT8_PIXELS_AVX2];
    BN_UNROLL_AVX2
    for (int32_t p = 0; p < pixels; p++)
        low[p] = high[p] = _mm256_setzero_si256();
    for (int32_t q = 0; q < quads; q++, x += 4, w += BN_INT8_QUAD) {
        const __m256i w_low = bn_load_int8_avx2(w), w_high = bn_load_int8_avx2(w + 16);
        BN_UNROLL_AVX2
        for (int32_t p = 0; p < pixels; p++) {
            const __m256i quad = bn_repeat_quad_avx2(x + p * row);
            low[p] = _mm256_add_epi32(low[p], _mm256_madd_epi16(quad, w_low));
            high[p] = _mm256_add_epi32(high[p], _mm256_madd_epi16(quad, w_high));
        }
    }
    BN_UNROLL_AVX2
    for (int32_t p = 0; p < pixels; p++) {
        raw[p][0] = low[p];
        raw[p][1] = high[p];
    }
}

/*
 * Adds the halves of raw sums to sums that are `step` apart, or makes them these. A function of its
 * own: where it is inlined, gcc keeps the sums of the loop above in memory.
 */
BN_INT8_CALL_AVX2 void bn_join_int8_sums_avx2(int32_t pixels, __m256i raw[BN_INT8_PIXELS_AVX2][2],
                                              int32_t is_first, int32_t *restrict sum, int32_t step)
{
    for (int32_t p = 0; p < pixels; p++, sum += step) {
        const __m256i mixed = _mm256_hadd_epi32(raw[p][0], raw[p][1]);
        const __m256i sums = _mm256_permute4x64_epi64(mixed, 0xd8);
        const __m256i before = is_first ? _mm256_setzero_si256() : bn_load_avx2(sum);
        _mm256_storeu_si256((__m256i *)(void *)sum, _mm256_add_epi32(before, sums));
    }
}

/* A stretch of K: its first quad, how many there are, and how many in all of K. */
struct bn_int8_run_avx2 {
    int32_t first, count, all;
};

/* sum[p][t], `step` apart, for up to BN_INT8_PIXELS_AVX2 rows of x and a tile, over a run. */
BN_AVX2 static void bn_multiply_int8_tile_avx2(struct bn_int8_run_avx2 run, int32_t pixels,
                                               const void *rows, const int8_t *w, int32_t *sum,
                                               int32_t step)
{
    const ptrdiff_t row = (ptrdiff_t)4 * run.all;
    const int16_t *x = (const int16_t *)rows + (ptrdiff_t)4 * run.first;
    __m256i raw[BN_INT8_PIXELS_AVX2][2];
    w += (ptrdiff_t)BN_INT8_QUAD * run.first;
    while (pixels > 0) {
        const int32_t done = pixels >= 6 ? 6 : pixels >= 4 ? 4 : pixels >= 2 ? 2 : 1;
        if (done == 6)
            bn_multiply_int8_run_avx2(6, run.count, row, x, w, raw);
        else if (done == 4)
            bn_multiply_int8_run_avx2(4, run.count, row, x, w, raw);
        else if (done == 2)
            bn_multiply_int8_run_avx2(2, run.count, row, x, w, raw);
        else
            bn_multiply_int8_run_avx2(1, run.count, row, x, w, raw);
        bn_join_int8_sums_avx2(done, raw, run.first == 0, sum, step);
        pixels -= done;
        x += done * row;
        sum += done * step;
    }
}

/* Signed bytes and 128. */
BN_AVX2 static inline void bn_lift_int8_avx2(int32_t count, int32_t is_unsigned,
                                             const uint8_t *restrict x, void *restrict to)
{
    uint8_t *restrict lifted = to;
    const uint8_t flip = is_unsigned ? 0 : 0x80;
    for (int32_t k = 0; k < count; k++)
        lifted[k] = x[k] ^ flip;
}

/* The bits of a tile's quad as bytes of 1 and -1. */
BN_AVX2 static inline __m256i bn_int8_signs_avx2(const uint8_t *bits)
{
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2,
                                            2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i places = _mm256_set1_epi64x((int64_t)0x8040201008040201u);
    int32_t quad;
    memcpy(&quad, bits, sizeof quad);
    const __m256i spreaded = _mm256_shuffle_epi8(_mm256_set1_epi32(quad), spread);
    const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(spreaded, places), places);
    return _mm256_or_si256(is_set, _mm256_set1_epi8(1));
}

/* Four activations in every eighth of a vector. */
BN_AVX2 static inline __m256i bn_repeat_bytes_avx2(const uint8_t *x)
{
    int32_t quad;
    memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi32(quad);
}

/* sums + acc, neighbours of which belong together. */
BN_AVX2 static inline __m256i bn_add_pairs_avx2(__m256i sums, __m256i acc)
{
    return _mm256_add_epi32(sums, _mm256_madd_epi16(acc, _mm256_set1_epi16(1)));
}

/*
 * What weights and `pixels` (a constant) rows of unsigned bytes, `row` apart, give over `quads` of
 * K: raw[p] holds a sum of each channel. Where the weights are 1 and -1 (`are_signs`, a constant),
 * there are up to BN_INT8_BIT_RUN_AVX2 quads, and raw[p] holds two sums of 16 bits of each.
 */
BN_INT8_INLINE_AVX2 void bn_multiply_unsigned_run_avx2(const int32_t pixels,
                                                       const int32_t are_signs, int32_t quads,
                                                       ptrdiff_t row, const uint8_t *restrict x,
                                                       const int8_t *restrict w,
                                                       __m256i raw[BN_UNSIGNED_PIXELS_AVX2])
{
    __m256i acc[BN_UNSIGNED_PIXELS_AVX2];
    BN_UNROLL_AVX2
    for (int32_t p = 0; p < pixels; p++)
        acc[p] = _mm256_setzero_si256();
    for (int32_t q = 0; q < quads; q++, x += 4, w += BN_INT8_QUAD) {
        const __m256i weights = bn_load_avx2(w);
        BN_UNROLL_AVX2
        for (int32_t p = 0; p < pixels; p++) {
            const __m256i pairs = _mm256_maddubs_epi16(bn_repeat_bytes_avx2(x + p * row), weights);
            acc[p] = are_signs ? _mm256_add_epi16(acc[p], pairs) : bn_add_pairs_avx2(acc[p], pairs);
        }
    }
    BN_UNROLL_AVX2
    for (int32_t p = 0; p < pixels; p++)
        raw[p] = acc[p];
}

/* As bn_join_int8_sums_avx2; where weights are signs, two sums of 16 bits belong together. */
BN_INT8_CALL_AVX2 void bn_add_int8_sums_avx2(int32_t pixels, __m256i raw[BN_UNSIGNED_PIXELS_AVX2],
                                             int32_t are_signs, int32_t is_first,
                                             int32_t *restrict sum, int32_t step)
{
    for (int32_t p = 0; p < pixels; p++, sum += step) {
        const __m256i before = is_first ? _mm256_setzero_si256() : bn_load_avx2(sum);
        const __m256i after =
            are_signs ? bn_add_pairs_avx2(before, raw[p]) : _mm256_add_epi32(before, raw[p]);
        _mm256_storeu_si256((__m256i *)(void *)sum, after);
    }
}

/* sum[p][t], `step` apart, for rows of unsigned bytes and a tile of weights, over a run. */
BN_INT8_INLINE_AVX2 void bn_multiply_unsigned_tile_avx2(const int32_t are_signs,
                                                        struct bn_int8_run_avx2 run, int32_t pixels,
                                                        const void *rows, const int8_t *w,
                                                        int32_t *sum, int32_t step)
{
    const ptrdiff_t row = (ptrdiff_t)4 * run.all;
    const uint8_t *x = (const uint8_t *)rows + (ptrdiff_t)4 * run.first;
    __m256i raw[BN_UNSIGNED_PIXELS_AVX2];
    w += (ptrdiff_t)BN_INT8_QUAD * run.first;
    while (pixels > 0) {
        const int32_t done = pixels >= 8 ? 8 : pixels >= 4 ? 4 : pixels >= 2 ? 2 : 1;
        if (done == 8)
            bn_multiply_unsigned_run_avx2(8, are_signs, run.count, row, x, w, raw);
        else if (done == 4)
            bn_multiply_unsigned_run_avx2(4, are_signs, run.count, row, x, w, raw);
        else if (done == 2)
            bn_multiply_unsigned_run_avx2(2, are_signs, run.count, row, x, w, raw);
        else
            bn_multiply_unsigned_run_avx2(1, are_signs, run.count, row, x, w, raw);
        bn_add_int8_sums_avx2(done, raw, are_signs, run.first == 0, sum, step);
        pixels -= done;
        x += done * row;
        sum += done * step;
    }
}

BN_INT8_CALL_AVX2 void bn_add_signed_int8_tile_avx2(struct bn_int8_run_avx2 run, int32_t pixels,
                                                    const uint8_t *x, const int8_t *w, int32_t *sum,
                                                    int32_t step)
{
    bn_multiply_unsigned_tile_avx2(1, run, pixels, x, w, sum, step);
}

BN_INT8_CALL_AVX2 void bn_multiply_small_int8_tile_avx2(struct bn_int8_run_avx2 run, int32_t pixels,
                                                        const void *x, const int8_t *w,
                                                        int32_t *sum, int32_t step)
{
    bn_multiply_unsigned_tile_avx2(0, run, pixels, x, w, sum, step);
}

/*
 * A band of rows at a time, over a run of K: these rows and the weights of a tile stay in the first
 * cache while all tiles meet them. A single row reads its weights but once, and in order.
 */
BN_INT8_INLINE_AVX2 void bn_multiply_int8_bands_avx2(const int32_t are_small, int32_t quads,
                                                     int32_t pixels, int32_t tiles, const void *x,
                                                     const int8_t *w, int32_t *sum)
{
    const int32_t step = tiles * BN_INT8_TILE;
    const int32_t most_rows = are_small ? BN_UNSIGNED_PIXELS_AVX2 : BN_INT8_PIXELS_AVX2;
    const int32_t x_bytes = are_small ? 1 : 2;
    const int32_t runs = pixels == 1 ? 1 : (quads + BN_INT8_RUN_AVX2 - 1) / BN_INT8_RUN_AVX2;
    const int32_t most = (quads + runs - 1) / runs;
    for (int32_t p = 0; p < pixels; p += most_rows) {
        const void *rows = (const uint8_t *)x + (ptrdiff_t)4 * quads * p * x_bytes;
        const int32_t band = pixels - p < most_rows ? pixels - p : most_rows;
        for (int32_t first = 0; first < quads; first += most) {
            const int32_t left = quads - first;
            const struct bn_int8_run_avx2 run = {first, left < most ? left : most, quads};
            for (int32_t i = 0; i < tiles; i++) {
                const int8_t *w_tile = w + (ptrdiff_t)BN_INT8_QUAD * quads * i;
                int32_t *sums = sum + p * step + i * BN_INT8_TILE;
                if (are_small)
                    bn_multiply_small_int8_tile_avx2(run, band, rows, w_tile, sums, step);
                else
                    bn_multiply_int8_tile_avx2(run, band, rows, w_tile, sums, step);
            }
        }
    }
}

BN_AVX2 static void bn_multiply_int8_avx2(int32_t quads, int32_t pixels, int32_t tiles,
                                          const void *restrict x, const void *restrict w,
                                          int8_t *restrict room, int32_t *restrict sum)
{
    (void)room;
    bn_multiply_int8_bands_avx2(0, quads, pixels, tiles, x, w, sum);
}

BN_AVX2 static void bn_multiply_small_int8_avx2(int32_t quads, int32_t pixels, int32_t tiles,
                                                const void *restrict x, const void *restrict w,
                                                int8_t *restrict room, int32_t *restrict sum)
{
    (void)room;
    bn_multiply_int8_bands_avx2(1, quads, pixels, tiles, x, w, sum);
}

static const struct bn_int8_loops bn_int8_loops_avx2 = {
    .x_bytes = 2,
    .prepare = bn_widen_int8_avx2,
    .multiply = bn_multiply_int8_avx2,
};

static const struct bn_int8_loops bn_small_int8_loops_avx2 = {
    .shift_signed = 128,
    .x_bytes = 1,
    .prepare = bn_lift_int8_avx2,
    .multiply = bn_multiply_small_int8_avx2,
};

/* Weights of bytes, and the loops for them. */
static inline struct bn_int8_weights bn_int8_weights_avx2(int32_t are_small, const int8_t *w)
{
    const struct bn_int8_weights weights = {are_small ? &bn_small_int8_loops_avx2
                                                      : &bn_int8_loops_avx2,
                                            (const uint8_t *)w, BN_INT8_QUAD};
    return weights;
}

/* The same for one row of x and `tiles` (a constant) tiles of bits as they are stored. */
BN_INT8_INLINE_AVX2 void bn_add_signed_int8_row_avx2(const int32_t tiles, int32_t quads,
                                                     const uint8_t *restrict x,
                                                     const uint8_t *restrict bits,
                                                     int32_t *restrict sum)
{
    const ptrdiff_t tile = (ptrdiff_t)BN_INT8_QUAD_BITS * quads;
    __m256i sums[BN_INT8_BLOCK / BN_INT8_TILE], acc[BN_INT8_BLOCK / BN_INT8_TILE];
    BN_UNROLL_AVX2
    for (int32_t i = 0; i < tiles; i++)
        sums[i] = _mm256_setzero_si256();
    for (int32_t first = 0; first < quads; first += BN_INT8_BIT_RUN_AVX2) {
        const int32_t left = quads - first;
        const int32_t run = left < BN_INT8_BIT_RUN_AVX2 ? left : BN_INT8_BIT_RUN_AVX2;
        BN_UNROLL_AVX2
        for (int32_t i = 0; i < tiles; i++)
            acc[i] = _mm256_setzero_si256();
        for (int32_t q = 0; q < run; q++, x += 4, bits += BN_INT8_QUAD_BITS) {
            const __m256i quad = bn_repeat_bytes_avx2(x);
            BN_UNROLL_AVX2
            for (int32_t i = 0; i < tiles; i++)
                acc[i] = _mm256_add_epi16(
                    acc[i], _mm256_maddubs_epi16(quad, bn_int8_signs_avx2(bits + i * tile)));
        }
        BN_UNROLL_AVX2
        for (int32_t i = 0; i < tiles; i++)
            sums[i] = bn_add_pairs_avx2(sums[i], acc[i]);
    }
    BN_UNROLL_AVX2
    for (int32_t i = 0; i < tiles; i++)
        _mm256_storeu_si256((__m256i *)(void *)(sum + i * BN_INT8_TILE), sums[i]);
}

BN_AVX2 static void bn_multiply_int8_bit_row_avx2(int32_t quads, int32_t tiles,
                                                  const uint8_t *restrict x,
                                                  const uint8_t *restrict bits,
                                                  int32_t *restrict sum)
{
    if (tiles == 4) {
        bn_add_signed_int8_row_avx2(4, quads, x, bits, sum);
        return;
    }
    for (int32_t i = 0; i < tiles; i++)
        bn_add_signed_int8_row_avx2(1, quads, x, bits + (ptrdiff_t)BN_INT8_QUAD_BITS * quads * i,
                                    sum + i * BN_INT8_TILE);
}

BN_AVX2 static void bn_multiply_int8_bits_avx2(int32_t quads, int32_t pixels, int32_t tiles,
                                               const void *restrict x, const void *restrict w,
                                               int8_t *restrict room, int32_t *restrict sum)
{
    const int32_t step = tiles * BN_INT8_TILE;
    const uint8_t *bits = w;
    if (pixels == 1) {
        bn_multiply_int8_bit_row_avx2(quads, tiles, x, bits, sum);
        return;
    }
    for (int32_t i = 0; i < tiles; i++) {
        for (int32_t q = 0; q < quads; q++, bits += BN_INT8_QUAD_BITS)
            _mm256_storeu_si256((__m256i *)(void *)(room + (ptrdiff_t)BN_INT8_QUAD * q),
                                bn_int8_signs_avx2(bits));
        for (int32_t first = 0; first < quads; first += BN_INT8_BIT_RUN_AVX2) {
            const int32_t left = quads - first;
            const struct bn_int8_run_avx2 run = {
                first, left < BN_INT8_BIT_RUN_AVX2 ? left : BN_INT8_BIT_RUN_AVX2, quads};
            bn_add_signed_int8_tile_avx2(run, pixels, x, room, sum + i * BN_INT8_TILE, step);
        }
    }
}

static const struct bn_int8_loops bn_int8_bit_loops_avx2 = {
    .shift_signed = 128,
    .x_bytes = 1,
    .prepare = bn_lift_int8_avx2,
    .multiply = bn_multiply_int8_bits_avx2,
};

#endif
