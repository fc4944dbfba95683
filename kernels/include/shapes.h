/*
 * shapes.h: the constant parameters of a kernel call, one struct per kind of layer.
 * Images are [batch][height][width][channels]; all sizes count elements, not bytes.
 */
#ifndef BN_SHAPES_H
#define BN_SHAPES_H

#include "base.h"

/* An elementwise function over x[0..count), in place. What a and b are, its own file says. */
typedef void bn_unary_f32(float *x, int32_t count, float a, float b);

/* `apply` NULL is the identity. */
struct bn_activation {
    bn_unary_f32 *apply;
    float a, b;
};

/* conv2d, depthwise_conv2d, conv2d_transpose. `groups` is unused by depthwise and transpose. */
struct bn_conv2d_shape {
    int32_t batch, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_y, stride_x;
    int32_t dilation_y, dilation_x;
    int32_t pad_top, pad_left;
    int32_t groups;
    /* What a tap outside the image reads: 0; of bits also 1 or -1; of bytes the zero point. */
    int32_t pad_value;
    /* Output pixels whose windows are copied together, a multiple of BN_PIXEL_TILE; else 0. */
    int32_t strip;
    /* Of layers of bytes: whether x is u8, and where y is i8, its zero point and limits. */
    int32_t unsigned_input, zero_point, low, high;
    /*
     * Whether weights are bytes so small that the products of the first two of a quad
     * (int8_loops.h) with any bytes, and those of the last two, add up to what 16 bits hold.
     */
    int32_t small_weights;
    struct bn_activation activation;
};

/* From `strip` on as for conv2d, a strip being of rows; only layers of bytes have one. */
struct bn_dense_shape {
    int32_t rows, in_channels, out_channels, strip;
    int32_t unsigned_input, zero_point, low, high, small_weights;
    struct bn_activation activation;
};

struct bn_pool2d_shape {
    int32_t batch, in_height, in_width, channels;
    int32_t out_height, out_width;
    int32_t kernel_height, kernel_width;
    int32_t stride_y, stride_x;
    int32_t dilation_y, dilation_x;
    int32_t pad_top, pad_left;
};

/* Elementwise over rows of channels: batch norm, binarize, unpack, unary. */
struct bn_rows_shape {
    int32_t rows, channels;
    struct bn_activation activation;
};

/* Tensors of any rank up to BN_MAX_RANK, right-aligned: leading sizes are 1, strides in elements.
 */
#define BN_MAX_RANK 6

/* c[i] = fn(a, b): strides are 0 along broadcast axes. */
struct bn_binary_shape {
    int32_t size[BN_MAX_RANK];
    int32_t a_stride[BN_MAX_RANK], b_stride[BN_MAX_RANK];
    struct bn_activation activation;
};

/* y[i] = x[offset + sum(i * stride)]: slice, transpose, tile (with modulus), reverse. */
struct bn_copy_shape {
    int32_t size[BN_MAX_RANK];
    int32_t stride[BN_MAX_RANK];
    /* Index along an axis wraps at this size before it is multiplied (tile); else equal to size. */
    int32_t modulus[BN_MAX_RANK];
    int32_t offset;
};

/* y[i] = condition ? a : b: strides are 0 along broadcast axes. */
struct bn_where_shape {
    int32_t size[BN_MAX_RANK];
    int32_t condition_stride[BN_MAX_RANK], a_stride[BN_MAX_RANK], b_stride[BN_MAX_RANK];
};

/*
 * The block x of in_size lands in y of out_size, from `before` on; the rest is `value`, or
 * `integer` where x holds integers.
 */
struct bn_pad_shape {
    int32_t in_size[BN_MAX_RANK], out_size[BN_MAX_RANK], before[BN_MAX_RANK];
    float value;
    int32_t integer;
};

/* x seen as [outer][axis][inner]. softmax, reduce (adjacent axes), concat, layer_norm. */
struct bn_axis_shape {
    int32_t outer, axis, inner;
    float epsilon;
    int32_t center;
};

/* x seen as [outer][axis][inner]. Of equal extremes the first counts, or the last. */
struct bn_arg_shape {
    int32_t outer, axis, inner, last;
};

/* x[batch][pixels][channels], in groups of neighbouring channels. */
struct bn_group_norm_shape {
    int32_t batch, pixels, channels, groups;
    float epsilon;
};

/* x[outer][axis][inner] to y[outer][places][inner], each place the sum of `taps` along the axis. */
struct bn_resample_shape {
    int32_t outer, axis, inner, places, taps;
};

/*
 * y[m][n] = sum over k < depth of a[m][k] * b[k][n], for `batch` pairs of matrices, which are laid
 * out along axes like those of bn_binary_shape.
 */
struct bn_matmul_shape {
    int32_t rows, depth, columns, batch;
    int32_t size[BN_MAX_RANK];
    int32_t a_stride[BN_MAX_RANK], b_stride[BN_MAX_RANK];
};

/* One input of a concatenation: copies [outer][count] into rows of out_count at out_offset. */
struct bn_concat_shape {
    int32_t outer, count, out_count, out_offset;
};

struct bn_resize2d_shape {
    int32_t batch, in_height, in_width, channels, out_height, out_width;
};

/* table[outer][vocabulary][width], count indices. */
struct bn_gather_shape {
    int32_t outer, vocabulary, width, count;
};

struct bn_recurrent_shape {
    int32_t batch, steps, features, units;
    int32_t go_backwards, return_sequences, reset_after, return_cells;
    struct bn_activation activation, recurrent_activation;
};

#endif
