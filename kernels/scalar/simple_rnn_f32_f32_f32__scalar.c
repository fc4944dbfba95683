/*
 * Simple recurrent layer: h = activation(x[t] * kernel + bias + h * recurrent), h being initial_h
 * at first. y is h of each step or of the last. kernel [features][units], recurrent [units][units],
 * bias [units], initial_h [batch][units]; scratch of 8 * units floats.
 */
#include <string.h>

#include "../include/recurrent.h"

BN_KERNEL void simple_rnn_f32_f32_f32__scalar(const struct bn_recurrent_shape *shape,
                                              const float *restrict x, const float *restrict kernel,
                                              const float *restrict recurrent,
                                              const float *restrict bias,
                                              const float *restrict initial_h, float *restrict y,
                                              float *restrict scratch)
{
    const int32_t units = shape->units;
    const size_t state_bytes = (size_t)units * sizeof(float);
    float *h = scratch, *next = scratch + units;
    for (int32_t n = 0; n < shape->batch; n++) {
        memcpy(h, initial_h + (ptrdiff_t)n * units, state_bytes);
        for (int32_t t = 0; t < shape->steps; t++) {
            memcpy(next, bias, state_bytes);
            bn_add_product(shape->features, units, units, bn_step_input(shape, x, n, t), kernel,
                           next);
            bn_add_product(units, units, units, h, recurrent, next);
            bn_activate(&shape->activation, next, units);
            memcpy(h, next, state_bytes);
            if (shape->return_sequences || t == shape->steps - 1) {
                memcpy(y, h, state_bytes);
                y += units;
            }
        }
    }
}
