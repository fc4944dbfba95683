/*
 * int8_loops_avx512.h: the loops of layers of bytes. vpdpbusd adds four exact products of unsigned
 * by signed bytes to each sum: activations are made unsigned, weights of bits become bytes of 1 and
 * -1.
 */
#ifndef BN_INT8_LOOPS_AVX512_H
#define BN_INT8_LOOPS_AVX512_H

#include <string.h>

#include "../include/int8_loops.h"
#include "avx512.h"

/* Pixels whose sums stay in registers. */
#define BN_INT8_PIXELS_AVX512 12

/* Signed bytes and 128. */
BN_AVX512 static inline void bn_lift_int8_avx512(int32_t count, int32_t is_unsigned,
                                                 const uint8_t *restrict x, void *restrict to)
{
    const __m512i flip = _mm512_set1_epi8((char)(is_unsigned ? 0 : 0x80));
    uint8_t *lifted = to;
    for (int32_t k = 0; k < count; k += 64) {
        const __mmask64 there =
            count - k < 64 ? ((uint64_t)1 << (count - k)) - 1 : (__mmask64)UINT64_MAX;
        _mm512_mask_storeu_epi8(lifted + k, there,
                                _mm512_xor_si512(_mm512_maskz_loadu_epi8(there, x + k), flip));
    }
}

BN_INLINE_AVX512 int32_t bn_load_quad_avx512(const uint8_t *from)
{
    int32_t quad;
    memcpy(&quad, from, sizeof quad);
    return quad;
}

BN_INLINE_AVX512 int64_t bn_load_quads_avx512(const uint8_t *from)
{
    int64_t quads;
    memcpy(&quads, from, sizeof quads);
    return quads;
}

/* sums + the sums of four products of bytes of x and w. */
BN_INLINE_AVX512 __m512i bn_add_products_avx512(__m512i sums, __m512i x, __m512i w)
{
    sums = _mm512_dpbusd_epi32(sums, x, w);
    BN_REPLACED_AVX512(sums);
    return sums;
}

/* Bytes of 1, or of -1 where there is a bit. */
BN_INLINE_AVX512 __m512i bn_int8_signs_avx512(uint64_t bits)
{
    return _mm512_mask_blend_epi8((__mmask64)bits, _mm512_set1_epi8(1), _mm512_set1_epi8(-1));
}

/* Two quads of weights of a tile. */
BN_INLINE_AVX512 __m512i bn_load_two_quads_avx512(const uint8_t *w, const int are_bits)
{
    return are_bits ? bn_int8_signs_avx512((uint64_t)bn_load_quads_avx512(w))
                    : _mm512_loadu_si512(w);
}

/* The last quad of weights of a tile. */
BN_INLINE_AVX512 __m512i bn_load_last_quad_avx512(const uint8_t *w, const int are_bits)
{
    return are_bits ? bn_int8_signs_avx512((uint32_t)bn_load_quad_avx512(w))
                    : _mm512_maskz_loadu_epi64(0xf, w);
}

/*
 * sum[i][t] for one row of x and `tiles` (a constant) tiles of weights as they are stored. One half
 * of a vector is a quad, the other half the next one.
 */
BN_INLINE_AVX512 void bn_multiply_int8_row_avx512(int32_t quads, const uint8_t *x, const uint8_t *w,
                                                  int32_t *sum, const int are_bits, const int tiles)
{
    const ptrdiff_t quad = are_bits ? BN_INT8_QUAD_BITS : BN_INT8_QUAD;
    const ptrdiff_t tile = quad * quads;
    __m512i acc[BN_INT8_BLOCK / BN_INT8_TILE];
    int32_t q = 0;
    BN_UNROLL_AVX512
    for (int i = 0; i < tiles; i++)
        acc[i] = _mm512_setzero_si512();
    for (; q + 2 <= quads; q += 2, x += 8, w += 2 * quad) {
        const __m512i pair = _mm512_mask_set1_epi32(_mm512_set1_epi32(bn_load_quad_avx512(x)),
                                                    0xff00, bn_load_quad_avx512(x + 4));
        BN_UNROLL_AVX512
        for (int i = 0; i < tiles; i++)
            acc[i] = bn_add_products_avx512(acc[i], pair,
                                            bn_load_two_quads_avx512(w + i * tile, are_bits));
    }
    if (q < quads) {
        const __m512i last = _mm512_maskz_set1_epi32(0xff, bn_load_quad_avx512(x));
        BN_UNROLL_AVX512
        for (int i = 0; i < tiles; i++)
            acc[i] = bn_add_products_avx512(acc[i], last,
                                            bn_load_last_quad_avx512(w + i * tile, are_bits));
    }
    BN_UNROLL_AVX512
    for (int i = 0; i < tiles; i++) {
        const __m256i half = _mm512_extracti64x4_epi64(acc[i], 1);
        _mm256_storeu_si256((__m256i *)(void *)(sum + i * BN_INT8_TILE),
                            _mm256_add_epi32(_mm512_castsi512_si256(acc[i]), half));
    }
}

BN_INLINE_AVX512 void bn_multiply_int8_rows_avx512(int32_t quads, int32_t pixels, int32_t tiles,
                                                   const uint8_t *x, const uint8_t *w, int32_t *sum,
                                                   const int are_bits)
{
    const ptrdiff_t tile = (ptrdiff_t)(are_bits ? BN_INT8_QUAD_BITS : BN_INT8_QUAD) * quads;
    for (int32_t p = 0; p < pixels; p++, x += (ptrdiff_t)4 * quads) {
        int32_t i = 0;
        for (; i + 4 <= tiles; i += 4, sum += 4 * BN_INT8_TILE)
            bn_multiply_int8_row_avx512(quads, x, w + i * tile, sum, are_bits, 4);
        for (; i < tiles; i++, sum += BN_INT8_TILE)
            bn_multiply_int8_row_avx512(quads, x, w + i * tile, sum, are_bits, 1);
    }
}

/*
 * The sums of `pixels` rows of x and `vectors` pairs of tiles (both constants), the last of which
 * may be a single tile; rows of sums are `step` apart.
 */
BN_INLINE_AVX512 void bn_multiply_int8_tile_avx512(int32_t quads, int32_t tiles, const uint8_t *x,
                                                   const uint8_t *w, int32_t *sum, int32_t step,
                                                   const int pixels, const int vectors)
{
    const ptrdiff_t row = (ptrdiff_t)4 * quads, tile = (ptrdiff_t)BN_INT8_QUAD * quads;
    const __mmask16 last = tiles % 2 ? 0xff : 0xffff;
    const uint8_t *rows[BN_INT8_PIXELS_AVX512 / 2], *high[2];
    __m512i acc[2 * BN_INT8_PIXELS_AVX512];
    /* The half of a vector that has no tile repeats the other. */
    BN_UNROLL_AVX512
    for (int i = 0; i < vectors; i++)
        high[i] = w + (2 * i + 1 < tiles ? 2 * i + 1 : 2 * i) * tile;
    BN_UNROLL_AVX512
    for (int p = 0; p < pixels; p += 2)
        rows[p / 2] = x + p * row;
    BN_UNROLL_AVX512
    for (int i = 0; i < pixels * vectors; i++)
        acc[i] = _mm512_setzero_si512();
    for (ptrdiff_t q = 0; q < quads; q++) {
        __m512i weights[2];
        BN_UNROLL_AVX512
        for (int i = 0; i < vectors; i++) {
            const uint8_t *low = w + 2 * i * tile + q * BN_INT8_QUAD;
            weights[i] = _mm512_inserti64x4(
                _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)low)),
                _mm256_loadu_si256((const __m256i *)(const void *)(high[i] + q * BN_INT8_QUAD)), 1);
        }
        BN_UNROLL_AVX512
        for (int p = 0; p < pixels; p++) {
            const uint8_t *from = rows[p / 2] + (p % 2 ? row : 0) + 4 * q;
            const __m512i quad = _mm512_set1_epi32(bn_load_quad_avx512(from));
            BN_UNROLL_AVX512
            for (int i = 0; i < vectors; i++)
                acc[p * vectors + i] =
                    bn_add_products_avx512(acc[p * vectors + i], quad, weights[i]);
        }
    }
    BN_UNROLL_AVX512
    for (int i = 0; i < pixels * vectors; i++)
        _mm512_mask_storeu_epi32(sum + (ptrdiff_t)(i / vectors) * step + i % vectors * 16,
                                 i % vectors + 1 < vectors ? (__mmask16)0xffff : last, acc[i]);
}

/* The sums of `pixels` rows of x, a multiple of four, and at most four tiles of bytes. */
BN_AVX512 static void bn_multiply_int8_pixels_avx512(int32_t quads, int32_t pixels, int32_t tiles,
                                                     const uint8_t *x, const uint8_t *w,
                                                     int32_t *sum, int32_t step)
{
    const ptrdiff_t row = (ptrdiff_t)4 * quads;
    for (; pixels >= 12; pixels -= 12, x += 12 * row, sum += (ptrdiff_t)12 * step)
        if (tiles > 2)
            bn_multiply_int8_tile_avx512(quads, tiles, x, w, sum, step, 12, 2);
        else
            bn_multiply_int8_tile_avx512(quads, tiles, x, w, sum, step, 12, 1);
    for (; pixels > 0; pixels -= 4, x += 4 * row, sum += (ptrdiff_t)4 * step)
        if (tiles > 2)
            bn_multiply_int8_tile_avx512(quads, tiles, x, w, sum, step, 4, 2);
        else
            bn_multiply_int8_tile_avx512(quads, tiles, x, w, sum, step, 4, 1);
}

BN_AVX512 static void bn_multiply_int8_avx512(int32_t quads, int32_t pixels, int32_t tiles,
                                              const void *restrict x, const void *restrict w,
                                              int8_t *restrict room, int32_t *restrict sum)
{
    const int32_t step = tiles * BN_INT8_TILE, most = pixels / 4 * 4;
    const uint8_t *rest = (const uint8_t *)x + (ptrdiff_t)4 * quads * most;
    (void)room;
    bn_multiply_int8_pixels_avx512(quads, most, tiles, x, w, sum, step);
    bn_multiply_int8_rows_avx512(quads, pixels - most, tiles, rest, w, sum + (ptrdiff_t)most * step,
                                 0);
}

static const struct bn_int8_loops bn_int8_loops_avx512 = {
    .shift_signed = 128,
    .x_bytes = 1,
    .prepare = bn_lift_int8_avx512,
    .multiply = bn_multiply_int8_avx512,
};

/* Tiles of bits as bytes. */
BN_AVX512 static void bn_expand_int8_bits_avx512(int32_t quads, int32_t tiles, const uint8_t *bits,
                                                 int8_t *to)
{
    for (int32_t i = 0; i < tiles; i++) {
        int32_t q = 0;
        for (; q + 2 <= quads; q += 2, bits += 2 * BN_INT8_QUAD_BITS, to += 2 * BN_INT8_QUAD)
            _mm512_storeu_si512(to, bn_load_two_quads_avx512(bits, 1));
        if (q < quads) {
            const __m512i last = bn_load_last_quad_avx512(bits, 1);
            _mm256_storeu_si256((__m256i *)(void *)to, _mm512_castsi512_si256(last));
            bits += BN_INT8_QUAD_BITS;
            to += BN_INT8_QUAD;
        }
    }
}

/* Bits are made bytes for as many tiles together as there is room for. */
BN_AVX512 static void bn_multiply_int8_bits_avx512(int32_t quads, int32_t pixels, int32_t tiles,
                                                   const void *restrict x, const void *restrict w,
                                                   int8_t *restrict room, int32_t *restrict sum)
{
    const int32_t step = tiles * BN_INT8_TILE, most = pixels / 4 * 4;
    const uint8_t *rest = (const uint8_t *)x + (ptrdiff_t)4 * quads * most;
    const int32_t together = pixels >= 32 ? 4 : pixels >= 16 ? 2 : 1;
    for (int32_t i = 0, count; i < tiles && most > 0; i += count) {
        count = tiles - i < together ? tiles - i : together;
        bn_expand_int8_bits_avx512(
            quads, count, (const uint8_t *)w + (ptrdiff_t)BN_INT8_QUAD_BITS * quads * i, room);
        bn_multiply_int8_pixels_avx512(quads, most, count, x, (const uint8_t *)room,
                                       sum + i * BN_INT8_TILE, step);
    }
    bn_multiply_int8_rows_avx512(quads, pixels - most, tiles, rest, w, sum + (ptrdiff_t)most * step,
                                 1);
}

static const struct bn_int8_loops bn_int8_bit_loops_avx512 = {
    .shift_signed = 128,
    .x_bytes = 1,
    .prepare = bn_lift_int8_avx512,
    .multiply = bn_multiply_int8_bits_avx512,
};

#endif
