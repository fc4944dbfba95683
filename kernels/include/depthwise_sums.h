/* depthwise_sums.h: sums of a depthwise convolution where inputs or weights are floats. */
#ifndef BN_DEPTHWISE_SUMS_H
#define BN_DEPTHWISE_SUMS_H

#include "depthwise.h"
#include "unpack_bits.h"
#include "words.h"

/* What all sums below have in common: one output pixel, channels first .. first + count - 1. */
struct bn_depthwise_place {
    const struct bn_conv2d_shape *shape;
    int32_t oy, ox, first, count;
};

static inline void bn_add_products(int32_t count, const float *x, const float *w, float *sum)
{
    for (int32_t i = 0; i < count; i++)
        sum[i] += x[i] * w[i];
}

/* sum[i] = the sum of x * w over the taps in the image, in the order (ky, kx). */
static inline void bn_depthwise_f32_f32(const struct bn_depthwise_place *at, const float *image,
                                        const float *w, float sum[BN_WORD_BITS])
{
    const struct bn_conv2d_shape *shape = at->shape;
    const int32_t multiplier = shape->out_channels / shape->in_channels;
    float buffer[BN_WORD_BITS];
    memset(sum, 0, BN_WORD_BITS * sizeof *sum);
    w += at->first;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const struct bn_tap tap = bn_tap_at(shape, at->oy, at->ox, ky, kx);
            if (tap.inside) {
                const float *row = image + tap.pixel * shape->in_channels;
                bn_add_products(at->count,
                                bn_depthwise_floats(row, at->first, at->count, multiplier, buffer),
                                w, sum);
            }
            w += shape->out_channels;
        }
    }
}

/* The same with weights of one bit. */
static inline void bn_depthwise_f32_b1(const struct bn_depthwise_place *at, const float *image,
                                       const bn_word *w, float sum[BN_WORD_BITS])
{
    const struct bn_conv2d_shape *shape = at->shape;
    const int32_t multiplier = shape->out_channels / shape->in_channels;
    float buffer[BN_WORD_BITS], signs[BN_WORD_BITS];
    memset(sum, 0, BN_WORD_BITS * sizeof *sum);
    w += at->first / BN_WORD_BITS;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const struct bn_tap tap = bn_tap_at(shape, at->oy, at->ox, ky, kx);
            if (tap.inside) {
                const float *row = image + tap.pixel * shape->in_channels;
                bn_unpack_row(w, at->count, signs);
                bn_add_products(at->count,
                                bn_depthwise_floats(row, at->first, at->count, multiplier, buffer),
                                signs, sum);
            }
            w += bn_words(shape->out_channels);
        }
    }
}

/* The same with inputs of one bit. */
static inline void bn_depthwise_b1_f32(const struct bn_depthwise_place *at, const bn_word *image,
                                       const float *w, float sum[BN_WORD_BITS])
{
    const struct bn_conv2d_shape *shape = at->shape;
    const int32_t multiplier = shape->out_channels / shape->in_channels;
    const int32_t in_words = bn_words(shape->in_channels);
    float signs[BN_WORD_BITS];
    memset(sum, 0, BN_WORD_BITS * sizeof *sum);
    w += at->first;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const struct bn_tap tap = bn_tap_at(shape, at->oy, at->ox, ky, kx);
            if (tap.inside || shape->pad_value != 0) {
                const bn_word bits = tap.inside
                                         ? bn_depthwise_bits(image + tap.pixel * in_words,
                                                             at->first, at->count, multiplier)
                                         : bn_depthwise_padding(shape, at->count);
                bn_unpack_row(&bits, at->count, signs);
                bn_add_products(at->count, signs, w, sum);
            }
            w += shape->out_channels;
        }
    }
}

#endif
