/* float_sign_columns.h: sums of one row of inputs x several tiles of channels, one-bit weights. */
#ifndef BN_FLOAT_SIGN_COLUMNS_H
#define BN_FLOAT_SIGN_COLUMNS_H

#include "column_tiles.h"
#include "sign_table.h"

/* sum[i][t] += bit t of w[i][k] ? -x[k] : x[k], for k from 0 to count - 1 in that order. */
BN_HOT_LOOP void bn_add_float_sign_columns(int32_t count, const float *restrict x,
                                           const uint8_t *const w[BN_COLUMN_TILES],
                                           float sum[BN_COLUMN_TILES][BN_FLOAT_TILE])
{
    for (int32_t i = 0; i < BN_COLUMN_TILES; i++) {
        const uint8_t *restrict bits = w[i];
        float low[4], high[4];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            low[t] = sum[i][t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            high[t] = sum[i][4 + t];
        for (int32_t k = 0; k < count; k++) {
            const float *const low_signs = bn_signs[bits[k] & 15];
            const float *const high_signs = bn_signs[bits[k] >> 4];
            BN_TILE_LOOP
            for (int32_t t = 0; t < 4; t++)
                low[t] += x[k] * low_signs[t];
            BN_TILE_LOOP
            for (int32_t t = 0; t < 4; t++)
                high[t] += x[k] * high_signs[t];
        }
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            sum[i][t] = low[t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            sum[i][4 + t] = high[t];
    }
}

#endif
