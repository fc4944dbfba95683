/*
 * bit_edges.h: windows that reach over the edge of the image where pad_value is 0, which leaves
 * their taps outside out of the sum.
 *
 * The bits of a window are 0 there, so it differs from a channel in all ones that the channel's
 * weights have there. These are counted once for all windows of a strip that leave out the same.
 */
#ifndef BN_BIT_EDGES_H
#define BN_BIT_EDGES_H

#include "bit_blocks.h"
#include "bit_loops.h"
#include "inside_taps.h"
#include "low_bits.h"
#include "popcount.h"
#include "portable_bit_loops.h"

/* The rows first .. end - 1 of the kernel. */
struct bn_kernel_rows {
    int32_t first, end;
};

/* What windows with the same taps inside leave out of their sums with a block of channels. */
struct bn_bit_edge {
    int32_t block; /* counted up from 1 for each block that is met; 0: none yet */
    struct bn_kernel_rows rows;
    struct bn_inside_taps inside;
    int32_t ones[BN_BIT_BLOCK];
    uint16_t least[BN_BIT_BLOCK]; /* as in bn_bit_limits, for these windows */
};

#define BN_BIT_EDGE_WORDS                                                                          \
    ((ptrdiff_t)((sizeof(struct bn_bit_edge) + sizeof(bn_word) - 1) / sizeof(bn_word)))

/* How many taps may be cut off at either end of a window before an edge's memory is another's. */
static inline int32_t bn_edge_depth(int32_t taps)
{
    return taps < 5 ? 1 : 2;
}

/* Edges that are remembered. */
static inline int32_t bn_bit_edges(const struct bn_conv2d_shape *shape)
{
    return (1 + 2 * bn_edge_depth(shape->kernel_height)) *
           (1 + 2 * bn_edge_depth(shape->kernel_width));
}

/* Which of 1 + 2 * bn_edge_depth(taps) kinds of rows or columns first .. end - 1 of `taps` are. */
static inline int32_t bn_edge_kind(int32_t first, int32_t end, int32_t taps)
{
    const int32_t depth = bn_edge_depth(taps);
    if (first > 0)
        return 1 + (first - 1) % depth;
    return end < taps ? 1 + depth + (taps - end - 1) % depth : 0;
}

/* ones[t] += the ones of bits from .. end - 1 of channel t; those of x, of a window, are all 0. */
static inline void bn_add_ones(const struct bn_bit_loops *loops, int32_t from, int32_t end,
                               int32_t width, const bn_word *x, const bn_word *w, int32_t *ones)
{
    while (from < end) {
        const int32_t k = from / BN_WORD_BITS, first = from % BN_WORD_BITS;
        const bn_word *row = w + (ptrdiff_t)k * width;
        int32_t count = end - from;
        if (first == 0 && count >= BN_WORD_BITS) {
            int32_t counts[BN_BIT_BLOCK];
            if (width <= loops->narrow)
                bn_count_bit_block_of_row(count / BN_WORD_BITS, width, x + k, row, counts);
            else
                loops->count_row(count / BN_WORD_BITS, width, x + k, row, counts);
            for (int32_t t = 0; t < width; t++)
                ones[t] += counts[t];
            count -= count % BN_WORD_BITS;
        } else {
            count = count < BN_WORD_BITS - first ? count : BN_WORD_BITS - first;
            const bn_word bits = bn_low_bits(count) << first;
            for (int32_t t = 0; t < width; t++)
                ones[t] += bn_popcount(row[t] & bits);
        }
        from += count;
    }
}

/* ones[t] = the ones of channel t, for t < width, in what a window leaves out; x is the window. */
static inline void bn_count_left_out(const struct bn_conv2d_shape *shape,
                                     const struct bn_bit_loops *loops,
                                     const struct bn_inside_taps *inside,
                                     struct bn_kernel_rows rows, int32_t width, const bn_word *x,
                                     const bn_word *w, int32_t *ones)
{
    const int32_t channels = shape->in_channels / shape->groups, row = shape->kernel_width;
    int32_t from = rows.first * row * channels;
    for (int32_t t = 0; t < width; t++)
        ones[t] = 0;
    for (int32_t ky = inside->top; ky < inside->bottom; ky++) {
        bn_add_ones(loops, from, (ky * row + inside->left) * channels, width, x, w, ones);
        from = (ky * row + inside->right) * channels;
    }
    bn_add_ones(loops, from, rows.end * row * channels, width, x, w, ones);
}

#endif
