/*
 * popcount.h: how many bits of a word are 1. The compiler's builtin where it is an instruction;
 * elsewhere it may be a call, so sums of neighbouring bit fields do it in registers.
 */
#ifndef BN_POPCOUNT_H
#define BN_POPCOUNT_H

#include "base.h"

#if defined(__GNUC__) &&                                                                           \
    (defined(__POPCNT__) || defined(__wasm__) || defined(__aarch64__) || defined(__riscv_zbb))

static inline int32_t bn_popcount(bn_word bits)
{
#if BN_WORD_BITS == 64
    int32_t count = __builtin_popcountll(bits);
#else
    int32_t count = __builtin_popcount(bits);
#endif
#if defined(__wasm__)
    /* Keeps clang from counting in vectors, which takes several times as many x86 instructions. */
    __asm__("" : "+r"(count));
#endif
    return count;
}

#else

static inline int32_t bn_popcount(bn_word bits)
{
    const bn_word ones = (bn_word) ~(bn_word)0;
    const bn_word by2 = ones / 3, by4 = ones / 15 * 3, by8 = ones / 17, bytes = ones / 255;
    bits = bits - ((bits >> 1) & by2);
    bits = (bits & by4) + ((bits >> 2) & by4);
    bits = (bits + (bits >> 4)) & by8;
    return (int32_t)((bits * bytes) >> (BN_WORD_BITS - 8));
}

#endif

#endif
