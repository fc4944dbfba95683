/*
 * bit_band.h: windows that are read where they lie, row by row, instead of being copied one by one:
 * in the image, or in a band, which is a copy of the rows that a strip of output pixels reads, with
 * what is outside the image around them. For taps of whole words.
 */
#ifndef BN_BIT_BAND_H
#define BN_BIT_BAND_H

#include "bit_loops.h"
#include "bit_patches.h"

struct bn_bit_band {
    const struct bn_conv2d_shape *shape;
    bn_word *memory;      /* NULL: windows lie in the image */
    const bn_word *words; /* the first tap of output row first_row */
    ptrdiff_t row;        /* words from one row to the next */
    int32_t first_row;
};

/* Image rows that `rows` output rows read. */
static inline int32_t bn_bit_band_rows(const struct bn_conv2d_shape *shape, int32_t rows)
{
    return (rows - 1) * shape->stride_y + (shape->kernel_height - 1) * shape->dilation_y + 1;
}

/* The words of a row of a band. */
static inline ptrdiff_t bn_bit_band_row(const struct bn_conv2d_shape *shape)
{
    return ((ptrdiff_t)(shape->out_width - 1) * shape->stride_x + shape->kernel_width) *
           bn_words(shape->in_channels);
}

/*
 * Starts a band in the memory for a strip of copied windows of `size` words, the last of which is
 * left alone. Returns 0 where windows have to be copied.
 */
static inline int bn_start_bit_band(struct bn_bit_band *band, const struct bn_conv2d_shape *shape,
                                    int32_t size, bn_word *memory)
{
    const int32_t last_y = (shape->out_height - 1) * shape->stride_y - shape->pad_top;
    const int32_t last_x = (shape->out_width - 1) * shape->stride_x - shape->pad_left;
    const int32_t touched = (shape->strip + shape->out_width - 2) / shape->out_width + 1;
    const int32_t rows = touched < shape->out_height ? touched : shape->out_height;
    const int is_image =
        bn_is_whole(shape, -shape->pad_top, -shape->pad_left) && bn_is_whole(shape, last_y, last_x);
    const ptrdiff_t image_row = (ptrdiff_t)shape->in_width * bn_words(shape->in_channels);
    band->shape = shape;
    band->memory = is_image ? NULL : memory;
    band->words = NULL;
    band->row = is_image ? image_row : bn_bit_band_row(shape);
    band->first_row = 0;
    return shape->groups == 1 && shape->in_channels % BN_WORD_BITS == 0 && shape->dilation_x == 1 &&
           (is_image ||
            bn_bit_band_rows(shape, rows) * band->row <= (ptrdiff_t)(shape->strip - 1) * size);
}

/* Copies a row of the image, NULL for one outside, with what is outside around it. */
static inline void bn_copy_bit_band_row(const struct bn_bit_band *band, const bn_word *row,
                                        bn_word *to)
{
    const struct bn_conv2d_shape *shape = band->shape;
    const ptrdiff_t words = bn_words(shape->in_channels);
    const bn_word outside = shape->pad_value < 0 ? (bn_word) ~(bn_word)0 : 0;
    const ptrdiff_t reach = (shape->pad_left + shape->in_width) * words;
    const ptrdiff_t begin = row == NULL ? band->row : shape->pad_left * words;
    const ptrdiff_t first = begin < band->row ? begin : band->row;
    const ptrdiff_t end = reach < band->row ? reach : band->row;
    for (ptrdiff_t i = 0; i < first; i++)
        to[i] = outside;
    if (first < end)
        memcpy(to + first, row, (size_t)(end - first) * sizeof *to);
    for (ptrdiff_t i = first < end ? end : first; i < band->row; i++)
        to[i] = outside;
}

/* Makes the band that of the strip of `pixels` output pixels from `pixel` on. */
static inline void bn_place_bit_band(struct bn_bit_band *band, const bn_word *image, int32_t pixel,
                                     int32_t pixels)
{
    const struct bn_conv2d_shape *shape = band->shape;
    const ptrdiff_t row = (ptrdiff_t)shape->in_width * bn_words(shape->in_channels);
    const int32_t last_row = (pixel + pixels - 1) / shape->out_width;
    band->first_row = pixel / shape->out_width;
    const int32_t y = band->first_row * shape->stride_y - shape->pad_top;
    if (band->memory == NULL) {
        band->words = image + y * row;
        return;
    }
    const int32_t rows = bn_bit_band_rows(shape, last_row - band->first_row + 1);
    for (int32_t i = 0; i < rows; i++) {
        const int is_inside = y + i >= 0 && y + i < shape->in_height;
        bn_copy_bit_band_row(band, is_inside ? image + (y + i) * row : NULL,
                             band->memory + i * band->row);
    }
    band->words = band->memory;
}

/* The windows of the tile of the output pixels from `pixel` on; those past `end` repeat the last.
 */
static inline struct bn_bit_windows bn_bit_windows_at(const struct bn_bit_band *band, int32_t pixel,
                                                      int32_t end)
{
    const struct bn_conv2d_shape *shape = band->shape;
    const int32_t words = bn_words(shape->in_channels);
    struct bn_bit_windows windows = {
        .rows = shape->kernel_height,
        .words = shape->kernel_width * words,
        .step = band->row * shape->dilation_y,
    };
    int32_t oy = pixel / shape->out_width - band->first_row, ox = pixel % shape->out_width;
    for (int32_t p = 0; p < BN_PIXEL_TILE; p++) {
        windows.x[p] = band->words + oy * shape->stride_y * band->row +
                       (ptrdiff_t)ox * shape->stride_x * words;
        if (pixel + p + 1 < end && ++ox == shape->out_width) {
            ox = 0;
            oy++;
        }
    }
    return windows;
}

#endif
