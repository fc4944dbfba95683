/*
 * float_epilogue_neon.h: what becomes of the sums of a tile of channels. ARMv7 leaves it to plain
 * C, which keeps numbers that are too small to be normal.
 */
#ifndef BN_FLOAT_EPILOGUE_NEON_H
#define BN_FLOAT_EPILOGUE_NEON_H

#include "../include/float_loops.h"
#include "neon.h"

#if defined(__aarch64__)

/* (sum[t] - mean[t]) * scale[t] + offset[t] for 4 channels from t on. */
static inline float32x4_t bn_scale_four_neon(const float *sum, const struct bn_float_block *block,
                                             int32_t t)
{
    const float32x4_t centred = vsubq_f32(vld1q_f32(sum + t), vld1q_f32(block->mean + t));
    const float32x4_t scaled = vmulq_f32(centred, vld1q_f32(block->scale + t));
    return vaddq_f32(scaled, vld1q_f32(block->offset + t));
}

/* The same for all channels of the block. */
static inline void bn_write_scaled_neon(const float *sum, const struct bn_float_block *block,
                                        float *y)
{
    int32_t t = 0;
    for (; t + 4 <= block->count; t += 4)
        vst1q_f32(y + t, bn_scale_four_neon(sum, block, t));
    for (; t < block->count; t++)
        y[t] = (sum[t] - block->mean[t]) * block->scale[t] + block->offset[t];
}

/* Bit t is sum[t] < threshold[t], for the channels of `tiles` tiles. */
static inline uint32_t bn_less_floats_neon(const float *sum, const float *threshold, int32_t tiles)
{
    static const uint16_t places[BN_FLOAT_TILE] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint16x8_t place = vld1q_u16(places);
    uint32_t bits = 0;
    for (int32_t t = 0; t < tiles * BN_FLOAT_TILE; t += BN_FLOAT_TILE) {
        const uint32x4_t low = vcltq_f32(vld1q_f32(sum + t), vld1q_f32(threshold + t));
        const uint32x4_t high = vcltq_f32(vld1q_f32(sum + t + 4), vld1q_f32(threshold + t + 4));
        const uint16x8_t is_less = vcombine_u16(vmovn_u32(low), vmovn_u32(high));
        bits |= (uint32_t)vaddvq_u16(vandq_u16(is_less, place)) << t;
    }
    return bits;
}

#else

static inline void bn_write_scaled_neon(const float *sum, const struct bn_float_block *block,
                                        float *y)
{
    for (int32_t t = 0; t < block->count; t++)
        y[t] = (sum[t] - block->mean[t]) * block->scale[t] + block->offset[t];
}

static inline uint32_t bn_less_floats_neon(const float *sum, const float *threshold, int32_t tiles)
{
    uint32_t bits = 0;
    for (int32_t t = 0; t < tiles * BN_FLOAT_TILE; t++)
        bits |= (uint32_t)(sum[t] < threshold[t]) << t;
    return bits;
}

#endif

#endif
