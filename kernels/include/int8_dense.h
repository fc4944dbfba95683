/* int8_dense.h: dense layers of bytes, around the loops of an instruction set. */
#ifndef BN_INT8_DENSE_H
#define BN_INT8_DENSE_H

#include "int8_epilogue.h"
#include "int8_scratch.h"

/* Output channels that one part computes: words of bits are never split. */
#define BN_INT8_UNIT 64

/* `rows` rows of x from `first` on, whole quads and prepared: where they lie, or a copy. */
static inline const void *bn_place_int8_rows(const struct bn_dense_shape *shape,
                                             const struct bn_int8_loops *loops, const uint8_t *x,
                                             int32_t first, int32_t rows,
                                             const struct bn_int8_scratch *scratch)
{
    const int32_t depth = shape->in_channels, padded = (depth + 3) / 4 * 4;
    const int prepares = bn_int8_prepares(loops, shape->unsigned_input);
    uint8_t *to = scratch->prepared;
    x += (ptrdiff_t)first * depth;
    if (depth == padded && !prepares)
        return x;
    for (int32_t i = 0; i < rows; i++) {
        uint8_t *row = prepares ? scratch->plain : to;
        memcpy(row, x + (ptrdiff_t)i * depth, (size_t)depth);
        memset(row + depth, bn_int8_filler(loops, shape->unsigned_input), (size_t)(padded - depth));
        if (prepares)
            loops->prepare(padded, shape->unsigned_input, row, to);
        to += (ptrdiff_t)padded * (prepares ? loops->x_bytes : 1);
    }
    return scratch->prepared;
}

/*
 * The dense layer of x by w, see the scalar kernels; parts are shares of the output channels.
 * Scratch is that of int8_scratch.h.
 */
static inline void bn_int8_dense(const struct bn_dense_shape *shape, const void *x,
                                 const struct bn_int8_weights *w,
                                 const struct bn_int8_epilogue *epilogue, void *memory,
                                 struct bn_part part)
{
    const int32_t quads = (shape->in_channels + 3) / 4, out_channels = shape->out_channels;
    const int32_t units = (out_channels + BN_INT8_UNIT - 1) / BN_INT8_UNIT;
    const int32_t begin = bn_part_begin(part, units) * BN_INT8_UNIT;
    const int32_t part_end = bn_part_end(part, units) * BN_INT8_UNIT;
    const int32_t end = part_end < out_channels ? part_end : out_channels;
    const int32_t shift = bn_int8_shift(w->loops, shape->unsigned_input);
    const struct bn_int8_scratch scratch = bn_int8_scratch_at(memory, shape->strip, quads, w);
    if (begin == end)
        return;
    for (int32_t first = 0; first < shape->rows; first += shape->strip) {
        const int32_t left = shape->rows - first;
        const int32_t rows = left < shape->strip ? left : shape->strip;
        const void *x_rows = bn_place_int8_rows(shape, w->loops, x, first, rows, &scratch);
        for (int32_t o = begin; o < end; o += BN_INT8_BLOCK) {
            const int32_t count = end - o < BN_INT8_BLOCK ? end - o : BN_INT8_BLOCK;
            const int32_t tiles = (count + BN_INT8_TILE - 1) / BN_INT8_TILE;
            const uint8_t *w_block = w->data + (ptrdiff_t)(o / BN_INT8_TILE) * quads * w->quad;
            w->loops->multiply(quads, rows, tiles, x_rows, w_block, scratch.room, scratch.sums);
            bn_finish_int8_block(epilogue, first, rows, o, count, tiles * BN_INT8_TILE, shift,
                                 scratch.sums);
        }
    }
}

#endif
