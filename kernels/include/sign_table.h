/* sign_table.h: four bits to four factors, bit 1 to -1 and bit 0 to +1. */
#ifndef BN_SIGN_TABLE_H
#define BN_SIGN_TABLE_H

#include "base.h"

static const float bn_signs[16][4] = {
    {1, 1, 1, 1},   {-1, 1, 1, 1},   {1, -1, 1, 1},   {-1, -1, 1, 1},
    {1, 1, -1, 1},  {-1, 1, -1, 1},  {1, -1, -1, 1},  {-1, -1, -1, 1},
    {1, 1, 1, -1},  {-1, 1, 1, -1},  {1, -1, 1, -1},  {-1, -1, 1, -1},
    {1, 1, -1, -1}, {-1, 1, -1, -1}, {1, -1, -1, -1}, {-1, -1, -1, -1},
};

#endif
