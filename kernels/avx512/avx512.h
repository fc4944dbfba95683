/* avx512.h: what functions for x86-64-v4 with VNNI, VPOPCNTDQ and BITALG begin with. */
#ifndef BN_AVX512_H
#define BN_AVX512_H

#include <immintrin.h>

#include "../include/base.h"

/* One file may hold functions for several instruction sets, whatever its compiler's flags. */
#define BN_AVX512                                                                                  \
    __attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vnni,"                \
                          "avx512vpopcntdq,avx512bitalg,fma,popcnt,bmi,bmi2")))

/* What is inlined with constant arguments. */
#define BN_INLINE_AVX512 BN_AVX512 __attribute__((always_inline)) static inline

/* Before a loop over the vectors of a tile, which are registers only when it is unrolled. */
#if defined(__clang__)
#define BN_UNROLL_AVX512 _Pragma("clang loop unroll(full)")
#else
#define BN_UNROLL_AVX512 _Pragma("GCC unroll 32")
#endif

/* After a sum is replaced: gcc 12 would keep it where it was too, and run out of registers. */
#if defined(__GNUC__) && !defined(__clang__)
#define BN_REPLACED_AVX512(sum) __asm__("" : "+v"(sum))
#else
#define BN_REPLACED_AVX512(sum) ((void)0)
#endif

#endif
