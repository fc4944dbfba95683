/* neon.h: what all of this folder's loops stand on; AArch64 and ARMv7 share most of them. */
#ifndef BN_NEON_H
#define BN_NEON_H

#include <arm_neon.h>

#include "../include/base.h"

/*
 * Hot loops whose instructions are written in an order for in-order processors, with what depends
 * on each other a few instructions apart. gcc would hoist first and then spill.
 */
#if defined(__GNUC__) && !defined(__clang__)
#define BN_ORDERED_LOOP_NEON                                                                       \
    static __attribute__((noinline, optimize("no-tree-ter", "no-schedule-insns",                   \
                                             "no-schedule-insns2", "no-schedule-fusion")))
#else
#define BN_ORDERED_LOOP_NEON BN_HOT_LOOP
#endif

/* What is inlined with constant arguments. */
#if defined(__GNUC__)
#define BN_INLINE_NEON __attribute__((always_inline)) static inline
#else
#define BN_INLINE_NEON static inline
#endif

/* Words of bits in a vector. */
#define BN_WORDS_NEON (128 / BN_WORD_BITS)

/* A vector of words, as bytes. */
static inline uint8x16_t bn_load_words_neon(const bn_word *words)
{
#if BN_WORD_BITS == 64
    return vreinterpretq_u8_u64(vld1q_u64(words));
#else
    return vreinterpretq_u8_u32(vld1q_u32(words));
#endif
}

/* One word in all lanes. */
static inline uint8x16_t bn_repeat_word_neon(bn_word word)
{
#if BN_WORD_BITS == 64
    return vreinterpretq_u8_u64(vdupq_n_u64(word));
#else
    return vreinterpretq_u8_u32(vdupq_n_u32(word));
#endif
}

#endif
