/* Depthwise convolution of bytes, bits as weights, bit output: see the scalar kernel. */
#include "int8_depthwise_avx2.h"

BN_KERNEL void depthwise_conv2d_i8_b1_b1__avx2(const struct bn_conv2d_shape *shape,
                                               const int8_t *restrict x, const bn_word *restrict w,
                                               const int32_t *restrict bias,
                                               const int32_t *restrict threshold,
                                               bn_word *restrict y, void *restrict scratch,
                                               struct bn_part part)
{
    const struct bn_int8_epilogue epilogue = {
        .store = bn_store_int8_b1,
        .channels = shape->out_channels,
        .bias = bias,
        .threshold = threshold,
        .y = y,
    };
    struct bn_int8_depthwise layer;
    bn_start_int8_depthwise(&layer, shape, NULL, scratch, bn_multiply_int8_taps_avx2);
    bn_expand_int8_depthwise(&layer, w);
    bn_run_int8_depthwise(&layer, x, &epilogue, part);
}
