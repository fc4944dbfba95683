/* x[i] rounded to the nearest bfloat16: the upper half of its bits. Ties go to the even one. */
#include <string.h>

#include "../../include/base.h"

BN_KERNEL void to_bfloat16_f32__scalar(float *x, int32_t count, float a, float b)
{
    (void)a;
    (void)b;
    for (int32_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits += 0x7fff + (bits >> 16 & 1);
        bits &= 0xffff0000;
        if (x[i] == x[i])
            memcpy(x + i, &bits, sizeof bits);
    }
}
