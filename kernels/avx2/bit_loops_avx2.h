/*
 * bit_loops_avx2.h: the loops of binary x binary layers, a byte lane per output channel.
 *
 * Four bits of a window choose one of 16 constant tables, popcount(bits xor i) for i from 0 to 15,
 * and four bits of the weights of 32 channels look their counts up in it: a shuffle and an addition
 * per 128 products.
 */
#ifndef BN_BIT_LOOPS_AVX2_H
#define BN_BIT_LOOPS_AVX2_H

#include "../include/bit_loops.h"
#include "avx2.h"

/* [16][32]: row a holds popcount(a xor i) at i, in both halves of a vector. */
static const uint8_t bn_differences_avx2[16 * 32] __attribute__((aligned(32))) = {
    /* clang-format off */
    0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    1, 0, 2, 1, 2, 1, 3, 2, 2, 1, 3, 2, 3, 2, 4, 3, 1, 0, 2, 1, 2, 1, 3, 2, 2, 1, 3, 2, 3, 2, 4, 3,
    1, 2, 0, 1, 2, 3, 1, 2, 2, 3, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2, 2, 3, 1, 2, 3, 4, 2, 3,
    2, 1, 1, 0, 3, 2, 2, 1, 3, 2, 2, 1, 4, 3, 3, 2, 2, 1, 1, 0, 3, 2, 2, 1, 3, 2, 2, 1, 4, 3, 3, 2,
    1, 2, 2, 3, 0, 1, 1, 2, 2, 3, 3, 4, 1, 2, 2, 3, 1, 2, 2, 3, 0, 1, 1, 2, 2, 3, 3, 4, 1, 2, 2, 3,
    2, 1, 3, 2, 1, 0, 2, 1, 3, 2, 4, 3, 2, 1, 3, 2, 2, 1, 3, 2, 1, 0, 2, 1, 3, 2, 4, 3, 2, 1, 3, 2,
    2, 3, 1, 2, 1, 2, 0, 1, 3, 4, 2, 3, 2, 3, 1, 2, 2, 3, 1, 2, 1, 2, 0, 1, 3, 4, 2, 3, 2, 3, 1, 2,
    3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1,
    1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3,
    2, 1, 3, 2, 3, 2, 4, 3, 1, 0, 2, 1, 2, 1, 3, 2, 2, 1, 3, 2, 3, 2, 4, 3, 1, 0, 2, 1, 2, 1, 3, 2,
    2, 3, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2, 2, 3, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2,
    3, 2, 2, 1, 4, 3, 3, 2, 2, 1, 1, 0, 3, 2, 2, 1, 3, 2, 2, 1, 4, 3, 3, 2, 2, 1, 1, 0, 3, 2, 2, 1,
    2, 3, 3, 4, 1, 2, 2, 3, 1, 2, 2, 3, 0, 1, 1, 2, 2, 3, 3, 4, 1, 2, 2, 3, 1, 2, 2, 3, 0, 1, 1, 2,
    3, 2, 4, 3, 2, 1, 3, 2, 2, 1, 3, 2, 1, 0, 2, 1, 3, 2, 4, 3, 2, 1, 3, 2, 2, 1, 3, 2, 1, 0, 2, 1,
    3, 4, 2, 3, 2, 3, 1, 2, 2, 3, 1, 2, 1, 2, 0, 1, 3, 4, 2, 3, 2, 3, 1, 2, 2, 3, 1, 2, 1, 2, 0, 1,
    4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0,
    /* clang-format on */
};

/* Channels of a vector of counts; those of a block fill one or two. */
#define BN_LANES_AVX2         32
#define BN_STEPS_OF_WORD_AVX2 (BN_WORD_BITS / 4)
/* Words whose counts fit in a byte. */
#define BN_MOST_WORDS_AVX2 (252 / BN_WORD_BITS)
/* The vectors of a word of weights, one per step, or one for each value of a window's four bits. */
#define BN_VALUES_AVX2 16

/* A vector per byte of the words of 32 channels: lane t of vector i is byte i of w[t]. */
BN_AVX2 static inline void bn_bytes_of_words_avx2(const bn_word w[BN_LANES_AVX2],
                                                  __m256i bytes[BN_WORD_BITS / 8])
{
    const __m128i *from = (const __m128i *)(const void *)w;
    __m256i pairs[BN_WORD_BITS / 8], quads[BN_WORD_BITS / 8];
#if BN_WORD_BITS == 64
    const __m256i order = _mm256_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15, 0,
                                           8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    __m256i eights[8];
    for (int32_t i = 0; i < 8; i++) {
        const __m256i half = _mm256_castsi128_si256(_mm_loadu_si128(from + i));
        pairs[i] = _mm256_shuffle_epi8(
            _mm256_inserti128_si256(half, _mm_loadu_si128(from + 8 + i), 1), order);
    }
    for (int32_t i = 0; i < 4; i++) {
        quads[i] = _mm256_unpacklo_epi16(pairs[2 * i], pairs[2 * i + 1]);
        quads[4 + i] = _mm256_unpackhi_epi16(pairs[2 * i], pairs[2 * i + 1]);
    }
    for (int32_t i = 0; i < 2; i++) {
        for (int32_t half = 0; half < 2; half++) {
            const __m256i a = quads[4 * half + 2 * i], b = quads[4 * half + 2 * i + 1];
            eights[4 * half + i] = _mm256_unpacklo_epi32(a, b);
            eights[4 * half + 2 + i] = _mm256_unpackhi_epi32(a, b);
        }
    }
    for (int32_t i = 0; i < 4; i++) {
        bytes[2 * i] = _mm256_unpacklo_epi64(eights[2 * i], eights[2 * i + 1]);
        bytes[2 * i + 1] = _mm256_unpackhi_epi64(eights[2 * i], eights[2 * i + 1]);
    }
#else
    const __m256i order = _mm256_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0,
                                           4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    for (int32_t i = 0; i < 4; i++) {
        const __m256i half = _mm256_castsi128_si256(_mm_loadu_si128(from + i));
        pairs[i] = _mm256_shuffle_epi8(
            _mm256_inserti128_si256(half, _mm_loadu_si128(from + 4 + i), 1), order);
    }
    for (int32_t i = 0; i < 2; i++) {
        quads[i] = _mm256_unpacklo_epi32(pairs[2 * i], pairs[2 * i + 1]);
        quads[2 + i] = _mm256_unpackhi_epi32(pairs[2 * i], pairs[2 * i + 1]);
    }
    for (int32_t i = 0; i < 2; i++) {
        bytes[2 * i] = _mm256_unpacklo_epi64(quads[2 * i], quads[2 * i + 1]);
        bytes[2 * i + 1] = _mm256_unpackhi_epi64(quads[2 * i], quads[2 * i + 1]);
    }
#endif
}

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

BN_AVX2 static inline __m256i bn_load_bytes_avx2(const uint8_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
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

/* The bits of bytes that are at least as large as 32 limits, which fit in bytes. */
BN_AVX2 static inline uint32_t bn_bytes_from_avx2(__m256i bytes, const uint16_t *least)
{
    const __m256i *from = (const __m256i *)(const void *)least;
    const __m256i packed =
        _mm256_packus_epi16(_mm256_loadu_si256(from), _mm256_loadu_si256(from + 1));
    const __m256i limits = _mm256_permute4x64_epi64(packed, 0xd8);
    const __m256i is_at_least = _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, limits), bytes);
    return (uint32_t)_mm256_movemask_epi8(is_at_least);
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
            bits[p] = bn_bytes_from_avx2(counts.a[p], least[p]);
            if (tile.vectors == 2)
                bits[p] |= (uint64_t)bn_bytes_from_avx2(counts.b[p], least[p] + BN_LANES_AVX2)
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

/* The bits of each byte. */
BN_AVX2 static inline __m256i bn_popcount_avx2(__m256i bits)
{
    const __m256i counts = _mm256_load_si256((const __m256i *)(const void *)bn_differences_avx2);
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bits, 4), low);
    return _mm256_add_epi8(_mm256_shuffle_epi8(counts, _mm256_and_si256(bits, low)),
                           _mm256_shuffle_epi8(counts, high));
}

/* Words per vector, and the sums of the bytes of each. */
#define BN_WORDS_AVX2 (256 / BN_WORD_BITS)

BN_AVX2 static inline __m256i bn_add_bytes_avx2(__m256i bytes)
{
#if BN_WORD_BITS == 64
    return _mm256_sad_epu8(bytes, _mm256_setzero_si256());
#else
    const __m256i pairs = _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#endif
}

BN_AVX2 static inline __m256i bn_add_words_avx2(__m256i a, __m256i b)
{
#if BN_WORD_BITS == 64
    return _mm256_add_epi64(a, b);
#else
    return _mm256_add_epi32(a, b);
#endif
}

BN_AVX2 static inline __m256i bn_broadcast_avx2(bn_word x)
{
#if BN_WORD_BITS == 64
    return _mm256_set1_epi64x((long long)x);
#else
    return _mm256_set1_epi32((int)x);
#endif
}

/* A row x one vector of channels, from w on. */
BN_AVX2 BN_HOT_LOOP void bn_count_vector_of_row_avx2(int32_t size, ptrdiff_t width,
                                                     const bn_word *restrict x,
                                                     const bn_word *restrict w,
                                                     bn_word sums[BN_WORDS_AVX2])
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i sum = zero;
    for (int32_t k = 0; k < size;) {
        const int32_t end = size - k < 31 ? size : k + 31;
        __m256i bytes = zero;
        for (; k < end; k++, w += width) {
            const __m256i row = _mm256_loadu_si256((const __m256i *)(const void *)w);
            const __m256i differ = _mm256_xor_si256(bn_broadcast_avx2(x[k]), row);
            bytes = _mm256_add_epi8(bytes, bn_popcount_avx2(differ));
        }
        sum = bn_add_words_avx2(sum, bn_add_bytes_avx2(bytes));
    }
    _mm256_storeu_si256((__m256i *)(void *)sums, sum);
}

/* A row x four vectors of channels, from w on. */
BN_AVX2 BN_HOT_LOOP void bn_count_four_vectors_of_row_avx2(int32_t size, ptrdiff_t width,
                                                           const bn_word *restrict x,
                                                           const bn_word *restrict w,
                                                           int32_t *restrict differ)
{
    const __m256i zero = _mm256_setzero_si256();
    bn_word sums[4 * BN_WORDS_AVX2] = {0};
    for (int32_t k = 0; k < size;) {
        const int32_t end = size - k < 31 ? size : k + 31;
        __m256i bytes[4] = {zero, zero, zero, zero};
        for (; k < end; k++) {
            const __m256i v = bn_broadcast_avx2(x[k]);
            const __m256i *row = (const __m256i *)(const void *)w;
            for (int32_t i = 0; i < 4; i++) {
                const __m256i bits = _mm256_xor_si256(v, _mm256_loadu_si256(row + i));
                bytes[i] = _mm256_add_epi8(bytes[i], bn_popcount_avx2(bits));
            }
            w += width;
        }
        for (int32_t i = 0; i < 4; i++) {
            bn_word some[BN_WORDS_AVX2];
            _mm256_storeu_si256((__m256i *)(void *)some, bn_add_bytes_avx2(bytes[i]));
            for (int32_t t = 0; t < BN_WORDS_AVX2; t++)
                sums[i * BN_WORDS_AVX2 + t] += some[t];
        }
    }
    for (int32_t t = 0; t < 4 * BN_WORDS_AVX2; t++)
        differ[t] = (int32_t)sums[t];
}

BN_AVX2 static void bn_count_bits_of_row_avx2(int32_t size, int32_t width,
                                              const bn_word *restrict x, const bn_word *restrict w,
                                              int32_t differ[BN_BIT_BLOCK])
{
    int32_t t = 0;
    for (; t + 4 * BN_WORDS_AVX2 <= width; t += 4 * BN_WORDS_AVX2)
        bn_count_four_vectors_of_row_avx2(size, width, x, w + t, differ + t);
    for (; t + BN_WORDS_AVX2 <= width; t += BN_WORDS_AVX2) {
        bn_word sums[BN_WORDS_AVX2];
        bn_count_vector_of_row_avx2(size, width, x, w + t, sums);
        for (int32_t i = 0; i < BN_WORDS_AVX2; i++)
            differ[t + i] = (int32_t)sums[i];
    }
    for (; t < width; t++) {
        int64_t sum = 0;
        for (int32_t k = 0; k < size; k++)
            sum += _mm_popcnt_u64(x[k] ^ w[(ptrdiff_t)k * width + t]);
        differ[t] = (int32_t)sum;
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
};

#endif
