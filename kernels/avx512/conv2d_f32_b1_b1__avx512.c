/* 2-D convolution, float input, bit weights, bit output: see the scalar kernel. */
#include "../avx2/triple_loops_avx2.h"
#include "../include/float_layer.h"
#include "../include/triple_layer.h"
#include "float_loops_avx512.h"

BN_KERNEL void conv2d_f32_b1_b1__avx512(const struct bn_conv2d_shape *shape,
                                        const float *restrict x, const uint8_t *restrict w,
                                        const float *restrict threshold, bn_word *restrict y,
                                        float *restrict scratch, struct bn_part part)
{
    const struct bn_float_layer layer = {
        .shape = shape,
        .x = x,
        .signs = w,
        .offset = threshold,
        .y_bits = y,
        .scratch = scratch,
    };
    const struct bn_triples triples = bn_place_triples(shape);
    if (bn_take_triples(shape, &triples))
        bn_run_triple_layer(&layer, &triples, part, &bn_triple_loops_avx2);
    else
        bn_run_float_layer(&layer, part, &bn_sign_loops_avx512);
}
