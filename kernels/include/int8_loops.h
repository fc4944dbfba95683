/*
 * int8_loops.h: what layers of bytes leave to an instruction set: the loops that their time goes
 * into. Everything around them is the same for all.
 *
 * A quad is four neighbours along K. Weights of a tile of BN_INT8_TILE output channels are stored
 * quad by quad: as int8_t [quads][8][4], or as bits, uint32_t [quads] little-endian, bit 4 * c + k
 * being k of channel c (1 is -1). Past the end of K they are 0.
 */
#ifndef BN_INT8_LOOPS_H
#define BN_INT8_LOOPS_H

#include "base.h"

/* Output channels that weights of bytes hold side by side. */
#define BN_INT8_TILE 8
/* Output channels whose sums wait for an epilogue together. */
#define BN_INT8_BLOCK 32
/* Bytes of a tile's quad of weights, as bytes and as bits. */
#define BN_INT8_QUAD      32
#define BN_INT8_QUAD_BITS 4

struct bn_int8_loops {
    /*
     * How activations are prepared: what is added to signed and to unsigned bytes, and the bytes
     * that each then takes, 1 or 2. Sums are corrected for what is added.
     */
    int32_t shift_signed, shift_unsigned, x_bytes;
    /* Prepares `count` activations. NULL: they are read as they are. */
    void (*prepare)(int32_t count, int32_t is_unsigned, const uint8_t *restrict x,
                    void *restrict to);
    /*
     * sum[p][t] = the sum over k < 4 * quads of x[p][k] * w[k][t], for p < pixels, t < tiles *
     * BN_INT8_TILE. x is [pixels][4 * quads], prepared; w are `tiles` tiles (at most a block) as
     * they are stored. `room` is int8_t [4 * quads][BN_INT8_TILE] for whatever it is good for,
     * or [pixels / BN_INT8_TILE] times that if x_bytes is 1 and there are 16 pixels or more; NULL
     * for weights of bytes, or where there is but one pixel.
     */
    void (*multiply)(int32_t quads, int32_t pixels, int32_t tiles, const void *restrict x,
                     const void *restrict w, int8_t *restrict room, int32_t *restrict sum);
};

/* The weights of a layer, bytes or bits, and the loops for such. */
struct bn_int8_weights {
    const struct bn_int8_loops *loops;
    const uint8_t *data;
    int32_t quad; /* BN_INT8_QUAD or BN_INT8_QUAD_BITS */
};

static inline int32_t bn_int8_shift(const struct bn_int8_loops *loops, int32_t is_unsigned)
{
    return is_unsigned ? loops->shift_unsigned : loops->shift_signed;
}

/* Whether activations have to be prepared. */
static inline int bn_int8_prepares(const struct bn_int8_loops *loops, int32_t is_unsigned)
{
    return loops->prepare && (loops->x_bytes != 1 || bn_int8_shift(loops, is_unsigned) != 0);
}

/* The byte past the end of K that is prepared to 0: no weight, nor bit, matters to it. */
static inline uint8_t bn_int8_filler(const struct bn_int8_loops *loops, int32_t is_unsigned)
{
    return (uint8_t)-bn_int8_shift(loops, is_unsigned);
}

#endif
