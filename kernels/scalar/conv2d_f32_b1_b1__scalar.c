/*
 * 2-D convolution, float input, bit weights, bit output:
 *   acc = sum over (ky, kx, c) of w ? -x : x
 *   y[n][oy][ox][o] = acc < threshold[o]   (1 means -1)
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image is 0.
 * Weights: uint8_t [group][O/g/T][kernel_y][kernel_x][C/g], bit j is output channel j of the block.
 * Scratch: float, as bn_make_float_band says.
 */
#include "../include/float_layer.h"
#include "../include/portable_sign_loops.h"

BN_KERNEL void conv2d_f32_b1_b1__scalar(const struct bn_conv2d_shape *shape,
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
    bn_run_float_layer(&layer, part, &bn_portable_sign_loops);
}
