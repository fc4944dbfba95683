/* triple_loops_avx2.h: the loops of convolutions by way of sums of three floats. */
#ifndef BN_TRIPLE_LOOPS_AVX2_H
#define BN_TRIPLE_LOOPS_AVX2_H

#include <string.h>

#include "../include/triple_loops.h"
#include "avx2.h"

/* Eight floats of each stretch side by side. */
BN_AVX2 static inline void bn_transpose_stretches_avx2(const float *x, ptrdiff_t stretch, float *to)
{
    __m256 row[8], pair[8], quad[8];
    for (int32_t l = 0; l < 8; l++)
        row[l] = _mm256_loadu_ps(x + l * stretch);
    for (int32_t l = 0; l < 8; l += 2) {
        pair[l] = _mm256_unpacklo_ps(row[l], row[l + 1]);
        pair[l + 1] = _mm256_unpackhi_ps(row[l], row[l + 1]);
    }
    for (int32_t l = 0; l < 8; l += 4) {
        quad[l] = _mm256_shuffle_ps(pair[l], pair[l + 2], 0x44);
        quad[l + 1] = _mm256_shuffle_ps(pair[l], pair[l + 2], 0xee);
        quad[l + 2] = _mm256_shuffle_ps(pair[l + 1], pair[l + 3], 0x44);
        quad[l + 3] = _mm256_shuffle_ps(pair[l + 1], pair[l + 3], 0xee);
    }
    for (int32_t i = 0; i < 4; i++) {
        _mm256_storeu_ps(to + 8 * i, _mm256_permute2f128_ps(quad[i], quad[4 + i], 0x20));
        _mm256_storeu_ps(to + 8 * (4 + i), _mm256_permute2f128_ps(quad[i], quad[4 + i], 0x31));
    }
}

/* to[i] and to[last - i] are sums of opposite signs. */
BN_AVX2 static inline void bn_store_opposites_avx2(float *to, int32_t i, int32_t last, __m256 sum)
{
    _mm256_storeu_ps(to + 8 * i, sum);
    _mm256_storeu_ps(to + 8 * (last - i), _mm256_xor_ps(sum, _mm256_set1_ps(-0.0f)));
}

BN_AVX2 static void bn_make_triples_avx2(const struct bn_triples *triples, const float *x,
                                         ptrdiff_t stretch, float *restrict columns,
                                         float *restrict sums)
{
    for (int32_t i = 0; i < triples->columns; i += 8)
        bn_transpose_stretches_avx2(x + i, stretch, columns + 8 * i);
    for (int32_t i = 0; i < triples->places; i++) {
        const __m256 a = _mm256_loadu_ps(columns), b = _mm256_loadu_ps(columns + 8);
        const __m256 c = _mm256_loadu_ps(columns + 16);
        const __m256 sum = _mm256_add_ps(a, b), difference = _mm256_sub_ps(a, b);
        bn_store_opposites_avx2(sums, 0, 7, _mm256_add_ps(sum, c));
        bn_store_opposites_avx2(sums, 1, 7, _mm256_sub_ps(c, difference));
        bn_store_opposites_avx2(sums, 2, 7, _mm256_add_ps(difference, c));
        bn_store_opposites_avx2(sums, 3, 7, _mm256_sub_ps(c, sum));
        if (triples->rest == 2) {
            bn_store_opposites_avx2(sums + 64, 0, 3, sum);
            bn_store_opposites_avx2(sums + 64, 2, 3, difference);
        } else if (triples->rest == 1) {
            bn_store_opposites_avx2(sums + 64, 0, 1, a);
        }
        columns += (ptrdiff_t)8 * triples->step;
        sums += triples->place;
    }
}

/* to[l * step + v] = lane l of vector v. */
BN_AVX2 static inline void bn_store_lanes_avx2(const __m256i from[BN_TRIPLE_VECTORS], uint32_t *to,
                                               ptrdiff_t step)
{
    for (int32_t l = 0; l < 4; l += 2) {
        const __m256i a = l == 0 ? _mm256_unpacklo_epi32(from[0], from[1])
                                 : _mm256_unpackhi_epi32(from[0], from[1]);
        const __m256i b = l == 0 ? _mm256_unpacklo_epi32(from[2], from[3])
                                 : _mm256_unpackhi_epi32(from[2], from[3]);
        const __m256i even = _mm256_unpacklo_epi64(a, b), odd = _mm256_unpackhi_epi64(a, b);
        _mm_storeu_si128((__m128i *)(void *)(to + l * step), _mm256_castsi256_si128(even));
        _mm_storeu_si128((__m128i *)(void *)(to + (l + 1) * step), _mm256_castsi256_si128(odd));
        _mm_storeu_si128((__m128i *)(void *)(to + (l + 4) * step),
                         _mm256_extracti128_si256(even, 1));
        _mm_storeu_si128((__m128i *)(void *)(to + (l + 5) * step),
                         _mm256_extracti128_si256(odd, 1));
    }
}

/* The last is a constant. */
BN_AVX2 __attribute__((always_inline)) static inline void bn_sign_vectors_avx2(
    const struct bn_triple_block *block, const float *sums, ptrdiff_t step, uint32_t *bits,
    int32_t lane, const int vectors)
{
    const int32_t *choice = block->choice;
    const float *at[BN_TRIPLE_VECTORS];
    __m256i all[BN_TRIPLE_VECTORS];
    BN_UNROLL_AVX2
    for (int v = 0; v < vectors; v++) {
        at[v] = sums + v * step;
        all[v] = _mm256_setzero_si256();
    }
    for (int32_t t = 0; t < block->count; t += 2, choice += 2 * block->choices) {
        const int32_t next = t + 1 < block->count ? 1 : 0;
        __m256 a[BN_TRIPLE_VECTORS], b[BN_TRIPLE_VECTORS];
        BN_UNROLL_AVX2
        for (int v = 0; v < vectors; v++) {
            a[v] = _mm256_loadu_ps(at[v] + choice[0]);
            b[v] = _mm256_loadu_ps(at[v] + choice[1]);
        }
        for (int32_t i = 1; i < block->choices; i++) {
            /* Loaded together: there are as many loads as can be. */
            int64_t both;
            memcpy(&both, choice + 2 * i, sizeof both);
            const int64_t first = (int32_t)both, second = both >> 32;
            BN_UNROLL_AVX2
            for (int v = 0; v < vectors; v++) {
                a[v] = _mm256_add_ps(a[v], _mm256_loadu_ps(at[v] + first));
                b[v] = _mm256_add_ps(b[v], _mm256_loadu_ps(at[v] + second));
            }
        }
        const __m256 limit = _mm256_broadcast_ss(block->threshold + t);
        const __m256 other_limit = _mm256_broadcast_ss(block->threshold + t + next);
        const __m256i bit = _mm256_set1_epi32((int32_t)(1u << t));
        const __m256i other_bit = _mm256_add_epi32(bit, bit);
        BN_UNROLL_AVX2
        for (int v = 0; v < vectors; v++) {
            const __m256i less = _mm256_castps_si256(_mm256_cmp_ps(a[v], limit, _CMP_LT_OQ));
            const __m256i other_less =
                _mm256_castps_si256(_mm256_cmp_ps(b[v], other_limit, _CMP_LT_OQ));
            all[v] = _mm256_or_si256(all[v], _mm256_and_si256(less, bit));
            all[v] = _mm256_or_si256(all[v], _mm256_and_si256(other_less, other_bit));
        }
    }
    BN_UNROLL_AVX2
    for (int v = vectors; v < BN_TRIPLE_VECTORS; v++)
        all[v] = _mm256_setzero_si256();
    bn_store_lanes_avx2(all, bits, lane);
}

BN_AVX2 BN_HOT_LOOP void bn_sign_triples_avx2(const struct bn_triple_block *block,
                                              const float *sums, ptrdiff_t step, int32_t vectors,
                                              uint32_t *bits, int32_t lane)
{
    if (vectors == 4)
        bn_sign_vectors_avx2(block, sums, step, bits, lane, 4);
    else if (vectors == 3)
        bn_sign_vectors_avx2(block, sums, step, bits, lane, 3);
    else if (vectors == 2)
        bn_sign_vectors_avx2(block, sums, step, bits, lane, 2);
    else
        bn_sign_vectors_avx2(block, sums, step, bits, lane, 1);
}

static const struct bn_triple_loops bn_triple_loops_avx2 = {
    .make = bn_make_triples_avx2,
    .sign = bn_sign_triples_avx2,
};

#endif
