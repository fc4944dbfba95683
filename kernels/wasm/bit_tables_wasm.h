/*
 * bit_tables_wasm.h: binary x binary sums by tables, a byte lane per output channel.
 *
 * Four bits of each of two windows choose one of 256 constant tables, and four bits of the weights
 * of 16 channels look up in it in how many bits they differ: from the first window in the low half
 * of a byte, from the second in the high one. Three of those fit a half. On x86 that is half the
 * instructions of i8x16.popcnt, on Arm one and a half times as many.
 */
#ifndef BN_BIT_TABLES_WASM_H
#define BN_BIT_TABLES_WASM_H

#include <string.h>
#include <wasm_simd128.h>

#include "../include/bit_loops.h"

/* Channels that are counted together. */
#define BN_TABLE_CHANNELS_WASM 32
/* Words of weights of so many channels, prepared, per word of a window. */
#define BN_TABLE_WORDS_WASM 64
/* Steps, of three half bytes each, whose counts fit in a byte. */
#define BN_TABLE_STEPS_WASM 21
/* Bytes of a window that tables are found for together. */
#define BN_TABLE_BYTES_WASM 120

#define BN_ONES_WASM(bits)                                                                         \
    (((bits) >> 0 & 1) + ((bits) >> 1 & 1) + ((bits) >> 2 & 1) + ((bits) >> 3 & 1))
#define BN_PAIR_WASM(a, b, i) (BN_ONES_WASM((a) ^ (i)) + 16 * BN_ONES_WASM((b) ^ (i)))
#define BN_TABLE_WASM(a, b)                                                                        \
    {                                                                                              \
        BN_PAIR_WASM(a, b, 0), BN_PAIR_WASM(a, b, 1), BN_PAIR_WASM(a, b, 2),                       \
            BN_PAIR_WASM(a, b, 3), BN_PAIR_WASM(a, b, 4), BN_PAIR_WASM(a, b, 5),                   \
            BN_PAIR_WASM(a, b, 6), BN_PAIR_WASM(a, b, 7), BN_PAIR_WASM(a, b, 8),                   \
            BN_PAIR_WASM(a, b, 9), BN_PAIR_WASM(a, b, 10), BN_PAIR_WASM(a, b, 11),                 \
            BN_PAIR_WASM(a, b, 12), BN_PAIR_WASM(a, b, 13), BN_PAIR_WASM(a, b, 14),                \
            BN_PAIR_WASM(a, b, 15)                                                                 \
    }
#define BN_TABLES_WASM(b)                                                                          \
    {                                                                                              \
        BN_TABLE_WASM(0, b), BN_TABLE_WASM(1, b), BN_TABLE_WASM(2, b), BN_TABLE_WASM(3, b),        \
            BN_TABLE_WASM(4, b), BN_TABLE_WASM(5, b), BN_TABLE_WASM(6, b), BN_TABLE_WASM(7, b),    \
            BN_TABLE_WASM(8, b), BN_TABLE_WASM(9, b), BN_TABLE_WASM(10, b), BN_TABLE_WASM(11, b),  \
            BN_TABLE_WASM(12, b), BN_TABLE_WASM(13, b), BN_TABLE_WASM(14, b), BN_TABLE_WASM(15, b) \
    }

/* For half bytes a and b of two windows, at [b][a]. */
static const uint8_t bn_tables_wasm[16][16][16] __attribute__((aligned(16))) = {
    BN_TABLES_WASM(0),  BN_TABLES_WASM(1),  BN_TABLES_WASM(2),  BN_TABLES_WASM(3),
    BN_TABLES_WASM(4),  BN_TABLES_WASM(5),  BN_TABLES_WASM(6),  BN_TABLES_WASM(7),
    BN_TABLES_WASM(8),  BN_TABLES_WASM(9),  BN_TABLES_WASM(10), BN_TABLES_WASM(11),
    BN_TABLES_WASM(12), BN_TABLES_WASM(13), BN_TABLES_WASM(14), BN_TABLES_WASM(15),
};

/* A vector per byte of the words of 16 channels: lane t of vector i is byte i of w[t]. */
static inline void bn_bytes_of_words_wasm(const bn_word *w, v128_t bytes[BN_WORD_BITS / 8])
{
    for (int32_t i = 0; i < BN_WORD_BITS / 8; i++)
        bytes[i] = wasm_v128_load(w + i * (128 / BN_WORD_BITS));
    for (int32_t turn = 0; turn < 4; turn++) {
        v128_t mixed[BN_WORD_BITS / 8];
        for (int32_t i = 0; i < BN_WORD_BITS / 16; i++) {
            const v128_t a = bytes[i], b = bytes[i + BN_WORD_BITS / 16];
            mixed[2 * i] =
                wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            mixed[2 * i + 1] = wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                                  29, 14, 30, 15, 31);
        }
        for (int32_t i = 0; i < BN_WORD_BITS / 8; i++)
            bytes[i] = mixed[i];
    }
}

/* The words [size][width] of BN_TABLE_CHANNELS_WASM channels as half bytes, a row of lanes each. */
static inline void bn_prepare_halves_wasm(int32_t size, int32_t width, const bn_word *restrict w,
                                          uint8_t *restrict to)
{
    const v128_t low = wasm_i8x16_splat(15);
    for (int32_t k = 0; k < size; k++, w += width) {
        for (int32_t t = 0; t < BN_TABLE_CHANNELS_WASM; t += 16) {
            v128_t bytes[BN_WORD_BITS / 8];
            bn_bytes_of_words_wasm(w + t, bytes);
            for (int32_t i = 0; i < BN_WORD_BITS / 8; i++) {
                uint8_t *row = to + 2 * i * BN_TABLE_CHANNELS_WASM + t;
                wasm_v128_store(row, wasm_v128_and(bytes[i], low));
                wasm_v128_store(row + BN_TABLE_CHANNELS_WASM,
                                wasm_v128_and(wasm_u16x8_shr(bytes[i], 4), low));
            }
        }
        to += BN_WORD_BITS / 4 * BN_TABLE_CHANNELS_WASM;
    }
}

/* The half bytes of eight bytes, in order. */
static inline v128_t bn_halves_wasm(v128_t bytes)
{
    const v128_t low = wasm_i8x16_splat(15);
    return wasm_i8x16_shuffle(wasm_v128_and(bytes, low),
                              wasm_v128_and(wasm_u16x8_shr(bytes, 4), low), 0, 16, 1, 17, 2, 18, 3,
                              19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/* Where the tables of half bytes are, in bytes. */
static inline void bn_find_tables_wasm(v128_t a, v128_t b, v128_t tables[2])
{
    const v128_t index = wasm_v128_or(a, wasm_i16x8_shl(b, 4));
    tables[0] = wasm_i16x8_shl(wasm_u16x8_extend_low_u8x16(index), 4);
    tables[1] = wasm_i16x8_shl(wasm_u16x8_extend_high_u8x16(index), 4);
}

/* Two windows. */
struct bn_window_pair_wasm {
    const uint8_t *bits[2];
};

/* Half bytes of window p, those of eight bytes from `at` on; or of four, that being the last. */
static inline v128_t bn_load_halves_wasm(const struct bn_window_pair_wasm *pair, int p, int32_t at,
                                         const int is_short)
{
    const uint8_t *bits = pair->bits[p] + at;
    return bn_halves_wasm(is_short ? wasm_v128_load32_zero(bits) : wasm_v128_load64_zero(bits));
}

/* Where the tables are for `count` bytes, a multiple of 4, from `from` on. */
static inline void bn_find_all_tables_wasm(const struct bn_window_pair_wasm *pair, int32_t from,
                                           int32_t count, uint16_t *tables)
{
    const int32_t end = from + count;
    v128_t found[2];
    for (; from + 8 <= end; from += 8, tables += 16) {
        bn_find_tables_wasm(bn_load_halves_wasm(pair, 0, from, 0),
                            bn_load_halves_wasm(pair, 1, from, 0), found);
        wasm_v128_store(tables, found[0]);
        wasm_v128_store(tables + 8, found[1]);
    }
    if (from < end) {
        bn_find_tables_wasm(bn_load_halves_wasm(pair, 0, from, 1),
                            bn_load_halves_wasm(pair, 1, from, 1), found);
        wasm_v128_store(tables, found[0]);
    }
}

/* Counts of 32 channels: of both windows, the second times 16; and of the second. */
struct bn_pair_counts_wasm {
    v128_t both[2], second[2];
};

/* Adds what has been looked up, of at most three half bytes. */
static inline void bn_add_looked_up_wasm(struct bn_pair_counts_wasm *counts, const v128_t found[2])
{
    const v128_t low = wasm_i8x16_splat(15);
    for (int32_t i = 0; i < 2; i++) {
        counts->both[i] = wasm_i8x16_add(counts->both[i], found[i]);
        counts->second[i] =
            wasm_i8x16_add(counts->second[i], wasm_v128_and(wasm_u16x8_shr(found[i], 4), low));
    }
}

static inline v128_t bn_table_at_wasm(uint16_t table)
{
    return wasm_v128_load(&bn_tables_wasm[0][0][0] + table);
}

static inline v128_t bn_look_up_wasm(v128_t table, const uint8_t *w)
{
    return wasm_i8x16_swizzle(table, wasm_v128_load(w));
}

/* sums[t] += lane t of counts. */
static inline void bn_widen_counts_wasm(uint16_t *sums, v128_t counts)
{
    const v128_t low = wasm_v128_load(sums), high = wasm_v128_load(sums + 8);
    wasm_v128_store(sums, wasm_i16x8_add(low, wasm_u16x8_extend_low_u8x16(counts)));
    wasm_v128_store(sums + 8, wasm_i16x8_add(high, wasm_u16x8_extend_high_u8x16(counts)));
}

/* sums[p][t] += the counts of window p. */
static inline void bn_split_counts_wasm(const struct bn_pair_counts_wasm *counts,
                                        uint16_t sums[2][BN_TABLE_CHANNELS_WASM])
{
    const v128_t high = wasm_u8x16_splat(0xf0);
    for (int32_t i = 0; i < 2; i++) {
        const v128_t shifted = wasm_v128_and(wasm_i16x8_shl(counts->second[i], 4), high);
        bn_widen_counts_wasm(sums[0] + 16 * i, wasm_i8x16_sub(counts->both[i], shifted));
        bn_widen_counts_wasm(sums[1] + 16 * i, counts->second[i]);
    }
}

/* sums[p][t] += in how many of `halves` half bytes' bits window p differs from channel t. */
BN_HOT_LOOP void bn_count_by_tables_wasm(int32_t halves, const uint16_t *restrict tables,
                                         const uint8_t *restrict w,
                                         uint16_t sums[2][BN_TABLE_CHANNELS_WASM])
{
    const struct bn_pair_counts_wasm none = {{wasm_i8x16_splat(0), wasm_i8x16_splat(0)},
                                             {wasm_i8x16_splat(0), wasm_i8x16_splat(0)}};
    struct bn_pair_counts_wasm counts = none;
    if (halves % 3 != 0) {
        for (; halves % 3 != 0; halves--, tables++, w += BN_TABLE_CHANNELS_WASM) {
            const v128_t table = bn_table_at_wasm(tables[0]);
            const v128_t found[2] = {bn_look_up_wasm(table, w), bn_look_up_wasm(table, w + 16)};
            bn_add_looked_up_wasm(&counts, found);
        }
        bn_split_counts_wasm(&counts, sums);
    }
    for (int32_t left = halves / 3; left > 0; left -= BN_TABLE_STEPS_WASM) {
        const int32_t steps = left < BN_TABLE_STEPS_WASM ? left : BN_TABLE_STEPS_WASM;
        counts = none;
        for (int32_t i = 0; i < steps; i++, tables += 3, w += 3 * BN_TABLE_CHANNELS_WASM) {
            const v128_t first = bn_table_at_wasm(tables[0]), second = bn_table_at_wasm(tables[1]);
            const v128_t third = bn_table_at_wasm(tables[2]);
            v128_t found[2];
            for (int32_t j = 0; j < 2; j++) {
                const uint8_t *lanes = w + 16 * j;
                found[j] = wasm_i8x16_add(
                    wasm_i8x16_add(bn_look_up_wasm(first, lanes),
                                   bn_look_up_wasm(second, lanes + BN_TABLE_CHANNELS_WASM)),
                    bn_look_up_wasm(third, lanes + 2 * BN_TABLE_CHANNELS_WASM));
            }
            bn_add_looked_up_wasm(&counts, found);
        }
        bn_split_counts_wasm(&counts, sums);
    }
}

/* How many of the channels are counted by tables: windows must be shorter than 65,536 bits. */
static inline int32_t bn_table_width_wasm(int32_t size, int32_t width)
{
    return size < 65536 / BN_WORD_BITS ? width / BN_TABLE_CHANNELS_WASM * BN_TABLE_CHANNELS_WASM
                                       : 0;
}

/* How two windows differ from the channels of a block: [t / 32][p][t % 32]. */
struct bn_pair_sums_wasm {
    uint16_t of[BN_BIT_BLOCK / BN_TABLE_CHANNELS_WASM][2][BN_TABLE_CHANNELS_WASM];
};

/* For t < width, whole BN_TABLE_CHANNELS_WASM. */
static inline void bn_sum_pair_wasm(int32_t size, int32_t width,
                                    const struct bn_window_pair_wasm *pair, const uint8_t *w,
                                    struct bn_pair_sums_wasm *sums)
{
    const int32_t bytes = size * (BN_WORD_BITS / 8);
    memset(sums, 0, sizeof *sums);
    for (int32_t i = 0; i < bytes; i += BN_TABLE_BYTES_WASM) {
        const int32_t count = bytes - i < BN_TABLE_BYTES_WASM ? bytes - i : BN_TABLE_BYTES_WASM;
        uint16_t tables[2 * BN_TABLE_BYTES_WASM];
        bn_find_all_tables_wasm(pair, i, count, tables);
        for (int32_t t = 0; t < width; t += BN_TABLE_CHANNELS_WASM)
            bn_count_by_tables_wasm(
                2 * count, tables,
                w + 2 * ((ptrdiff_t)t * bytes + (ptrdiff_t)BN_TABLE_CHANNELS_WASM * i),
                sums->of[t / BN_TABLE_CHANNELS_WASM]);
    }
}

/* Windows p and p + 1 of a tile, or p twice. */
static inline struct bn_window_pair_wasm bn_window_pair_wasm(int32_t size, int32_t pixels,
                                                             int32_t p, const bn_word *x)
{
    struct bn_window_pair_wasm pair;
    for (int32_t i = 0; i < 2; i++)
        pair.bits[i] = (const uint8_t *)(x + (ptrdiff_t)(p + i < pixels ? p + i : p) * size);
    return pair;
}

/* differ[p][t] for the windows of a tile and t < width. */
static inline void bn_count_pairs_wasm(int32_t size, int32_t width, int32_t pixels,
                                       const bn_word *x, const uint8_t *w,
                                       int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    for (int32_t p = 0; p < pixels; p += 2) {
        const struct bn_window_pair_wasm pair = bn_window_pair_wasm(size, pixels, p, x);
        struct bn_pair_sums_wasm sums;
        bn_sum_pair_wasm(size, width, &pair, w, &sums);
        for (int32_t i = 0; i < 2; i++) {
            for (int32_t t = 0; t < width; t += 8) {
                const v128_t counts = wasm_v128_load(
                    &sums.of[t / BN_TABLE_CHANNELS_WASM][i][t % BN_TABLE_CHANNELS_WASM]);
                wasm_v128_store(differ[p + i] + t, wasm_u32x4_extend_low_u16x8(counts));
                wasm_v128_store(differ[p + i] + t + 4, wasm_u32x4_extend_high_u16x8(counts));
            }
        }
    }
}

/* bits[p] for the windows of a tile, bit t of it for t < width: if they differ in least[p][t]. */
static inline void bn_sign_pairs_wasm(int32_t size, int32_t width, int32_t pixels, const bn_word *x,
                                      const uint8_t *w, const uint16_t *const least[BN_PIXEL_TILE],
                                      uint64_t bits[BN_PIXEL_TILE])
{
    for (int32_t p = 0; p < pixels; p += 2) {
        const struct bn_window_pair_wasm pair = bn_window_pair_wasm(size, pixels, p, x);
        struct bn_pair_sums_wasm sums;
        bn_sum_pair_wasm(size, width, &pair, w, &sums);
        for (int32_t i = 0; i < 2; i++) {
            bits[p + i] = 0;
            for (int32_t t = 0; t < width; t += 16) {
                const uint16_t *counts =
                    &sums.of[t / BN_TABLE_CHANNELS_WASM][i][t % BN_TABLE_CHANNELS_WASM];
                const uint16_t *limits = least[p + i] + t;
                const v128_t low = wasm_u16x8_ge(wasm_v128_load(counts), wasm_v128_load(limits));
                const v128_t high =
                    wasm_u16x8_ge(wasm_v128_load(counts + 8), wasm_v128_load(limits + 8));
                const v128_t is_set = wasm_i8x16_narrow_i16x8(low, high);
                bits[p + i] |= (uint64_t)wasm_i8x16_bitmask(is_set) << t;
            }
        }
    }
}

#endif
