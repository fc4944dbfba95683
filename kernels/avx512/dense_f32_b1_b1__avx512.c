/* Dense layer, float input, bit weights, bit output: see the scalar kernel. */
#include "../include/float_layer.h"
#include "float_loops_avx512.h"

BN_KERNEL void dense_f32_b1_b1__avx512(const struct bn_dense_shape *shape, const float *restrict x,
                                       const uint8_t *restrict w, const float *restrict threshold,
                                       bn_word *restrict y, struct bn_part part)
{
    const struct bn_conv2d_shape conv2d = bn_dense_as_conv2d(shape);
    const struct bn_float_layer layer = {
        .shape = &conv2d,
        .x = x,
        .signs = w,
        .offset = threshold,
        .y_bits = y,
    };
    bn_run_float_layer(&layer, part, &bn_sign_loops_avx512);
}
