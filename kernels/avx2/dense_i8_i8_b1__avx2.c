/* Dense layer of bytes, bytes as weights, bit output: see the scalar kernel. */
#include "../include/int8_dense.h"
#include "int8_loops_avx2.h"

BN_KERNEL void dense_i8_i8_b1__avx2(const struct bn_dense_shape *shape, const void *restrict x,
                                    const int8_t *restrict w, const int32_t *restrict w_sums,
                                    const int32_t *restrict bias, const int32_t *restrict threshold,
                                    bn_word *restrict y, void *restrict scratch,
                                    struct bn_part part)
{
    const struct bn_int8_weights weights = bn_int8_weights_avx2(shape->small_weights, w);
    const struct bn_int8_epilogue epilogue = {
        .store = bn_store_int8_b1,
        .channels = shape->out_channels,
        .bias = bias,
        .w_sums = w_sums,
        .threshold = threshold,
        .y = y,
    };
    bn_int8_dense(shape, x, &weights, &epilogue, scratch, part);
}
