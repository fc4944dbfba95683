/* 2-D convolution, bit input, bit weights, float output: see the scalar kernel. */
#include "../include/bit_conv2d.h"
#include "bit_loops_avx2.h"

BN_KERNEL void conv2d_b1_b1_f32__avx2(const struct bn_conv2d_shape *shape,
                                      const bn_word *restrict x, const bn_word *restrict w,
                                      const float *restrict mean, const float *restrict scale,
                                      const float *restrict offset, float *restrict y,
                                      bn_word *restrict scratch, struct bn_part part)
{
    bn_conv2d_b1_b1_f32(shape, x, w, mean, scale, offset, NULL, y, scratch, part,
                        &bn_bit_loops_avx2);
}
