/* Dense layer, bit input, bit weights, float output: see the scalar kernel. */
#include "../include/bit_dense.h"
#include "bit_loops_avx512.h"

BN_KERNEL void dense_b1_b1_f32__avx512(const struct bn_dense_shape *shape,
                                       const bn_word *restrict x, const bn_word *restrict w,
                                       const float *restrict mean, const float *restrict scale,
                                       const float *restrict offset, float *restrict y,
                                       struct bn_part part)
{
    bn_dense_b1_b1_f32(shape, x, w, mean, scale, offset, y, part, &bn_bit_loops_avx512);
}
