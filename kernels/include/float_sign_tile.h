/* float_sign_tile.h: sums of a tile of output pixels x output channels, weights of one bit. */
#ifndef BN_FLOAT_SIGN_TILE_H
#define BN_FLOAT_SIGN_TILE_H

#include "sign_table.h"

/*
 * sum[p][t] += bit t of w[row][k] ? -x[p][row][k] : x[p][row][k], for rows and in them k < count in
 * order. Rows of x are `step` floats apart.
 */
BN_HOT_LOOP void bn_add_float_sign_run(int32_t rows, int32_t count, ptrdiff_t step,
                                       const float *const x[BN_PIXEL_TILE],
                                       const uint8_t *restrict w,
                                       float sum[BN_PIXEL_TILE][BN_FLOAT_TILE])
{
    const float *restrict x0 = x[0], *restrict x1 = x[1], *restrict x2 = x[2], *restrict x3 = x[3];
    float acc0[2][4], acc1[2][4], acc2[2][4], acc3[2][4];
    for (int32_t half = 0; half < 2; half++) {
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            acc0[half][t] = sum[0][4 * half + t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            acc1[half][t] = sum[1][4 * half + t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            acc2[half][t] = sum[2][4 * half + t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            acc3[half][t] = sum[3][4 * half + t];
    }
    for (int32_t row = 0; row < rows; row++) {
        for (int32_t k = 0; k < count; k++) {
            for (int32_t half = 0; half < 2; half++) {
                const float *const sign = bn_signs[half ? *w >> 4 : *w & 15];
                BN_TILE_LOOP
                for (int32_t t = 0; t < 4; t++)
                    acc0[half][t] += x0[k] * sign[t];
                BN_TILE_LOOP
                for (int32_t t = 0; t < 4; t++)
                    acc1[half][t] += x1[k] * sign[t];
                BN_TILE_LOOP
                for (int32_t t = 0; t < 4; t++)
                    acc2[half][t] += x2[k] * sign[t];
                BN_TILE_LOOP
                for (int32_t t = 0; t < 4; t++)
                    acc3[half][t] += x3[k] * sign[t];
            }
            w++;
        }
        x0 += step;
        x1 += step;
        x2 += step;
        x3 += step;
    }
    for (int32_t half = 0; half < 2; half++) {
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            sum[0][4 * half + t] = acc0[half][t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            sum[1][4 * half + t] = acc1[half][t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            sum[2][4 * half + t] = acc2[half][t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            sum[3][4 * half + t] = acc3[half][t];
    }
}

#endif
