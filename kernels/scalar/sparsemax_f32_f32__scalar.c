/*
 * Sparsemax along the middle axis: y = max(x - tau, 0), with tau such that each result sums to 1.
 * y may be x. `kept` is scratch of `axis` floats.
 *
 * tau is (sum of S - 1) / |S|, S being the values above tau. Starting with all of them, those not
 * above the tau that they give are dropped, until none is; tau only grows on the way, so that none
 * is missed. Values are taken relative to the largest, which keeps the digits of their sum.
 */
#include "../include/extremes.h"
#include "../include/shapes.h"

BN_KERNEL void sparsemax_f32_f32__scalar(const struct bn_axis_shape *shape, const float *x,
                                         float *y, float *restrict kept)
{
    const ptrdiff_t step = shape->inner;
    for (int32_t outer = 0; outer < shape->outer; outer++) {
        for (int32_t n = 0; n < shape->inner; n++) {
            const ptrdiff_t start = (ptrdiff_t)outer * shape->axis * step + n;
            float largest = x[start], tau = -1;
            for (int32_t i = 1; i < shape->axis; i++)
                largest = bn_max(largest, x[start + i * step]);
            for (int32_t i = 0; i < shape->axis; i++)
                kept[i] = x[start + i * step] - largest;
            /* The first round drops what is below the least tau possible: it never is the last. */
            int32_t count = shape->axis, before = count;
            for (int32_t round = 0; round < 2 || count < before; round++) {
                float sum = 0;
                before = count;
                count = 0;
                for (int32_t i = 0; i < before; i++) {
                    if (kept[i] > tau) {
                        kept[count++] = kept[i];
                        sum += kept[count - 1];
                    }
                }
                if (count > 0)
                    tau = (sum - 1) / (float)count;
            }
            for (int32_t i = 0; i < shape->axis; i++) {
                const float above = x[start + i * step] - largest - tau;
                y[start + i * step] = above < 0 ? 0 : above;
            }
        }
    }
}
