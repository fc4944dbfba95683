/* scale_sums.h: the float epilogue of bits by bits. */
#ifndef BN_SCALE_SUMS_H
#define BN_SCALE_SUMS_H

#include "base.h"

/* y[t] = (total - 2 * differ[t] - mean[t]) * scale[t] + offset[t], for t < count. */
static inline void bn_scale_sums(int32_t total, const int32_t *restrict differ,
                                 const float *restrict mean, const float *restrict scale,
                                 const float *restrict offset, int32_t count, float *restrict y)
{
    for (int32_t t = 0; t < count; t++)
        y[t] = ((float)(total - 2 * differ[t]) - mean[t]) * scale[t] + offset[t];
}

/* The same, plus addend[t], which may be y. */
static inline void bn_scale_sums_and_add(int32_t total, const int32_t *restrict differ,
                                         const float *restrict mean, const float *restrict scale,
                                         const float *restrict offset, const float *addend,
                                         int32_t count, float *y)
{
    float scaled[BN_BIT_BLOCK];
    bn_scale_sums(total, differ, mean, scale, offset, count, scaled);
    for (int32_t t = 0; t < count; t++)
        y[t] = scaled[t] + addend[t];
}

#endif
