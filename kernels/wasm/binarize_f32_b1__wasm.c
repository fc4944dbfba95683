/* The sign of floats as bits: see the scalar kernel. */
#include <wasm_simd128.h>

#include "../include/binarize.h"

static bn_word bn_signs_of_floats_wasm(int32_t count, const float *restrict x,
                                       const float *restrict direction,
                                       const float *restrict threshold)
{
    bn_word bits = 0;
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const v128_t product = wasm_f32x4_mul(wasm_v128_load(x + i), wasm_v128_load(direction + i));
        const v128_t less = wasm_f32x4_lt(product, wasm_v128_load(threshold + i));
        bits |= (bn_word)wasm_i32x4_bitmask(less) << i;
    }
    for (; i < count; i++)
        bits |= bn_sign_of_float(x[i], direction[i], threshold[i]) << i;
    return bits;
}

BN_KERNEL void binarize_f32_b1__wasm(const struct bn_rows_shape *shape, const float *restrict x,
                                     const float *restrict threshold,
                                     const float *restrict direction, bn_word *restrict y)
{
    bn_binarize(shape, x, threshold, direction, y, bn_signs_of_floats_wasm);
}
