/*
 * test_evil.c: does evil compute here what the source model computes?
 * Written by binarynet 0.1.0; do not edit.
 *
 * It runs 1 recorded case and exits with 0 when all outputs are
 * within 0.0001 of the largest output of their case.
 */
#include <stdint.h>
#include <stdio.h>

#include "evil.h"

#define CASES 1
#define TOLERANCE 1e-4f

/* In 64ths. */
static const signed char recorded_system_x[CASES][EVIL_INPUT_SYSTEM_X_SIZE] = {
    {
      32, -64, 127,
    },
};

/* In 64ths. */
static const signed char recorded_evil[CASES][EVIL_INPUT_EVIL_SIZE] = {
    {
      32, -64, 127,
    },
};

static const float expected_if_0[CASES][EVIL_OUTPUT_IF_0_SIZE] = {
    {
      0.33333334f, -0.0f, 1e-20f,
    },
};

static const float expected_system_x_2[CASES][EVIL_OUTPUT_SYSTEM_X_2_SIZE] = {
    {
      0.33333334f, -0.0f, 1e-20f,
    },
};

static float floats_system_x[EVIL_INPUT_SYSTEM_X_SIZE];
static float floats_evil[EVIL_INPUT_EVIL_SIZE];
static float found_if_0[EVIL_OUTPUT_IF_0_SIZE];
static float found_system_x_2[EVIL_OUTPUT_SYSTEM_X_2_SIZE];
static unsigned char arena_memory[EVIL_ARENA_SIZE + 15];

/* The first multiple of 16 from p on. */
static void *aligned(unsigned char *p)
{
    return p + (16 - ((uintptr_t)p & 15)) % 16;
}

static void expand(const signed char *sixty_fourths, float *floats, long count)
{
    for (long i = 0; i < count; i++)
        floats[i] = (float)sixty_fourths[i] / 64.0f;
}

struct comparison {
    float largest, error;
    long wrong_integers;
};

/* |a - b|; 0 for equal infinities and for two NaNs, the largest float for other oddities. */
static float distance(float a, float b)
{
    const float difference = a - b;
    if (a == b || (a != a && b != b))
        return 0.0f;
    if (difference != difference || difference > 3e38f || difference < -3e38f)
        return 3e38f;
    return difference < 0.0f ? -difference : difference;
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

static void compare_floats(const float *found, const float *expected, long count,
                           struct comparison *result)
{
    for (long i = 0; i < count; i++) {
        const float size = distance(expected[i], 0.0f);
        if (size < 3e38f)
            result->largest = larger(result->largest, size);
        result->error = larger(result->error, distance(found[i], expected[i]));
    }
}

/* 1 when the outputs of a case are right. */
static int run_case(const void *weights, int index)
{
    struct comparison result = {0.0f, 0.0f, 0};
    expand(recorded_system_x[index], floats_system_x, EVIL_INPUT_SYSTEM_X_SIZE);
    expand(recorded_evil[index], floats_evil, EVIL_INPUT_EVIL_SIZE);
    evil_run(weights,
             aligned(arena_memory),
             floats_system_x,
             floats_evil,
             found_if_0,
             found_system_x_2);
    compare_floats(found_if_0, expected_if_0[index],
                   EVIL_OUTPUT_IF_0_SIZE, &result);
    compare_floats(found_system_x_2, expected_system_x_2[index],
                   EVIL_OUTPUT_SYSTEM_X_2_SIZE, &result);
    const int right = result.error <= TOLERANCE * result.largest && result.wrong_integers == 0;
    printf("case %d: ", index + 1);
    printf("largest error %g, largest output %g: ", (double)result.error,
           (double)result.largest);
    printf("%s\n", right ? "passed" : "FAILED");
    return right;
}

int main(void)
{
    const void *weights = evil_weights;
    const size_t size = EVIL_WEIGHTS_SIZE;
    const int check = evil_check(weights, size);
    if (check != EVIL_CHECK_OK) {
        printf("the weights don't fit the program: evil_check gives %d (see evil.h)\n", check);
        return 2;
    }
    int passed = 0;
    for (int i = 0; i < CASES; i++)
        passed += run_case(weights, i);
    printf("%d passed, %d failed\n", passed, CASES - passed);
    return passed == CASES ? 0 : 1;
}
