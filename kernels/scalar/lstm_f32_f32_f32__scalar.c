/*
 * LSTM layer. With the gates i, f, c, o side by side in g = x[t] * kernel + bias + h * recurrent:
 *   next = gate(f + peepholes_f * cell) * cell + gate(i + peepholes_i * cell) * activation(c)
 *   h = gate(o + peepholes_o * next) * activation(next), cell = next
 * gate being the recurrent activation, h and cell initial_h and initial_c at first. y is h of each
 * step, with return_cells the cell behind it, or h of the last step. kernel [features][4 units],
 * recurrent [units][4 units], bias [4 units], initial_h and initial_c [batch][units], peepholes i,
 * o, f [3][units]; scratch of 8 * units floats.
 */
#include <string.h>

#include "../include/recurrent.h"

BN_KERNEL void lstm_f32_f32_f32__scalar(const struct bn_recurrent_shape *shape,
                                        const float *restrict x, const float *restrict kernel,
                                        const float *restrict recurrent, const float *restrict bias,
                                        const float *restrict initial_h,
                                        const float *restrict initial_c,
                                        const float *restrict peepholes, float *restrict y,
                                        float *restrict scratch)
{
    const int32_t units = shape->units, columns = 4 * units;
    const size_t state_bytes = (size_t)units * sizeof(float);
    const float *peephole_i = peepholes, *peephole_o = peephole_i + units,
                *peephole_f = peephole_o + units;
    float *h = scratch, *cell = h + units, *i = cell + units, *f = i + units, *c = f + units,
          *o = c + units;
    for (int32_t n = 0; n < shape->batch; n++) {
        memcpy(h, initial_h + (ptrdiff_t)n * units, state_bytes);
        memcpy(cell, initial_c + (ptrdiff_t)n * units, state_bytes);
        for (int32_t t = 0; t < shape->steps; t++) {
            memcpy(i, bias, 4 * state_bytes);
            bn_add_product(shape->features, columns, columns, bn_step_input(shape, x, n, t), kernel,
                           i);
            bn_add_product(units, columns, columns, h, recurrent, i);
            for (int32_t u = 0; u < units; u++) {
                i[u] += peephole_i[u] * cell[u];
                f[u] += peephole_f[u] * cell[u];
            }
            bn_activate(&shape->recurrent_activation, i, 2 * units);
            bn_activate(&shape->activation, c, units);
            for (int32_t u = 0; u < units; u++) {
                h[u] = cell[u] = f[u] * cell[u] + i[u] * c[u];
                o[u] += peephole_o[u] * cell[u];
            }
            bn_activate(&shape->recurrent_activation, o, units);
            bn_activate(&shape->activation, h, units);
            for (int32_t u = 0; u < units; u++)
                h[u] *= o[u];
            if (shape->return_sequences || t == shape->steps - 1) {
                memcpy(y, h, state_bytes);
                y += units;
            }
            if (shape->return_cells) {
                memcpy(y, cell, state_bytes);
                y += units;
            }
        }
    }
}
