/* triple_loops.h: what convolutions by way of triple_sums.h leave to an instruction set. */
#ifndef BN_TRIPLE_LOOPS_H
#define BN_TRIPLE_LOOPS_H

#include "triple_sums.h"

/* The most vectors of output pixels and the most channels that are computed together. */
#define BN_TRIPLE_VECTORS 4
#define BN_TRIPLE_BLOCK   32

/* A block of channels. */
struct bn_triple_block {
    int32_t count;         /* of channels */
    int32_t choices;       /* sums that each adds up */
    const int32_t *choice; /* [count / 2][choices][2]: where they are, in floats */
    const float *threshold;
};

struct bn_triple_loops {
    /*
     * Makes the sums of a row. Stretch l begins at x + l * stretch; the stretches side by side,
     * [columns][BN_STRETCHES], go to `columns` on the way.
     */
    void (*make)(const struct bn_triples *triples, const float *x, ptrdiff_t stretch,
                 float *restrict columns, float *restrict sums);
    /*
     * Bit t of bits[l * lane + v] is whether the sum of channel t < count is less than its
     * threshold, for lane l of vector v < vectors, the sums of which begin at sums + v * step. Bits
     * of channels past `count` may be anything, and so may what is before v = BN_TRIPLE_VECTORS.
     */
    void (*sign)(const struct bn_triple_block *block, const float *sums, ptrdiff_t step,
                 int32_t vectors, uint32_t *bits, int32_t lane);
};

#endif
