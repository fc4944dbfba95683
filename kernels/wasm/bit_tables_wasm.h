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
#define BN_PAIR_WASM(pair, i) (BN_ONES_WASM((pair) ^ (i)) + 16 * BN_ONES_WASM((pair) >> 4 ^ (i)))
#define BN_TABLE_WASM(pair)                                                                        \
    {                                                                                              \
        BN_PAIR_WASM(pair, 0), BN_PAIR_WASM(pair, 1), BN_PAIR_WASM(pair, 2),                       \
            BN_PAIR_WASM(pair, 3), BN_PAIR_WASM(pair, 4), BN_PAIR_WASM(pair, 5),                   \
            BN_PAIR_WASM(pair, 6), BN_PAIR_WASM(pair, 7), BN_PAIR_WASM(pair, 8),                   \
            BN_PAIR_WASM(pair, 9), BN_PAIR_WASM(pair, 10), BN_PAIR_WASM(pair, 11),                 \
            BN_PAIR_WASM(pair, 12), BN_PAIR_WASM(pair, 13), BN_PAIR_WASM(pair, 14),                \
            BN_PAIR_WASM(pair, 15)                                                                 \
    }
#define BN_TABLES_4_WASM(pair)                                                                     \
    BN_TABLE_WASM(pair), BN_TABLE_WASM((pair) + 1), BN_TABLE_WASM((pair) + 2),                     \
        BN_TABLE_WASM((pair) + 3)
#define BN_TABLES_16_WASM(pair)                                                                    \
    BN_TABLES_4_WASM(pair), BN_TABLES_4_WASM((pair) + 4), BN_TABLES_4_WASM((pair) + 8),            \
        BN_TABLES_4_WASM((pair) + 12)
#define BN_TABLES_64_WASM(pair)                                                                    \
    BN_TABLES_16_WASM(pair), BN_TABLES_16_WASM((pair) + 16), BN_TABLES_16_WASM((pair) + 32),       \
        BN_TABLES_16_WASM((pair) + 48)

/* For half bytes a and b of two windows, at [a + 16 * b]. */
static const uint8_t bn_tables_wasm[256][16] __attribute__((aligned(16))) = {
    BN_TABLES_64_WASM(0),
    BN_TABLES_64_WASM(64),
    BN_TABLES_64_WASM(128),
    BN_TABLES_64_WASM(192),
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

/* Where the tables are, in bytes, for eight bytes of two windows. */
static inline void bn_find_8_tables_wasm(v128_t x, v128_t y, v128_t tables[2])
{
    const v128_t low = wasm_i8x16_splat(15);
    const v128_t even = wasm_v128_bitselect(x, wasm_i16x8_shl(y, 4), low);
    const v128_t odd = wasm_v128_bitselect(wasm_u16x8_shr(x, 4), y, low);
    const v128_t pairs =
        wasm_i8x16_shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    tables[0] = wasm_i16x8_shl(wasm_u16x8_extend_low_u8x16(pairs), 4);
    tables[1] = wasm_i16x8_shl(wasm_u16x8_extend_high_u8x16(pairs), 4);
}

/* The same for `count` bytes, a multiple of 4. */
static inline void bn_find_tables_wasm(int32_t count, const uint8_t *restrict a,
                                       const uint8_t *restrict b, uint16_t *restrict tables)
{
    v128_t found[2];
    int32_t i = 0;
    for (; i + 8 <= count; i += 8, tables += 16) {
        bn_find_8_tables_wasm(wasm_v128_load64_zero(a + i), wasm_v128_load64_zero(b + i), found);
        wasm_v128_store(tables, found[0]);
        wasm_v128_store(tables + 8, found[1]);
    }
    if (i < count) {
        bn_find_8_tables_wasm(wasm_v128_load32_zero(a + i), wasm_v128_load32_zero(b + i), found);
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
    return wasm_v128_load(&bn_tables_wasm[0][0] + table);
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
    for (; halves % 3 != 0; halves--, tables++, w += BN_TABLE_CHANNELS_WASM) {
        const v128_t table = bn_table_at_wasm(tables[0]);
        const v128_t found[2] = {bn_look_up_wasm(table, w), bn_look_up_wasm(table, w + 16)};
        bn_add_looked_up_wasm(&counts, found);
    }
    bn_split_counts_wasm(&counts, sums);
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

/* differ[p][t] for two windows and t < width, whole BN_TABLE_CHANNELS_WASM. */
static inline void bn_count_pair_wasm(int32_t size, int32_t width, const bn_word *a,
                                      const bn_word *b, const uint8_t *w,
                                      int32_t differ[2][BN_BIT_BLOCK])
{
    const int32_t bytes = size * (BN_WORD_BITS / 8);
    const uint8_t *bytes_a = (const uint8_t *)a, *bytes_b = (const uint8_t *)b;
    uint16_t sums[BN_BIT_BLOCK / BN_TABLE_CHANNELS_WASM][2][BN_TABLE_CHANNELS_WASM] = {{{0}}};
    for (int32_t i = 0; i < bytes; i += BN_TABLE_BYTES_WASM) {
        const int32_t count = bytes - i < BN_TABLE_BYTES_WASM ? bytes - i : BN_TABLE_BYTES_WASM;
        uint16_t tables[2 * BN_TABLE_BYTES_WASM];
        bn_find_tables_wasm(count, bytes_a + i, bytes_b + i, tables);
        for (int32_t t = 0; t < width; t += BN_TABLE_CHANNELS_WASM)
            bn_count_by_tables_wasm(
                2 * count, tables,
                w + 2 * ((ptrdiff_t)t * bytes + (ptrdiff_t)BN_TABLE_CHANNELS_WASM * i),
                sums[t / BN_TABLE_CHANNELS_WASM]);
    }
    for (int32_t t = 0; t < width; t++)
        for (int32_t p = 0; p < 2; p++)
            differ[p][t] = sums[t / BN_TABLE_CHANNELS_WASM][p][t % BN_TABLE_CHANNELS_WASM];
}

#endif
