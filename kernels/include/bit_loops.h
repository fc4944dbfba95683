/*
 * bit_loops.h: what binary x binary layers leave to an instruction set: the loops that their time
 * goes into. Everything around them is the same for all.
 */
#ifndef BN_BIT_LOOPS_H
#define BN_BIT_LOOPS_H

#include "base.h"

struct bn_bit_loops {
    /*
     * Lays the weights [size][width] of a block of channels out as `count` reads them when it is
     * called for many pixels: bn_word [size][2 * BN_BIT_BLOCK]. NULL where they are read as they
     * are.
     */
    void (*prepare)(int32_t size, int32_t width, const bn_word *restrict w,
                    bn_word *restrict prepared);
    /*
     * differ[p][t] = popcount(x[p][k] xor w[k][t]), summed over k < size, for p < pixels (1 to
     * BN_PIXEL_TILE) and t < width (a multiple of BN_BIT_TILE, at most BN_BIT_BLOCK); what is past
     * them may be overwritten. x is [pixels][size], `w` what `prepare` has made.
     */
    void (*count)(int32_t size, int32_t width, int32_t pixels, const bn_word *restrict x,
                  const bn_word *restrict w, int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK]);
    /* The same for a single row and weights as they are stored. */
    void (*count_row)(int32_t size, int32_t width, const bn_word *restrict x,
                      const bn_word *restrict w, int32_t differ[BN_BIT_BLOCK]);
    /* Bit t is total - 2 * differ[t] < threshold[t], for t < width; bits past them are anything. */
    uint64_t (*less)(int32_t total, int32_t width, const int32_t differ[BN_BIT_BLOCK],
                     const int32_t threshold[BN_BIT_BLOCK]);
};

#endif
