/* int8_depthwise.h: depthwise convolutions of bytes, around the loop of an instruction set. */
#ifndef BN_INT8_DEPTHWISE_H
#define BN_INT8_DEPTHWISE_H

#include "depthwise.h"
#include "int8_epilogue.h"

/* Fewer channels are left to plain C. */
#define BN_INT8_LEAST_DEPTHWISE 16

/*
 * sum[c] = the sum over taps of x[tap][first + c] * w[tap * step + c], for c < count, at least
 * BN_INT8_LEAST_DEPTHWISE and at most BN_INT8_BLOCK.
 */
typedef void bn_int8_depthwise_loop(int32_t taps, int32_t count, int32_t first,
                                    const int8_t *const *x, const int8_t *restrict w,
                                    ptrdiff_t step, int32_t *restrict sum);

static inline void bn_multiply_int8_taps(int32_t taps, int32_t count, int32_t first,
                                         const int8_t *const *x, const int8_t *restrict w,
                                         ptrdiff_t step, int32_t *restrict sum)
{
    memset(sum, 0, (size_t)count * sizeof *sum);
    for (int32_t tap = 0; tap < taps; tap++, w += step) {
        const int8_t *restrict row = x[tap] + first;
        for (int32_t c = 0; c < count; c++)
            sum[c] += row[c] * w[c];
    }
}

/*
 * Scratch, in bytes: [kernel_y][kernel_x] pointers, where the taps of a window are; then
 * [in_channels], what taps outside the image read; for bits as weights also
 * [kernel_y][kernel_x][out_channels], the same as bytes.
 */
struct bn_int8_depthwise {
    const struct bn_conv2d_shape *shape;
    bn_int8_depthwise_loop *multiply;
    const int8_t *w;
    int32_t taps, multiplier;
    const int8_t **rows;
    int8_t *outside, *expanded;
};

static inline void bn_start_int8_depthwise(struct bn_int8_depthwise *layer,
                                           const struct bn_conv2d_shape *shape, const int8_t *w,
                                           void *scratch, bn_int8_depthwise_loop *multiply)
{
    layer->shape = shape;
    layer->multiply = multiply;
    layer->w = w;
    layer->taps = shape->kernel_height * shape->kernel_width;
    layer->multiplier = shape->out_channels / shape->in_channels;
    layer->rows = scratch;
    layer->outside = (int8_t *)scratch + (ptrdiff_t)layer->taps * (ptrdiff_t)sizeof *layer->rows;
    layer->expanded = layer->outside + shape->in_channels;
    memset(layer->outside, shape->pad_value, (size_t)shape->in_channels);
}

/* Weights of bits, bn_word [kernel_y][kernel_x][words(out_channels)], as bytes. */
static inline void bn_expand_int8_depthwise(struct bn_int8_depthwise *layer, const bn_word *bits)
{
    const int32_t channels = layer->shape->out_channels;
    int8_t *to = layer->expanded;
    for (int32_t tap = 0; tap < layer->taps; tap++, bits += bn_words(channels), to += channels)
        for (int32_t c = 0; c < channels; c++)
            to[c] = bits[c / BN_WORD_BITS] >> c % BN_WORD_BITS & 1 ? -1 : 1;
    layer->w = layer->expanded;
}

/* Finds the taps of an output pixel of an image. */
static inline void bn_place_int8_taps(struct bn_int8_depthwise *layer, const int8_t *image,
                                      int32_t oy, int32_t ox)
{
    const struct bn_conv2d_shape *shape = layer->shape;
    const int8_t **row = layer->rows;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++)
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const struct bn_tap tap = bn_tap_at(shape, oy, ox, ky, kx);
            *row++ = tap.inside ? image + tap.pixel * shape->in_channels : layer->outside;
        }
}

/* The sums of a block of channels of the pixel whose taps have been found. */
static inline void bn_sum_int8_taps(struct bn_int8_depthwise *layer, int32_t first, int32_t count,
                                    int32_t *sum)
{
    const int32_t taps = layer->taps, channels = layer->shape->out_channels;
    bn_int8_depthwise_loop *multiply =
        count < BN_INT8_LEAST_DEPTHWISE ? bn_multiply_int8_taps : layer->multiply;
    if (layer->multiplier == 1) {
        multiply(taps, count, first, layer->rows, layer->w + first, channels, sum);
        return;
    }
    memset(sum, 0, (size_t)count * sizeof *sum);
    for (int32_t tap = 0; tap < taps; tap++) {
        const int8_t *w = layer->w + (ptrdiff_t)tap * channels + first;
        int8_t x[BN_INT8_BLOCK];
        const int8_t *const row = x;
        int32_t sums[BN_INT8_BLOCK];
        for (int32_t c = 0; c < count; c++)
            x[c] = layer->rows[tap][(first + c) / layer->multiplier];
        multiply(1, count, 0, &row, w, channels, sums);
        for (int32_t c = 0; c < count; c++)
            sum[c] += sums[c];
    }
}

/* The layer for a share of the rows of all images. */
static inline void bn_run_int8_depthwise(struct bn_int8_depthwise *layer, const int8_t *x,
                                         const struct bn_int8_epilogue *epilogue,
                                         struct bn_part part)
{
    const struct bn_conv2d_shape *shape = layer->shape;
    const ptrdiff_t image = (ptrdiff_t)shape->in_height * shape->in_width * shape->in_channels;
    const int32_t rows = shape->batch * shape->out_height;
    const int32_t end = bn_part_end(part, rows), channels = shape->out_channels;
    for (int32_t row = bn_part_begin(part, rows); row < end; row++)
        for (int32_t ox = 0; ox < shape->out_width; ox++) {
            bn_place_int8_taps(layer, x + row / shape->out_height * image, row % shape->out_height,
                               ox);
            for (int32_t first = 0; first < channels; first += BN_INT8_BLOCK) {
                const int32_t left = channels - first;
                const int32_t count = left < BN_INT8_BLOCK ? left : BN_INT8_BLOCK;
                int32_t sum[BN_INT8_BLOCK];
                bn_sum_int8_taps(layer, first, count, sum);
                bn_finish_int8_block(epilogue, (ptrdiff_t)row * shape->out_width + ox, 1, first,
                                     count, count, 0, sum);
            }
        }
}

#endif
