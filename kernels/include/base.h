/*
 * base.h: what every kernel stands on: integer types, the packing contract, linkage.
 *
 * Packing contract. A bit tensor is a sequence of rows, one per pixel (all axes but the last); a
 * row is ceil(channels / BN_WORD_BITS) words. Channel c is bit c % BN_WORD_BITS of word
 * c / BN_WORD_BITS. Bit 1 is -1, bit 0 is +1. Bits past the last channel are 0, always.
 *
 * Rounding. Kernels count on each float operation being rounded by itself. Clang reads the pragma;
 * gcc needs -std=c99 or -ffp-contract=off.
 */
#ifndef BN_BASE_H
#define BN_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

/* Kernels are private to the file that they are pasted into; linting builds them one by one. */
#ifndef BN_KERNEL
#define BN_KERNEL static
#endif

#ifndef BN_WORD_BITS
#define BN_WORD_BITS 64
#endif

#if BN_WORD_BITS == 64
typedef uint64_t bn_word;
#else
typedef uint32_t bn_word;
#endif

/* Hot loops stay functions of their own: inlined, gcc keeps their sums in memory. */
#if defined(__GNUC__)
#define BN_HOT_LOOP static __attribute__((noinline))
#else
#define BN_HOT_LOOP static
#endif

/* Before a loop over a tile: gcc would unroll it too early to see that it is one vector. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 8
#define BN_TILE_LOOP _Pragma("GCC unroll 1")
#else
#define BN_TILE_LOOP
#endif

/* Output channels that float and float x binary weights hold side by side. */
#define BN_FLOAT_TILE 8
/* Output channels that binary x binary weights hold side by side. */
#define BN_BIT_TILE 4
/* Output channels of binary x binary weights whose sums wait for an epilogue together. */
#define BN_BIT_BLOCK 64
/* Output pixels that a convolution computes together. */
#define BN_PIXEL_TILE 4

/* The share of a kernel's work that one call does. Parts are independent and give the same bits. */
struct bn_part {
    int32_t index, count;
};

/* Where the share of `units` rows, tiles or blocks begins; it ends where the next one begins. */
static inline int32_t bn_part_begin(struct bn_part part, int32_t units)
{
    return (int32_t)((int64_t)units * part.index / part.count);
}

static inline int32_t bn_part_end(struct bn_part part, int32_t units)
{
    return (int32_t)((int64_t)units * (part.index + 1) / part.count);
}

#endif
