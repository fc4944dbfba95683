/*
 * LSTM layer. With the gates i, f, c, o side by side in g = x[t] * kernel + bias + h * recurrent:
 *   cell = gate(f) * cell + gate(i) * activation(c)
 *   h = gate(o) * activation(cell)
 * gate being the recurrent activation, h and cell 0 at first. y is h of each step or of the last.
 * kernel [features][4 units], recurrent [units][4 units], bias [4 units]; scratch of 8 * units
 * floats.
 */
#include <string.h>

#include "../include/recurrent.h"

BN_KERNEL void lstm_f32_f32_f32__scalar(const struct bn_recurrent_shape *shape,
                                        const float *restrict x, const float *restrict kernel,
                                        const float *restrict recurrent, const float *restrict bias,
                                        float *restrict y, float *restrict scratch)
{
    const int32_t units = shape->units, columns = 4 * units;
    const size_t state_bytes = (size_t)units * sizeof(float);
    float *h = scratch, *cell = h + units, *i = cell + units, *f = i + units, *c = f + units,
          *o = c + units;
    for (int32_t n = 0; n < shape->batch; n++) {
        memset(h, 0, 2 * state_bytes);
        for (int32_t t = 0; t < shape->steps; t++) {
            memcpy(i, bias, 4 * state_bytes);
            bn_add_product(shape->features, columns, columns, bn_step_input(shape, x, n, t), kernel,
                           i);
            bn_add_product(units, columns, columns, h, recurrent, i);
            bn_activate(&shape->recurrent_activation, i, 2 * units);
            bn_activate(&shape->activation, c, units);
            bn_activate(&shape->recurrent_activation, o, units);
            for (int32_t u = 0; u < units; u++)
                h[u] = cell[u] = f[u] * cell[u] + i[u] * c[u];
            bn_activate(&shape->activation, h, units);
            for (int32_t u = 0; u < units; u++)
                h[u] *= o[u];
            if (shape->return_sequences || t == shape->steps - 1) {
                memcpy(y, h, state_bytes);
                y += units;
            }
        }
    }
}
