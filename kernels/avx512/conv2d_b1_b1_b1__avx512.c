/* 2-D convolution, bit input, bit weights, bit output: see the scalar kernel. */
#include "../include/bit_conv2d.h"
#include "bit_loops_avx512.h"

BN_KERNEL void conv2d_b1_b1_b1__avx512(const struct bn_conv2d_shape *shape,
                                       const bn_word *restrict x, const bn_word *restrict w,
                                       const int32_t *restrict threshold, bn_word *restrict y,
                                       bn_word *restrict scratch, struct bn_part part)
{
    bn_conv2d_b1_b1_b1(shape, x, w, threshold, y, scratch, part, &bn_bit_loops_avx512);
}
