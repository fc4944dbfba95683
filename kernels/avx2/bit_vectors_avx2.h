/* bit_vectors_avx2.h: what loops over vectors of bits share. */
#ifndef BN_BIT_VECTORS_AVX2_H
#define BN_BIT_VECTORS_AVX2_H

#include "avx2.h"

/* [16][32]: row a holds popcount(a xor i) at i, in both halves of a vector. */
static const uint8_t bn_differences_avx2[16 * 32] __attribute__((aligned(32))) = {
    /* clang-format off */
    0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    1, 0, 2, 1, 2, 1, 3, 2, 2, 1, 3, 2, 3, 2, 4, 3, 1, 0, 2, 1, 2, 1, 3, 2, 2, 1, 3, 2, 3, 2, 4, 3,
    1, 2, 0, 1, 2, 3, 1, 2, 2, 3, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2, 2, 3, 1, 2, 3, 4, 2, 3,
    2, 1, 1, 0, 3, 2, 2, 1, 3, 2, 2, 1, 4, 3, 3, 2, 2, 1, 1, 0, 3, 2, 2, 1, 3, 2, 2, 1, 4, 3, 3, 2,
    1, 2, 2, 3, 0, 1, 1, 2, 2, 3, 3, 4, 1, 2, 2, 3, 1, 2, 2, 3, 0, 1, 1, 2, 2, 3, 3, 4, 1, 2, 2, 3,
    2, 1, 3, 2, 1, 0, 2, 1, 3, 2, 4, 3, 2, 1, 3, 2, 2, 1, 3, 2, 1, 0, 2, 1, 3, 2, 4, 3, 2, 1, 3, 2,
    2, 3, 1, 2, 1, 2, 0, 1, 3, 4, 2, 3, 2, 3, 1, 2, 2, 3, 1, 2, 1, 2, 0, 1, 3, 4, 2, 3, 2, 3, 1, 2,
    3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1,
    1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3,
    2, 1, 3, 2, 3, 2, 4, 3, 1, 0, 2, 1, 2, 1, 3, 2, 2, 1, 3, 2, 3, 2, 4, 3, 1, 0, 2, 1, 2, 1, 3, 2,
    2, 3, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2, 2, 3, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3, 1, 2,
    3, 2, 2, 1, 4, 3, 3, 2, 2, 1, 1, 0, 3, 2, 2, 1, 3, 2, 2, 1, 4, 3, 3, 2, 2, 1, 1, 0, 3, 2, 2, 1,
    2, 3, 3, 4, 1, 2, 2, 3, 1, 2, 2, 3, 0, 1, 1, 2, 2, 3, 3, 4, 1, 2, 2, 3, 1, 2, 2, 3, 0, 1, 1, 2,
    3, 2, 4, 3, 2, 1, 3, 2, 2, 1, 3, 2, 1, 0, 2, 1, 3, 2, 4, 3, 2, 1, 3, 2, 2, 1, 3, 2, 1, 0, 2, 1,
    3, 4, 2, 3, 2, 3, 1, 2, 2, 3, 1, 2, 1, 2, 0, 1, 3, 4, 2, 3, 2, 3, 1, 2, 2, 3, 1, 2, 1, 2, 0, 1,
    4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0, 4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0,
    /* clang-format on */
};

/* Channels of a vector of counts; those of a block fill one or two. */
#define BN_LANES_AVX2 32

/* A vector per byte of the words of 32 channels: lane t of vector i is byte i of w[t]. */
BN_AVX2 static inline void bn_bytes_of_words_avx2(const bn_word w[BN_LANES_AVX2],
                                                  __m256i bytes[BN_WORD_BITS / 8])
{
    const __m128i *from = (const __m128i *)(const void *)w;
    __m256i pairs[BN_WORD_BITS / 8], quads[BN_WORD_BITS / 8];
#if BN_WORD_BITS == 64
    const __m256i order = _mm256_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15, 0,
                                           8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    __m256i eights[8];
    for (int32_t i = 0; i < 8; i++) {
        const __m256i half = _mm256_castsi128_si256(_mm_loadu_si128(from + i));
        pairs[i] = _mm256_shuffle_epi8(
            _mm256_inserti128_si256(half, _mm_loadu_si128(from + 8 + i), 1), order);
    }
    for (int32_t i = 0; i < 4; i++) {
        quads[i] = _mm256_unpacklo_epi16(pairs[2 * i], pairs[2 * i + 1]);
        quads[4 + i] = _mm256_unpackhi_epi16(pairs[2 * i], pairs[2 * i + 1]);
    }
    for (int32_t i = 0; i < 2; i++) {
        for (int32_t half = 0; half < 2; half++) {
            const __m256i a = quads[4 * half + 2 * i], b = quads[4 * half + 2 * i + 1];
            eights[4 * half + i] = _mm256_unpacklo_epi32(a, b);
            eights[4 * half + 2 + i] = _mm256_unpackhi_epi32(a, b);
        }
    }
    for (int32_t i = 0; i < 4; i++) {
        bytes[2 * i] = _mm256_unpacklo_epi64(eights[2 * i], eights[2 * i + 1]);
        bytes[2 * i + 1] = _mm256_unpackhi_epi64(eights[2 * i], eights[2 * i + 1]);
    }
#else
    const __m256i order = _mm256_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0,
                                           4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    for (int32_t i = 0; i < 4; i++) {
        const __m256i half = _mm256_castsi128_si256(_mm_loadu_si128(from + i));
        pairs[i] = _mm256_shuffle_epi8(
            _mm256_inserti128_si256(half, _mm_loadu_si128(from + 4 + i), 1), order);
    }
    for (int32_t i = 0; i < 2; i++) {
        quads[i] = _mm256_unpacklo_epi32(pairs[2 * i], pairs[2 * i + 1]);
        quads[2 + i] = _mm256_unpackhi_epi32(pairs[2 * i], pairs[2 * i + 1]);
    }
    for (int32_t i = 0; i < 2; i++) {
        bytes[2 * i] = _mm256_unpacklo_epi64(quads[2 * i], quads[2 * i + 1]);
        bytes[2 * i + 1] = _mm256_unpackhi_epi64(quads[2 * i], quads[2 * i + 1]);
    }
#endif
}

BN_AVX2 static inline __m256i bn_load_bytes_avx2(const uint8_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

/* 32 limits of bytes, which fit in them. */
BN_AVX2 static inline __m256i bn_byte_limits_avx2(const uint16_t *least)
{
    const __m256i *from = (const __m256i *)(const void *)least;
    const __m256i packed =
        _mm256_packus_epi16(_mm256_loadu_si256(from), _mm256_loadu_si256(from + 1));
    return _mm256_permute4x64_epi64(packed, 0xd8);
}

/* The bits of bytes that are at least as large as their limits. */
BN_AVX2 static inline uint32_t bn_bytes_from_avx2(__m256i bytes, __m256i limits)
{
    const __m256i is_at_least = _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, limits), bytes);
    return (uint32_t)_mm256_movemask_epi8(is_at_least);
}

#endif
