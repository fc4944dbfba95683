/* signed_sum.h: a sum and one more term, whose sign is a factor of +1 or -1. */
#ifndef BN_SIGNED_SUM_H
#define BN_SIGNED_SUM_H

#include <math.h>

#include "base.h"

/* Such a product is exact: fused with the addition or not, the sum is rounded once. */
static inline float bn_signed_sum(float sum, float x, float sign)
{
#if defined(__FMA__)
    return fmaf(x, sign, sum);
#else
    return sum + x * sign;
#endif
}

#endif
