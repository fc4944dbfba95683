/*
 * convolution.c: the gradient of a convolution's filter, and convolutions of few channels.
 *
 * x [batch, in_height, in_width, in_channels], y and dy [batch, out_height, out_width,
 * out_channels], filter and its gradient [height, width, in_channels, out_channels].
 */
#include "window.h"

/* What a block of sums is added up over: outputs of some images. */
struct pixels {
    int images;
    struct span rows, columns;
    int down, right;
};

/* dw[i][o] += sum of x[i] dy[o] over pixels, for some inputs and vectors of 4 outputs (0: one). */
BLOCK void filter_block(const float *x, const float *dy, float *dw, const struct window *w,
                        const struct pixels *pixels, int inputs, int vectors)
{
    v128_t sums[4][4];
    float sum = 0;
    for (int i = 0; i < inputs; i++)
        for (int j = 0; j < vectors; j++)
            sums[i][j] = wasm_f32x4_const_splat(0);
    const int step = w->stride_x * w->in_channels;
    for (int image = 0; image < pixels->images; image++)
        for (int row = pixels->rows.first; row < pixels->rows.end; row++) {
            const int line = image * w->in_height + row * w->stride_y + pixels->down;
            const int at = pixels->columns.first * w->stride_x + pixels->right;
            const float *from = x + (line * w->in_width + at) * w->in_channels;
            const int out = (image * w->out_height + row) * w->out_width + pixels->columns.first;
            const float *up = dy + out * w->out_channels;
            for (int n = pixels->columns.end - pixels->columns.first; n > 0; n--) {
                if (vectors == 0)
                    sum += *from * *up;
                for (int i = 0; i < inputs; i++)
                    for (int j = 0; j < vectors; j++)
                        sums[i][j] = wasm_f32x4_add(sums[i][j],
                                                    wasm_f32x4_mul(wasm_v128_load32_splat(from + i),
                                                                   wasm_v128_load(up + 4 * j)));
                from += step;
                up += w->out_channels;
            }
        }
    if (vectors == 0)
        *dw += sum;
    for (int i = 0; i < inputs; i++)
        for (int j = 0; j < vectors; j++) {
            float *to = dw + i * w->out_channels + 4 * j;
            wasm_v128_store(to, wasm_f32x4_add(wasm_v128_load(to), sums[i][j]));
        }
}

/* One tap's gradient, all inputs and outputs, in blocks. */
BLOCK void filter_tap(const float *x, const float *dy, float *dw, const struct window *w,
                      const struct pixels *pixels)
{
    const int outputs = w->out_channels;
    int i = 0;
    for (; i + 4 <= w->in_channels; i += 4) {
        float *to = dw + i * outputs;
        int o = 0;
        for (; o + 8 <= outputs; o += 8)
            filter_block(x + i, dy + o, to + o, w, pixels, 4, 2);
        for (; o + 4 <= outputs; o += 4)
            filter_block(x + i, dy + o, to + o, w, pixels, 4, 1);
        for (; o < outputs; o++)
            for (int k = 0; k < 4; k++)
                filter_block(x + i + k, dy + o, to + k * outputs + o, w, pixels, 1, 0);
    }
    for (; i < w->in_channels; i++) {
        float *to = dw + i * outputs;
        int o = 0;
        for (; o + 16 <= outputs; o += 16)
            filter_block(x + i, dy + o, to + o, w, pixels, 1, 4);
        for (; o + 4 <= outputs; o += 4)
            filter_block(x + i, dy + o, to + o, w, pixels, 1, 1);
        for (; o < outputs; o++)
            filter_block(x + i, dy + o, to + o, w, pixels, 1, 0);
    }
}

/* As many images at a time as a first-level cache may hold. */
#define FLOATS_AT_A_TIME 8192

/* dw = sum over pixels p of x[p * stride + tap * dilation] dy[p], which it must be 0 before. */
EXPORT("filter_gradient")
void filter_gradient(const float *x, const float *dy, float *dw, const struct window *w)
{
    const int in_size = w->in_height * w->in_width * w->in_channels;
    const int out_size = w->out_height * w->out_width * w->out_channels;
    const int fitting = FLOATS_AT_A_TIME / (in_size + out_size);
    const int group = fitting > 1 ? fitting : 1;
    for (int image = 0; image < w->batch; image += group) {
        const int left = w->batch - image;
        float *to = dw;
        for (int y = 0; y < w->height; y++)
            for (int x_tap = 0; x_tap < w->width; x_tap++) {
                struct pixels pixels = {.images = left < group ? left : group};
                pixels.down = y * w->dilation_y - w->top;
                pixels.right = x_tap * w->dilation_x - w->left;
                pixels.rows = outputs_inside(pixels.down, w->stride_y, w->in_height, w->out_height);
                pixels.columns =
                    outputs_inside(pixels.right, w->stride_x, w->in_width, w->out_width);
                filter_tap(x + image * in_size, dy + image * out_size, to, w, &pixels);
                to += w->in_channels * w->out_channels;
            }
    }
}

/* Some vectors of 4 outputs (0: one output) of one pixel, whose window has these taps inside. */
BLOCK void pixel_block(const float *x, const float *filter, float *y, const struct window *w,
                       struct span rows, struct span columns, int vectors)
{
    v128_t sums[4];
    float sum = 0;
    for (int j = 0; j < vectors; j++)
        sums[j] = wasm_f32x4_const_splat(0);
    for (int row = rows.first; row < rows.end; row++)
        for (int column = columns.first; column < columns.end; column++) {
            const int at = row * w->dilation_y * w->in_width + column * w->dilation_x;
            const float *from = x + at * w->in_channels;
            const float *tap =
                filter + (row * w->width + column) * w->in_channels * w->out_channels;
            for (int i = 0; i < w->in_channels; i++, tap += w->out_channels) {
                if (vectors == 0)
                    sum += from[i] * *tap;
                for (int j = 0; j < vectors; j++)
                    sums[j] =
                        wasm_f32x4_add(sums[j], wasm_f32x4_mul(wasm_v128_load32_splat(from + i),
                                                               wasm_v128_load(tap + 4 * j)));
            }
        }
    if (vectors == 0)
        *y = sum;
    for (int j = 0; j < vectors; j++)
        wasm_v128_store(y + 4 * j, sums[j]);
}

/* y = the convolution of x with the filter, pixel by pixel: for few channels. */
EXPORT("convolve")
void convolve(const float *x, const float *filter, float *y, const struct window *w)
{
    for (int image = 0; image < w->batch; image++)
        for (int out_y = 0; out_y < w->out_height; out_y++) {
            const int top = out_y * w->stride_y - w->top;
            const struct span rows = taps_inside(top, w->dilation_y, w->in_height, w->height);
            for (int out_x = 0; out_x < w->out_width; out_x++, y += w->out_channels) {
                const int left = out_x * w->stride_x - w->left;
                const struct span columns = taps_inside(left, w->dilation_x, w->in_width, w->width);
                const int first = (image * w->in_height + top) * w->in_width + left;
                const float *from = x + first * w->in_channels;
                int o = 0;
                for (; o + 16 <= w->out_channels; o += 16)
                    pixel_block(from, filter + o, y + o, w, rows, columns, 4);
                for (; o + 4 <= w->out_channels; o += 4)
                    pixel_block(from, filter + o, y + o, w, rows, columns, 1);
                for (; o < w->out_channels; o++)
                    pixel_block(from, filter + o, y + o, w, rows, columns, 0);
            }
        }
}
