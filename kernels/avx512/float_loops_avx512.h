/*
 * float_loops_avx512.h: the loops of layers with a float operand, with fused multiply-adds. A
 * vector is two tiles of channels; what is computed together is up to 8 pixels by 2 vectors: as
 * many sums as hide how long an addition takes, and a register for each pointer.
 */
#ifndef BN_FLOAT_LOOPS_AVX512_H
#define BN_FLOAT_LOOPS_AVX512_H

#include "../include/float_loops.h"
#include "../include/sign_table.h"
#include "avx512.h"

#define BN_FLOAT_PIXELS_AVX512 8
#define BN_FLOAT_LANES_AVX512  16

/* The factors that a byte of weights stands for, looked up faster than made. */
static const float bn_sign_rows_avx512[256][BN_FLOAT_TILE] __attribute__((aligned(32))) = {
    BN_SIGN_ROWS_64(0),
    BN_SIGN_ROWS_64(64),
    BN_SIGN_ROWS_64(128),
    BN_SIGN_ROWS_64(192),
};

/* Weights k of a tile that begins `tile` weights of one channel after the block. */
BN_INLINE_AVX512 const float *bn_find_weights_avx512(const struct bn_float_block *block,
                                                     ptrdiff_t tile, ptrdiff_t k,
                                                     const int are_signs)
{
    if (are_signs)
        return bn_sign_rows_avx512[block->signs[tile + k]];
    return block->w + (tile + k) * BN_FLOAT_TILE;
}

BN_INLINE_AVX512 __m512 bn_join_tiles_avx512(const float *low, const float *high)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(low)), _mm256_loadu_ps(high),
                              1);
}

/* sum[p * vectors + i] for pixel p and vector i of the block; the last three are constants. */
BN_INLINE_AVX512 void bn_sum_tile_avx512(const struct bn_float_windows *windows,
                                         const struct bn_float_block *block, __m512 *sum,
                                         const int are_signs, const int pixels, const int vectors)
{
    const ptrdiff_t row_skip = windows->row_step - windows->taps * windows->tap_step;
    const float *x[BN_FLOAT_PIXELS_AVX512];
    ptrdiff_t tiles[4], k = 0;
    int32_t rows = windows->rows, taps = windows->taps;
    /* The half of a vector that has no tile repeats the other. */
    BN_UNROLL_AVX512
    for (int i = 0; i < 2 * vectors; i++)
        tiles[i] = (i < block->tiles ? i : i - 1) * block->depth;
    BN_UNROLL_AVX512
    for (int i = 0; i < pixels * vectors; i++)
        sum[i] = _mm512_setzero_ps();
    BN_UNROLL_AVX512
    for (int p = 0; p < pixels; p++)
        x[p] = windows->x[p];
    do {
        const ptrdiff_t count = windows->count;
        ptrdiff_t c = 0, step = windows->tap_step;
        do {
            __m512 w[2];
            BN_UNROLL_AVX512
            for (int i = 0; i < vectors; i++)
                w[i] = bn_join_tiles_avx512(
                    bn_find_weights_avx512(block, tiles[2 * i], k, are_signs),
                    bn_find_weights_avx512(block, tiles[2 * i + 1], k, are_signs));
            BN_UNROLL_AVX512
            for (int i = 0; i < pixels * vectors; i++)
                sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(x[i / vectors][c]), w[i % vectors], sum[i]);
            k++;
        } while (++c < count);
        if (--taps == 0) {
            step += row_skip;
            taps = windows->taps;
            rows--;
        }
        BN_UNROLL_AVX512
        for (int p = 0; p < pixels; p++)
            x[p] += step;
    } while (rows > 0);
}

/* Which lanes of vector i of a block of `count` channels there are. */
static inline __mmask16 bn_float_lanes_avx512(int32_t count, int i)
{
    const int32_t left = count - i * BN_FLOAT_LANES_AVX512;
    return (__mmask16)(left < BN_FLOAT_LANES_AVX512 ? (1 << left) - 1 : 0xffff);
}

BN_INLINE_AVX512 void bn_write_tile_avx512(const struct bn_float_windows *windows,
                                           const struct bn_float_block *block, float *y,
                                           ptrdiff_t step, const int are_signs, const int pixels,
                                           const int vectors)
{
    __m512 sum[2 * BN_FLOAT_PIXELS_AVX512];
    bn_sum_tile_avx512(windows, block, sum, are_signs, pixels, vectors);
    BN_UNROLL_AVX512
    for (int i = 0; i < pixels * vectors; i++) {
        const int t = i % vectors * BN_FLOAT_LANES_AVX512;
        sum[i] = _mm512_sub_ps(sum[i], _mm512_loadu_ps(block->mean + t));
        sum[i] = _mm512_mul_ps(sum[i], _mm512_loadu_ps(block->scale + t));
        sum[i] = _mm512_add_ps(sum[i], _mm512_loadu_ps(block->offset + t));
        _mm512_mask_storeu_ps(y + i / vectors * step + t,
                              bn_float_lanes_avx512(block->count, i % vectors), sum[i]);
    }
}

BN_INLINE_AVX512 void bn_sign_float_tile_avx512(const struct bn_float_windows *windows,
                                                const struct bn_float_block *block, uint32_t *bits,
                                                const int are_signs, const int pixels,
                                                const int vectors)
{
    __m512 sum[2 * BN_FLOAT_PIXELS_AVX512];
    bn_sum_tile_avx512(windows, block, sum, are_signs, pixels, vectors);
    BN_UNROLL_AVX512
    for (int p = 0; p < pixels; p++) {
        uint32_t less = 0;
        BN_UNROLL_AVX512
        for (int i = 0; i < vectors; i++) {
            const __m512 limit = _mm512_loadu_ps(block->offset + i * BN_FLOAT_LANES_AVX512);
            const __mmask16 is_less = _mm512_cmp_ps_mask(sum[p * vectors + i], limit, _CMP_LT_OQ);
            less |= (uint32_t)is_less << (i * BN_FLOAT_LANES_AVX512);
        }
        bits[p] = less;
    }
}

/* Calls what has the sizes of the tile as its last arguments. */
#define BN_FLOAT_CASE_AVX512(pixels, vectors, call, ...)                                           \
    case 2 * (pixels) + (vectors):                                                                 \
        call(__VA_ARGS__, pixels, vectors);                                                        \
        break

#define BN_FLOAT_SWITCH_AVX512(windows, block, ...)                                                \
    switch (2 * (windows)->pixels + ((block)->tiles + 1) / 2) {                                    \
        BN_FLOAT_CASE_AVX512(1, 1, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(1, 2, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(2, 1, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(2, 2, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(3, 1, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(3, 2, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(4, 1, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(4, 2, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(5, 1, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(5, 2, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(6, 1, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(6, 2, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(7, 1, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(7, 2, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(8, 1, __VA_ARGS__);                                                   \
        BN_FLOAT_CASE_AVX512(8, 2, __VA_ARGS__);                                                   \
    default:                                                                                       \
        break;                                                                                     \
    }

BN_AVX512 static void bn_write_floats_avx512(const struct bn_float_windows *windows,
                                             const struct bn_float_block *block, float *y,
                                             ptrdiff_t step){
    BN_FLOAT_SWITCH_AVX512(windows, block, bn_write_tile_avx512, windows, block, y, step, 0)}

BN_AVX512 static void bn_write_float_bits_avx512(const struct bn_float_windows *windows,
                                                 const struct bn_float_block *block,
                                                 uint32_t bits[BN_FLOAT_PIXELS]){
    BN_FLOAT_SWITCH_AVX512(windows, block, bn_sign_float_tile_avx512, windows, block, bits, 0)}

BN_AVX512 static void bn_write_sign_floats_avx512(const struct bn_float_windows *windows,
                                                  const struct bn_float_block *block, float *y,
                                                  ptrdiff_t step){
    BN_FLOAT_SWITCH_AVX512(windows, block, bn_write_tile_avx512, windows, block, y, step, 1)}

BN_AVX512 static void bn_write_sign_bits_avx512(const struct bn_float_windows *windows,
                                                const struct bn_float_block *block,
                                                uint32_t bits[BN_FLOAT_PIXELS])
{
    BN_FLOAT_SWITCH_AVX512(windows, block, bn_sign_float_tile_avx512, windows, block, bits, 1)
}

static const struct bn_float_loops bn_float_loops_avx512 = {
    .pixels = BN_FLOAT_PIXELS_AVX512,
    .tiles = 4,
    .tiles_of_one = 4,
    .write_floats = bn_write_floats_avx512,
    .write_bits = bn_write_float_bits_avx512,
};

static const struct bn_float_loops bn_sign_loops_avx512 = {
    .pixels = BN_FLOAT_PIXELS_AVX512,
    .tiles = 4,
    .tiles_of_one = 4,
    .write_floats = bn_write_sign_floats_avx512,
    .write_bits = bn_write_sign_bits_avx512,
};

#endif
