/*
 * Resizes images by linear interpolation between pixels, half-pixel centres: output row oy lies at
 * (oy + 1/2) * in_height / out_height - 1/2 among the input rows, columns alike; beyond the first
 * and last pixel their values go on.
 */
#include "../include/shapes.h"

/* Two neighbours along an axis, and the weight of the second. */
struct bn_neighbours {
    int32_t low, high;
    float weight;
};

/* Exact in integers: the position is ((2 i + 1) * size - places) / (2 * places). */
static inline struct bn_neighbours bn_neighbours_at(int32_t i, int32_t size, int32_t places)
{
    const int64_t scale = 2 * (int64_t)places;
    const int64_t position = (2 * (int64_t)i + 1) * size - places;
    const int64_t low = position < 0 ? -1 : position / scale;
    const struct bn_neighbours result = {
        .low = low < 0 ? 0 : (int32_t)low,
        .high = low + 1 < size ? (int32_t)low + 1 : size - 1,
        .weight = (float)(position - low * scale) / (float)scale,
    };
    return result;
}

static inline float bn_mix(float a, float b, float weight)
{
    return a + (b - a) * weight;
}

BN_KERNEL void resize2d_bilinear_f32_f32__scalar(const struct bn_resize2d_shape *shape,
                                                 const float *restrict x, float *restrict y)
{
    const ptrdiff_t channels = shape->channels, row = shape->in_width * channels;
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t oy = 0; oy < shape->out_height; oy++) {
            const struct bn_neighbours v =
                bn_neighbours_at(oy, shape->in_height, shape->out_height);
            const float *upper = x + v.low * row, *lower = x + v.high * row;
            for (int32_t ox = 0; ox < shape->out_width; ox++) {
                const struct bn_neighbours h =
                    bn_neighbours_at(ox, shape->in_width, shape->out_width);
                const ptrdiff_t left = h.low * channels, right = h.high * channels;
                for (ptrdiff_t c = 0; c < channels; c++) {
                    const float top = bn_mix(upper[left + c], upper[right + c], h.weight);
                    const float bottom = bn_mix(lower[left + c], lower[right + c], h.weight);
                    y[c] = bn_mix(top, bottom, v.weight);
                }
                y += channels;
            }
        }
        x += shape->in_height * row;
    }
}
