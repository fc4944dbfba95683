/*
 * Depthwise 2-D convolution of signed bytes, bytes as weights, i32 output:
 *   acc = sum over (ky, kx) of x * w
 *   y = bias[o] + acc
 * for output channel o = c * M + m of input channel c, M = out_channels / in_channels, with x at
 * [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c] and w at [ky][kx][o]. A tap outside
 * the image reads pad_value.
 * Weights: int8_t [kernel_y][kernel_x][C * M].
 * Scratch: int8_depthwise.h.
 */
#include "../include/int8_depthwise.h"

BN_KERNEL void depthwise_conv2d_i8_i8_i32__scalar(const struct bn_conv2d_shape *shape,
                                                  const int8_t *restrict x,
                                                  const int8_t *restrict w,
                                                  const int32_t *restrict bias, int32_t *restrict y,
                                                  void *restrict scratch, struct bn_part part)
{
    const struct bn_int8_epilogue epilogue = {
        .store = bn_store_int8_i32,
        .channels = shape->out_channels,
        .bias = bias,
        .y = y,
    };
    struct bn_int8_depthwise layer;
    bn_start_int8_depthwise(&layer, shape, w, scratch, bn_multiply_int8_taps);
    bn_run_int8_depthwise(&layer, x, &epilogue, part);
}
