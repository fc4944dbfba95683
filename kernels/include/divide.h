/* divide.h: quotients and remainders that are defined for all integers. */
#ifndef BN_DIVIDE_H
#define BN_DIVIDE_H

#include "wrap.h"

/* a / b towards 0, modulo 2^32; 0 where b is 0. */
static inline int32_t bn_quotient(int32_t a, int32_t b)
{
    if (b == 0)
        return 0;
    return b == -1 ? bn_wrap(0 - (uint32_t)a) : a / b;
}

/* What that leaves of a; 0 where b is 0. */
static inline int32_t bn_remainder(int32_t a, int32_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

#endif
