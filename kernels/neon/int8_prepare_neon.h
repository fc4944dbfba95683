/* int8_prepare_neon.h: unsigned bytes less 128 are signed ones. */
#ifndef BN_INT8_PREPARE_NEON_H
#define BN_INT8_PREPARE_NEON_H

#include "neon.h"

/* `count` is a multiple of 4. */
static void bn_prepare_int8_neon(int32_t count, int32_t is_unsigned, const uint8_t *restrict x,
                                 void *restrict to)
{
    const uint8_t flip = is_unsigned ? 0x80 : 0;
    uint8_t *restrict signed_x = to;
    int32_t k = 0;
    for (; k + 16 <= count; k += 16)
        vst1q_u8(signed_x + k, veorq_u8(vld1q_u8(x + k), vdupq_n_u8(flip)));
    for (; k < count; k++)
        signed_x[k] = x[k] ^ flip;
}

#endif
