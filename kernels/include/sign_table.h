/* sign_table.h: the factors that bits stand for, bit 1 to -1 and bit 0 to +1. */
#ifndef BN_SIGN_TABLE_H
#define BN_SIGN_TABLE_H

#include "base.h"

#define BN_SIGN_AT(row, t) ((row) >> (t)&1 ? -1.0f : 1.0f)
#define BN_SIGN_ROW(row)                                                                           \
    {                                                                                              \
        BN_SIGN_AT(row, 0), BN_SIGN_AT(row, 1), BN_SIGN_AT(row, 2), BN_SIGN_AT(row, 3),            \
            BN_SIGN_AT(row, 4), BN_SIGN_AT(row, 5), BN_SIGN_AT(row, 6), BN_SIGN_AT(row, 7)         \
    }
#define BN_SIGN_ROWS_4(row)                                                                        \
    BN_SIGN_ROW(row), BN_SIGN_ROW((row) + 1), BN_SIGN_ROW((row) + 2), BN_SIGN_ROW((row) + 3)
#define BN_SIGN_ROWS_16(row)                                                                       \
    BN_SIGN_ROWS_4(row), BN_SIGN_ROWS_4((row) + 4), BN_SIGN_ROWS_4((row) + 8),                     \
        BN_SIGN_ROWS_4((row) + 12)
#define BN_SIGN_ROWS_64(row)                                                                       \
    BN_SIGN_ROWS_16(row), BN_SIGN_ROWS_16((row) + 16), BN_SIGN_ROWS_16((row) + 32),                \
        BN_SIGN_ROWS_16((row) + 48)

/*
 * bn_signs[bits][t] is the factor of bit t; rows have the width of a vector. Eight bits take 8 KB,
 * so only processors that load the whole row at once have them.
 */
#if defined(__AVX__)

#define BN_SIGN_LANES 8

static const float bn_signs[256][BN_SIGN_LANES] = {
    BN_SIGN_ROWS_64(0),
    BN_SIGN_ROWS_64(64),
    BN_SIGN_ROWS_64(128),
    BN_SIGN_ROWS_64(192),
};

#else

#define BN_SIGN_LANES 4

static const float bn_signs[16][BN_SIGN_LANES] = {
    {1, 1, 1, 1},   {-1, 1, 1, 1},   {1, -1, 1, 1},   {-1, -1, 1, 1},
    {1, 1, -1, 1},  {-1, 1, -1, 1},  {1, -1, -1, 1},  {-1, -1, -1, 1},
    {1, 1, 1, -1},  {-1, 1, 1, -1},  {1, -1, 1, -1},  {-1, -1, 1, -1},
    {1, 1, -1, -1}, {-1, 1, -1, -1}, {1, -1, -1, -1}, {-1, -1, -1, -1},
};

#endif

#endif
