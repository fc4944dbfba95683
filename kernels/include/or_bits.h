/* or_bits.h: bits into a row that was cleared before. */
#ifndef BN_OR_BITS_H
#define BN_OR_BITS_H

#include "low_bits.h"

/* Sets those of the bits first .. first + count - 1 of a row that are 1 in `bits`. */
static inline void bn_or_bits(bn_word *row, int32_t first, int32_t count, bn_word bits)
{
    const int32_t word = first / BN_WORD_BITS, shift = first % BN_WORD_BITS;
    bits &= bn_low_bits(count);
    row[word] |= bits << shift;
    if (shift + count > BN_WORD_BITS)
        row[word + 1] |= bits >> (BN_WORD_BITS - shift);
}

/* The same for a block of up to 64 bits. */
static inline void bn_or_block(bn_word *row, int32_t first, int32_t count, uint64_t bits)
{
    const int32_t low = count < BN_WORD_BITS ? count : BN_WORD_BITS;
    bn_or_bits(row, first, low, (bn_word)bits);
#if BN_WORD_BITS < 64
    if (count > low)
        bn_or_bits(row, first + low, count - low, (bn_word)(bits >> BN_WORD_BITS));
#endif
}

/* The same, but words that begin with the block are written whole, cleared or not. */
static inline void bn_put_block(bn_word *row, int32_t first, int32_t count, uint64_t bits)
{
    if (first % BN_WORD_BITS != 0) {
        bn_or_block(row, first, count, bits);
        return;
    }
    row += first / BN_WORD_BITS;
    row[0] = (bn_word)bits & bn_low_bits(count);
#if BN_WORD_BITS < 64
    if (count > BN_WORD_BITS)
        row[1] = (bn_word)(bits >> BN_WORD_BITS) & bn_low_bits(count - BN_WORD_BITS);
#endif
}

#endif
