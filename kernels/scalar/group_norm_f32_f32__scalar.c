/*
 * Group normalisation of x[n][pixel][c], per sample n and group of neighbouring channels:
 *   y = (x - mean) / sqrt(variance + epsilon) * gamma[c] + beta[c]
 * with mean and variance over the pixels and channels of the group. y may be x. Scratch of
 * 2 * channels floats: what to subtract and what to multiply by, per channel.
 */
#include <math.h>

#include "../include/column_sums.h"

/* sum[c] = the sum of (x[i][c] - mean[c])^2 over i, for c < count, in blocks as in column_sums.h.
 */
static inline void bn_sum_square_columns(const struct bn_axis_shape *image, const float *x,
                                         const float *mean, int32_t count,
                                         float sum[BN_SUM_COLUMNS])
{
    for (int32_t c = 0; c < count; c++)
        sum[c] = 0;
    for (int32_t first = 0; first < image->axis; first += BN_SUM_ROWS) {
        const int32_t left = image->axis - first;
        const int32_t rows = left < BN_SUM_ROWS ? left : BN_SUM_ROWS;
        float block[BN_SUM_COLUMNS] = {0};
        for (int32_t i = 0; i < rows; i++) {
            for (int32_t c = 0; c < count; c++)
                block[c] += (x[c] - mean[c]) * (x[c] - mean[c]);
            x += image->inner;
        }
        for (int32_t c = 0; c < count; c++)
            sum[c] += block[c];
    }
}

/* Each channel's value becomes the mean of its group, the values being sums over the pixels. */
static inline void bn_average_groups(const struct bn_group_norm_shape *shape, float *sums)
{
    const int32_t width = shape->channels / shape->groups;
    for (int32_t group = 0; group < shape->groups; group++) {
        float sum = 0;
        for (int32_t c = 0; c < width; c++)
            sum += sums[c];
        for (int32_t c = 0; c < width; c++)
            sums[c] = sum / ((float)shape->pixels * (float)width);
        sums += width;
    }
}

BN_KERNEL void group_norm_f32_f32__scalar(const struct bn_group_norm_shape *shape, const float *x,
                                          const float *gamma, const float *beta, float *y,
                                          float *restrict scratch)
{
    const int32_t channels = shape->channels;
    const struct bn_axis_shape image = {1, shape->pixels, channels, 0, 0};
    float *mean = scratch, *factor = scratch + channels;
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t c = 0; c < channels; c += BN_SUM_COLUMNS) {
            const int32_t left = channels - c;
            bn_sum_columns(&image, x + c, left < BN_SUM_COLUMNS ? left : BN_SUM_COLUMNS, mean + c);
        }
        bn_average_groups(shape, mean);
        for (int32_t c = 0; c < channels; c += BN_SUM_COLUMNS) {
            const int32_t left = channels - c;
            bn_sum_square_columns(&image, x + c, mean + c,
                                  left < BN_SUM_COLUMNS ? left : BN_SUM_COLUMNS, factor + c);
        }
        bn_average_groups(shape, factor);
        for (int32_t c = 0; c < channels; c++)
            factor[c] = 1 / sqrtf(factor[c] + shape->epsilon);
        for (int32_t pixel = 0; pixel < shape->pixels; pixel++) {
            for (int32_t c = 0; c < channels; c++)
                y[c] = (x[c] - mean[c]) * factor[c] * gamma[c] + beta[c];
            x += channels;
            y += channels;
        }
    }
}
