/* float_tile.h: sums of a tile of output pixels x output channels, float weights. */
#ifndef BN_FLOAT_TILE_H
#define BN_FLOAT_TILE_H

#include "base.h"

/*
 * sum[p][t] += x[p][row][k] * w[row][k][t], for rows and in them k < count in order. Rows of x are
 * `step` floats apart.
 */
BN_HOT_LOOP void bn_add_float_run(int32_t rows, int32_t count, ptrdiff_t step,
                                  const float *const x[BN_PIXEL_TILE], const float *restrict w,
                                  float sum[BN_PIXEL_TILE][BN_FLOAT_TILE])
{
    const float *restrict x0 = x[0], *restrict x1 = x[1], *restrict x2 = x[2], *restrict x3 = x[3];
    float acc0[BN_FLOAT_TILE], acc1[BN_FLOAT_TILE], acc2[BN_FLOAT_TILE], acc3[BN_FLOAT_TILE];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        acc0[t] = sum[0][t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        acc1[t] = sum[1][t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        acc2[t] = sum[2][t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        acc3[t] = sum[3][t];
    for (int32_t row = 0; row < rows; row++) {
        for (int32_t k = 0; k < count; k++) {
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                acc0[t] += x0[k] * w[t];
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                acc1[t] += x1[k] * w[t];
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                acc2[t] += x2[k] * w[t];
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                acc3[t] += x3[k] * w[t];
            w += BN_FLOAT_TILE;
        }
        x0 += step;
        x1 += step;
        x2 += step;
        x3 += step;
    }
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[0][t] = acc0[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[1][t] = acc1[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[2][t] = acc2[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[3][t] = acc3[t];
}

#endif
