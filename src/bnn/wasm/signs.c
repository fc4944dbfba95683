/* signs.c: the sign and the gradient of its straight-through estimator, of any number of floats. */
#include "window.h"

/* A vector, or where fewer floats are left what there is of it. */
BLOCK v128_t load_some(const float *from, int count)
{
    if (count >= 4)
        return wasm_v128_load(from);
    return wasm_f32x4_make(from[0], count > 1 ? from[1] : 0, count > 2 ? from[2] : 0, 0);
}

BLOCK void store_some(float *to, v128_t value, int count)
{
    if (count >= 4) {
        wasm_v128_store(to, value);
        return;
    }
    to[0] = wasm_f32x4_extract_lane(value, 0);
    if (count > 1)
        to[1] = wasm_f32x4_extract_lane(value, 1);
    if (count > 2)
        to[2] = wasm_f32x4_extract_lane(value, 2);
}

/* y = 1 for x >= 0, otherwise -1. */
EXPORT("sign")
void sign(const float *x, float *y, int count)
{
    const v128_t plus = wasm_f32x4_const_splat(1), minus = wasm_f32x4_const_splat(-1);
    for (int i = 0; i < count; i += 4) {
        const v128_t is_plus =
            wasm_f32x4_ge(load_some(x + i, count - i), wasm_f32x4_const_splat(0));
        store_some(y + i, wasm_v128_bitselect(plus, minus, is_plus), count - i);
    }
}

/* dx = dy for |x| <= clip, otherwise 0. */
EXPORT("clipped")
void clipped(const float *x, const float *dy, float *dx, int count, float clip)
{
    const v128_t most = wasm_f32x4_splat(clip);
    for (int i = 0; i < count; i += 4) {
        const v128_t size = wasm_f32x4_abs(load_some(x + i, count - i));
        const v128_t up = load_some(dy + i, count - i);
        store_some(dx + i, wasm_v128_and(up, wasm_f32x4_le(size, most)), count - i);
    }
}
