/* portable_bit_loops.h: the loops of binary x binary layers in plain C. */
#ifndef BN_PORTABLE_BIT_LOOPS_H
#define BN_PORTABLE_BIT_LOOPS_H

#include "bit_loops.h"
#include "bit_row_pair.h"
#include "bit_words.h"

static inline void bn_count_bit_block(int32_t size, int32_t width, int32_t pixels,
                                      const bn_word *restrict x, const bn_word *restrict w,
                                      int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK])
{
    if (size == 1 && pixels == BN_PIXEL_TILE) {
        bn_count_bit_words(width, x, w, differ);
        return;
    }
    for (int32_t t = 0; t < width; t += BN_BIT_TILE) {
        const bn_word *row = x;
        int32_t p = 0;
        for (; p + 1 < pixels; p += 2, row += (ptrdiff_t)2 * size)
            bn_count_bits_of_pair(size, width, row, w + t, differ[p] + t, differ[p + 1] + t);
        if (p < pixels)
            bn_count_bits(size, width, row, w + t, differ[p] + t);
    }
}

static inline void bn_count_bit_block_of_row(int32_t size, int32_t width, const bn_word *restrict x,
                                             const bn_word *restrict w,
                                             int32_t differ[BN_BIT_BLOCK])
{
    for (int32_t t = 0; t < width; t += BN_BIT_TILE)
        bn_count_bits(size, width, x, w + t, differ + t);
}

BN_HOT_LOOP uint64_t bn_less_block(int32_t total, int32_t width, const int32_t differ[BN_BIT_BLOCK],
                                   const int32_t threshold[BN_BIT_BLOCK])
{
    uint64_t bits = 0;
    for (int32_t t = 0; t < width; t++)
        bits |= (uint64_t)(total - 2 * differ[t] < threshold[t]) << t;
    return bits;
}

static const struct bn_bit_loops bn_portable_bit_loops = {
    .count = bn_count_bit_block,
    .count_row = bn_count_bit_block_of_row,
    .less = bn_less_block,
};

#endif
