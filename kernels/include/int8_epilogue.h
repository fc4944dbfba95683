/* int8_epilogue.h: what becomes of the sums of a layer of bytes: i32, f32, i8 or a bit each. */
#ifndef BN_INT8_EPILOGUE_H
#define BN_INT8_EPILOGUE_H

#include <string.h>

#include "int8_loops.h"
#include "put_bits.h"
#include "shapes.h"
#include "words.h"
#include "wrap.h"

/* Where sums go; what a kind doesn't need is NULL or 0. */
struct bn_int8_epilogue {
    /* Finishes `count` sums, at most a block, of the channels from `first` on of one row of y. */
    void (*store)(const struct bn_int8_epilogue *to, ptrdiff_t row, int32_t first, int32_t count,
                  const int32_t *restrict sum);
    int32_t channels;
    const int32_t *bias, *w_sums;
    const float *mean, *scale, *offset;
    const int32_t *threshold;
    int32_t zero_point, low, high;
    const struct bn_activation *activation;
    void *y;
};

static inline void bn_store_int8_i32(const struct bn_int8_epilogue *to, ptrdiff_t row,
                                     int32_t first, int32_t count, const int32_t *restrict sum)
{
    memcpy((int32_t *)to->y + row * to->channels + first, sum, (size_t)count * sizeof *sum);
}

static inline void bn_store_int8_f32(const struct bn_int8_epilogue *to, ptrdiff_t row,
                                     int32_t first, int32_t count, const int32_t *restrict sum)
{
    const float *restrict mean = to->mean + first;
    const float *restrict scale = to->scale + first;
    const float *restrict offset = to->offset + first;
    float *restrict y = (float *)to->y + row * to->channels + first;
    for (int32_t t = 0; t < count; t++)
        y[t] = ((float)sum[t] - mean[t]) * scale[t] + offset[t];
    if (to->activation->apply)
        to->activation->apply(y, count, to->activation->a, to->activation->b);
}

/*
 * Rounds to the nearest, halves to the even neighbour: what is added leaves no bits for fractions.
 * Limits come first, which what they limit to doesn't change; NaN becomes the lower one.
 */
static inline void bn_store_int8_i8(const struct bn_int8_epilogue *to, ptrdiff_t row, int32_t first,
                                    int32_t count, const int32_t *restrict sum)
{
    const float *restrict scale = to->scale + first;
    const int32_t zero_point = to->zero_point;
    const float low = (float)(to->low - zero_point), high = (float)(to->high - zero_point);
    const float no_fractions = 12582912; /* 1.5 * 2^23 */
    int8_t *restrict y = (int8_t *)to->y + row * to->channels + first;
    for (int32_t t = 0; t < count; t++) {
        const float scaled = (float)sum[t] * scale[t];
        const float above = scaled > low ? scaled : low;
        const float limited = above < high ? above : high;
        y[t] = (int8_t)((int32_t)(limited + no_fractions - no_fractions) + zero_point);
    }
}

/* Rows are written from their first channel to their last. */
static inline void bn_store_int8_b1(const struct bn_int8_epilogue *to, ptrdiff_t row, int32_t first,
                                    int32_t count, const int32_t *restrict sum)
{
    const int32_t *threshold = to->threshold + first;
    uint32_t bits = 0;
    for (int32_t t = 0; t < count; t++)
        bits |= (uint32_t)(sum[t] < threshold[t]) << t;
    bn_put_bits((bn_word *)to->y + row * bn_words(to->channels), first, count, bits);
}

/* What sums of a block start from: the bias, less what prepared activations have too much. */
static inline void bn_start_int8_block(const struct bn_int8_epilogue *to, int32_t first,
                                       int32_t count, int32_t shift, int32_t start[BN_INT8_BLOCK])
{
    memcpy(start, to->bias + first, (size_t)count * sizeof *start);
    if (shift != 0)
        for (int32_t t = 0; t < count; t++)
            start[t] = bn_wrapped_sum(start[t], bn_wrapped_product(-shift, to->w_sums[first + t]));
}

/* Finishes the sums [rows][width] of a block, for the rows of y from `row` on. */
static inline void bn_finish_int8_block(const struct bn_int8_epilogue *to, ptrdiff_t row,
                                        int32_t rows, int32_t first, int32_t count, int32_t width,
                                        int32_t shift, int32_t *restrict sum)
{
    int32_t start[BN_INT8_BLOCK];
    bn_start_int8_block(to, first, count, shift, start);
    for (int32_t i = 0; i < rows; i++, sum += width) {
        for (int32_t t = 0; t < count; t++)
            sum[t] = bn_wrapped_sum(sum[t], start[t]);
        to->store(to, row + i, first, count, sum);
    }
}

#endif
