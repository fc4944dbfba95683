/*
 * Dense layer, bit input, bit weights, bit output:
 *   acc = sum over k of x[n][k] == w[k][o] ? 1 : -1
 *   y[n][o] = acc < threshold[o]   (1 means -1)
 * acc is K - 2 * popcount(x xor w).
 * Weights: bn_word [blocks of 64 of O][words(K)][width of block].
 */
#include "../include/bit_dense.h"
#include "../include/portable_bit_loops.h"

BN_KERNEL void dense_b1_b1_b1__scalar(const struct bn_dense_shape *shape, const bn_word *restrict x,
                                      const bn_word *restrict w, const int32_t *restrict threshold,
                                      bn_word *restrict y, struct bn_part part)
{
    bn_dense_b1_b1_b1(shape, x, w, threshold, y, part, &bn_portable_bit_loops);
}
