/* Dense layer, bit input, bit weights, bit output: see the scalar kernel. */
#include "../include/bit_dense.h"
#include "bit_loops_avx512.h"

BN_KERNEL void dense_b1_b1_b1__avx512(const struct bn_dense_shape *shape, const bn_word *restrict x,
                                      const bn_word *restrict w, const int32_t *restrict threshold,
                                      bn_word *restrict y, struct bn_part part)
{
    bn_dense_b1_b1_b1(shape, x, w, threshold, y, part, &bn_bit_loops_avx512);
}
