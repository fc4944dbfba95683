/*
 * bit_loops_avx2.h: the loops of binary x binary layers, a byte lane per output channel.
 *
 * Four bits of a window choose one of 16 constant tables, popcount(bits xor i) for i from 0 to 15,
 * and four bits of the weights of 32 channels look their counts up in it: a shuffle and an addition
 * per 128 products. Windows of one word are counted by bit_words_avx2.h, single rows by
 * bit_rows_avx2.h.
 */
#ifndef BN_BIT_LOOPS_AVX2_H
#define BN_BIT_LOOPS_AVX2_H

#include "../include/bit_loops.h"
#include "bit_rows_avx2.h"
#include "bit_words_avx2.h"

/* Four bits at a time. */
#define BN_STEPS_OF_WORD_AVX2 (BN_WORD_BITS / 4)
/* Words whose counts fit in a byte. */
#define BN_MOST_WORDS_AVX2 (252 / BN_WORD_BITS)
/* The vectors of a word of weights, one per step, or one for each value of a window's four bits. */
#define BN_VALUES_AVX2 16

/*
 * Short windows are counted by the weights' tables: what four bits of a window add to the counts of
 * 32 channels, for each value of the bits. As many fit in what `prepare` is given.
 */
static inline int bn_has_tables_avx2(int32_t size, int32_t vectors)
{
    return vectors == 1 && size * BN_WORD_BITS <= 64 * BN_SHORT_BIT_WINDOW;
}

/* `bits`: four bits of each channel, for vector i of `vectors`. */
BN_AVX2 static inline void bn_store_step_avx2(__m256i bits, int has_tables, __m256i *to,
                                              int32_t vectors)
{
    const __m256i *tables = (const __m256i *)(const void *)bn_differences_avx2;
    if (!has_tables) {
        _mm256_storeu_si256(to, bits);
        return;
    }
    for (int32_t value = 0; value < BN_VALUES_AVX2; value++)
        _mm256_storeu_si256(to + value * vectors,
                            _mm256_shuffle_epi8(_mm256_load_si256(tables + value), bits));
}

/*
 * prepared: bytes [size][steps of a word][1 or 2 vectors], each of four bits of the weights; or
 * their tables, [size][steps of a word][16 values][1 or 2 vectors].
 */
BN_AVX2 static void bn_prepare_bits_avx2(int32_t size, int32_t width, const bn_word *restrict w,
                                         bn_word *restrict prepared)
{
    const int32_t vectors = width > BN_LANES_AVX2 ? 2 : 1;
    if (bn_has_word_tables_avx2(size, vectors)) {
        bn_prepare_word_tables_avx2(width, w, prepared);
        return;
    }
    const int has_tables = bn_has_tables_avx2(size, vectors);
    const ptrdiff_t step = has_tables ? BN_VALUES_AVX2 * vectors : vectors;
    const __m256i low = _mm256_set1_epi8(15);
    __m256i *to = (__m256i *)(void *)prepared;
    for (int32_t k = 0; k < size; k++) {
        for (int32_t i = 0; i < vectors; i++) {
            const int32_t left = width - i * BN_LANES_AVX2;
            bn_word lanes[BN_LANES_AVX2] = {0};
            __m256i bytes[BN_WORD_BITS / 8];
            for (int32_t t = 0; t < BN_LANES_AVX2 && t < left; t++)
                lanes[t] = w[i * BN_LANES_AVX2 + t];
            bn_bytes_of_words_avx2(left < BN_LANES_AVX2 ? lanes : w + i * BN_LANES_AVX2, bytes);
            for (int32_t b = 0; b < BN_WORD_BITS / 8; b++) {
                const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes[b], 4), low);
                __m256i *at = to + 2 * b * step + i;
                bn_store_step_avx2(_mm256_and_si256(bytes[b], low), has_tables, at, vectors);
                bn_store_step_avx2(high, has_tables, at + step, vectors);
            }
        }
        w += width;
        to += BN_STEPS_OF_WORD_AVX2 * step;
    }
}

/* Where the row of 32 bytes for four bits of a window begins. */
static inline ptrdiff_t bn_row_avx2(bn_word x, int32_t step)
{
    return (ptrdiff_t)((step < 2 ? x << (5 - 4 * step) : x >> (4 * step - 5)) & 0x1e0);
}

/* Keeps gcc from adding counts in a tree, whose leaves don't fit in registers. */
#define BN_IN_ORDER_AVX2(a, b, c, d) __asm__("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d))

/* The counts of a tile of pixels, words first to end - 1: of the first vector, and of the second.
 */
struct bn_counts_avx2 {
    __m256i a[BN_PIXEL_TILE], b[BN_PIXEL_TILE];
};

/* Two vectors of channels, by shuffles. */
BN_AVX2 BN_HOT_LOOP void bn_count_two_vectors_avx2(int32_t first, int32_t end,
                                                   const bn_word *const x[BN_PIXEL_TILE],
                                                   const uint8_t *w, struct bn_counts_avx2 *counts)
{
    const __m256i zero = _mm256_setzero_si256();
    const uint8_t *tables = bn_differences_avx2;
    __m256i a0 = zero, a1 = zero, a2 = zero, a3 = zero;
    __m256i b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    w += (ptrdiff_t)first * BN_STEPS_OF_WORD_AVX2 * 64;
    for (int32_t k = first; k < end; k++) {
        const bn_word x0 = x[0][k], x1 = x[1][k], x2 = x[2][k], x3 = x[3][k];
        BN_UNROLL_AVX2
        for (int32_t step = 0; step < BN_STEPS_OF_WORD_AVX2; step++) {
            const __m256i v = bn_load_bytes_avx2(w), u = bn_load_bytes_avx2(w + 32);
            __m256i table = bn_load_bytes_avx2(tables + bn_row_avx2(x0, step));
            a0 = _mm256_add_epi8(a0, _mm256_shuffle_epi8(table, v));
            b0 = _mm256_add_epi8(b0, _mm256_shuffle_epi8(table, u));
            table = bn_load_bytes_avx2(tables + bn_row_avx2(x1, step));
            a1 = _mm256_add_epi8(a1, _mm256_shuffle_epi8(table, v));
            b1 = _mm256_add_epi8(b1, _mm256_shuffle_epi8(table, u));
            table = bn_load_bytes_avx2(tables + bn_row_avx2(x2, step));
            a2 = _mm256_add_epi8(a2, _mm256_shuffle_epi8(table, v));
            b2 = _mm256_add_epi8(b2, _mm256_shuffle_epi8(table, u));
            table = bn_load_bytes_avx2(tables + bn_row_avx2(x3, step));
            a3 = _mm256_add_epi8(a3, _mm256_shuffle_epi8(table, v));
            b3 = _mm256_add_epi8(b3, _mm256_shuffle_epi8(table, u));
            BN_IN_ORDER_AVX2(a0, a1, a2, a3);
            BN_IN_ORDER_AVX2(b0, b1, b2, b3);
            w += 64;
        }
    }
    counts->a[0] = a0, counts->a[1] = a1, counts->a[2] = a2, counts->a[3] = a3;
    counts->b[0] = b0, counts->b[1] = b1, counts->b[2] = b2, counts->b[3] = b3;
}

/* One vector of channels, by shuffles. */
BN_AVX2 BN_HOT_LOOP void bn_count_vector_avx2(int32_t first, int32_t end,
                                              const bn_word *const x[BN_PIXEL_TILE],
                                              const uint8_t *w, struct bn_counts_avx2 *counts)
{
    const __m256i zero = _mm256_setzero_si256();
    const uint8_t *tables = bn_differences_avx2;
    __m256i a0 = zero, a1 = zero, a2 = zero, a3 = zero;
    w += (ptrdiff_t)first * BN_STEPS_OF_WORD_AVX2 * 32;
    for (int32_t k = first; k < end; k++) {
        const bn_word x0 = x[0][k], x1 = x[1][k], x2 = x[2][k], x3 = x[3][k];
        BN_UNROLL_AVX2
        for (int32_t step = 0; step < BN_STEPS_OF_WORD_AVX2; step++) {
            const __m256i v = bn_load_bytes_avx2(w);
            const __m256i t0 = bn_load_bytes_avx2(tables + bn_row_avx2(x0, step));
            const __m256i t1 = bn_load_bytes_avx2(tables + bn_row_avx2(x1, step));
            const __m256i t2 = bn_load_bytes_avx2(tables + bn_row_avx2(x2, step));
            const __m256i t3 = bn_load_bytes_avx2(tables + bn_row_avx2(x3, step));
            a0 = _mm256_add_epi8(a0, _mm256_shuffle_epi8(t0, v));
            a1 = _mm256_add_epi8(a1, _mm256_shuffle_epi8(t1, v));
            a2 = _mm256_add_epi8(a2, _mm256_shuffle_epi8(t2, v));
            a3 = _mm256_add_epi8(a3, _mm256_shuffle_epi8(t3, v));
            BN_IN_ORDER_AVX2(a0, a1, a2, a3);
            w += 32;
        }
    }
    counts->a[0] = a0, counts->a[1] = a1, counts->a[2] = a2, counts->a[3] = a3;
}

/* One vector of channels, by the weights' tables, of windows of `size` words. */
BN_AVX2 BN_HOT_LOOP void bn_count_by_tables_avx2(int32_t size,
                                                 const bn_word *const x[BN_PIXEL_TILE],
                                                 const uint8_t *w, struct bn_counts_avx2 *counts)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i a0 = zero, a1 = zero, a2 = zero, a3 = zero;
    for (int32_t k = 0; k < size; k++) {
        const bn_word x0 = x[0][k], x1 = x[1][k], x2 = x[2][k], x3 = x[3][k];
        BN_UNROLL_AVX2
        for (int32_t step = 0; step < BN_STEPS_OF_WORD_AVX2; step++) {
            a0 = _mm256_add_epi8(a0, bn_load_bytes_avx2(w + bn_row_avx2(x0, step)));
            a1 = _mm256_add_epi8(a1, bn_load_bytes_avx2(w + bn_row_avx2(x1, step)));
            a2 = _mm256_add_epi8(a2, bn_load_bytes_avx2(w + bn_row_avx2(x2, step)));
            a3 = _mm256_add_epi8(a3, bn_load_bytes_avx2(w + bn_row_avx2(x3, step)));
            BN_IN_ORDER_AVX2(a0, a1, a2, a3);
            w += BN_VALUES_AVX2 * 32;
        }
    }
    counts->a[0] = a0, counts->a[1] = a1, counts->a[2] = a2, counts->a[3] = a3;
}

/* A tile of windows and the weights that they meet. */
struct bn_tile_avx2 {
    int32_t size, vectors;
    const bn_word *x[BN_PIXEL_TILE];
    const uint8_t *w;
};

BN_AVX2 static inline struct bn_tile_avx2 bn_tile_at_avx2(int32_t size, int32_t width,
                                                          int32_t pixels, const bn_word *x,
                                                          const bn_word *w)
{
    struct bn_tile_avx2 tile = {
        .size = size, .vectors = width > BN_LANES_AVX2 ? 2 : 1, .w = (const uint8_t *)w};
    /* Pixels that are not there repeat the last one. */
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
        tile.x[p] = x + (ptrdiff_t)(p < pixels ? p : pixels - 1) * size;
    return tile;
}

/* Counts words k to what is returned - 1, of which there are as many as bytes can count. */
BN_AVX2 static inline int32_t bn_count_words_avx2(const struct bn_tile_avx2 *tile, int32_t k,
                                                  struct bn_counts_avx2 *counts)
{
    const int32_t left = tile->size - k;
    const int32_t end = k + (left < BN_MOST_WORDS_AVX2 ? left : BN_MOST_WORDS_AVX2);
    if (tile->vectors == 2)
        bn_count_two_vectors_avx2(k, end, tile->x, tile->w, counts);
    else if (bn_has_word_tables_avx2(tile->size, tile->vectors))
        for (int32_t p = 0; p < BN_PIXEL_TILE; p++)
            counts->a[p] = bn_count_word_avx2(*tile->x[p], tile->w);
    else if (bn_has_tables_avx2(tile->size, tile->vectors))
        bn_count_by_tables_avx2(tile->size, tile->x, tile->w, counts);
    else
        bn_count_vector_avx2(k, end, tile->x, tile->w, counts);
    return end;
}

/* sums[i] = or += the bytes of `counts`, in their order. */
BN_AVX2 static inline void bn_widen_counts_avx2(__m256i counts, int is_first, int32_t *sums)
{
    for (int32_t i = 0; i < 4; i++) {
        const __m128i half =
            i < 2 ? _mm256_castsi256_si128(counts) : _mm256_extracti128_si256(counts, 1);
        __m256i *to = (__m256i *)(void *)(sums + 8 * i);
        __m256i eight = _mm256_cvtepu8_epi32(i % 2 ? _mm_srli_si128(half, 8) : half);
        if (!is_first)
            eight = _mm256_add_epi32(eight, _mm256_loadu_si256(to));
        _mm256_storeu_si256(to, eight);
    }
}

BN_AVX2 static void bn_count_bits_avx2(int32_t size, int32_t width, int32_t pixels,
                                       const bn_word *restrict x, const bn_word *restrict w,
                                       int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const struct bn_tile_avx2 tile = bn_tile_at_avx2(size, width, pixels, x, w);
    for (int32_t k = 0; k < size;) {
        const int is_first = k == 0;
        struct bn_counts_avx2 counts;
        k = bn_count_words_avx2(&tile, k, &counts);
        for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
            bn_widen_counts_avx2(counts.a[p], is_first, differ[p]);
            if (tile.vectors == 2)
                bn_widen_counts_avx2(counts.b[p], is_first, differ[p] + BN_LANES_AVX2);
        }
    }
}

/* The same of 32 sums of 16 bits. */
BN_AVX2 static inline uint32_t bn_sums_from_avx2(const __m256i sums[2], const uint16_t *least)
{
    const __m256i *from = (const __m256i *)(const void *)least;
    __m256i masks[2];
    for (int32_t i = 0; i < 2; i++)
        masks[i] =
            _mm256_cmpeq_epi16(_mm256_max_epu16(sums[i], _mm256_loadu_si256(from + i)), sums[i]);
    const __m256i mixed = _mm256_packs_epi16(masks[0], masks[1]);
    return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(mixed, 0xd8));
}

/* sums = or += the bytes of `counts`, in their order. */
BN_AVX2 static inline void bn_widen_to_16_avx2(__m256i counts, int is_first, __m256i sums[2])
{
    const __m256i low = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(counts));
    const __m256i high = _mm256_cvtepu8_epi16(_mm256_extracti128_si256(counts, 1));
    sums[0] = is_first ? low : _mm256_add_epi16(sums[0], low);
    sums[1] = is_first ? high : _mm256_add_epi16(sums[1], high);
}

BN_AVX2 static void bn_sign_bits_avx2(int32_t size, int32_t width, int32_t pixels,
                                      const bn_word *restrict x, const bn_word *restrict w,
                                      const uint16_t *const least[BN_PIXEL_TILE],
                                      uint64_t bits[BN_PIXEL_TILE])
{
    const struct bn_tile_avx2 tile = bn_tile_at_avx2(size, width, pixels, x, w);
    struct bn_counts_avx2 counts;
    __m256i sums[BN_PIXEL_TILE][4];
    if (size <= BN_MOST_WORDS_AVX2) {
        bn_count_words_avx2(&tile, 0, &counts);
        for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
            bits[p] = bn_bytes_from_avx2(counts.a[p], bn_byte_limits_avx2(least[p]));
            if (tile.vectors == 2)
                bits[p] |= (uint64_t)bn_bytes_from_avx2(
                               counts.b[p], bn_byte_limits_avx2(least[p] + BN_LANES_AVX2))
                           << BN_LANES_AVX2;
        }
        return;
    }
    for (int32_t k = 0; k < size;) {
        const int is_first = k == 0;
        k = bn_count_words_avx2(&tile, k, &counts);
        for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
            bn_widen_to_16_avx2(counts.a[p], is_first, sums[p]);
            if (tile.vectors == 2)
                bn_widen_to_16_avx2(counts.b[p], is_first, sums[p] + 2);
        }
    }
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        bits[p] = bn_sums_from_avx2(sums[p], least[p]);
        if (tile.vectors == 2)
            bits[p] |= (uint64_t)bn_sums_from_avx2(sums[p] + 2, least[p] + BN_LANES_AVX2)
                       << BN_LANES_AVX2;
    }
}

BN_AVX2 static void bn_sign_run_avx2(int32_t size, int32_t width, int32_t pixels,
                                     const bn_word *restrict x, const bn_word *restrict w,
                                     const uint16_t *least, uint64_t *restrict bits)
{
    const uint16_t *const limits[BN_PIXEL_TILE] = {least, least, least, least};
    if (bn_has_word_tables_avx2(size, width > BN_LANES_AVX2 ? 2 : 1)) {
        bn_sign_words_avx2(pixels, x, (const uint8_t *)w, least, bits);
        return;
    }
    for (int32_t p = 0; p < pixels; p += BN_PIXEL_TILE) {
        const int32_t left = pixels - p < BN_PIXEL_TILE ? pixels - p : BN_PIXEL_TILE;
        uint64_t some[BN_PIXEL_TILE];
        bn_sign_bits_avx2(size, width, left, x + (ptrdiff_t)p * size, w, limits, some);
        for (int32_t i = 0; i < left; i++)
            bits[p + i] = some[i];
    }
}

BN_AVX2 static uint64_t bn_less_bits_avx2(int32_t total, int32_t width,
                                          const int32_t differ[BN_BIT_BLOCK],
                                          const int32_t threshold[BN_BIT_BLOCK])
{
    const __m256i all = _mm256_set1_epi32(total);
    uint64_t bits = 0;
    for (int32_t t = 0; t < width; t += 8) {
        const __m256i d = _mm256_loadu_si256((const __m256i *)(const void *)(differ + t));
        const __m256i limit = _mm256_loadu_si256((const __m256i *)(const void *)(threshold + t));
        const __m256i acc = _mm256_sub_epi32(all, _mm256_add_epi32(d, d));
        const __m256 less = _mm256_castsi256_ps(_mm256_cmpgt_epi32(limit, acc));
        bits |= (uint64_t)(uint32_t)_mm256_movemask_ps(less) << t;
    }
    return bits;
}

static const struct bn_bit_loops bn_bit_loops_avx2 = {
    .prepare = bn_prepare_bits_avx2,
    .count = bn_count_bits_avx2,
    .count_row = bn_count_bits_of_row_avx2,
#if defined(__POPCNT__)
    .narrow = 8,
#endif
    .less = bn_less_bits_avx2,
    .sign = bn_sign_bits_avx2,
    .sign_run = bn_sign_run_avx2,
};

#endif
