/*
 * float_loops_avx2.h: the loops of layers with a float operand, with fused multiply-adds. A tile is
 * up to 6 pixels by 2 vectors of channels, 8 pixels by one, or one pixel by 4: as many sums as hide
 * how long an addition takes, and room for the operands.
 */
#ifndef BN_FLOAT_LOOPS_AVX2_H
#define BN_FLOAT_LOOPS_AVX2_H

#include "../include/float_loops.h"
#include "../include/sign_table.h"
#include "avx2.h"

#define BN_TILE_PIXELS_AVX2 8
#define BN_TILE_SUMS_AVX2   12

/* Loops written out many times: clang takes minutes to check the address of each load of theirs. */
#if defined(__clang__)
#define BN_UNCHECKED_AVX2                                                                          \
    BN_AVX2 __attribute__((no_sanitize("null", "alignment", "object-size", "pointer-overflow")))
#else
#define BN_UNCHECKED_AVX2 BN_AVX2
#endif

/* What is inlined with constant arguments. */
#define BN_INLINE_AVX2 BN_UNCHECKED_AVX2 __attribute__((always_inline)) static inline

/* The factors that a byte of weights stands for, looked up faster than made. */
static const float bn_sign_rows_avx2[256][BN_FLOAT_TILE] __attribute__((aligned(32))) = {
    BN_SIGN_ROWS_64(0),
    BN_SIGN_ROWS_64(64),
    BN_SIGN_ROWS_64(128),
    BN_SIGN_ROWS_64(192),
};

/* The vector of weights k of a tile. */
BN_INLINE_AVX2 __m256 bn_load_weights_avx2(const struct bn_float_block *block, int32_t tile,
                                           ptrdiff_t k, const int are_signs)
{
    const ptrdiff_t at = tile * block->depth + k;
    if (are_signs)
        return _mm256_load_ps(bn_sign_rows_avx2[block->signs[at]]);
    return _mm256_loadu_ps(block->w + at * BN_FLOAT_TILE);
}

/* sum[p * tiles + i] for pixel p and tile i of the block; the last three are constants. */
BN_INLINE_AVX2 void bn_sum_tile_avx2(const struct bn_float_windows *windows,
                                     const struct bn_float_block *block,
                                     __m256 sum[BN_TILE_SUMS_AVX2], const int are_signs,
                                     const int pixels, const int tiles)
{
    const ptrdiff_t row_skip = windows->row_step - windows->taps * windows->tap_step;
    const float *x[BN_TILE_PIXELS_AVX2];
    ptrdiff_t k = 0;
    int32_t rows = windows->rows, taps = windows->taps;
    BN_UNROLL_AVX2
    for (int i = 0; i < pixels * tiles; i++)
        sum[i] = _mm256_setzero_ps();
    BN_UNROLL_AVX2
    for (int p = 0; p < pixels; p++)
        x[p] = windows->x[p];
    do {
        const ptrdiff_t count = windows->count;
        ptrdiff_t c = 0, step = windows->tap_step;
        do {
            __m256 w[4];
            BN_UNROLL_AVX2
            for (int i = 0; i < tiles; i++)
                w[i] = bn_load_weights_avx2(block, i, k, are_signs);
            BN_UNROLL_AVX2
            for (int p = 0; p < pixels; p++) {
                const __m256 input = _mm256_broadcast_ss(x[p] + c);
                BN_UNROLL_AVX2
                for (int i = 0; i < tiles; i++)
                    sum[p * tiles + i] = _mm256_fmadd_ps(input, w[i], sum[p * tiles + i]);
            }
            k++;
        } while (++c < count);
        if (--taps == 0) {
            step += row_skip;
            taps = windows->taps;
            rows--;
        }
        BN_UNROLL_AVX2
        for (int p = 0; p < pixels; p++)
            x[p] += step;
    } while (rows > 0);
}

/* The same for a pixel that is alone: each sum in several accumulators. */
BN_INLINE_AVX2 void bn_sum_alone_avx2(const struct bn_float_windows *windows,
                                      const struct bn_float_block *block,
                                      __m256 sum[BN_TILE_SUMS_AVX2], const int are_signs,
                                      const int tiles)
{
    const int ways = tiles == 1 ? 8 : tiles == 2 ? 4 : 2;
    const ptrdiff_t count = windows->count;
    __m256 part[8];
    ptrdiff_t k = 0;
    BN_UNROLL_AVX2
    for (int i = 0; i < ways * tiles; i++)
        part[i] = _mm256_setzero_ps();
    for (int32_t row = 0; row < windows->rows; row++) {
        for (int32_t tap = 0; tap < windows->taps; tap++, k += count) {
            const float *x = windows->x[0] + row * windows->row_step + tap * windows->tap_step;
            ptrdiff_t c = 0;
            for (; c + ways <= count; c += ways) {
                BN_UNROLL_AVX2
                for (int i = 0; i < ways * tiles; i++)
                    part[i] = _mm256_fmadd_ps(
                        _mm256_broadcast_ss(x + c + i / tiles),
                        bn_load_weights_avx2(block, i % tiles, k + c + i / tiles, are_signs),
                        part[i]);
            }
            for (; c < count; c++) {
                BN_UNROLL_AVX2
                for (int i = 0; i < tiles; i++)
                    part[i] =
                        _mm256_fmadd_ps(_mm256_broadcast_ss(x + c),
                                        bn_load_weights_avx2(block, i, k + c, are_signs), part[i]);
            }
        }
    }
    BN_UNROLL_AVX2
    for (int i = 0; i < tiles; i++)
        sum[i] = part[i];
    BN_UNROLL_AVX2
    for (int i = tiles; i < ways * tiles; i++)
        sum[i % tiles] = _mm256_add_ps(sum[i % tiles], part[i]);
}

/* Lanes that a tile of `count` channels fills: load from 8 - count on. */
static const int32_t bn_lanes_avx2[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

BN_INLINE_AVX2 void bn_write_tile_avx2(const struct bn_float_windows *windows,
                                       const struct bn_float_block *block, float *y, ptrdiff_t step,
                                       const int are_signs, const int pixels, const int tiles)
{
    const int32_t last = block->count - (tiles - 1) * BN_FLOAT_TILE;
    __m256 sum[BN_TILE_SUMS_AVX2];
    if (pixels == 1 && windows->are_alone)
        bn_sum_alone_avx2(windows, block, sum, are_signs, tiles);
    else
        bn_sum_tile_avx2(windows, block, sum, are_signs, pixels, tiles);
    BN_UNROLL_AVX2
    for (int i = 0; i < pixels * tiles; i++) {
        const int t = i % tiles * BN_FLOAT_TILE;
        sum[i] = _mm256_sub_ps(sum[i], _mm256_loadu_ps(block->mean + t));
        sum[i] = _mm256_mul_ps(sum[i], _mm256_loadu_ps(block->scale + t));
        sum[i] = _mm256_add_ps(sum[i], _mm256_loadu_ps(block->offset + t));
    }
    if (last == BN_FLOAT_TILE) {
        BN_UNROLL_AVX2
        for (int i = 0; i < pixels * tiles; i++)
            _mm256_storeu_ps(y + i / tiles * step + i % tiles * BN_FLOAT_TILE, sum[i]);
        return;
    }
    const __m256i lanes =
        _mm256_loadu_si256((const __m256i *)(const void *)(bn_lanes_avx2 + BN_FLOAT_TILE - last));
    BN_UNROLL_AVX2
    for (int i = 0; i < pixels * tiles; i++) {
        float *to = y + i / tiles * step + i % tiles * BN_FLOAT_TILE;
        if (i % tiles + 1 < tiles)
            _mm256_storeu_ps(to, sum[i]);
        else
            _mm256_maskstore_ps(to, lanes, sum[i]);
    }
}

BN_INLINE_AVX2 void bn_sign_tile_avx2(const struct bn_float_windows *windows,
                                      const struct bn_float_block *block, uint32_t *bits,
                                      const int are_signs, const int pixels, const int tiles)
{
    __m256 sum[BN_TILE_SUMS_AVX2];
    if (pixels == 1 && windows->are_alone)
        bn_sum_alone_avx2(windows, block, sum, are_signs, tiles);
    else
        bn_sum_tile_avx2(windows, block, sum, are_signs, pixels, tiles);
    BN_UNROLL_AVX2
    for (int p = 0; p < pixels; p++) {
        uint32_t less = 0;
        BN_UNROLL_AVX2
        for (int i = 0; i < tiles; i++) {
            const __m256 limit = _mm256_loadu_ps(block->offset + i * BN_FLOAT_TILE);
            const __m256 is_less = _mm256_cmp_ps(sum[p * tiles + i], limit, _CMP_LT_OQ);
            less |= (uint32_t)_mm256_movemask_ps(is_less) << (i * BN_FLOAT_TILE);
        }
        bits[p] = less;
    }
}

/* Calls what has the sizes of the tile as its last arguments. */
#define BN_TILE_CASE_AVX2(pixels, tiles, call, ...)                                                \
    case (pixels)*8 + (tiles):                                                                     \
        call(__VA_ARGS__, pixels, tiles);                                                          \
        break

#define BN_TILE_SWITCH_AVX2(windows, block, ...)                                                   \
    switch ((windows)->pixels * 8 + (block)->tiles) {                                              \
        BN_TILE_CASE_AVX2(1, 1, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(1, 2, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(1, 3, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(1, 4, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(2, 1, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(2, 2, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(3, 1, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(3, 2, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(4, 1, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(4, 2, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(5, 1, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(5, 2, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(6, 1, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(6, 2, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(7, 1, __VA_ARGS__);                                                      \
        BN_TILE_CASE_AVX2(8, 1, __VA_ARGS__);                                                      \
    default:                                                                                       \
        break;                                                                                     \
    }

BN_UNCHECKED_AVX2 static void bn_write_floats_avx2(const struct bn_float_windows *windows,
                                                   const struct bn_float_block *block, float *y,
                                                   ptrdiff_t step){
    BN_TILE_SWITCH_AVX2(windows, block, bn_write_tile_avx2, windows, block, y, step, 0)}

BN_UNCHECKED_AVX2 static void bn_write_float_bits_avx2(const struct bn_float_windows *windows,
                                                       const struct bn_float_block *block,
                                                       uint32_t bits[BN_FLOAT_PIXELS]){
    BN_TILE_SWITCH_AVX2(windows, block, bn_sign_tile_avx2, windows, block, bits, 0)}

BN_UNCHECKED_AVX2 static void bn_write_sign_floats_avx2(const struct bn_float_windows *windows,
                                                        const struct bn_float_block *block,
                                                        float *y, ptrdiff_t step){
    BN_TILE_SWITCH_AVX2(windows, block, bn_write_tile_avx2, windows, block, y, step, 1)}

BN_UNCHECKED_AVX2 static void bn_write_sign_bits_avx2(const struct bn_float_windows *windows,
                                                      const struct bn_float_block *block,
                                                      uint32_t bits[BN_FLOAT_PIXELS])
{
    BN_TILE_SWITCH_AVX2(windows, block, bn_sign_tile_avx2, windows, block, bits, 1)
}

static const struct bn_float_loops bn_float_loops_avx2 = {
    .pixels = 6,
    .tiles = 2,
    .tiles_of_one = 4,
    .pixels_of_tile = BN_TILE_PIXELS_AVX2,
    .write_floats = bn_write_floats_avx2,
    .write_bits = bn_write_float_bits_avx2,
};

static const struct bn_float_loops bn_sign_loops_avx2 = {
    .pixels = 6,
    .tiles = 2,
    .tiles_of_one = 4,
    .pixels_of_tile = BN_TILE_PIXELS_AVX2,
    .write_floats = bn_write_sign_floats_avx2,
    .write_bits = bn_write_sign_bits_avx2,
};

#endif
