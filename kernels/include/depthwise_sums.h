/* depthwise_sums.h: sums of a depthwise convolution where inputs or weights are floats. */
#ifndef BN_DEPTHWISE_SUMS_H
#define BN_DEPTHWISE_SUMS_H

#include "depthwise.h"
#include "sign_table.h"
#include "tap_range.h"
#include "unpack_bits.h"
#include "words.h"

/* What all sums below have in common: one output pixel, channels first .. first + count - 1. */
struct bn_depthwise_place {
    const struct bn_conv2d_shape *shape;
    int32_t oy, ox, first, count;
};

/* Channels whose sums stay in registers while all taps are added. */
#define BN_DEPTHWISE_LANES 16

/* The taps in the image: how many, where the first one reads x and w, how far it is to the next. */
struct bn_depthwise_taps {
    int32_t rows, columns;
    ptrdiff_t x, x_row, x_column;
    ptrdiff_t w, w_row, w_column;
};

/* Of a float image; w_size is how far it is from the weights of one tap to those of the next. */
static inline struct bn_depthwise_taps bn_depthwise_taps_at(const struct bn_depthwise_place *at,
                                                            int32_t w_size)
{
    const struct bn_conv2d_shape *shape = at->shape;
    const struct bn_tap_range rows =
        bn_tap_range_at(at->oy * shape->stride_y - shape->pad_top, shape->kernel_height,
                        shape->dilation_y, shape->in_height);
    const struct bn_tap_range columns =
        bn_tap_range_at(at->ox * shape->stride_x - shape->pad_left, shape->kernel_width,
                        shape->dilation_x, shape->in_width);
    const ptrdiff_t pixel = shape->in_channels, row = pixel * shape->in_width;
    struct bn_depthwise_taps taps = {0};
    if (rows.end <= rows.first || columns.end <= columns.first)
        return taps;
    taps.rows = rows.end - rows.first;
    taps.columns = columns.end - columns.first;
    taps.x = (rows.begin + (ptrdiff_t)rows.first * shape->dilation_y) * row +
             (columns.begin + (ptrdiff_t)columns.first * shape->dilation_x) * pixel;
    taps.x_row = row * shape->dilation_y;
    taps.x_column = pixel * shape->dilation_x;
    taps.w = ((ptrdiff_t)rows.first * shape->kernel_width + columns.first) * w_size;
    taps.w_row = (ptrdiff_t)shape->kernel_width * w_size;
    taps.w_column = w_size;
    return taps;
}

/* sum[t] = the sum of x * w over all taps, in the order (ky, kx). */
BN_HOT_LOOP void bn_depthwise_lanes_f32_f32(const struct bn_depthwise_taps *taps,
                                            const float *restrict x, const float *restrict w,
                                            float sum[restrict BN_DEPTHWISE_LANES])
{
    float acc[BN_DEPTHWISE_LANES] = {0};
    for (int32_t ky = 0; ky < taps->rows; ky++) {
        for (int32_t kx = 0; kx < taps->columns; kx++) {
            const float *x_at = x + (ky * taps->x_row + kx * taps->x_column);
            const float *w_at = w + (ky * taps->w_row + kx * taps->w_column);
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_DEPTHWISE_LANES; t++)
                acc[t] += x_at[t] * w_at[t];
        }
    }
    for (int32_t t = 0; t < BN_DEPTHWISE_LANES; t++)
        sum[t] = acc[t];
}

/* The same with weights of one bit: bits shift .. shift + 15 of the words at w. */
BN_HOT_LOOP void bn_depthwise_lanes_f32_b1(const struct bn_depthwise_taps *taps,
                                           const float *restrict x, const bn_word *restrict w,
                                           int32_t shift, float sum[restrict BN_DEPTHWISE_LANES])
{
    float acc[BN_DEPTHWISE_LANES] = {0};
    for (int32_t ky = 0; ky < taps->rows; ky++) {
        for (int32_t kx = 0; kx < taps->columns; kx++) {
            const float *x_at = x + (ky * taps->x_row + kx * taps->x_column);
            const bn_word bits = w[ky * taps->w_row + kx * taps->w_column] >> shift;
            for (int32_t lane = 0; lane < BN_DEPTHWISE_LANES; lane += BN_SIGN_LANES) {
                const float *signs = bn_signs[bits >> lane & bn_low_bits(BN_SIGN_LANES)];
                BN_TILE_LOOP
                for (int32_t t = 0; t < BN_SIGN_LANES; t++)
                    acc[lane + t] += x_at[lane + t] * signs[t];
            }
        }
    }
    for (int32_t t = 0; t < BN_DEPTHWISE_LANES; t++)
        sum[t] = acc[t];
}

static inline void bn_add_products(int32_t count, const float *x, const float *w, float *sum)
{
    for (int32_t i = 0; i < count; i++)
        sum[i] += x[i] * w[i];
}

/* The channels of a place that `lanes` sums come before. */
static inline struct bn_depthwise_place bn_after_lanes(const struct bn_depthwise_place *at,
                                                       int32_t lanes)
{
    const struct bn_depthwise_place rest = {at->shape, at->oy, at->ox, at->first + lanes,
                                            at->count - lanes};
    return rest;
}

/* sum[i] = the sum of x * w over the taps in the image, in the order (ky, kx). */
static inline void bn_depthwise_rest_f32_f32(const struct bn_depthwise_place *at,
                                             const float *image, const float *w, float *sum)
{
    const struct bn_conv2d_shape *shape = at->shape;
    const int32_t multiplier = shape->out_channels / shape->in_channels;
    float buffer[BN_WORD_BITS];
    memset(sum, 0, (size_t)at->count * sizeof *sum);
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

static inline void bn_depthwise_f32_f32(const struct bn_depthwise_place *at, const float *image,
                                        const float *w, float sum[BN_WORD_BITS])
{
    const struct bn_conv2d_shape *shape = at->shape;
    int32_t done = 0;
    if (shape->out_channels == shape->in_channels) {
        const struct bn_depthwise_taps taps = bn_depthwise_taps_at(at, shape->out_channels);
        for (; done + BN_DEPTHWISE_LANES <= at->count; done += BN_DEPTHWISE_LANES)
            bn_depthwise_lanes_f32_f32(&taps, image + (taps.x + at->first + done),
                                       w + (taps.w + at->first + done), sum + done);
    }
    const struct bn_depthwise_place rest = bn_after_lanes(at, done);
    if (rest.count > 0)
        bn_depthwise_rest_f32_f32(&rest, image, w, sum + done);
}

/* The same with weights of one bit. */
static inline void bn_depthwise_rest_f32_b1(const struct bn_depthwise_place *at, const float *image,
                                            const bn_word *w, float *sum)
{
    const struct bn_conv2d_shape *shape = at->shape;
    const int32_t multiplier = shape->out_channels / shape->in_channels;
    float buffer[BN_WORD_BITS], signs[BN_WORD_BITS];
    memset(sum, 0, (size_t)at->count * sizeof *sum);
    w += at->first / BN_WORD_BITS;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const struct bn_tap tap = bn_tap_at(shape, at->oy, at->ox, ky, kx);
            if (tap.inside) {
                const float *row = image + tap.pixel * shape->in_channels;
                const bn_word bits = *w >> at->first % BN_WORD_BITS;
                bn_unpack_row(&bits, at->count, signs);
                bn_add_products(at->count,
                                bn_depthwise_floats(row, at->first, at->count, multiplier, buffer),
                                signs, sum);
            }
            w += bn_words(shape->out_channels);
        }
    }
}

static inline void bn_depthwise_f32_b1(const struct bn_depthwise_place *at, const float *image,
                                       const bn_word *w, float sum[BN_WORD_BITS])
{
    const struct bn_conv2d_shape *shape = at->shape;
    int32_t done = 0;
    if (shape->out_channels == shape->in_channels) {
        const struct bn_depthwise_taps taps =
            bn_depthwise_taps_at(at, bn_words(shape->out_channels));
        for (; done + BN_DEPTHWISE_LANES <= at->count; done += BN_DEPTHWISE_LANES)
            bn_depthwise_lanes_f32_b1(&taps, image + (taps.x + at->first + done),
                                      w + (taps.w + at->first / BN_WORD_BITS), done, sum + done);
    }
    const struct bn_depthwise_place rest = bn_after_lanes(at, done);
    if (rest.count > 0)
        bn_depthwise_rest_f32_b1(&rest, image, w, sum + done);
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
