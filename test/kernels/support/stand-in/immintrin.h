/*
 * immintrin.h: AVX-512 for machines that have none, so that its kernels can be tested there.
 *
 * SIMDe (the Debian package libsimde-dev) has most of it as plain C; what version 0.7.4 lacks of
 * masked loads and stores, comparisons to masks, conversions and sums is written out here.
 */
#ifndef BN_STAND_IN_IMMINTRIN_H
#define BN_STAND_IN_IMMINTRIN_H

#define SIMDE_NO_NATIVE
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/avx2.h>
#include <simde/x86/fma.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef __AVX512F__
typedef simde__mmask8 __mmask8;
typedef simde__mmask16 __mmask16;
typedef simde__mmask32 __mmask32;
typedef simde__mmask64 __mmask64;
#endif

#define COUNT(V, T) (sizeof(V) / sizeof(T))
#define EACH(V, T) for (unsigned i = 0; i < COUNT(V, T); i++)

#define MASKZ_LOADU(name, V, M, T) \
    static inline V name(M mask, const void *from) \
    { \
        T e[COUNT(V, T)] = {0}; \
        EACH(V, T) if (mask >> i & 1) memcpy(&e[i], (const char *)from + i * sizeof(T), sizeof(T)); \
        V v; \
        memcpy(&v, e, sizeof v); \
        return v; \
    }

#define MASK_LOADU(name, V, M, T) \
    static inline V name(V v, M mask, const void *from) \
    { \
        T e[COUNT(V, T)]; \
        memcpy(e, &v, sizeof v); \
        EACH(V, T) if (mask >> i & 1) memcpy(&e[i], (const char *)from + i * sizeof(T), sizeof(T)); \
        memcpy(&v, e, sizeof v); \
        return v; \
    }

#define MASK_STOREU(name, V, M, T) \
    static inline void name(void *to, M mask, V v) \
    { \
        T e[COUNT(V, T)]; \
        memcpy(e, &v, sizeof v); \
        EACH(V, T) if (mask >> i & 1) memcpy((char *)to + i * sizeof(T), &e[i], sizeof(T)); \
    }

#define MASK_MOV(name, V, M, T) \
    static inline V name(V v, M mask, V from) \
    { \
        T e[COUNT(V, T)], f[COUNT(V, T)]; \
        memcpy(e, &v, sizeof v); \
        memcpy(f, &from, sizeof v); \
        EACH(V, T) if (mask >> i & 1) e[i] = f[i]; \
        memcpy(&v, e, sizeof v); \
        return v; \
    }

#define MASKZ_MOV(name, V, M, T) \
    static inline V name(M mask, V v) \
    { \
        T e[COUNT(V, T)]; \
        memcpy(e, &v, sizeof v); \
        EACH(V, T) if (!(mask >> i & 1)) e[i] = 0; \
        memcpy(&v, e, sizeof v); \
        return v; \
    }

#define MASK_OP(name, V, M, T, op) \
    static inline V name(V v, M mask, V a, V b) \
    { \
        T e[COUNT(V, T)], x[COUNT(V, T)], y[COUNT(V, T)]; \
        memcpy(e, &v, sizeof v); \
        memcpy(x, &a, sizeof v); \
        memcpy(y, &b, sizeof v); \
        EACH(V, T) if (mask >> i & 1) e[i] = (T)(x[i] op y[i]); \
        memcpy(&v, e, sizeof v); \
        return v; \
    }

#define MASKZ_OP(name, V, M, T, op) \
    static inline V name(M mask, V a, V b) \
    { \
        T e[COUNT(V, T)] = {0}, x[COUNT(V, T)], y[COUNT(V, T)]; \
        memcpy(x, &a, sizeof a); \
        memcpy(y, &b, sizeof b); \
        EACH(V, T) if (mask >> i & 1) e[i] = (T)(x[i] op y[i]); \
        V v; \
        memcpy(&v, e, sizeof v); \
        return v; \
    }

#define COMPARE(name, V, M, T, op) \
    static inline M name(V a, V b) \
    { \
        T x[COUNT(V, T)], y[COUNT(V, T)]; \
        memcpy(x, &a, sizeof a); \
        memcpy(y, &b, sizeof b); \
        M mask = 0; \
        EACH(V, T) if (x[i] op y[i]) mask = (M)(mask | (M)((M)1 << i)); \
        return mask; \
    }

#define SIGNS(name, V, M, T) \
    static inline M name(V a) \
    { \
        T x[COUNT(V, T)]; \
        memcpy(x, &a, sizeof a); \
        M mask = 0; \
        EACH(V, T) if (x[i] < 0) mask = (M)(mask | (M)((M)1 << i)); \
        return mask; \
    }

#define MOVM(name, V, M, T) \
    static inline V name(M mask) \
    { \
        T e[COUNT(V, T)]; \
        EACH(V, T) e[i] = (T)(mask >> i & 1 ? -1 : 0); \
        V v; \
        memcpy(&v, e, sizeof v); \
        return v; \
    }

/* As many elements as fit both; where the result is longer, the rest is 0. */
#define CONVERT(name, V, T, FROM_V, FROM_T, expression) \
    static inline V name(FROM_V a) \
    { \
        FROM_T x[COUNT(FROM_V, FROM_T)]; \
        T e[COUNT(V, T)] = {0}; \
        memcpy(x, &a, sizeof a); \
        for (unsigned i = 0; i < COUNT(V, T) && i < COUNT(FROM_V, FROM_T); i++) { \
            const FROM_T from = x[i]; \
            e[i] = (T)(expression); \
        } \
        V v; \
        memcpy(&v, e, sizeof v); \
        return v; \
    }

/* What does not fit is the least integer, as the processor has it. */
#define fits(value) ((value) >= -2147483648.0f && (value) < 2147483648.0f)
#define truncated (fits(from) ? (int32_t)from : INT32_MIN)
#define rounded (fits(rintf(from)) ? (int32_t)rintf(from) : INT32_MIN)

#define SHIFT(name, V, T) \
    static inline V name(V v, unsigned bits) \
    { \
        T e[COUNT(V, T)]; \
        memcpy(e, &v, sizeof v); \
        EACH(V, T) e[i] = (T)(e[i] >> (bits < 8 * sizeof(T) ? bits : 8 * sizeof(T) - 1)); \
        memcpy(&v, e, sizeof v); \
        return v; \
    }

#define REDUCE(name, V, T, op) \
    static inline T name(V v) \
    { \
        T e[COUNT(V, T)]; \
        memcpy(e, &v, sizeof v); \
        for (unsigned n = COUNT(V, T) / 2; n > 0; n /= 2) \
            for (unsigned i = 0; i < n; i++) \
                e[i] = e[i] op e[i + n]; \
        return e[0]; \
    }

#define REDUCE_PICK(name, V, T, op) \
    static inline T name(V v) \
    { \
        T e[COUNT(V, T)]; \
        memcpy(e, &v, sizeof v); \
        for (unsigned i = 1; i < COUNT(V, T); i++) \
            if (e[i] op e[0]) \
                e[0] = e[i]; \
        return e[0]; \
    }

/* loads */
MASKZ_LOADU(_mm512_maskz_loadu_epi8, __m512i, __mmask64, int8_t)
MASK_LOADU(_mm512_mask_loadu_epi8, __m512i, __mmask64, int8_t)
MASKZ_LOADU(_mm512_maskz_loadu_epi16, __m512i, __mmask32, int16_t)
MASK_LOADU(_mm512_mask_loadu_epi16, __m512i, __mmask32, int16_t)
MASKZ_LOADU(_mm512_maskz_loadu_epi32, __m512i, __mmask16, int32_t)
MASK_LOADU(_mm512_mask_loadu_epi32, __m512i, __mmask16, int32_t)
MASKZ_LOADU(_mm512_maskz_loadu_epi64, __m512i, __mmask8, int64_t)
MASK_LOADU(_mm512_mask_loadu_epi64, __m512i, __mmask8, int64_t)
MASKZ_LOADU(_mm512_maskz_loadu_ps, __m512, __mmask16, float)
MASK_LOADU(_mm512_mask_loadu_ps, __m512, __mmask16, float)
MASKZ_LOADU(_mm256_maskz_loadu_epi8, __m256i, __mmask32, int8_t)
MASK_LOADU(_mm256_mask_loadu_epi8, __m256i, __mmask32, int8_t)
MASKZ_LOADU(_mm256_maskz_loadu_epi16, __m256i, __mmask16, int16_t)
MASK_LOADU(_mm256_mask_loadu_epi16, __m256i, __mmask16, int16_t)
MASKZ_LOADU(_mm256_maskz_loadu_epi32, __m256i, __mmask8, int32_t)
MASK_LOADU(_mm256_mask_loadu_epi32, __m256i, __mmask8, int32_t)
MASKZ_LOADU(_mm256_maskz_loadu_epi64, __m256i, __mmask8, int64_t)
MASK_LOADU(_mm256_mask_loadu_epi64, __m256i, __mmask8, int64_t)
MASKZ_LOADU(_mm256_maskz_loadu_ps, __m256, __mmask8, float)
MASK_LOADU(_mm256_mask_loadu_ps, __m256, __mmask8, float)
MASKZ_LOADU(_mm_maskz_loadu_epi8, __m128i, __mmask16, int8_t)
MASK_LOADU(_mm_mask_loadu_epi8, __m128i, __mmask16, int8_t)
MASKZ_LOADU(_mm_maskz_loadu_epi16, __m128i, __mmask8, int16_t)
MASK_LOADU(_mm_mask_loadu_epi16, __m128i, __mmask8, int16_t)
MASKZ_LOADU(_mm_maskz_loadu_epi32, __m128i, __mmask8, int32_t)
MASK_LOADU(_mm_mask_loadu_epi32, __m128i, __mmask8, int32_t)
MASKZ_LOADU(_mm_maskz_loadu_epi64, __m128i, __mmask8, int64_t)
MASK_LOADU(_mm_mask_loadu_epi64, __m128i, __mmask8, int64_t)
MASKZ_LOADU(_mm_maskz_loadu_ps, __m128, __mmask8, float)
MASK_LOADU(_mm_mask_loadu_ps, __m128, __mmask8, float)

/* stores */
MASK_STOREU(_mm512_mask_storeu_epi8, __m512i, __mmask64, int8_t)
MASK_STOREU(_mm512_mask_storeu_epi16, __m512i, __mmask32, int16_t)
MASK_STOREU(_mm512_mask_storeu_epi32, __m512i, __mmask16, int32_t)
MASK_STOREU(_mm512_mask_storeu_epi64, __m512i, __mmask8, int64_t)
MASK_STOREU(_mm512_mask_storeu_ps, __m512, __mmask16, float)
MASK_STOREU(_mm256_mask_storeu_epi8, __m256i, __mmask32, int8_t)
MASK_STOREU(_mm256_mask_storeu_epi16, __m256i, __mmask16, int16_t)
MASK_STOREU(_mm256_mask_storeu_epi32, __m256i, __mmask8, int32_t)
MASK_STOREU(_mm256_mask_storeu_epi64, __m256i, __mmask8, int64_t)
MASK_STOREU(_mm256_mask_storeu_ps, __m256, __mmask8, float)
MASK_STOREU(_mm_mask_storeu_epi8, __m128i, __mmask16, int8_t)
MASK_STOREU(_mm_mask_storeu_epi16, __m128i, __mmask8, int16_t)
MASK_STOREU(_mm_mask_storeu_epi32, __m128i, __mmask8, int32_t)
MASK_STOREU(_mm_mask_storeu_epi64, __m128i, __mmask8, int64_t)
MASK_STOREU(_mm_mask_storeu_ps, __m128, __mmask8, float)

/* masked arithmetic */
MASK_OP(_mm512_mask_sub_epi16, __m512i, __mmask32, uint16_t, -)
MASKZ_OP(_mm512_maskz_sub_epi16, __m512i, __mmask32, uint16_t, -)
MASK_OP(_mm256_mask_add_epi8, __m256i, __mmask32, uint8_t, +)
MASKZ_OP(_mm256_maskz_add_epi8, __m256i, __mmask32, uint8_t, +)
MASK_OP(_mm256_mask_sub_epi8, __m256i, __mmask32, uint8_t, -)
MASKZ_OP(_mm256_maskz_sub_epi8, __m256i, __mmask32, uint8_t, -)
MASK_OP(_mm256_mask_sub_epi16, __m256i, __mmask16, uint16_t, -)
MASKZ_OP(_mm256_maskz_sub_epi16, __m256i, __mmask16, uint16_t, -)
MASK_OP(_mm256_mask_sub_epi32, __m256i, __mmask8, uint32_t, -)
MASKZ_OP(_mm256_maskz_sub_epi32, __m256i, __mmask8, uint32_t, -)
MASK_OP(_mm256_mask_sub_epi64, __m256i, __mmask8, uint64_t, -)
MASKZ_OP(_mm256_maskz_sub_epi64, __m256i, __mmask8, uint64_t, -)
MASK_OP(_mm256_mask_add_ps, __m256, __mmask8, float, +)
MASKZ_OP(_mm256_maskz_add_ps, __m256, __mmask8, float, +)
MASK_OP(_mm256_mask_sub_ps, __m256, __mmask8, float, -)
MASKZ_OP(_mm256_maskz_sub_ps, __m256, __mmask8, float, -)
MASK_OP(_mm_mask_sub_epi8, __m128i, __mmask16, uint8_t, -)
MASKZ_OP(_mm_maskz_sub_epi8, __m128i, __mmask16, uint8_t, -)
MASK_OP(_mm_mask_sub_epi16, __m128i, __mmask8, uint16_t, -)
MASKZ_OP(_mm_maskz_sub_epi16, __m128i, __mmask8, uint16_t, -)
MASK_OP(_mm_mask_sub_epi32, __m128i, __mmask8, uint32_t, -)
MASKZ_OP(_mm_maskz_sub_epi32, __m128i, __mmask8, uint32_t, -)
MASK_OP(_mm_mask_sub_epi64, __m128i, __mmask8, uint64_t, -)
MASKZ_OP(_mm_maskz_sub_epi64, __m128i, __mmask8, uint64_t, -)
MASK_OP(_mm_mask_add_ps, __m128, __mmask8, float, +)
MASKZ_OP(_mm_maskz_add_ps, __m128, __mmask8, float, +)
MASK_OP(_mm_mask_sub_ps, __m128, __mmask8, float, -)
MASKZ_OP(_mm_maskz_sub_ps, __m128, __mmask8, float, -)

/* comparisons */
COMPARE(_mm512_cmpneq_epi8_mask, __m512i, __mmask64, int8_t, !=)
COMPARE(_mm512_cmplt_epi16_mask, __m512i, __mmask32, int16_t, <)
COMPARE(_mm512_cmpgt_epi16_mask, __m512i, __mmask32, int16_t, >)
COMPARE(_mm512_cmpeq_epi16_mask, __m512i, __mmask32, int16_t, ==)
COMPARE(_mm512_cmpneq_epi16_mask, __m512i, __mmask32, int16_t, !=)
COMPARE(_mm512_cmplt_epi32_mask, __m512i, __mmask16, int32_t, <)
COMPARE(_mm512_cmpneq_epi32_mask, __m512i, __mmask16, int32_t, !=)
COMPARE(_mm512_cmplt_epi64_mask, __m512i, __mmask8, int64_t, <)
COMPARE(_mm512_cmpneq_epi64_mask, __m512i, __mmask8, int64_t, !=)
COMPARE(_mm512_cmpeq_epu8_mask, __m512i, __mmask64, uint8_t, ==)
COMPARE(_mm512_cmpneq_epu8_mask, __m512i, __mmask64, uint8_t, !=)
COMPARE(_mm512_cmplt_epu16_mask, __m512i, __mmask32, uint16_t, <)
COMPARE(_mm512_cmpgt_epu16_mask, __m512i, __mmask32, uint16_t, >)
COMPARE(_mm512_cmpeq_epu16_mask, __m512i, __mmask32, uint16_t, ==)
COMPARE(_mm512_cmpneq_epu16_mask, __m512i, __mmask32, uint16_t, !=)
COMPARE(_mm512_cmplt_epu32_mask, __m512i, __mmask16, uint32_t, <)
COMPARE(_mm512_cmpgt_epu32_mask, __m512i, __mmask16, uint32_t, >)
COMPARE(_mm512_cmpeq_epu32_mask, __m512i, __mmask16, uint32_t, ==)
COMPARE(_mm512_cmpneq_epu32_mask, __m512i, __mmask16, uint32_t, !=)
COMPARE(_mm512_cmplt_epu64_mask, __m512i, __mmask8, uint64_t, <)
COMPARE(_mm512_cmpgt_epu64_mask, __m512i, __mmask8, uint64_t, >)
COMPARE(_mm512_cmpeq_epu64_mask, __m512i, __mmask8, uint64_t, ==)
COMPARE(_mm512_cmpneq_epu64_mask, __m512i, __mmask8, uint64_t, !=)
COMPARE(_mm256_cmplt_epi8_mask, __m256i, __mmask32, int8_t, <)
COMPARE(_mm256_cmple_epi8_mask, __m256i, __mmask32, int8_t, <=)
COMPARE(_mm256_cmpgt_epi8_mask, __m256i, __mmask32, int8_t, >)
COMPARE(_mm256_cmpge_epi8_mask, __m256i, __mmask32, int8_t, >=)
COMPARE(_mm256_cmpeq_epi8_mask, __m256i, __mmask32, int8_t, ==)
COMPARE(_mm256_cmplt_epi16_mask, __m256i, __mmask16, int16_t, <)
COMPARE(_mm256_cmple_epi16_mask, __m256i, __mmask16, int16_t, <=)
COMPARE(_mm256_cmpgt_epi16_mask, __m256i, __mmask16, int16_t, >)
COMPARE(_mm256_cmpge_epi16_mask, __m256i, __mmask16, int16_t, >=)
COMPARE(_mm256_cmpeq_epi16_mask, __m256i, __mmask16, int16_t, ==)
COMPARE(_mm256_cmplt_epi32_mask, __m256i, __mmask8, int32_t, <)
COMPARE(_mm256_cmple_epi32_mask, __m256i, __mmask8, int32_t, <=)
COMPARE(_mm256_cmpgt_epi32_mask, __m256i, __mmask8, int32_t, >)
COMPARE(_mm256_cmpge_epi32_mask, __m256i, __mmask8, int32_t, >=)
COMPARE(_mm256_cmpeq_epi32_mask, __m256i, __mmask8, int32_t, ==)
COMPARE(_mm256_cmplt_epi64_mask, __m256i, __mmask8, int64_t, <)
COMPARE(_mm256_cmpgt_epi64_mask, __m256i, __mmask8, int64_t, >)
COMPARE(_mm256_cmpeq_epi64_mask, __m256i, __mmask8, int64_t, ==)
COMPARE(_mm256_cmplt_epu8_mask, __m256i, __mmask32, uint8_t, <)
COMPARE(_mm256_cmple_epu8_mask, __m256i, __mmask32, uint8_t, <=)
COMPARE(_mm256_cmpgt_epu8_mask, __m256i, __mmask32, uint8_t, >)
COMPARE(_mm256_cmpge_epu8_mask, __m256i, __mmask32, uint8_t, >=)
COMPARE(_mm256_cmpeq_epu8_mask, __m256i, __mmask32, uint8_t, ==)
COMPARE(_mm256_cmplt_epu16_mask, __m256i, __mmask16, uint16_t, <)
COMPARE(_mm256_cmple_epu16_mask, __m256i, __mmask16, uint16_t, <=)
COMPARE(_mm256_cmpgt_epu16_mask, __m256i, __mmask16, uint16_t, >)
COMPARE(_mm256_cmpge_epu16_mask, __m256i, __mmask16, uint16_t, >=)
COMPARE(_mm256_cmpeq_epu16_mask, __m256i, __mmask16, uint16_t, ==)
COMPARE(_mm256_cmplt_epu32_mask, __m256i, __mmask8, uint32_t, <)
COMPARE(_mm256_cmple_epu32_mask, __m256i, __mmask8, uint32_t, <=)
COMPARE(_mm256_cmpgt_epu32_mask, __m256i, __mmask8, uint32_t, >)
COMPARE(_mm256_cmpge_epu32_mask, __m256i, __mmask8, uint32_t, >=)
COMPARE(_mm256_cmpeq_epu32_mask, __m256i, __mmask8, uint32_t, ==)
COMPARE(_mm256_cmplt_epu64_mask, __m256i, __mmask8, uint64_t, <)
COMPARE(_mm256_cmple_epu64_mask, __m256i, __mmask8, uint64_t, <=)
COMPARE(_mm256_cmpgt_epu64_mask, __m256i, __mmask8, uint64_t, >)
COMPARE(_mm256_cmpge_epu64_mask, __m256i, __mmask8, uint64_t, >=)
COMPARE(_mm256_cmpeq_epu64_mask, __m256i, __mmask8, uint64_t, ==)
COMPARE(_mm_cmplt_epi8_mask, __m128i, __mmask16, int8_t, <)
COMPARE(_mm_cmple_epi8_mask, __m128i, __mmask16, int8_t, <=)
COMPARE(_mm_cmpgt_epi8_mask, __m128i, __mmask16, int8_t, >)
COMPARE(_mm_cmpge_epi8_mask, __m128i, __mmask16, int8_t, >=)
COMPARE(_mm_cmpeq_epi8_mask, __m128i, __mmask16, int8_t, ==)
COMPARE(_mm_cmplt_epi16_mask, __m128i, __mmask8, int16_t, <)
COMPARE(_mm_cmple_epi16_mask, __m128i, __mmask8, int16_t, <=)
COMPARE(_mm_cmpgt_epi16_mask, __m128i, __mmask8, int16_t, >)
COMPARE(_mm_cmpge_epi16_mask, __m128i, __mmask8, int16_t, >=)
COMPARE(_mm_cmpeq_epi16_mask, __m128i, __mmask8, int16_t, ==)
COMPARE(_mm_cmplt_epi32_mask, __m128i, __mmask8, int32_t, <)
COMPARE(_mm_cmple_epi32_mask, __m128i, __mmask8, int32_t, <=)
COMPARE(_mm_cmpgt_epi32_mask, __m128i, __mmask8, int32_t, >)
COMPARE(_mm_cmpge_epi32_mask, __m128i, __mmask8, int32_t, >=)
COMPARE(_mm_cmpeq_epi32_mask, __m128i, __mmask8, int32_t, ==)
COMPARE(_mm_cmplt_epi64_mask, __m128i, __mmask8, int64_t, <)
COMPARE(_mm_cmpgt_epi64_mask, __m128i, __mmask8, int64_t, >)
COMPARE(_mm_cmpeq_epi64_mask, __m128i, __mmask8, int64_t, ==)
COMPARE(_mm_cmplt_epu8_mask, __m128i, __mmask16, uint8_t, <)
COMPARE(_mm_cmple_epu8_mask, __m128i, __mmask16, uint8_t, <=)
COMPARE(_mm_cmpgt_epu8_mask, __m128i, __mmask16, uint8_t, >)
COMPARE(_mm_cmpge_epu8_mask, __m128i, __mmask16, uint8_t, >=)
COMPARE(_mm_cmpeq_epu8_mask, __m128i, __mmask16, uint8_t, ==)
COMPARE(_mm_cmplt_epu16_mask, __m128i, __mmask8, uint16_t, <)
COMPARE(_mm_cmple_epu16_mask, __m128i, __mmask8, uint16_t, <=)
COMPARE(_mm_cmpgt_epu16_mask, __m128i, __mmask8, uint16_t, >)
COMPARE(_mm_cmpge_epu16_mask, __m128i, __mmask8, uint16_t, >=)
COMPARE(_mm_cmpeq_epu16_mask, __m128i, __mmask8, uint16_t, ==)
COMPARE(_mm_cmplt_epu32_mask, __m128i, __mmask8, uint32_t, <)
COMPARE(_mm_cmple_epu32_mask, __m128i, __mmask8, uint32_t, <=)
COMPARE(_mm_cmpgt_epu32_mask, __m128i, __mmask8, uint32_t, >)
COMPARE(_mm_cmpge_epu32_mask, __m128i, __mmask8, uint32_t, >=)
COMPARE(_mm_cmpeq_epu32_mask, __m128i, __mmask8, uint32_t, ==)
COMPARE(_mm_cmplt_epu64_mask, __m128i, __mmask8, uint64_t, <)
COMPARE(_mm_cmple_epu64_mask, __m128i, __mmask8, uint64_t, <=)
COMPARE(_mm_cmpgt_epu64_mask, __m128i, __mmask8, uint64_t, >)
COMPARE(_mm_cmpge_epu64_mask, __m128i, __mmask8, uint64_t, >=)
COMPARE(_mm_cmpeq_epu64_mask, __m128i, __mmask8, uint64_t, ==)

/* masks */
COMPARE(_mm256_test_epi8_mask, __m256i, __mmask32, int8_t, &)
COMPARE(_mm256_test_epi16_mask, __m256i, __mmask16, int16_t, &)
COMPARE(_mm256_test_epi64_mask, __m256i, __mmask8, int64_t, &)
COMPARE(_mm_test_epi8_mask, __m128i, __mmask16, int8_t, &)
COMPARE(_mm_test_epi16_mask, __m128i, __mmask8, int16_t, &)
COMPARE(_mm_test_epi32_mask, __m128i, __mmask8, int32_t, &)
COMPARE(_mm_test_epi64_mask, __m128i, __mmask8, int64_t, &)

/* conversions */
CONVERT(_mm512_cvtepi32_ps, __m512, float, __m512i, int32_t, from)
CONVERT(_mm512_cvtepu32_ps, __m512, float, __m512i, uint32_t, from)
CONVERT(_mm512_cvttps_epi32, __m512i, int32_t, __m512, float, truncated)
CONVERT(_mm512_cvtps_epi32, __m512i, int32_t, __m512, float, rounded)
CONVERT(_mm512_cvtepu8_epi16, __m512i, int16_t, __m256i, uint8_t, from)
CONVERT(_mm512_cvtepi8_epi32, __m512i, int32_t, __m128i, int8_t, from)
CONVERT(_mm512_cvtepu8_epi32, __m512i, int32_t, __m128i, uint8_t, from)
CONVERT(_mm512_cvtepi8_epi64, __m512i, int64_t, __m128i, int8_t, from)
CONVERT(_mm512_cvtepu8_epi64, __m512i, int64_t, __m128i, uint8_t, from)
CONVERT(_mm512_cvtepi16_epi32, __m512i, int32_t, __m256i, int16_t, from)
CONVERT(_mm512_cvtepu16_epi32, __m512i, int32_t, __m256i, uint16_t, from)
CONVERT(_mm512_cvtepi16_epi64, __m512i, int64_t, __m128i, int16_t, from)
CONVERT(_mm512_cvtepu16_epi64, __m512i, int64_t, __m128i, uint16_t, from)
CONVERT(_mm512_cvtepi32_epi64, __m512i, int64_t, __m256i, int32_t, from)
CONVERT(_mm512_cvtepu32_epi64, __m512i, int64_t, __m256i, uint32_t, from)
CONVERT(_mm512_cvtepi32_epi8, __m128i, int8_t, __m512i, int32_t, from)
CONVERT(_mm512_cvtepi32_epi16, __m256i, int16_t, __m512i, int32_t, from)
CONVERT(_mm512_cvtepi64_epi8, __m128i, int8_t, __m512i, int64_t, from)
CONVERT(_mm512_cvtepi64_epi16, __m128i, int16_t, __m512i, int64_t, from)
CONVERT(_mm256_cvtepi16_epi8, __m128i, int8_t, __m256i, int16_t, from)
CONVERT(_mm256_cvtepi32_epi8, __m128i, int8_t, __m256i, int32_t, from)
CONVERT(_mm256_cvtepi32_epi16, __m128i, int16_t, __m256i, int32_t, from)
CONVERT(_mm256_cvtepi64_epi8, __m128i, int8_t, __m256i, int64_t, from)
CONVERT(_mm256_cvtepi64_epi16, __m128i, int16_t, __m256i, int64_t, from)
CONVERT(_mm256_cvtepi64_epi32, __m128i, int32_t, __m256i, int64_t, from)
CONVERT(_mm_cvtepi16_epi8, __m128i, int8_t, __m128i, int16_t, from)
CONVERT(_mm_cvtepi32_epi8, __m128i, int8_t, __m128i, int32_t, from)
CONVERT(_mm_cvtepi32_epi16, __m128i, int16_t, __m128i, int32_t, from)
CONVERT(_mm_cvtepi64_epi8, __m128i, int8_t, __m128i, int64_t, from)
CONVERT(_mm_cvtepi64_epi16, __m128i, int16_t, __m128i, int64_t, from)
CONVERT(_mm_cvtepi64_epi32, __m128i, int32_t, __m128i, int64_t, from)

/* shifts */
SHIFT(_mm512_srai_epi32, __m512i, int32_t)
SHIFT(_mm512_srai_epi64, __m512i, int64_t)
SHIFT(_mm256_srai_epi64, __m256i, int64_t)
SHIFT(_mm_srai_epi64, __m128i, int64_t)

/* sums */
REDUCE(_mm512_reduce_add_epi32, __m512i, int32_t, +)
REDUCE(_mm512_reduce_add_epi64, __m512i, int64_t, +)
REDUCE(_mm512_reduce_add_ps, __m512, float, +)
REDUCE_PICK(_mm512_reduce_max_epi32, __m512i, int32_t, >)
REDUCE_PICK(_mm512_reduce_min_epi32, __m512i, int32_t, <)
REDUCE_PICK(_mm512_reduce_max_epu32, __m512i, uint32_t, >)
REDUCE_PICK(_mm512_reduce_min_epu32, __m512i, uint32_t, <)

#ifndef _mm512_shuffle_i64x2
#define _mm512_shuffle_i64x2(a, b, imm) stand_in_shuffle_i64x2((a), (b), (imm))
static inline __m512i stand_in_shuffle_i64x2(__m512i a, __m512i b, unsigned imm)
{
    int64_t x[8], y[8], e[8];
    memcpy(x, &a, sizeof x);
    memcpy(y, &b, sizeof y);
    for (unsigned i = 0; i < 8; i++)
        e[i] = (i < 4 ? x : y)[2 * (imm >> (i / 2 * 2) & 3) + i % 2];
    __m512i v;
    memcpy(&v, e, sizeof v);
    return v;
}
#endif

#ifndef _mm512_shuffle_i32x4
#define _mm512_shuffle_i32x4(a, b, imm) _mm512_shuffle_i64x2((a), (b), (imm))
#endif
#ifndef _mm512_knot
#define _mm512_knot(mask) ((__mmask16) ~(mask))
#endif
#ifndef _mm512_kunpackb
#define _mm512_kunpackb(high, low) ((__mmask16)((uint32_t)(high) << 8 | ((low)&0xff)))
#endif
#ifndef _mm512_kunpackw
#define _mm512_kunpackw(high, low) ((__mmask32)((uint32_t)(high) << 16 | ((low)&0xffff)))
#endif
#ifndef _mm512_kunpackd
#define _mm512_kunpackd(high, low) ((__mmask64)((uint64_t)(high) << 32 | (uint32_t)(low)))
#endif
#ifndef _mm_prefetch
#define _mm_prefetch(address, hint) ((void)(address))
#endif

#undef COUNT
#undef EACH
#undef fits
#undef truncated
#undef rounded

#endif
