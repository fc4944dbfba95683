/* avx2.h: what functions for x86-64-v3 (AVX2, FMA, POPCNT, BMI) begin with. */
#ifndef BN_AVX2_H
#define BN_AVX2_H

#include <immintrin.h>

#include "../include/base.h"

/* One file may hold functions for several instruction sets, whatever its compiler's flags. */
#define BN_AVX2 __attribute__((target("avx2,fma,popcnt,bmi,bmi2")))

/* Before a loop over the steps of a word, whose shifts are constants only when it is unrolled. */
#if defined(__clang__)
#define BN_UNROLL_AVX2 _Pragma("clang loop unroll(full)")
#else
#define BN_UNROLL_AVX2 _Pragma("GCC unroll 16")
#endif

#endif
