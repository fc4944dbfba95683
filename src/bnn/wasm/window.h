/* window.h: a window that moves over images of NHWC, and what of it lies inside of them. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdint.h>
#include <wasm_simd128.h>

/* As windowOf in wasm-kernels.ts writes it. */
struct window {
    int32_t batch, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t height, width, stride_y, stride_x, dilation_y, dilation_x, top, left;
};

/* Places from first to end - 1. */
struct span {
    int first, end;
};

/* Inlined with constants for sizes, so that sums stay in registers; nothing here has a stack. */
#define BLOCK        static inline __attribute__((always_inline))
#define EXPORT(name) __attribute__((export_name(name)))

/* The outputs whose window has a tap inside the image: 0 <= output * stride + offset < in. */
BLOCK struct span outputs_inside(int offset, int stride, int in, int out)
{
    int first = offset < 0 ? (stride - 1 - offset) / stride : 0;
    int end = offset < in ? (in - 1 - offset) / stride + 1 : 0;
    return (struct span){first, end < out ? end : out};
}

/* The taps inside the image of the window that begins at `from`. */
BLOCK struct span taps_inside(int from, int dilation, int in, int taps)
{
    return outputs_inside(from, dilation, in, taps);
}

#endif
