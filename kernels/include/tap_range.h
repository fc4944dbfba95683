/* tap_range.h: which taps of a window lie inside the image. */
#ifndef BN_TAP_RANGE_H
#define BN_TAP_RANGE_H

#include "base.h"

/* Taps first .. end - 1 along one axis; tap k is at begin + k * dilation. */
struct bn_tap_range {
    int32_t begin, first, end;
};

/* The range of a window that begins at `begin`, over an axis of `size` pixels. */
static inline struct bn_tap_range bn_tap_range_at(int32_t begin, int32_t taps, int32_t dilation,
                                                  int32_t size)
{
    struct bn_tap_range range = {begin, 0, taps};
    while (range.first < taps && begin + range.first * dilation < 0)
        range.first++;
    while (range.end > range.first && begin + (range.end - 1) * dilation >= size)
        range.end--;
    return range;
}

#endif
