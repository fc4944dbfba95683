/* write_scaled_sums.h: the epilogue of float sums that stay floats. */
#ifndef BN_WRITE_SCALED_SUMS_H
#define BN_WRITE_SCALED_SUMS_H

#include "float_loops.h"

/* y[t] = (sum[t] - mean[t]) * scale[t] + offset[t], for t < count. */
static inline void bn_write_scaled_sums(const float *sum, const struct bn_float_block *block,
                                        float *y)
{
    for (int32_t t = 0; t < block->count; t++)
        y[t] = (sum[t] - block->mean[t]) * block->scale[t] + block->offset[t];
}

#endif
