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
#include "tap_bits.h"
#include "windows.h"

/* Fewer are copied before they are prepared, all taps of a window at once. */
#define BN_INT8_FEW_CHANNELS 16

/* An image, and how its bytes get into patches. */
struct bn_int8_source {
    const struct bn_conv2d_shape *shape;
    const struct bn_int8_loops *loops;
    int32_t quads;
    uint8_t *plain;         /* [4 * quads], where windows are put together; NULL: in the patches */
    const uint8_t *outside; /* [channels of a group] of pad_value */
};

/* Copies or prepares bytes; returns where what it writes ends. */
static inline uint8_t *bn_copy_int8_bytes(const struct bn_int8_source *source, int32_t prepares,
                                          int32_t count, const uint8_t *from, uint8_t *to)
{
    if (!prepares) {
        memcpy(to, from, (size_t)count);
        return to + count;
    }
    source->loops->prepare(count, source->shape->unsigned_input, from, to);
    return to + (ptrdiff_t)count * source->loops->x_bytes;
}

/* Copies the window whose first tap is (y, x). */
static inline uint8_t *bn_copy_int8_window(const struct bn_int8_source *source, int32_t prepares,
                                           const uint8_t *image, int32_t first_channel, int32_t y,
                                           int32_t x, uint8_t *to)
{
    const struct bn_conv2d_shape *shape = source->shape;
    const int32_t channels = shape->in_channels / shape->groups;
    const ptrdiff_t row = (ptrdiff_t)shape->in_width * shape->in_channels;
    const int is_stretch = shape->dilation_x == 1 && shape->groups == 1 && bn_is_whole(shape, y, x);
    for (int32_t ky = 0; ky < shape->kernel_height; ky++, y += shape->dilation_y) {
        if (is_stretch) {
            to = bn_copy_int8_bytes(source, prepares, shape->kernel_width * channels,
                                    image + y * row + (ptrdiff_t)x * channels, to);
            continue;
        }
        for (int32_t kx = 0; kx < shape->kernel_width; kx++) {
            const int32_t tap_x = x + kx * shape->dilation_x;
            const uint8_t *from =
                bn_is_inside(shape, y, tap_x)
                    ? image + y * row + (ptrdiff_t)tap_x * shape->in_channels + first_channel
                    : source->outside;
            to = bn_copy_int8_bytes(source, prepares, channels, from, to);
        }
    }
    return to;
}

/*
 * Makes the patch of the window whose first tap is (y, x); returns where the next one begins.
 * Windows of few channels are put together before they are prepared.
 */
static inline uint8_t *bn_copy_int8_patch(const struct bn_int8_source *source, const uint8_t *image,
                                          int32_t first_channel, int32_t y, int32_t x, uint8_t *to)
{
    const struct bn_conv2d_shape *shape = source->shape;
    const uint8_t filler = bn_int8_filler(source->loops, shape->unsigned_input);
    const int32_t depth =
        shape->kernel_height * shape->kernel_width * (shape->in_channels / shape->groups);
    const int32_t size = 4 * source->quads;
    uint8_t last[4];
    if (source->plain && shape->in_channels / shape->groups < BN_INT8_FEW_CHANNELS) {
        bn_copy_int8_window(source, 0, image, first_channel, y, x, source->plain);
        memset(source->plain + depth, filler, (size_t)(size - depth));
        return bn_copy_int8_bytes(source, 1, size, source->plain, to);
    }
    to = bn_copy_int8_window(source, source->plain != NULL, image, first_channel, y, x, to);
    memset(last, filler, sizeof last);
    return bn_copy_int8_bytes(source, source->plain != NULL, size - depth, last, to);
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
