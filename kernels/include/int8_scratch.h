/* int8_scratch.h: the scratch memory of layers of bytes. */
#ifndef BN_INT8_SCRATCH_H
#define BN_INT8_SCRATCH_H

#include "int8_loops.h"

/*
 * Of a strip of rows (pixels, or rows of a dense layer). In this order, in bytes:
 *   sums       int32_t [strip][BN_INT8_BLOCK]
 *   prepared   [strip][4 * quads], each of two bytes at most
 *   plain      uint8_t [4 * quads], a row before it is prepared
 *   outside    uint8_t [4 * quads], taps outside the image
 *   room       int8_t [4 * quads][BN_INT8_TILE]; only for bits, and strips of more than one row
 * Where activations are prepared as single bytes and a strip has 16 rows or more, the half of
 * `prepared` that is left is the room.
 */
struct bn_int8_scratch {
    int32_t *sums;
    uint8_t *prepared, *plain, *outside;
    int8_t *room;
};

static inline struct bn_int8_scratch bn_int8_scratch_at(void *memory, int32_t strip, int32_t quads,
                                                        const struct bn_int8_weights *w)
{
    const ptrdiff_t row = (ptrdiff_t)4 * quads;
    uint8_t *prepared = (uint8_t *)memory + (ptrdiff_t)strip * BN_INT8_BLOCK * 4;
    uint8_t *plain = prepared + (ptrdiff_t)strip * row * 2;
    const int has_room = w->quad == BN_INT8_QUAD_BITS && strip > 1;
    const int is_half_left = w->loops->x_bytes == 1 && strip >= 2 * BN_INT8_TILE;
    uint8_t *room = is_half_left ? prepared + (ptrdiff_t)strip * row : plain + 2 * row;
    const struct bn_int8_scratch scratch = {
        .sums = (int32_t *)memory,
        .prepared = prepared,
        .plain = plain,
        .outside = plain + row,
        .room = has_room ? (int8_t *)room : NULL,
    };
    return scratch;
}

#endif
