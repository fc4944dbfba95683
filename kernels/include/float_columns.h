/* float_columns.h: sums of one row of inputs x several tiles of output channels, float weights. */
#ifndef BN_FLOAT_COLUMNS_H
#define BN_FLOAT_COLUMNS_H

#include "column_tiles.h"

/* sum[i][t] += x[k] * w[i][k][t], for k from 0 to count - 1 in that order. */
BN_HOT_LOOP void bn_add_float_columns(int32_t count, const float *restrict x,
                                      const float *const w[BN_COLUMN_TILES],
                                      float sum[BN_COLUMN_TILES][BN_FLOAT_TILE])
{
    const float *restrict w0 = w[0], *restrict w1 = w[1], *restrict w2 = w[2], *restrict w3 = w[3];
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
    for (ptrdiff_t k = 0; k < count; k++) {
        BN_TILE_LOOP
        for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
            acc0[t] += x[k] * w0[k * BN_FLOAT_TILE + t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
            acc1[t] += x[k] * w1[k * BN_FLOAT_TILE + t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
            acc2[t] += x[k] * w2[k * BN_FLOAT_TILE + t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
            acc3[t] += x[k] * w3[k * BN_FLOAT_TILE + t];
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
