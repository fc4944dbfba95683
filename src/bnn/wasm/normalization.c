/*
 * normalization.c: batch normalization over rows [rows, channels] and its gradients; channels are a
 * multiple of 4.
 *
 * With mean and variance of a channel over the rows, and r = 1 / sqrt(variance + epsilon):
 *   y = (x - mean) r gamma + beta
 *   dbeta = sum of dy
 *   dgamma = sum of dy (x - mean) r
 *   dx = r gamma (dy - dbeta / rows - (x - mean) r dgamma / rows)
 */
#include "window.h"

/* Sums over so many rows are added up by themselves first: they err less. */
#define ROWS_AT_A_TIME 64

enum term { VALUES, SQUARES, PRODUCTS };

/* sums[c] = sum over rows of x, of (x - mean) squared, or of (x - mean) dy. */
BLOCK void sum_rows(enum term term, const float *x, const float *mean, const float *dy, float *sums,
                    int rows, int channels)
{
    for (int c = 0; c < channels; c++)
        sums[c] = 0;
    for (int first = 0; first < rows; first += ROWS_AT_A_TIME) {
        const int end = first + ROWS_AT_A_TIME < rows ? first + ROWS_AT_A_TIME : rows;
        for (int c = 0; c < channels; c += 4) {
            const v128_t centre =
                term == VALUES ? wasm_f32x4_const_splat(0) : wasm_v128_load(mean + c);
            v128_t sum = wasm_f32x4_const_splat(0);
            for (int row = first; row < end; row++) {
                const v128_t value = wasm_v128_load(x + row * channels + c);
                const v128_t off = term == VALUES ? value : wasm_f32x4_sub(value, centre);
                const v128_t factor =
                    term == PRODUCTS ? wasm_v128_load(dy + row * channels + c) : off;
                sum = wasm_f32x4_add(sum, term == VALUES ? off : wasm_f32x4_mul(off, factor));
            }
            wasm_v128_store(sums + c, wasm_f32x4_add(wasm_v128_load(sums + c), sum));
        }
    }
}

BLOCK void divide(float *sums, int channels, float by)
{
    for (int c = 0; c < channels; c++)
        sums[c] /= by;
}

EXPORT("moments")
void moments(const float *x, float *mean, float *variance, int rows, int channels)
{
    sum_rows(VALUES, x, 0, 0, mean, rows, channels);
    divide(mean, channels, (float)rows);
    sum_rows(SQUARES, x, mean, 0, variance, rows, channels);
    divide(variance, channels, (float)rows);
}

/* 1 / sqrt(variance + epsilon) */
BLOCK v128_t scale_of(const float *variance, float epsilon)
{
    const v128_t wide = wasm_f32x4_add(wasm_v128_load(variance), wasm_f32x4_splat(epsilon));
    return wasm_f32x4_div(wasm_f32x4_const_splat(1), wasm_f32x4_sqrt(wide));
}

EXPORT("normalize")
void normalize(const float *x, const float *mean, const float *variance, const float *gamma,
               const float *beta, float *y, int rows, int channels, float epsilon)
{
    for (int first = 0; first < rows; first += ROWS_AT_A_TIME) {
        const int end = first + ROWS_AT_A_TIME < rows ? first + ROWS_AT_A_TIME : rows;
        for (int c = 0; c < channels; c += 4) {
            const v128_t centre = wasm_v128_load(mean + c);
            const v128_t factor =
                wasm_f32x4_mul(scale_of(variance + c, epsilon), wasm_v128_load(gamma + c));
            const v128_t offset = wasm_v128_load(beta + c);
            for (int row = first; row < end; row++) {
                const int at = row * channels + c;
                const v128_t off = wasm_f32x4_sub(wasm_v128_load(x + at), centre);
                wasm_v128_store(y + at, wasm_f32x4_add(wasm_f32x4_mul(off, factor), offset));
            }
        }
    }
}

EXPORT("normalize_gradients")
void normalize_gradients(const float *x, const float *dy, const float *mean, const float *variance,
                         const float *gamma, float *dx, float *dgamma, float *dbeta, int rows,
                         int channels, float epsilon)
{
    sum_rows(VALUES, dy, 0, 0, dbeta, rows, channels);
    sum_rows(PRODUCTS, x, mean, dy, dgamma, rows, channels);
    for (int c = 0; c < channels; c += 4) {
        const v128_t sum = wasm_v128_load(dgamma + c);
        wasm_v128_store(dgamma + c, wasm_f32x4_mul(sum, scale_of(variance + c, epsilon)));
    }
    const v128_t part = wasm_f32x4_splat(1 / (float)rows);
    for (int first = 0; first < rows; first += ROWS_AT_A_TIME) {
        const int end = first + ROWS_AT_A_TIME < rows ? first + ROWS_AT_A_TIME : rows;
        for (int c = 0; c < channels; c += 4) {
            const v128_t scale = scale_of(variance + c, epsilon);
            const v128_t factor = wasm_f32x4_mul(scale, wasm_v128_load(gamma + c));
            const v128_t centre = wasm_v128_load(mean + c);
            const v128_t usual = wasm_f32x4_mul(wasm_v128_load(dbeta + c), part);
            const v128_t slope =
                wasm_f32x4_mul(wasm_f32x4_mul(wasm_v128_load(dgamma + c), part), scale);
            for (int row = first; row < end; row++) {
                const int at = row * channels + c;
                const v128_t off = wasm_f32x4_sub(wasm_v128_load(x + at), centre);
                const v128_t less = wasm_f32x4_add(usual, wasm_f32x4_mul(off, slope));
                const v128_t rest = wasm_f32x4_sub(wasm_v128_load(dy + at), less);
                wasm_v128_store(dx + at, wasm_f32x4_mul(rest, factor));
            }
        }
    }
}
