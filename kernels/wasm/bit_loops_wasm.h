/*
 * bit_loops_wasm.h: the loops of binary x binary layers: of many windows by tables, see
 * bit_tables_wasm.h; what is left over in vectors of words, a word's lanes per output channel.
 */
#ifndef BN_BIT_LOOPS_WASM_H
#define BN_BIT_LOOPS_WASM_H

#include <string.h>
#include <wasm_simd128.h>

#include "../include/bit_loops.h"
#include "../include/bit_words.h"
#include "bit_tables_wasm.h"

/* Vectors that hold a word of each channel of a tile. */
#define BN_TILE_VECTORS_WASM (BN_BIT_TILE * BN_WORD_BITS / 128)
/* Words whose bits in one byte position a byte can count. */
#define BN_MOST_WORDS_WASM 31

static inline v128_t bn_splat_word_wasm(const bn_word *word)
{
#if BN_WORD_BITS == 64
    return wasm_v128_load64_splat(word);
#else
    return wasm_v128_load32_splat(word);
#endif
}

/* Counts of bytes, of the channels of a tile, added up per channel. */
static inline v128_t bn_sums_of_bytes_wasm(const v128_t bytes[BN_TILE_VECTORS_WASM])
{
    v128_t sums[BN_TILE_VECTORS_WASM];
    for (int32_t i = 0; i < BN_TILE_VECTORS_WASM; i++)
        sums[i] = wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(bytes[i]));
#if BN_WORD_BITS == 64
    return wasm_i32x4_add(wasm_i32x4_shuffle(sums[0], sums[1], 0, 2, 4, 6),
                          wasm_i32x4_shuffle(sums[0], sums[1], 1, 3, 5, 7));
#else
    return sums[0];
#endif
}

/*
 * differ[p * BN_BIT_BLOCK + t] = popcount(x[p * size + k] xor w[k * width + t]), summed over k <
 * size, for `pixels` (at most BN_PIXEL_TILE, a constant) and a tile of channels.
 */
static inline void bn_count_bit_tile_wasm(int32_t size, int32_t width, int32_t pixels,
                                          const bn_word *restrict x, const bn_word *restrict w,
                                          int32_t *restrict differ)
{
    v128_t sums[BN_PIXEL_TILE];
    for (int32_t p = 0; p < pixels; p++)
        sums[p] = wasm_i32x4_splat(0);
    for (int32_t k = 0; k < size;) {
        const int32_t end = k + BN_MOST_WORDS_WASM < size ? k + BN_MOST_WORDS_WASM : size;
        v128_t bytes[BN_PIXEL_TILE][BN_TILE_VECTORS_WASM];
        for (int32_t p = 0; p < pixels; p++)
            for (int32_t i = 0; i < BN_TILE_VECTORS_WASM; i++)
                bytes[p][i] = wasm_i8x16_splat(0);
        for (; k < end; k++, w += width) {
            for (int32_t p = 0; p < pixels; p++) {
                const v128_t word = bn_splat_word_wasm(x + (ptrdiff_t)p * size + k);
                for (int32_t i = 0; i < BN_TILE_VECTORS_WASM; i++) {
                    const v128_t bits =
                        wasm_v128_xor(word, wasm_v128_load(w + i * (128 / BN_WORD_BITS)));
                    bytes[p][i] = wasm_i8x16_add(bytes[p][i], wasm_i8x16_popcnt(bits));
                }
            }
        }
        for (int32_t p = 0; p < pixels; p++)
            sums[p] = wasm_i32x4_add(sums[p], bn_sums_of_bytes_wasm(bytes[p]));
    }
    for (int32_t p = 0; p < pixels; p++)
        wasm_v128_store(differ + p * BN_BIT_BLOCK, sums[p]);
}

BN_HOT_LOOP void bn_count_bits_of_4_wasm(int32_t size, int32_t width, const bn_word *restrict x,
                                         const bn_word *restrict w, int32_t *restrict differ)
{
    bn_count_bit_tile_wasm(size, width, BN_PIXEL_TILE, x, w, differ);
}

BN_HOT_LOOP void bn_count_bits_of_1_wasm(int32_t size, int32_t width, const bn_word *restrict x,
                                         const bn_word *restrict w, int32_t *restrict differ)
{
    bn_count_bit_tile_wasm(size, width, 1, x, w, differ);
}

static void bn_count_bit_row_wasm(int32_t size, int32_t width, const bn_word *restrict x,
                                  const bn_word *restrict w, int32_t differ[BN_BIT_BLOCK])
{
    for (int32_t t = 0; t < width; t += BN_BIT_TILE)
        bn_count_bits_of_1_wasm(size, width, x, w + t, differ + t);
}

/* Channels that are counted by tables, as half bytes; then the others [size][width - those]. */
static void bn_prepare_bits_wasm(int32_t size, int32_t width, const bn_word *restrict w,
                                 bn_word *restrict prepared)
{
    const int32_t by_tables = bn_table_width_wasm(size, width);
    for (int32_t t = 0; t < by_tables; t += BN_TABLE_CHANNELS_WASM) {
        bn_prepare_halves_wasm(size, width, w + t, (uint8_t *)prepared);
        prepared += (ptrdiff_t)BN_TABLE_WORDS_WASM * size;
    }
    for (int32_t k = 0; k < size; k++)
        for (int32_t t = by_tables; t < width; t++)
            *prepared++ = w[(ptrdiff_t)k * width + t];
}

/* The weights, as they are prepared, that tables have nothing to do with. */
static inline const bn_word *bn_other_weights_wasm(int32_t size, int32_t by_tables,
                                                   const bn_word *w)
{
    return w + (ptrdiff_t)(BN_TABLE_WORDS_WASM / BN_TABLE_CHANNELS_WASM) * by_tables * size;
}

/* differ[p][t] of all channels from `first` on. */
static inline void bn_count_others_wasm(int32_t size, int32_t width, int32_t first, int32_t pixels,
                                        const bn_word *restrict x, const bn_word *restrict w,
                                        int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const bn_word *w_others = bn_other_weights_wasm(size, first, w);
    if (size == 1 && first == 0 && pixels == BN_PIXEL_TILE)
        bn_count_bit_words(width, x, w, differ);
    else if (pixels == BN_PIXEL_TILE)
        for (int32_t t = 0; t < width - first; t += BN_BIT_TILE)
            bn_count_bits_of_4_wasm(size, width - first, x, w_others + t, differ[0] + first + t);
    else
        for (int32_t p = 0; p < pixels; p++)
            bn_count_bit_row_wasm(size, width - first, x + (ptrdiff_t)p * size, w_others,
                                  differ[p] + first);
}

static void bn_count_bits_wasm(int32_t size, int32_t width, int32_t pixels,
                               const bn_word *restrict x, const bn_word *restrict w,
                               int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    const int32_t by_tables = bn_table_width_wasm(size, width);
    if (by_tables > 0)
        bn_count_pairs_wasm(size, by_tables, pixels, x, (const uint8_t *)w, differ);
    bn_count_others_wasm(size, width, by_tables, pixels, x, w, differ);
}

static void bn_sign_bits_wasm(int32_t size, int32_t width, int32_t pixels,
                              const bn_word *restrict x, const bn_word *restrict w,
                              const uint16_t *const least[BN_PIXEL_TILE],
                              uint64_t bits[BN_PIXEL_TILE])
{
    const int32_t by_tables = bn_table_width_wasm(size, width);
    int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK];
    if (by_tables > 0)
        bn_sign_pairs_wasm(size, by_tables, pixels, x, (const uint8_t *)w, least, bits);
    else
        memset(bits, 0, BN_PIXEL_TILE * sizeof *bits);
    if (by_tables == width)
        return;
    bn_count_others_wasm(size, width, by_tables, pixels, x, w, differ);
    for (int32_t p = 0; p < pixels; p++) {
        for (int32_t t = by_tables; t < width; t += 4) {
            const v128_t limits = wasm_u32x4_load16x4(least[p] + t);
            const v128_t is_set = wasm_i32x4_ge(wasm_v128_load(differ[p] + t), limits);
            bits[p] |= (uint64_t)wasm_i32x4_bitmask(is_set) << t;
        }
    }
}

static uint64_t bn_less_wasm(int32_t total, int32_t width, const int32_t differ[BN_BIT_BLOCK],
                             const int32_t threshold[BN_BIT_BLOCK])
{
    const v128_t totals = wasm_i32x4_splat(total);
    uint64_t bits = 0;
    for (int32_t t = 0; t < width; t += 4) {
        const v128_t counts = wasm_v128_load(differ + t);
        const v128_t sums = wasm_i32x4_sub(totals, wasm_i32x4_add(counts, counts));
        const v128_t less = wasm_i32x4_lt(sums, wasm_v128_load(threshold + t));
        bits |= (uint64_t)wasm_i32x4_bitmask(less) << t;
    }
    return bits;
}

static const struct bn_bit_loops bn_bit_loops_wasm = {
    .prepare = bn_prepare_bits_wasm,
    .count = bn_count_bits_wasm,
    .count_row = bn_count_bit_row_wasm,
    .less = bn_less_wasm,
    .sign = bn_sign_bits_wasm,
};

#endif
