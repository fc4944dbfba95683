/*
 * Dense layer, bit input, bit weights, float output:
 *   acc = sum over k of x[n][k] == w[k][o] ? 1 : -1
 *   y[n][o] = activation((acc - mean[o]) * scale[o] + offset[o])
 * acc is K - 2 * popcount(x xor w).
 * Weights: bn_word [O/B][words(K)][B].
 */
#include "../include/long_bit_row.h"
#include "../include/scale_sums.h"
#include "../include/shapes.h"
#include "../include/words.h"

BN_KERNEL void dense_b1_b1_f32__scalar(const struct bn_dense_shape *shape,
                                       const bn_word *restrict x, const bn_word *restrict w,
                                       const float *restrict mean, const float *restrict scale,
                                       const float *restrict offset, float *restrict y)
{
    const int32_t in_channels = shape->in_channels;
    const int32_t out_channels = shape->out_channels;
    const int32_t in_words = bn_words(in_channels);
    for (int32_t n = 0; n < shape->rows; n++) {
        const bn_word *x_row = x + (ptrdiff_t)n * in_words;
        float *y_row = y + (ptrdiff_t)n * out_channels;
        const bn_word *w_tile = w;
        for (int32_t first = 0; first < out_channels; first += BN_BIT_BLOCK) {
            const int32_t left = out_channels - first;
            const int32_t count = left < BN_BIT_BLOCK ? left : BN_BIT_BLOCK;
            int32_t differ[BN_BIT_BLOCK];
            for (int32_t t = 0; t < count; t += BN_BIT_TILE) {
                bn_count_bits(in_words, x_row, w_tile, differ + t);
                w_tile += (ptrdiff_t)in_words * BN_BIT_TILE;
            }
            bn_scale_sums(in_channels, differ, mean + first, scale + first, offset + first, count,
                          y_row + first);
        }
        if (shape->activation.apply)
            shape->activation.apply(y_row, out_channels, shape->activation.a, shape->activation.b);
    }
}
