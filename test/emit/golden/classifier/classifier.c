/*
 * classifier.c: a neural network. Written by binarynet 0.1.0; do not edit.
 *
 *    layer              what it does                    output    MACs  weights  kernel
 * 1  to float (cast)    u8 to f32                       6x6x3        0        0  cast_u8_f32__scalar
 * 2  stem (conv2d)      3x3 convolution, 3 to 8, float  6x6x8    7,776      896  conv2d_f32_f32_f32__scalar
 * 3  unary_3 (unary)    sign                            6x6x8        0        0  unary_f32_f32__scalar
 * 4  block (conv2d)     3x3 convolution, 8 to 4, float  6x6x4   10,368    2,320  conv2d_f32_f32_f32__scalar
 * 5  scores (reduce)    mean over 36                    4            0        0  reduce_mean_f32_f32__scalar
 * 6  label (argReduce)  place of the maximum of 4       1            0        0  arg_max_f32_i32__scalar
 * 7  above (compare)    less than                       4            0        4  less_f32_i32__scalar
 * 8  mask (cast)        i32 to bool                     4            0        0  cast_i32_bool__scalar
 *
 * In all 18,144 multiply-adds, 3,296 bytes of weights, 2,496 bytes of scratch memory.
 *
 * Target portable, bits in words of 32.
 *
 * To use it, map classifier.weights or read it to memory at a multiple of 16.
 * Have CLASSIFIER_ARENA_SIZE bytes of memory at a multiple of 16. Call once:
 *     classifier_check(weights, CLASSIFIER_WEIGHTS_SIZE)    gives 0 when the weights fit
 * and then as often as you like:
 *     classifier_run(weights, arena, input, scores, label, mask)
 * Compile with -std=c99, so that float operations are rounded one by one as in the source model.
 */
#include "classifier.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- Kernels ---- */
…
/* ---- The network ---- */

/* The header of the weights. Word 7 is the CRC-32 of what follows it. */
static const uint32_t header[16] = {
    0x54454e42, 0x00000001, 0x00000040, 0x00000020,
    0x00000008, 0x00000004, 0xd4c5f1e4, 0xb3f8ce9b,
    0x00000ce0, 0x00000000, 0x00000000, 0x00000000,
    0x00000000, 0x00000000, 0x00000000, 0x1f16af04,
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

int classifier_check(const void *weights, size_t size)
{
    const uint32_t *found = weights;
    if (((uintptr_t)weights & 15) != 0)
        return CLASSIFIER_CHECK_ALIGNMENT;
    if (size < sizeof header)
        return CLASSIFIER_CHECK_SIZE;
    if (found[0] != header[0])
        return CLASSIFIER_CHECK_MAGIC;
    for (int i = 1; i < 6; i++)
        if (found[i] != header[i])
            return CLASSIFIER_CHECK_FORMAT;
    for (int i = 6; i < 16; i++)
        if (found[i] != header[i])
            return CLASSIFIER_CHECK_MODEL;
    if (size != CLASSIFIER_WEIGHTS_SIZE)
        return CLASSIFIER_CHECK_SIZE;
    if (crc32((const unsigned char *)weights + sizeof header, size - sizeof header) != header[7])
        return CLASSIFIER_CHECK_CORRUPT;
    return CLASSIFIER_CHECK_OK;
}

#ifdef CLASSIFIER_THREADS
int classifier_pool_start(struct classifier_pool *pool, int threads)
{
    if (pool == NULL)
        return CLASSIFIER_POOL_NULL;
    return threads < 1 || threads > CLASSIFIER_MAX_THREADS ? CLASSIFIER_POOL_COUNT : CLASSIFIER_POOL_OK;
}

void classifier_pool_stop(struct classifier_pool *pool)
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

void classifier_run(const void *weights,
                    void *arena,
                    const uint8_t input[CLASSIFIER_INPUT_SIZE],
                    float scores[CLASSIFIER_OUTPUT_SCORES_SIZE],
                    int32_t label[CLASSIFIER_OUTPUT_LABEL_SIZE],
                    uint8_t mask[CLASSIFIER_OUTPUT_MASK_SIZE])
{
    /* 1. to float (cast): u8 to f32, to 6x6x3. */
    static const struct bn_rows_shape to_float = {
        .rows = 36, .channels = 3,
    };
    cast_u8_f32__scalar(&to_float, input, at(arena, 1152));

    /* 2. stem (conv2d): 3x3 convolution, 3 to 8, float, to 6x6x8. */
    static const struct bn_conv2d_shape stem = {
        .batch = 1, .in_height = 6, .in_width = 6, .in_channels = 3,
        .out_height = 6, .out_width = 6, .out_channels = 8,
        .kernel_height = 3, .kernel_width = 3, .stride_y = 1, .stride_x = 1,
        .dilation_y = 1, .dilation_x = 1, .pad_top = 1, .pad_left = 1, .groups = 1, .strip = 4,
    };
    conv2d_f32_f32_f32__scalar(&stem, at(arena, 1152), constant(weights, 64),
                               constant(weights, 928), at(arena, 0), at(arena, 1584),
                               (struct bn_part){0, 1});

    /* 3. unary_3 (unary): sign, to 6x6x8. */
    static const struct bn_rows_shape unary_3 = {
        .rows = 36, .channels = 8,
        .activation = {sign_f32__scalar, 0.0f, 0.0f},
    };
    unary_f32_f32__scalar(&unary_3, at(arena, 0), at(arena, 0));

    /* 4. block (conv2d): 3x3 convolution, 8 to 4, float, to 6x6x4. */
    static const struct bn_conv2d_shape block = {
        .batch = 1, .in_height = 6, .in_width = 6, .in_channels = 8,
        .out_height = 6, .out_width = 6, .out_channels = 4,
        .kernel_height = 3, .kernel_width = 3, .stride_y = 1, .stride_x = 1,
        .dilation_y = 1, .dilation_x = 1, .pad_top = 1, .pad_left = 1, .groups = 1, .strip = 4,
    };
    conv2d_f32_f32_f32__scalar(&block, at(arena, 0), constant(weights, 960),
                               constant(weights, 3264), at(arena, 1920), at(arena, 1152),
                               (struct bn_part){0, 1});

    /* 5. scores (reduce): mean over 36, to 4. */
    static const struct bn_axis_shape scores_2 = {
        .outer = 1, .axis = 36, .inner = 4,
    };
    reduce_mean_f32_f32__scalar(&scores_2, at(arena, 1920), scores);

    /* 6. label (argReduce): place of the maximum of 4, to 1. */
    static const struct bn_arg_shape label_2 = {
        .outer = 1, .axis = 4, .inner = 1,
    };
    arg_max_f32_i32__scalar(&label_2, scores, label);

    /* 7. above (compare): less than, to 4. */
    static const struct bn_binary_shape above = {
        .size = {1, 1, 1, 1, 1, 4},
        .a_stride = {0, 0, 0, 0, 0, 0},
        .b_stride = {0, 0, 0, 0, 0, 1},
    };
    less_f32_i32__scalar(&above, constant(weights, 3280), scores, at(arena, 0));

    /* 8. mask (cast): i32 to bool, to 4. */
    static const struct bn_rows_shape mask_2 = {
        .rows = 1, .channels = 4,
    };
    cast_i32_bool__scalar(&mask_2, at(arena, 0), mask);
}

#ifdef CLASSIFIER_THREADS
void classifier_run_on(struct classifier_pool *pool,
                       const void *weights,
                       void *arena,
                       const uint8_t input[CLASSIFIER_INPUT_SIZE],
                       float scores[CLASSIFIER_OUTPUT_SCORES_SIZE],
                       int32_t label[CLASSIFIER_OUTPUT_LABEL_SIZE],
                       uint8_t mask[CLASSIFIER_OUTPUT_MASK_SIZE])
{
    (void)pool;
    classifier_run(weights, arena, input, scores, label, mask);
}
#endif
