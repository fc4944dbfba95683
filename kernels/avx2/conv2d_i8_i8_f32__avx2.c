/* 2-D convolution of bytes, bytes as weights, float output: see the scalar kernel. */
#include "../include/int8_conv2d.h"
#include "int8_loops_avx2.h"

BN_KERNEL void conv2d_i8_i8_f32__avx2(const struct bn_conv2d_shape *shape, const void *restrict x,
                                      const int8_t *restrict w, const int32_t *restrict w_sums,
                                      const int32_t *restrict bias, const float *restrict mean,
                                      const float *restrict scale, const float *restrict offset,
                                      float *restrict y, void *restrict scratch,
                                      struct bn_part part)
{
    const struct bn_int8_weights weights = bn_int8_weights_avx2(shape->small_weights, w);
    const struct bn_int8_epilogue epilogue = {
        .store = bn_store_int8_f32,
        .channels = shape->out_channels,
        .bias = bias,
        .w_sums = w_sums,
        .mean = mean,
        .scale = scale,
        .offset = offset,
        .activation = &shape->activation,
        .y = y,
    };
    bn_int8_conv2d(shape, x, &weights, &epilogue, scratch, part);
}
