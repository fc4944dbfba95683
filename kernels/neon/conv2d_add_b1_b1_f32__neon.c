/* 2-D convolution, bit input, bit weights, plus floats: see the scalar kernel. */
#include "../include/bit_conv2d.h"
#include "bit_loops_neon.h"

BN_KERNEL void conv2d_add_b1_b1_f32__neon(const struct bn_conv2d_shape *shape,
                                          const bn_word *restrict x, const bn_word *restrict w,
                                          const float *restrict mean, const float *restrict scale,
                                          const float *restrict offset, const float *addend,
                                          float *y, bn_word *restrict scratch, struct bn_part part)
{
    bn_conv2d_b1_b1_f32(shape, x, w, mean, scale, offset, addend, y, scratch, part,
                        &bn_bit_loops_neon);
}
