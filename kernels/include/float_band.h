/*
 * float_band.h: the rows of an image that a strip of output rows reads, as floats, with what is
 * outside the image: so that all windows over them are whole.
 */
#ifndef BN_FLOAT_BAND_H
#define BN_FLOAT_BAND_H

#include <string.h>

#include "shapes.h"
#include "unpack_bits.h"
#include "words.h"

struct bn_float_band {
    const float *x; /* the first tap of the first window */
    ptrdiff_t row;  /* floats from one row to the next */
};

/* The output rows of a strip: as many as have at least `strip` pixels. */
static inline int32_t bn_strip_rows(const struct bn_conv2d_shape *shape)
{
    const int32_t rows = (shape->strip + shape->out_width - 1) / shape->out_width;
    return rows < 1 ? 1 : rows < shape->out_height ? rows : shape->out_height;
}

/* Copies the pixels x0 .. x0 + width - 1 of an image row; `inside` is 0 where it is none. */
static inline void bn_copy_band_row(const struct bn_conv2d_shape *shape, const float *image_row,
                                    const bn_word *bit_row, int inside, int32_t x0, int32_t width,
                                    float *to)
{
    const int32_t channels = shape->in_channels, words = bn_words(channels);
    const float outside = (float)shape->pad_value;
    const int32_t before = !inside ? width : x0 >= 0 ? 0 : -x0 < width ? -x0 : width;
    int32_t end = shape->in_width - x0 < width ? shape->in_width - x0 : width;
    if (end < before)
        end = before;
    for (ptrdiff_t i = 0; i < (ptrdiff_t)before * channels; i++)
        to[i] = outside;
    if (before < end && image_row)
        memcpy(to + (ptrdiff_t)before * channels, image_row + (ptrdiff_t)(x0 + before) * channels,
               (size_t)(end - before) * (size_t)channels * sizeof *to);
    else
        for (int32_t x = before; x < end; x++)
            bn_unpack_row(bit_row + (ptrdiff_t)(x0 + x) * words, channels,
                          to + (ptrdiff_t)x * channels);
    for (ptrdiff_t i = (ptrdiff_t)end * channels; i < (ptrdiff_t)width * channels; i++)
        to[i] = outside;
}

/*
 * The band of the output rows oy .. oy + rows - 1. The image is floats, or bits where `image` is
 * NULL. Floats with nothing outside are read where they are; else the band lies in `scratch`,
 * [(rows - 1) * stride_y + (kernel_height - 1) * dilation_y + 1]
 * [(out_width - 1) * stride_x + (kernel_width - 1) * dilation_x + 1][in_channels].
 */
static inline struct bn_float_band bn_make_float_band(const struct bn_conv2d_shape *shape,
                                                      const float *image, const bn_word *bits,
                                                      int32_t oy, int32_t rows, float *scratch)
{
    const int32_t y0 = oy * shape->stride_y - shape->pad_top, x0 = -shape->pad_left;
    const int32_t height =
        (rows - 1) * shape->stride_y + (shape->kernel_height - 1) * shape->dilation_y + 1;
    const int32_t width = (shape->out_width - 1) * shape->stride_x +
                          (shape->kernel_width - 1) * shape->dilation_x + 1;
    const ptrdiff_t image_row = (ptrdiff_t)shape->in_width * shape->in_channels;
    const ptrdiff_t bit_row = (ptrdiff_t)shape->in_width * bn_words(shape->in_channels);
    const ptrdiff_t band_row = (ptrdiff_t)width * shape->in_channels;
    struct bn_float_band band = {scratch, band_row};
    if (image && y0 >= 0 && y0 + height <= shape->in_height && x0 == 0 &&
        width <= shape->in_width) {
        band.x = image + y0 * image_row;
        band.row = image_row;
        return band;
    }
    for (int32_t i = 0; i < height; i++) {
        const int32_t y = y0 + i;
        const int inside = y >= 0 && y < shape->in_height;
        bn_copy_band_row(shape, inside && image ? image + y * image_row : NULL,
                         inside && bits ? bits + y * bit_row : NULL, inside, x0, width,
                         scratch + i * band_row);
    }
    return band;
}

#endif
