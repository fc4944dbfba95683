/*
 * processor.h: which kernels the processor runs, for programs that are built once for all x86
 * machines. Their kernels, x86/<kernel>__x86.c, only choose; they are written by
 * src/emit/kernel-choices.ts.
 */
#ifndef BN_X86_PROCESSOR_H
#define BN_X86_PROCESSOR_H

/* 2 for those of avx512/ and all below, 1 for those of avx2/, 0 for scalar ones alone. */
static inline int bn_x86_level(void)
{
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
        !__builtin_cpu_supports("popcnt") || !__builtin_cpu_supports("bmi") ||
        !__builtin_cpu_supports("bmi2"))
        return 0;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512cd") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512vnni") ||
        !__builtin_cpu_supports("avx512vpopcntdq") || !__builtin_cpu_supports("avx512bitalg"))
        return 1;
    return 2;
}

/* A level that is defined is not asked for. */
#ifndef BN_X86_LEVEL
#define BN_X86_LEVEL bn_x86_level()
#endif

#endif
