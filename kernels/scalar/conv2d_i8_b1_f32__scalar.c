/*
 * 2-D convolution of bytes, bits as weights, float output:
 *   acc = sum over (ky, kx, c) of x * w
 *   y = activation((bias[o] + acc - mean[o]) * scale[o] + offset[o])
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image reads pad_value.
 * Weights: uint32_t [group][O/g/8][quads(K)], see int8_loops.h. w_sums[o] is the sum of
 * the weights of a channel.
 * Scratch: int8_scratch.h.
 */
#include "../include/int8_conv2d.h"
#include "../include/portable_int8_loops.h"

BN_KERNEL void conv2d_i8_b1_f32__scalar(const struct bn_conv2d_shape *shape, const void *restrict x,
                                        const uint8_t *restrict w, const int32_t *restrict w_sums,
                                        const int32_t *restrict bias, const float *restrict mean,
                                        const float *restrict scale, const float *restrict offset,
                                        float *restrict y, void *restrict scratch,
                                        struct bn_part part)
{
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
    const struct bn_int8_weights weights = {&bn_portable_int8_bit_loops, w, BN_INT8_QUAD_BITS};
    bn_int8_conv2d(shape, x, &weights, &epilogue, scratch, part);
}
