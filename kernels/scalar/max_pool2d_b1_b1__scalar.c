/*
 * Max pooling of bits, over the taps inside the image. The largest of some +1 and -1 is the AND of
 * their bits, since 1 means -1; channels whose bit of or_mask is 1 take the OR, the smallest.
 * A window without taps gives 1 where it is an AND, 0 where it is an OR.
 */
#include "../include/low_bits.h"
#include "../include/shapes.h"
#include "../include/tap_range.h"
#include "../include/words.h"

BN_KERNEL void max_pool2d_b1_b1__scalar(const struct bn_pool2d_shape *shape,
                                        const bn_word *restrict x, const bn_word *restrict or_mask,
                                        bn_word *restrict y, struct bn_part part)
{
    const int32_t row = bn_words(shape->channels);
    const ptrdiff_t image_size = (ptrdiff_t)shape->in_height * shape->in_width * row;
    const int32_t out_rows = shape->batch * shape->out_height;
    const int32_t begin = bn_part_begin(part, out_rows), end = bn_part_end(part, out_rows);
    y += (ptrdiff_t)begin * shape->out_width * row;
    for (int32_t out_row = begin; out_row < end; out_row++) {
        const int32_t oy = out_row % shape->out_height;
        const bn_word *image = x + out_row / shape->out_height * image_size;
        const struct bn_tap_range rows =
            bn_tap_range_at(oy * shape->stride_y - shape->pad_top, shape->kernel_height,
                            shape->dilation_y, shape->in_height);
        for (int32_t ox = 0; ox < shape->out_width; ox++) {
            const struct bn_tap_range columns =
                bn_tap_range_at(ox * shape->stride_x - shape->pad_left, shape->kernel_width,
                                shape->dilation_x, shape->in_width);
            for (int32_t i = 0; i < row; i++)
                y[i] = bn_low_bits(shape->channels - i * BN_WORD_BITS) & ~or_mask[i];
            for (int32_t ky = rows.first; ky < rows.end; ky++) {
                for (int32_t kx = columns.first; kx < columns.end; kx++) {
                    const ptrdiff_t iy = rows.begin + ky * shape->dilation_y;
                    const ptrdiff_t ix = columns.begin + kx * shape->dilation_x;
                    const bn_word *tap = image + (iy * shape->in_width + ix) * row;
                    for (int32_t i = 0; i < row; i++)
                        y[i] = (y[i] & tap[i]) | ((y[i] | tap[i]) & or_mask[i]);
                }
            }
            y += row;
        }
    }
}
