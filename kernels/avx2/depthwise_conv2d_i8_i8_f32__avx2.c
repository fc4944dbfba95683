/* Depthwise convolution of bytes, bytes as weights, float output: see the scalar kernel. */
#include "int8_depthwise_avx2.h"

BN_KERNEL void depthwise_conv2d_i8_i8_f32__avx2(
    const struct bn_conv2d_shape *shape, const int8_t *restrict x, const int8_t *restrict w,
    const int32_t *restrict bias, const float *restrict mean, const float *restrict scale,
    const float *restrict offset, float *restrict y, void *restrict scratch, struct bn_part part)
{
    const struct bn_int8_epilogue epilogue = {
        .store = bn_store_int8_f32,
        .channels = shape->out_channels,
        .bias = bias,
        .mean = mean,
        .scale = scale,
        .offset = offset,
        .activation = &shape->activation,
        .y = y,
    };
    struct bn_int8_depthwise layer;
    bn_start_int8_depthwise(&layer, shape, w, scratch, bn_multiply_int8_taps_avx2);
    bn_run_int8_depthwise(&layer, x, &epilogue, part);
}
