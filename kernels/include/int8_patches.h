/*
 * int8_patches.h: the windows of a strip of output pixels, copied out of an image of bytes.
 *
 * A patch holds the bytes of a window one after the other, in the order of the weights: (kernel_y,
 * kernel_x, channel of the group), then `filler` up to a whole quad. A tap outside the image reads
 * pad_value, which is the zero point.
 */
#ifndef BN_INT8_PATCHES_H
#define BN_INT8_PATCHES_H

#include <string.h>

#include "int8_loops.h"
#include "shapes.h"
#include "windows.h"

/* Copies row ky of the window that begins at pixel x of image row y; returns where it ends. */
static inline uint8_t *bn_copy_int8_taps(const struct bn_conv2d_shape *shape, const uint8_t *image,
                                         int32_t first_channel, int32_t y, int32_t x, uint8_t *to)
{
    const int32_t channels = shape->in_channels / shape->groups;
    const uint8_t *row =
        image + (ptrdiff_t)y * shape->in_width * shape->in_channels + first_channel;
    const int is_row = y >= 0 && y < shape->in_height;
    for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
        if (is_row && x >= 0 && x < shape->in_width)
            memcpy(to, row + (ptrdiff_t)x * shape->in_channels, (size_t)channels);
        else
            memset(to, shape->pad_value, (size_t)channels);
        x += shape->dilation_x;
        to += channels;
    }
    return to;
}

/* Copies the window whose first tap is (y, x) to a patch of 4 * quads bytes. */
static inline void bn_copy_int8_patch(const struct bn_conv2d_shape *shape, const uint8_t *image,
                                      int32_t first_channel, int32_t y, int32_t x, int32_t quads,
                                      uint8_t filler, uint8_t *to)
{
    const uint8_t *end = to + (ptrdiff_t)4 * quads;
    if (bn_is_whole(shape, y, x) && shape->dilation_x == 1 && shape->groups == 1) {
        const ptrdiff_t row = (ptrdiff_t)shape->in_width * shape->in_channels;
        const ptrdiff_t size = (ptrdiff_t)shape->kernel_width * shape->in_channels;
        const uint8_t *from = image + y * row + (ptrdiff_t)x * shape->in_channels;
        for (int32_t ky = 0; ky < shape->kernel_height; ky++, to += size)
            memcpy(to, from + ky * shape->dilation_y * row, (size_t)size);
    } else {
        for (int32_t ky = 0; ky < shape->kernel_height; ky++)
            to = bn_copy_int8_taps(shape, image, first_channel, y + ky * shape->dilation_y, x, to);
    }
    if (to < end)
        memset(to, filler, (size_t)(end - to));
}

/* Whether the windows lie in the image one after the other, just as patches of them would. */
static inline int bn_int8_image_is_patches(const struct bn_conv2d_shape *shape)
{
    return shape->kernel_height == 1 && shape->kernel_width == 1 && shape->groups == 1 &&
           shape->stride_y == 1 && shape->stride_x == 1 && shape->pad_top == 0 &&
           shape->pad_left == 0 && shape->out_height == shape->in_height &&
           shape->out_width == shape->in_width && shape->in_channels % 4 == 0;
}

#endif
