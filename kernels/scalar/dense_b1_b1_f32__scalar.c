/*
 * Dense layer, bit input, bit weights, float output:
 *   acc = sum over k of x[n][k] == w[k][o] ? 1 : -1
 *   y[n][o] = activation((acc - mean[o]) * scale[o] + offset[o])
 * acc is K - 2 * popcount(x xor w).
 * Weights: bn_word [blocks of 64 of O][words(K)][width of block].
 */
#include "../include/bit_dense.h"
#include "../include/portable_bit_loops.h"

BN_KERNEL void dense_b1_b1_f32__scalar(const struct bn_dense_shape *shape,
                                       const bn_word *restrict x, const bn_word *restrict w,
                                       const float *restrict mean, const float *restrict scale,
                                       const float *restrict offset, float *restrict y,
                                       struct bn_part part)
{
    bn_dense_b1_b1_f32(shape, x, w, mean, scale, offset, y, part, &bn_portable_bit_loops);
}
