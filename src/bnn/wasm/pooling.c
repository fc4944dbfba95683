/* pooling.c: the gradient of max pooling. */
#include "window.h"

BLOCK v128_t load(const float *from, int lanes)
{
    return lanes == 4 ? wasm_v128_load(from) : wasm_v128_load32_zero(from);
}

BLOCK void store(float *to, v128_t value, int lanes)
{
    if (lanes == 4)
        wasm_v128_store(to, value);
    else
        wasm_v128_store32_lane(to, value, 0);
}

/* Adds the gradient of 4 channels (or 1) of a window to the first of its largest inputs. */
BLOCK void give(const float *x, v128_t gradient, float *dx, const struct window *w,
                struct span rows, struct span columns, int lanes)
{
    const int line = w->in_width * w->in_channels;
    v128_t largest = wasm_f32x4_const_splat(-__builtin_inff());
    for (int row = rows.first; row < rows.end; row++)
        for (int column = columns.first; column < columns.end; column++)
            largest =
                wasm_f32x4_pmax(largest, load(x + row * line + column * w->in_channels, lanes));
    for (int row = rows.first; row < rows.end; row++)
        for (int column = columns.first; column < columns.end; column++) {
            const int at = row * line + column * w->in_channels;
            const v128_t is_first = wasm_f32x4_eq(load(x + at, lanes), largest);
            const v128_t share = wasm_v128_and(gradient, is_first);
            store(dx + at, wasm_f32x4_add(load(dx + at, lanes), share), lanes);
            gradient = wasm_v128_andnot(gradient, is_first);
        }
}

/* dx, which must be 0 before: the gradient of each window's maximum, for the first input it is of.
 */
EXPORT("max_pool_gradient")
void max_pool_gradient(const float *x, const float *dy, float *dx, const struct window *w)
{
    const int channels = w->in_channels;
    for (int image = 0; image < w->batch; image++)
        for (int out_y = 0; out_y < w->out_height; out_y++) {
            const int top = out_y * w->stride_y - w->top;
            const struct span rows = taps_inside(top, 1, w->in_height, w->height);
            for (int out_x = 0; out_x < w->out_width; out_x++, dy += channels) {
                const int left = out_x * w->stride_x - w->left;
                const struct span columns = taps_inside(left, 1, w->in_width, w->width);
                const int first = ((image * w->in_height + top) * w->in_width + left) * channels;
                int c = 0;
                for (; c + 4 <= channels; c += 4)
                    give(x + first + c, load(dy + c, 4), dx + first + c, w, rows, columns, 4);
                for (; c < channels; c++)
                    give(x + first + c, load(dy + c, 1), dx + first + c, w, rows, columns, 1);
            }
        }
}
