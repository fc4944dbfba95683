/*
 * 2-D convolution, float input, float weights, bit output:
 *   acc = sum over (ky, kx, c) of x * w
 *   y[n][oy][ox][o] = acc < threshold[o]   (1 means -1)
 * with x at [n][oy * stride_y + ky * dilation_y - pad_top][ox alike][c of the group] and w at
 * [ky][kx][c][o]. A tap outside the image is 0.
 * Weights: float [group][O/g/T][kernel_y][kernel_x][C/g][T], zeros past the last channel.
 * Scratch: float, as bn_make_float_band says.
 */
#include "../include/float_layer.h"
#include "../include/portable_float_loops.h"

BN_KERNEL void conv2d_f32_f32_b1__scalar(const struct bn_conv2d_shape *shape,
                                         const float *restrict x, const float *restrict w,
                                         const float *restrict threshold, bn_word *restrict y,
                                         float *restrict scratch, struct bn_part part)
{
    const struct bn_float_layer layer = {
        .shape = shape,
        .x = x,
        .w = w,
        .offset = threshold,
        .y_bits = y,
        .scratch = scratch,
    };
    bn_run_float_layer(&layer, part, &bn_portable_float_loops);
}
