/* bit_writer.h: bits written one after the other, across words. */
#ifndef BN_BIT_WRITER_H
#define BN_BIT_WRITER_H

#include "base.h"

/* Where the next bit goes: above the lowest `filled` bits of `pending`, which goes to *to. */
struct bn_bit_writer {
    bn_word *to;
    bn_word pending;
    int32_t filled;
};

/* Appends the lowest `count` bits, at most a word; those above are 0. */
static inline void bn_append_bits(struct bn_bit_writer *writer, bn_word bits, int32_t count)
{
    const int32_t room = BN_WORD_BITS - writer->filled;
    writer->pending |= bits << writer->filled;
    writer->filled += count;
    if (count < room)
        return;
    *writer->to++ = writer->pending;
    writer->filled = count - room;
    writer->pending = writer->filled ? bits >> room : 0;
}

/* Writes what is pending; nothing is appended after it. */
static inline void bn_end_bits(struct bn_bit_writer *writer)
{
    if (writer->filled)
        *writer->to = writer->pending;
}

#endif
