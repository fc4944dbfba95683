/*
 * base.h: what every kernel stands on: integer types, the packing contract, linkage.
 *
 * Packing contract. A bit tensor is a sequence of rows, one per pixel (all axes but the last); a
 * row is ceil(channels / BN_WORD_BITS) words. Channel c is bit c % BN_WORD_BITS of word
 * c / BN_WORD_BITS. Bit 1 is -1, bit 0 is +1. Bits past the last channel are 0, always.
 */
#ifndef BN_BASE_H
#define BN_BASE_H

#include <stddef.h>
#include <stdint.h>

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

/* Output channels that float and float x binary weights hold side by side. */
#define BN_FLOAT_TILE 8
/* Output channels that binary x binary weights hold side by side. */
#define BN_BIT_TILE 4

/* Words in a row of `channels` bits. */
static inline int32_t bn_words(int32_t channels)
{
    return (channels + BN_WORD_BITS - 1) / BN_WORD_BITS;
}

#endif
