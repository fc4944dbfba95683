/*
 * bit_loops.h: what binary x binary layers leave to an instruction set: the loops that their time
 * goes into. Everything around them is the same for all.
 */
#ifndef BN_BIT_LOOPS_H
#define BN_BIT_LOOPS_H

#include "base.h"

/* Windows of at most so many words of 64 bits may take more memory for their weights. */
#define BN_SHORT_BIT_WINDOW 3

/* Words of memory for the weights of a block as `prepare` lays them out. */
static inline ptrdiff_t bn_prepared_words(int32_t size)
{
    const ptrdiff_t most = (ptrdiff_t)2 * BN_BIT_BLOCK * size;
    const ptrdiff_t least = 1024 * BN_SHORT_BIT_WINDOW * 64 / BN_WORD_BITS;
    return most < least ? least : most;
}

/* Windows as they lie in memory: of each, `rows` stretches of `words` words, `step` words apart. */
struct bn_bit_windows {
    int32_t rows, words;
    ptrdiff_t step;
    const bn_word *x[BN_PIXEL_TILE]; /* those that are not there repeat another */
};

struct bn_bit_loops {
    /*
     * Lays the weights [size][width] of a block of channels out as `count` reads them when it is
     * called for many pixels, in bn_prepared_words(size) words. NULL where they are read as they
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
    /* `count` for windows as they lie in memory and weights as they are stored; NULL: copy them. */
    void (*count_windows)(const struct bn_bit_windows *windows, int32_t width, int32_t pixels,
                          const bn_word *restrict w, int32_t differ[BN_PIXEL_TILE][BN_BIT_BLOCK]);
    /* `count` for a single row and weights as they are stored. */
    void (*count_row)(int32_t size, int32_t width, const bn_word *restrict x,
                      const bn_word *restrict w, int32_t differ[BN_BIT_BLOCK]);
    /* In convolutions, blocks of up to so many channels are left to the portable loops. */
    int32_t narrow;
    /* Bit t is total - 2 * differ[t] < threshold[t], for t < width; bits past them are anything. */
    uint64_t (*less)(int32_t total, int32_t width, const int32_t differ[BN_BIT_BLOCK],
                     const int32_t threshold[BN_BIT_BLOCK]);
    /*
     * Bit t of bits[p] is differ[p][t] >= least[p][t], with differ as `count` has it and least up
     * to 65,535, for windows of less than 65,535 bits. Pixels that are not there have the limits of
     * another. NULL where `count` and `less` are as fast.
     */
    void (*sign)(int32_t size, int32_t width, int32_t pixels, const bn_word *restrict x,
                 const bn_word *restrict w, const uint16_t *const least[BN_PIXEL_TILE],
                 uint64_t bits[BN_PIXEL_TILE]);
    /* `sign` for windows as they lie in memory, where there is `count_windows`. */
    void (*sign_windows)(const struct bn_bit_windows *windows, int32_t width,
                         const bn_word *restrict w, const uint16_t *const least[BN_PIXEL_TILE],
                         uint64_t bits[BN_PIXEL_TILE]);
    /* `sign` of any number of windows with the same limits. NULL where that is as fast. */
    void (*sign_run)(int32_t size, int32_t width, int32_t pixels, const bn_word *restrict x,
                     const bn_word *restrict w, const uint16_t *least, uint64_t *restrict bits);
};

#endif
