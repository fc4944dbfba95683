/*
 * bit_loops_avx512.h: the loops of binary x binary layers. Lanes are output channels, of weights as
 * they are stored; words of x are repeated in all lanes. A tile is four pixels by four vectors:
 * for each 512 bits one xor, one count and one addition, sums staying in registers.
 */
#ifndef BN_BIT_LOOPS_AVX512_H
#define BN_BIT_LOOPS_AVX512_H

#include "../include/bit_loops.h"
#include "avx512.h"

/* Channels of a vector of words; vectors and channels of a tile. */
#define BN_LANES_AVX512    (512 / BN_WORD_BITS)
#define BN_VECTORS_AVX512  4
#define BN_BIT_TILE_AVX512 (BN_VECTORS_AVX512 * BN_LANES_AVX512)

#if BN_WORD_BITS == 64
typedef __mmask8 bn_lanes_avx512;
#else
typedef __mmask16 bn_lanes_avx512;
#endif

BN_INLINE_AVX512 __m512i bn_load_words_avx512(bn_lanes_avx512 lanes, const bn_word *from)
{
#if BN_WORD_BITS == 64
    return _mm512_maskz_loadu_epi64(lanes, from);
#else
    return _mm512_maskz_loadu_epi32(lanes, from);
#endif
}

BN_INLINE_AVX512 __m512i bn_repeat_word_avx512(bn_word x)
{
#if BN_WORD_BITS == 64
    return _mm512_set1_epi64((int64_t)x);
#else
    return _mm512_set1_epi32((int32_t)x);
#endif
}

/* sums + the counts of the bits of each word. */
BN_INLINE_AVX512 __m512i bn_add_popcounts_avx512(__m512i sums, __m512i words)
{
#if BN_WORD_BITS == 64
    return _mm512_add_epi64(sums, _mm512_popcnt_epi64(words));
#else
    return _mm512_add_epi32(sums, _mm512_popcnt_epi32(words));
#endif
}

BN_INLINE_AVX512 void bn_store_sums_avx512(int32_t *to, __m512i sums)
{
#if BN_WORD_BITS == 64
    _mm256_storeu_si256((__m256i *)(void *)to, _mm512_cvtepi64_epi32(sums));
#else
    _mm512_storeu_si512(to, sums);
#endif
}

/* Limits as `sign` gets them, as wide as sums. */
BN_INLINE_AVX512 __m512i bn_load_limits_avx512(const uint16_t *least)
{
#if BN_WORD_BITS == 64
    return _mm512_cvtepu16_epi64(_mm_loadu_si128((const __m128i *)(const void *)least));
#else
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)least));
#endif
}

/* Bit t is sums[t] >= limits[t]. */
BN_INLINE_AVX512 uint64_t bn_sums_from_avx512(__m512i sums, __m512i limits)
{
#if BN_WORD_BITS == 64
    return _mm512_cmpge_epu64_mask(sums, limits);
#else
    return _mm512_cmpge_epu32_mask(sums, limits);
#endif
}

/* Which lanes of the last vector are channels, of a tile of `width`. */
static inline bn_lanes_avx512 bn_last_lanes_avx512(int32_t width)
{
    const int32_t over = (width - 1) % BN_LANES_AVX512 + 1;
    return (bn_lanes_avx512)(((uint32_t)1 << over) - 1);
}

/* A tile: weights w[k * step + t], t < width, which is at most BN_VECTORS_AVX512 vectors. */
struct bn_bit_tile_avx512 {
    const struct bn_bit_windows *windows;
    const bn_word *w;
    int32_t width;
    ptrdiff_t step;
};

/*
 * sums[p * vectors + i] of a tile. What follows is constant: the size of the tile, and whether all
 * lanes are channels, so that no load has to leave any out.
 */
BN_INLINE_AVX512 void bn_sum_bits_avx512(const struct bn_bit_tile_avx512 *tile, __m512i *sums,
                                         const int pixels, const int vectors, const int is_full)
{
    const bn_lanes_avx512 all = (bn_lanes_avx512)-1;
    const bn_lanes_avx512 last = is_full ? all : bn_last_lanes_avx512(tile->width);
    const int32_t words = tile->windows->words;
    const bn_word *w = tile->w, *x[BN_PIXEL_TILE];
    BN_UNROLL_AVX512
    for (int p = 0; p < pixels; p++)
        x[p] = tile->windows->x[p];
    BN_UNROLL_AVX512
    for (int i = 0; i < pixels * vectors; i++)
        sums[i] = _mm512_setzero_si512();
    for (int32_t row = 0; row < tile->windows->rows; row++) {
        for (int32_t k = 0; k < words; k++, w += tile->step) {
            __m512i lanes[BN_VECTORS_AVX512];
            BN_UNROLL_AVX512
            for (int i = 0; i < vectors; i++) {
                lanes[i] =
                    bn_load_words_avx512(i + 1 < vectors ? all : last, w + i * BN_LANES_AVX512);
                /* gcc would load them for each pixel. */
                BN_REPLACED_AVX512(lanes[i]);
            }
            BN_UNROLL_AVX512
            for (int p = 0; p < pixels; p++) {
                const __m512i word = bn_repeat_word_avx512(x[p][k]);
                BN_UNROLL_AVX512
                for (int i = 0; i < vectors; i++)
                    sums[p * vectors + i] = bn_add_popcounts_avx512(
                        sums[p * vectors + i], _mm512_xor_si512(lanes[i], word));
            }
        }
        BN_UNROLL_AVX512
        for (int p = 0; p < pixels; p++)
            x[p] += tile->windows->step;
    }
}

BN_INLINE_AVX512 void bn_count_tile_avx512(const struct bn_bit_tile_avx512 *tile,
                                           int32_t differ[][BN_BIT_BLOCK], int32_t first,
                                           const int pixels, const int vectors, const int is_full)
{
    __m512i sums[BN_PIXEL_TILE * BN_VECTORS_AVX512];
    bn_sum_bits_avx512(tile, sums, pixels, vectors, is_full);
    BN_UNROLL_AVX512
    for (int i = 0; i < pixels * vectors; i++)
        bn_store_sums_avx512(differ[i / vectors] + first + i % vectors * BN_LANES_AVX512, sums[i]);
}

/* bits[p] gets the bits of the tile's channels, the lowest first. */
BN_INLINE_AVX512 void bn_sign_tile_avx512(const struct bn_bit_tile_avx512 *tile,
                                          const uint16_t *const *least, int32_t first,
                                          uint64_t bits[BN_PIXEL_TILE], const int vectors,
                                          const int is_full)
{
    __m512i sums[BN_PIXEL_TILE * BN_VECTORS_AVX512];
    bn_sum_bits_avx512(tile, sums, BN_PIXEL_TILE, vectors, is_full);
    BN_UNROLL_AVX512
    for (int p = 0; p < BN_PIXEL_TILE; p++) {
        bits[p] = 0;
        BN_UNROLL_AVX512
        for (int i = 0; i < vectors; i++)
            bits[p] |=
                bn_sums_from_avx512(sums[p * vectors + i],
                                    bn_load_limits_avx512(least[p] + first + i * BN_LANES_AVX512))
                << (i * BN_LANES_AVX512);
    }
}

/* Calls what has the number of vectors and whether they are full as its last arguments. */
#define BN_BIT_TILE_SWITCH_AVX512(tile, call, ...)                                                 \
    switch (((tile)->width + BN_LANES_AVX512 - 1) / BN_LANES_AVX512 +                              \
            ((tile)->width == BN_BIT_TILE_AVX512)) {                                               \
    case 1:                                                                                        \
        call(tile, __VA_ARGS__, 1, 0);                                                             \
        break;                                                                                     \
    case 2:                                                                                        \
        call(tile, __VA_ARGS__, 2, 0);                                                             \
        break;                                                                                     \
    case 3:                                                                                        \
        call(tile, __VA_ARGS__, 3, 0);                                                             \
        break;                                                                                     \
    case 4:                                                                                        \
        call(tile, __VA_ARGS__, 4, 0);                                                             \
        break;                                                                                     \
    default:                                                                                       \
        call(tile, __VA_ARGS__, 4, 1);                                                             \
        break;                                                                                     \
    }

BN_AVX512 BN_HOT_LOOP void bn_count_pixels_avx512(const struct bn_bit_tile_avx512 *tile,
                                                  int32_t differ[][BN_BIT_BLOCK], int32_t first){
    BN_BIT_TILE_SWITCH_AVX512(tile, bn_count_tile_avx512, differ, first, BN_PIXEL_TILE)}

BN_AVX512 BN_HOT_LOOP void bn_count_pixel_avx512(const struct bn_bit_tile_avx512 *tile,
                                                 int32_t differ[][BN_BIT_BLOCK], int32_t first){
    BN_BIT_TILE_SWITCH_AVX512(tile, bn_count_tile_avx512, differ, first, 1)}

BN_AVX512 BN_HOT_LOOP void bn_sign_pixels_avx512(const struct bn_bit_tile_avx512 *tile,
                                                 const uint16_t *const least[BN_PIXEL_TILE],
                                                 int32_t first, uint64_t bits[BN_PIXEL_TILE])
{
    BN_BIT_TILE_SWITCH_AVX512(tile, bn_sign_tile_avx512, least, first, bits)
}

/* The tile of the channels from `first` on. */
static inline struct bn_bit_tile_avx512 bn_bit_tile_at_avx512(const struct bn_bit_windows *windows,
                                                              int32_t width, const bn_word *w,
                                                              int32_t first)
{
    const struct bn_bit_tile_avx512 tile = {
        .windows = windows,
        .w = w + first,
        .width = width - first < BN_BIT_TILE_AVX512 ? width - first : BN_BIT_TILE_AVX512,
        .step = width,
    };
    return tile;
}

/* Windows one after the other; pixels that are not there repeat the last one. */
static inline struct bn_bit_windows bn_copied_windows_avx512(int32_t size, int32_t pixels,
                                                             const bn_word *x)
{
    struct bn_bit_windows windows = {.rows = 1, .words = size};
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
        windows.x[p] = x + (ptrdiff_t)(p < pixels ? p : pixels - 1) * size;
    return windows;
}

BN_AVX512 static void bn_count_windows_avx512(const struct bn_bit_windows *windows, int32_t width,
                                              int32_t pixels, const bn_word *restrict w,
                                              int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    for (int32_t t = 0; t < width; t += BN_BIT_TILE_AVX512) {
        const struct bn_bit_tile_avx512 tile = bn_bit_tile_at_avx512(windows, width, w, t);
        if (pixels == 1)
            bn_count_pixel_avx512(&tile, differ, t);
        else
            bn_count_pixels_avx512(&tile, differ, t);
    }
}

BN_AVX512 static void bn_count_bits_avx512(int32_t size, int32_t width, int32_t pixels,
                                           const bn_word *restrict x, const bn_word *restrict w,
                                           int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const struct bn_bit_windows windows = bn_copied_windows_avx512(size, pixels, x);
    bn_count_windows_avx512(&windows, width, pixels, w, differ);
}

/* The same for one row. */
BN_AVX512 static void bn_count_bits_of_row_avx512(int32_t size, int32_t width,
                                                  const bn_word *restrict x,
                                                  const bn_word *restrict w,
                                                  int32_t differ[BN_BIT_BLOCK])
{
    const struct bn_bit_windows windows = bn_copied_windows_avx512(size, 1, x);
    for (int32_t t = 0; t < width; t += BN_BIT_TILE_AVX512) {
        const struct bn_bit_tile_avx512 tile = bn_bit_tile_at_avx512(&windows, width, w, t);
        bn_count_pixel_avx512(&tile, (int32_t(*)[BN_BIT_BLOCK])differ, t);
    }
}

BN_AVX512 static void bn_sign_windows_avx512(const struct bn_bit_windows *windows, int32_t width,
                                             const bn_word *restrict w,
                                             const uint16_t *const least[BN_PIXEL_TILE],
                                             uint64_t bits[BN_PIXEL_TILE])
{
    for (int32_t t = 0; t < width; t += BN_BIT_TILE_AVX512) {
        const struct bn_bit_tile_avx512 tile = bn_bit_tile_at_avx512(windows, width, w, t);
        uint64_t tile_bits[BN_PIXEL_TILE];
        bn_sign_pixels_avx512(&tile, least, t, tile_bits);
        for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
            bits[p] = (t ? bits[p] : 0) | tile_bits[p] << t;
    }
}

BN_AVX512 static void bn_sign_bits_avx512(int32_t size, int32_t width, int32_t pixels,
                                          const bn_word *restrict x, const bn_word *restrict w,
                                          const uint16_t *const least[BN_PIXEL_TILE],
                                          uint64_t bits[BN_PIXEL_TILE])
{
    const struct bn_bit_windows windows = bn_copied_windows_avx512(size, pixels, x);
    bn_sign_windows_avx512(&windows, width, w, least, bits);
}

BN_AVX512 static uint64_t bn_less_bits_avx512(int32_t total, int32_t width,
                                              const int32_t differ[BN_BIT_BLOCK],
                                              const int32_t threshold[BN_BIT_BLOCK])
{
    const __m512i all = _mm512_set1_epi32(total);
    uint64_t bits = 0;
    for (int32_t t = 0; t < width; t += 16) {
        const __m512i d = _mm512_loadu_si512(differ + t);
        const __m512i sums = _mm512_sub_epi32(all, _mm512_add_epi32(d, d));
        const __mmask16 less = _mm512_cmplt_epi32_mask(sums, _mm512_loadu_si512(threshold + t));
        bits |= (uint64_t)less << t;
    }
    return bits;
}

static const struct bn_bit_loops bn_bit_loops_avx512 = {
    .count = bn_count_bits_avx512,
    .count_windows = bn_count_windows_avx512,
    .count_row = bn_count_bits_of_row_avx512,
    .less = bn_less_bits_avx512,
    .sign = bn_sign_bits_avx512,
    .sign_windows = bn_sign_windows_avx512,
};

#endif
