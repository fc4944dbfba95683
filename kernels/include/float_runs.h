/*
 * float_runs.h: a tile of windows over a float image, cut into runs: stretches of consecutive
 * weights for which each window's inputs are consecutive too.
 *
 * Taken together the runs cover (kernel_y, kernel_x, channel of the group) in that order, each
 * once. A tap outside the image reads zeros.
 */
#ifndef BN_FLOAT_RUNS_H
#define BN_FLOAT_RUNS_H

#include "windows.h"
#include "zeros.h"

struct bn_float_runs {
    const struct bn_conv2d_shape *shape;
    const float *image; /* at the first channel of the group */
    struct bn_windows windows;
    int32_t ky, kx, channel;
    /* The current run; a count of 0 is the end. */
    const float *x[BN_PIXEL_TILE];
    int32_t count;
};

/* True when all windows have row ky inside the image, as one stretch of memory. */
static inline int bn_float_row_is_run(const struct bn_float_runs *runs)
{
    const struct bn_conv2d_shape *shape = runs->shape;
    int inside = shape->groups == 1 && shape->dilation_x == 1;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        const int32_t y = runs->windows.y[p] + runs->ky * shape->dilation_y;
        const int32_t x = runs->windows.x[p];
        inside = inside && y >= 0 && y < shape->in_height;
        inside = inside && x >= 0 && x + shape->kernel_width <= shape->in_width;
    }
    return inside;
}

/* Sets the run that begins at (ky, kx, channel). */
static inline void bn_set_float_run(struct bn_float_runs *runs)
{
    const struct bn_conv2d_shape *shape = runs->shape;
    const int32_t channels = shape->in_channels / shape->groups;
    if (runs->ky == shape->kernel_height) {
        runs->count = 0;
        return;
    }
    const int whole_row = runs->kx == 0 && runs->channel == 0 && bn_float_row_is_run(runs);
    const int32_t left = channels - runs->channel;
    runs->count = whole_row ? shape->kernel_width * channels : left < BN_ZEROS ? left : BN_ZEROS;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        const int32_t y = runs->windows.y[p] + runs->ky * shape->dilation_y;
        const int32_t x = runs->windows.x[p] + runs->kx * shape->dilation_x;
        const int inside = y >= 0 && y < shape->in_height && x >= 0 && x < shape->in_width;
        const ptrdiff_t at = (ptrdiff_t)y * shape->in_width + x;
        runs->x[p] = inside ? runs->image + at * shape->in_channels + runs->channel : bn_zeros;
    }
}

/* Starts at the first run of the windows of the output pixels from `pixel` on. */
static inline void bn_first_float_run(struct bn_float_runs *runs,
                                      const struct bn_conv2d_shape *shape, const float *image,
                                      int32_t pixel)
{
    runs->shape = shape;
    runs->image = image;
    runs->ky = runs->kx = runs->channel = 0;
    bn_place_windows(&runs->windows, shape, pixel);
    bn_set_float_run(runs);
}

static inline void bn_next_float_run(struct bn_float_runs *runs)
{
    const int32_t channels = runs->shape->in_channels / runs->shape->groups;
    runs->channel += runs->count;
    if (runs->channel >= channels) {
        runs->kx += runs->channel / channels;
        runs->channel = 0;
    }
    if (runs->kx == runs->shape->kernel_width) {
        runs->kx = 0;
        runs->ky++;
    }
    bn_set_float_run(runs);
}

#endif
