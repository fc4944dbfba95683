/*
 * Per-channel affine map: y[r][c] = activation((x[r][c] - mean[c]) * scale[c] + offset[c]), each
 * step rounded. y may be x.
 */
#include "../include/shapes.h"

BN_KERNEL void batch_norm_f32_f32__scalar(const struct bn_rows_shape *shape, const float *x,
                                          const float *mean, const float *scale,
                                          const float *offset, float *y)
{
    const int32_t channels = shape->channels;
    for (int32_t r = 0; r < shape->rows; r++) {
        const float *x_row = x + (ptrdiff_t)r * channels;
        float *y_row = y + (ptrdiff_t)r * channels;
        for (int32_t c = 0; c < channels; c++)
            y_row[c] = (x_row[c] - mean[c]) * scale[c] + offset[c];
        if (shape->activation.apply)
            shape->activation.apply(y_row, channels, shape->activation.a, shape->activation.b);
    }
}
