/* less_neon.h: counts of bits that differ become the signs of what they stand for. */
#ifndef BN_LESS_NEON_H
#define BN_LESS_NEON_H

#include "neon.h"

/* All ones where total - 2 * differ[t] < threshold[t], for t < 4. */
static inline uint16x4_t bn_less_of_four_neon(int32x4_t total, const int32_t *differ,
                                              const int32_t *threshold)
{
    const int32x4_t sums = vsubq_s32(total, vshlq_n_s32(vld1q_s32(differ), 1));
    return vmovn_u32(vcltq_s32(sums, vld1q_s32(threshold)));
}

/* The same for t < 8, as a bit each of one byte, in 8 parts. */
static inline uint8x8_t bn_less_of_eight_neon(int32x4_t total, const int32_t *differ,
                                              const int32_t *threshold)
{
    static const uint8_t bits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint16x8_t less = vcombine_u16(bn_less_of_four_neon(total, differ, threshold),
                                         bn_less_of_four_neon(total, differ + 4, threshold + 4));
    return vand_u8(vmovn_u16(less), vld1_u8(bits));
}

static uint64_t bn_less_neon(int32_t total, int32_t width, const int32_t differ[BN_BIT_BLOCK],
                             const int32_t threshold[BN_BIT_BLOCK])
{
    const int32x4_t totals = vdupq_n_s32(total);
    uint64_t bits = 0;
    for (int32_t t = 0; t < width; t += 32) {
        const int32_t *d = differ + t, *limit = threshold + t;
        const uint8x8_t a = vpadd_u8(bn_less_of_eight_neon(totals, d, limit),
                                     bn_less_of_eight_neon(totals, d + 8, limit + 8));
        const uint8x8_t b = vpadd_u8(bn_less_of_eight_neon(totals, d + 16, limit + 16),
                                     bn_less_of_eight_neon(totals, d + 24, limit + 24));
        const uint8x8_t ab = vpadd_u8(a, b);
        const uint8x8_t bytes = vpadd_u8(ab, ab);
        bits |= (uint64_t)vget_lane_u32(vreinterpret_u32_u8(bytes), 0) << t;
    }
    return bits;
}

#endif
