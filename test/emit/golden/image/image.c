/*
 * image.c: a neural network. Written by binarynet 0.1.0; do not edit.
 *
 *    layer                     what it does                                                  output    MACs  weights  kernel
 * 1  stem (conv2d)             3x3 convolution, 3 to 8, float, sign                          8x8x8   13,824      896  conv2d_f32_f32_b1__scalar
 * 2  block_1/conv (conv2d)     3x3 convolution, 8 to 8, binary x binary, sign                8x8x8   36,864      128  conv2d_b1_b1_b1__scalar
 * 3  block_1/pool (maxPool2d)  2x2 max pool of bits                                          4x4x8        0        4  max_pool2d_b1_b1__scalar
 * 4  block_2/conv (conv2d)     3x3 convolution, 8 to 4, binary x binary, scaled, leaky relu  4x4x4    4,608       96  conv2d_b1_b1_f32__scalar
 * 5  mean (reduce)             mean over 16                                                  4            0        0  reduce_mean_f32_f32__scalar
 * 6  logits (dense)            dense, 4 to 3, float                                          3           12      140  dense_f32_f32_f32__scalar
 * 7  softmax (softmax)         softmax over 3                                                3            0        0  softmax_f32_f32__scalar
 *
 * In all 55,308 multiply-adds, 1,344 bytes of weights, 624 bytes of scratch memory.
 *
 * Target portable, bits in words of 32.
 *
 * To use it, map image.weights or read it to memory at a multiple of 16.
 * Have IMAGE_ARENA_SIZE bytes of memory at a multiple of 16. Call once:
 *     image_check(weights, IMAGE_WEIGHTS_SIZE)    gives 0 when the weights fit
 * and then as often as you like:
 *     image_run(weights, arena, input, output)
 * Compile with -std=c99, so that float operations are rounded one by one as in the source model.
 */
#include "image.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- Kernels ---- */
…
/* ---- The network ---- */

/* The header of the weights. Word 7 is the CRC-32 of what follows it. */
static const uint32_t header[16] = {
    0x54454e42, 0x00000001, 0x00000040, 0x00000020,
    0x00000008, 0x00000004, 0x3f762c0a, 0x9b72a143,
    0x00000540, 0x00000000, 0x00000000, 0x00000000,
    0x00000000, 0x00000000, 0x00000000, 0xa3dc7bb7,
};

static uint32_t crc32(const unsigned char *data, size_t size)
{
    /* table[n] is the CRC of the four bits n. */
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        crc = table[crc & 15] ^ (crc >> 4);
        crc = table[crc & 15] ^ (crc >> 4);
    }
    return ~crc;
}

int image_check(const void *weights, size_t size)
{
    const uint32_t *found = weights;
    if (((uintptr_t)weights & 15) != 0)
        return IMAGE_CHECK_ALIGNMENT;
    if (size < sizeof header)
        return IMAGE_CHECK_SIZE;
    if (found[0] != header[0])
        return IMAGE_CHECK_MAGIC;
    for (int i = 1; i < 6; i++)
        if (found[i] != header[i])
            return IMAGE_CHECK_FORMAT;
    for (int i = 6; i < 16; i++)
        if (found[i] != header[i])
            return IMAGE_CHECK_MODEL;
    if (size != IMAGE_WEIGHTS_SIZE)
        return IMAGE_CHECK_SIZE;
    if (crc32((const unsigned char *)weights + sizeof header, size - sizeof header) != header[7])
        return IMAGE_CHECK_CORRUPT;
    return IMAGE_CHECK_OK;
}

#ifdef IMAGE_THREADS
int image_pool_start(struct image_pool *pool, int threads)
{
    if (pool == NULL)
        return IMAGE_POOL_NULL;
    return threads < 1 || threads > IMAGE_MAX_THREADS ? IMAGE_POOL_COUNT : IMAGE_POOL_OK;
}

void image_pool_stop(struct image_pool *pool)
{
    (void)pool;
}
#endif

static void *at(void *arena, size_t offset)
{
    return (unsigned char *)arena + offset;
}

static const void *constant(const void *weights, size_t offset)
{
    return (const unsigned char *)weights + offset;
}

void image_run(const void *weights,
               void *arena,
               const float input[IMAGE_INPUT_SIZE],
               float output[IMAGE_OUTPUT_SIZE])
{
    /* 1. stem (conv2d): 3x3 convolution, 3 to 8, float, sign, to 8x8x8. */
    static const struct bn_conv2d_shape stem = {
        .batch = 1, .in_height = 8, .in_width = 8, .in_channels = 3,
        .out_height = 8, .out_width = 8, .out_channels = 8,
        .kernel_height = 3, .kernel_width = 3, .stride_y = 1, .stride_x = 1,
        .dilation_y = 1, .dilation_x = 1, .pad_top = 1, .pad_left = 1, .groups = 1, .strip = 4,
    };
    conv2d_f32_f32_b1__scalar(&stem, input, constant(weights, 64), constant(weights, 928),
                              at(arena, 368), at(arena, 0), (struct bn_part){0, 1});

    /* 2. block_1/conv (conv2d): 3x3 convolution, 8 to 8, binary x binary, sign, to 8x8x8. */
    static const struct bn_conv2d_shape block_1_conv = {
        .batch = 1, .in_height = 8, .in_width = 8, .in_channels = 8,
        .out_height = 8, .out_width = 8, .out_channels = 8,
        .kernel_height = 3, .kernel_width = 3, .stride_y = 1, .stride_x = 1,
        .dilation_y = 1, .dilation_x = 1, .pad_top = 1, .pad_left = 1, .groups = 1, .strip = 4,
    };
    conv2d_b1_b1_b1__scalar(&block_1_conv, at(arena, 368), constant(weights, 960),
                            constant(weights, 1056), at(arena, 0), at(arena, 256),
                            (struct bn_part){0, 1});

    /* 3. block_1/pool (maxPool2d): 2x2 max pool of bits, to 4x4x8. */
    static const struct bn_pool2d_shape block_1_pool = {
        .batch = 1, .in_height = 8, .in_width = 8, .channels = 8,
        .out_height = 4, .out_width = 4,
        .kernel_height = 2, .kernel_width = 2, .stride_y = 2, .stride_x = 2,
        .dilation_y = 1, .dilation_x = 1,
    };
    max_pool2d_b1_b1__scalar(&block_1_pool, at(arena, 0), constant(weights, 1088), at(arena, 256),
                             (struct bn_part){0, 1});

    /* 4. block_2/conv (conv2d): 3x3 convolution, 8 to 4, binary x binary, scaled, leaky relu, to 4x4x4. */
    static const struct bn_conv2d_shape block_2_conv = {
        .batch = 1, .in_height = 4, .in_width = 4, .in_channels = 8,
        .out_height = 4, .out_width = 4, .out_channels = 4,
        .kernel_height = 3, .kernel_width = 3, .stride_y = 1, .stride_x = 1,
        .dilation_y = 1, .dilation_x = 1, .pad_top = 1, .pad_left = 1, .groups = 1, .strip = 4,
        .activation = {leaky_relu_f32__scalar, 0.1f, 0.0f},
    };
    conv2d_b1_b1_f32__scalar(&block_2_conv, at(arena, 256), constant(weights, 1104),
                             constant(weights, 1152), constant(weights, 1168),
                             constant(weights, 1184), at(arena, 0), at(arena, 320),
                             (struct bn_part){0, 1});

    /* 5. mean (reduce): mean over 16, to 4. */
    static const struct bn_axis_shape mean = {
        .outer = 1, .axis = 16, .inner = 4,
    };
    reduce_mean_f32_f32__scalar(&mean, at(arena, 0), at(arena, 256));

    /* 6. logits (dense): dense, 4 to 3, float, to 3. */
    static const struct bn_dense_shape logits = {
        .rows = 1, .in_channels = 4, .out_channels = 3,
    };
    dense_f32_f32_f32__scalar(&logits, at(arena, 256), constant(weights, 1200),
                              constant(weights, 1328), at(arena, 0), (struct bn_part){0, 1});

    /* 7. softmax (softmax): softmax over 3, to 3. */
    static const struct bn_axis_shape softmax = {
        .outer = 1, .axis = 3, .inner = 1,
    };
    softmax_f32_f32__scalar(&softmax, at(arena, 0), output);
}

#ifdef IMAGE_THREADS
void image_run_on(struct image_pool *pool,
                  const void *weights,
                  void *arena,
                  const float input[IMAGE_INPUT_SIZE],
                  float output[IMAGE_OUTPUT_SIZE])
{
    (void)pool;
    image_run(weights, arena, input, output);
}
#endif
