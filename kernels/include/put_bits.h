/* put_bits.h: bits into a row that is written from its first to its last. */
#ifndef BN_PUT_BITS_H
#define BN_PUT_BITS_H

#include "low_bits.h"

/*
 * Writes the bits first .. first + count - 1 of a row, count at most 32. What is before them in
 * their word has been written; what is after them in the last word becomes 0.
 */
static inline void bn_put_bits(bn_word *row, int32_t first, int32_t count, bn_word bits)
{
    const int32_t word = first / BN_WORD_BITS, shift = first % BN_WORD_BITS;
    bits &= bn_low_bits(count);
    row[word] = shift ? row[word] | bits << shift : bits;
    if (shift + count > BN_WORD_BITS)
        row[word + 1] = bits >> (BN_WORD_BITS - shift);
}

#endif
