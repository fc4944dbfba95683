/*
 * Convolution of integers, modulo 2^32. Weights are [kernel_y][kernel_x][in_channels / groups]
 * [out_channels], as they are in the model; taps outside the image read 0.
 */
#include "../include/shapes.h"
#include "../include/wrap.h"

/* y[o] += the products of one pixel and one tap of the kernel. */
static inline void bn_add_integer_tap(const struct bn_conv2d_shape *shape,
                                      const int32_t *restrict pixel, const int32_t *restrict tap,
                                      int32_t *restrict y)
{
    const int32_t groups = shape->groups;
    const int32_t in_width = shape->in_channels / groups, out_width = shape->out_channels / groups;
    for (int32_t group = 0; group < groups; group++) {
        for (int32_t c = 0; c < in_width; c++) {
            const int32_t *w = tap + (ptrdiff_t)c * shape->out_channels;
            for (int32_t o = 0; o < out_width; o++)
                y[o] = bn_wrapped_sum(y[o], bn_wrapped_product(pixel[c], w[o]));
        }
        pixel += in_width;
        tap += out_width;
        y += out_width;
    }
}

/* The output pixel at (oy, ox) of the image x. */
static inline void bn_integer_pixel(const struct bn_conv2d_shape *shape, const int32_t *restrict x,
                                    const int32_t *restrict w, int32_t oy, int32_t ox,
                                    int32_t *restrict y)
{
    const ptrdiff_t channels = shape->in_channels;
    const ptrdiff_t tap = channels / shape->groups * shape->out_channels;
    const int32_t top = oy * shape->stride_y - shape->pad_top;
    const int32_t left = ox * shape->stride_x - shape->pad_left;
    for (int32_t o = 0; o < shape->out_channels; o++)
        y[o] = 0;
    for (int32_t ky = 0; ky < shape->kernel_height; ky++) {
        const int32_t iy = top + ky * shape->dilation_y;
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const int32_t ix = left + kx * shape->dilation_x;
            if (iy >= 0 && iy < shape->in_height && ix >= 0 && ix < shape->in_width)
                bn_add_integer_tap(shape, x + ((ptrdiff_t)iy * shape->in_width + ix) * channels, w,
                                   y);
            w += tap;
        }
    }
}

BN_KERNEL void conv2d_i32_i32_i32__scalar(const struct bn_conv2d_shape *shape,
                                          const int32_t *restrict x, const int32_t *restrict w,
                                          int32_t *restrict y)
{
    const ptrdiff_t image = (ptrdiff_t)shape->in_height * shape->in_width * shape->in_channels;
    for (int32_t n = 0; n < shape->batch; n++) {
        for (int32_t oy = 0; oy < shape->out_height; oy++) {
            for (int32_t ox = 0; ox < shape->out_width; ox++) {
                bn_integer_pixel(shape, x, w, oy, ox, y);
                y += shape->out_channels;
            }
        }
        x += image;
    }
}
