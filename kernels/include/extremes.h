/* extremes.h: the larger and the smaller of two floats; NaN if either is. */
#ifndef BN_EXTREMES_H
#define BN_EXTREMES_H

static inline float bn_max(float a, float b)
{
    return b > a || b != b ? b : a;
}

static inline float bn_min(float a, float b)
{
    return b < a || b != b ? b : a;
}

#endif
