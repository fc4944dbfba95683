/*
 * evil.c: a neural network. Written by binarynet 0.1.0; do not edit.
 *
 *    layer                                 what it does          output  MACs  weights  kernel
 * 1  "; }\u{a}#if 0 (binary)               sum                   4          0        0  add_f32_f32__scalar
 * 2  \u{2a}/ system("x"); /\u{2a} (dense)  dense, 4 to 2, float  2          8      136  dense_f32_f32_f32__scalar
 *
 * In all 8 multiply-adds, 208 bytes of weights, 16 bytes of scratch memory.
 *
 * Target portable, bits in words of 32.
 *
 * To use it, compile evil_weights.c as well.
 * Have EVIL_ARENA_SIZE bytes of memory at a multiple of 16. Call once:
 *     evil_check(evil_weights, EVIL_WEIGHTS_SIZE)    gives 0 when the weights fit
 * and then as often as you like:
 *     evil_run(evil_weights, arena, system_x, evil, if_0, system_x_2)
 * Compile with -std=c99, so that float operations are rounded one by one as in the source model.
 */
#include "evil.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- Kernels ---- */
…
/* ---- The network ---- */

/* The header of the weights. Word 7 is the CRC-32 of what follows it. */
static const uint32_t header[16] = {
    0x54454e42, 0x00000001, 0x00000040, 0x00000020,
    0x00000008, 0x00000004, 0xb0f20cc4, 0xa1e27eed,
    0x000000d0, 0x00000000, 0x00000000, 0x00000000,
    0x00000000, 0x00000000, 0x00000000, 0x4c794dc9,
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

int evil_check(const void *weights, size_t size)
{
    const uint32_t *found = weights;
    if (((uintptr_t)weights & 15) != 0)
        return EVIL_CHECK_ALIGNMENT;
    if (size < sizeof header)
        return EVIL_CHECK_SIZE;
    if (found[0] != header[0])
        return EVIL_CHECK_MAGIC;
    for (int i = 1; i < 6; i++)
        if (found[i] != header[i])
            return EVIL_CHECK_FORMAT;
    for (int i = 6; i < 16; i++)
        if (found[i] != header[i])
            return EVIL_CHECK_MODEL;
    if (size != EVIL_WEIGHTS_SIZE)
        return EVIL_CHECK_SIZE;
    if (crc32((const unsigned char *)weights + sizeof header, size - sizeof header) != header[7])
        return EVIL_CHECK_CORRUPT;
    return EVIL_CHECK_OK;
}

void evil_trace(int call, const void *data, size_t bytes);

#ifdef EVIL_THREADS
int evil_pool_start(struct evil_pool *pool, int threads)
{
    if (pool == NULL)
        return EVIL_POOL_NULL;
    return threads < 1 || threads > EVIL_MAX_THREADS ? EVIL_POOL_COUNT : EVIL_POOL_OK;
}

void evil_pool_stop(struct evil_pool *pool)
{
    (void)pool;
}
#endif

static const void *constant(const void *weights, size_t offset)
{
    return (const unsigned char *)weights + offset;
}

void evil_run(const void *weights,
              void *arena,
              const float system_x[EVIL_INPUT_SYSTEM_X_SIZE],
              const float evil[EVIL_INPUT_EVIL_SIZE],
              float if_0[EVIL_OUTPUT_IF_0_SIZE],
              float system_x_2[EVIL_OUTPUT_SYSTEM_X_2_SIZE])
{
    (void)arena;

    /* 1. "; }\u{a}#if 0 (binary): sum, to 4. */
    static const struct bn_binary_shape if_0_2 = {
        .size = {1, 1, 1, 1, 1, 4},
        .a_stride = {0, 0, 0, 0, 0, 1},
        .b_stride = {0, 0, 0, 0, 0, 1},
    };
    add_f32_f32__scalar(&if_0_2, system_x, evil, if_0);
    evil_trace(0, if_0, 16);

    /* 2. \u{2a}/ system("x"); /\u{2a} (dense): dense, 4 to 2, float, to 2. */
    static const struct bn_dense_shape system_x_3 = {
        .rows = 1, .in_channels = 4, .out_channels = 2,
    };
    dense_f32_f32_f32__scalar(&system_x_3, if_0, constant(weights, 64), constant(weights, 192),
                              system_x_2, (struct bn_part){0, 1});
    evil_trace(1, system_x_2, 8);
}

#ifdef EVIL_THREADS
void evil_run_on(struct evil_pool *pool,
                 const void *weights,
                 void *arena,
                 const float system_x[EVIL_INPUT_SYSTEM_X_SIZE],
                 const float evil[EVIL_INPUT_EVIL_SIZE],
                 float if_0[EVIL_OUTPUT_IF_0_SIZE],
                 float system_x_2[EVIL_OUTPUT_SYSTEM_X_2_SIZE])
{
    (void)pool;
    evil_run(weights, arena, system_x, evil, if_0, system_x_2);
}
#endif
