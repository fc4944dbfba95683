/*
 * Dense layer, bit input, float weights, float output:
 *   acc = sum over k of x[n][k] ? -w[k][o] : w[k][o]
 *   y[n][o] = activation(acc + bias[o])
 * Weights: float [O/T][K][T], zeros past the last channel.
 * Scratch: float [at most BN_DENSE_STRIP rows][K].
 */
#include "../include/float_layer.h"
#include "../include/portable_float_loops.h"

BN_KERNEL void dense_b1_f32_f32__scalar(const struct bn_dense_shape *shape,
                                        const bn_word *restrict x, const float *restrict w,
                                        const float *restrict bias, float *restrict y,
                                        float *restrict scratch, struct bn_part part)
{
    const struct bn_conv2d_shape conv2d = bn_dense_as_conv2d(shape);
    const struct bn_float_layer layer = {
        .shape = &conv2d,
        .x_bits = x,
        .w = w,
        .offset = bias,
        .y = y,
        .scratch = scratch,
    };
    bn_run_float_layer(&layer, part, &bn_portable_float_loops);
}
