/* float_sign_block.h: sums of a tile of output pixels x a block of channels, weights of one bit. */
#ifndef BN_FLOAT_SIGN_BLOCK_H
#define BN_FLOAT_SIGN_BLOCK_H

#include "sign_table.h"
#include "signed_sum.h"

/* Output channels that one search for runs serves: two tiles. */
#define BN_SIGN_BLOCK (2 * BN_FLOAT_TILE)

/*
 * sum[p][t] += bit t of w[row][k] ? -x[p][row][k] : x[p][row][k], for rows and in them k < count in
 * order. Rows of x are `step` floats apart. The second tile's weights are `v`, or NULL.
 */
#if defined(__AVX__)

/* Both tiles at once: eight vectors of sums hide how long an addition takes. */
BN_HOT_LOOP void bn_add_float_sign_run(int32_t rows, int32_t count, ptrdiff_t step,
                                       const float *const x[BN_PIXEL_TILE],
                                       const uint8_t *restrict w, const uint8_t *restrict v,
                                       float sum[BN_PIXEL_TILE][BN_SIGN_BLOCK])
{
    const float *restrict x0 = x[0], *restrict x1 = x[1], *restrict x2 = x[2], *restrict x3 = x[3];
    float w0[BN_FLOAT_TILE], w1[BN_FLOAT_TILE], w2[BN_FLOAT_TILE], w3[BN_FLOAT_TILE];
    float v0[BN_FLOAT_TILE], v1[BN_FLOAT_TILE], v2[BN_FLOAT_TILE], v3[BN_FLOAT_TILE];
    /* No sum is -0, so adding 0 changes none; what is only copied, gcc moves through the stack. */
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        w0[t] = 0.0f + sum[0][t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        w1[t] = 0.0f + sum[1][t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        w2[t] = 0.0f + sum[2][t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        w3[t] = 0.0f + sum[3][t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        v0[t] = 0.0f + sum[0][BN_FLOAT_TILE + t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        v1[t] = 0.0f + sum[1][BN_FLOAT_TILE + t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        v2[t] = 0.0f + sum[2][BN_FLOAT_TILE + t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        v3[t] = 0.0f + sum[3][BN_FLOAT_TILE + t];
    if (!v)
        v = w;
    for (int32_t row = 0; row < rows; row++) {
        for (int32_t k = 0; k < count; k++) {
            const float *const w_signs = bn_signs[*w++];
            const float *const v_signs = bn_signs[*v++];
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                w0[t] = bn_signed_sum(w0[t], x0[k], w_signs[t]);
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                w1[t] = bn_signed_sum(w1[t], x1[k], w_signs[t]);
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                w2[t] = bn_signed_sum(w2[t], x2[k], w_signs[t]);
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                w3[t] = bn_signed_sum(w3[t], x3[k], w_signs[t]);
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                v0[t] = bn_signed_sum(v0[t], x0[k], v_signs[t]);
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                v1[t] = bn_signed_sum(v1[t], x1[k], v_signs[t]);
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                v2[t] = bn_signed_sum(v2[t], x2[k], v_signs[t]);
            BN_TILE_LOOP
            for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
                v3[t] = bn_signed_sum(v3[t], x3[k], v_signs[t]);
        }
        x0 += step;
        x1 += step;
        x2 += step;
        x3 += step;
    }
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[0][t] = w0[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[1][t] = w1[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[2][t] = w2[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[3][t] = w3[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[0][BN_FLOAT_TILE + t] = v0[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[1][BN_FLOAT_TILE + t] = v1[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[2][BN_FLOAT_TILE + t] = v2[t];
    BN_TILE_LOOP
    for (int32_t t = 0; t < BN_FLOAT_TILE; t++)
        sum[3][BN_FLOAT_TILE + t] = v3[t];
}

#else

BN_HOT_LOOP void bn_add_float_sign_tile(int32_t rows, int32_t count, ptrdiff_t step,
                                        const float *const x[BN_PIXEL_TILE],
                                        const uint8_t *restrict w, int32_t first,
                                        float sum[BN_PIXEL_TILE][BN_SIGN_BLOCK])
{
    const float *restrict x0 = x[0], *restrict x1 = x[1], *restrict x2 = x[2], *restrict x3 = x[3];
    float acc0[2][4], acc1[2][4], acc2[2][4], acc3[2][4];
    for (int32_t half = 0; half < 2; half++) {
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            acc0[half][t] = sum[0][first + 4 * half + t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            acc1[half][t] = sum[1][first + 4 * half + t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            acc2[half][t] = sum[2][first + 4 * half + t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            acc3[half][t] = sum[3][first + 4 * half + t];
    }
    for (int32_t row = 0; row < rows; row++) {
        for (int32_t k = 0; k < count; k++) {
            for (int32_t half = 0; half < 2; half++) {
                const float *const sign = bn_signs[half ? *w >> 4 : *w & 15];
                BN_TILE_LOOP
                for (int32_t t = 0; t < 4; t++)
                    acc0[half][t] = bn_signed_sum(acc0[half][t], x0[k], sign[t]);
                BN_TILE_LOOP
                for (int32_t t = 0; t < 4; t++)
                    acc1[half][t] = bn_signed_sum(acc1[half][t], x1[k], sign[t]);
                BN_TILE_LOOP
                for (int32_t t = 0; t < 4; t++)
                    acc2[half][t] = bn_signed_sum(acc2[half][t], x2[k], sign[t]);
                BN_TILE_LOOP
                for (int32_t t = 0; t < 4; t++)
                    acc3[half][t] = bn_signed_sum(acc3[half][t], x3[k], sign[t]);
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
            sum[0][first + 4 * half + t] = acc0[half][t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            sum[1][first + 4 * half + t] = acc1[half][t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            sum[2][first + 4 * half + t] = acc2[half][t];
        BN_TILE_LOOP
        for (int32_t t = 0; t < 4; t++)
            sum[3][first + 4 * half + t] = acc3[half][t];
    }
}

static inline void bn_add_float_sign_run(int32_t rows, int32_t count, ptrdiff_t step,
                                         const float *const x[BN_PIXEL_TILE], const uint8_t *w,
                                         const uint8_t *v, float sum[BN_PIXEL_TILE][BN_SIGN_BLOCK])
{
    bn_add_float_sign_tile(rows, count, step, x, w, 0, sum);
    if (v)
        bn_add_float_sign_tile(rows, count, step, x, v, BN_FLOAT_TILE, sum);
}

#endif

#endif
