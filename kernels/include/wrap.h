/* wrap.h: arithmetic modulo 2^32, which C leaves undefined for signed integers. */
#ifndef BN_WRAP_H
#define BN_WRAP_H

#include "base.h"

/* The integer that is x modulo 2^32. */
static inline int32_t bn_wrap(uint32_t x)
{
    return x <= INT32_MAX ? (int32_t)x : -1 - (int32_t)(UINT32_MAX - x);
}

static inline int32_t bn_wrapped_sum(int32_t a, int32_t b)
{
    return bn_wrap((uint32_t)a + (uint32_t)b);
}

static inline int32_t bn_wrapped_product(int32_t a, int32_t b)
{
    return bn_wrap((uint32_t)a * (uint32_t)b);
}

#endif
