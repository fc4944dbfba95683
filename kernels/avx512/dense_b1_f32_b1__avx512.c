/* Dense layer, bit input, float weights, bit output: see the scalar kernel. */
#include "../include/float_layer.h"
#include "float_loops_avx512.h"

BN_KERNEL void dense_b1_f32_b1__avx512(const struct bn_dense_shape *shape,
                                       const bn_word *restrict x, const float *restrict w,
                                       const float *restrict threshold, bn_word *restrict y,
                                       float *restrict scratch, struct bn_part part)
{
    const struct bn_conv2d_shape conv2d = bn_dense_as_conv2d(shape);
    const struct bn_float_layer layer = {
        .shape = &conv2d,
        .x_bits = x,
        .w = w,
        .offset = threshold,
        .y_bits = y,
        .scratch = scratch,
    };
    bn_run_float_layer(&layer, part, &bn_float_loops_avx512);
}
