/*
 * GRU layer, gates z, r, h side by side in its weights. With a = x[t] * kernel + bias:
 *   z = gate(a_z + s * recurrent_z)
 *   r = gate(a_r + s * recurrent_r)
 *   candidate = activation(a_h + (r * s) * recurrent_h)                     or, with reset_after,
 *   candidate = activation(a_h + r * (s * recurrent_h + recurrent_bias_h))
 *   s = z * s + (1 - z) * candidate
 * gate being the recurrent activation and the state s initial_h at first. y is s of each step or of
 * the last. kernel [features][3 units], recurrent [units][3 units], bias [3 units], and with
 * reset_after [2][3 units], the second row being added to s * recurrent in all gates;
 * initial_h [batch][units]; scratch of 8 * units floats.
 */
#include <string.h>

#include "../include/recurrent.h"

BN_KERNEL void gru_f32_f32_f32__scalar(const struct bn_recurrent_shape *shape,
                                       const float *restrict x, const float *restrict kernel,
                                       const float *restrict recurrent, const float *restrict bias,
                                       const float *restrict initial_h, float *restrict y,
                                       float *restrict scratch)
{
    const int32_t units = shape->units, columns = 3 * units;
    const size_t state_bytes = (size_t)units * sizeof(float);
    float *s = scratch, *z = s + units, *r = z + units, *candidate = r + units;
    float *product = candidate + units, *product_h = product + 2 * units, *seen = product_h + units;
    for (int32_t n = 0; n < shape->batch; n++) {
        memcpy(s, initial_h + (ptrdiff_t)n * units, state_bytes);
        for (int32_t t = 0; t < shape->steps; t++) {
            memcpy(z, bias, 3 * state_bytes);
            bn_add_product(shape->features, columns, columns, bn_step_input(shape, x, n, t), kernel,
                           z);
            if (shape->reset_after)
                memcpy(product, bias + columns, 3 * state_bytes);
            else
                memset(product, 0, 3 * state_bytes);
            bn_add_product(units, shape->reset_after ? columns : 2 * units, columns, s, recurrent,
                           product);
            for (int32_t u = 0; u < 2 * units; u++)
                z[u] += product[u];
            bn_activate(&shape->recurrent_activation, z, 2 * units);
            if (shape->reset_after) {
                for (int32_t u = 0; u < units; u++)
                    product_h[u] *= r[u];
            } else {
                for (int32_t u = 0; u < units; u++)
                    seen[u] = r[u] * s[u];
                bn_add_product(units, units, columns, seen, recurrent + 2 * units, product_h);
            }
            for (int32_t u = 0; u < units; u++)
                candidate[u] += product_h[u];
            bn_activate(&shape->activation, candidate, units);
            for (int32_t u = 0; u < units; u++)
                s[u] = z[u] * s[u] + (1 - z[u]) * candidate[u];
            if (shape->return_sequences || t == shape->steps - 1) {
                memcpy(y, s, state_bytes);
                y += units;
            }
        }
    }
}
