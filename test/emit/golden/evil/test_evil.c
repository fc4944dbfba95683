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
#define INPUTS (EVIL_INPUT_SYSTEM_X_SIZE + EVIL_INPUT_EVIL_SIZE)
#define OUTPUTS (EVIL_OUTPUT_IF_0_SIZE + EVIL_OUTPUT_SYSTEM_X_2_SIZE)
#define TOLERANCE 1e-4f

/* In 64ths. */
static const signed char inputs[CASES][INPUTS] = {
    {
      32, -64, 127, 32, -64, 127,
    },
};

static const float expected[CASES][OUTPUTS] = {
    {
      0.33333334f, -0.0f, 1e-20f, 0.33333334f, -0.0f, 1e-20f,
    },
};

static float input[INPUTS];
static float output[OUTPUTS];
static unsigned char arena_memory[EVIL_ARENA_SIZE + 15];

/* The first multiple of 16 from p on. */
static void *aligned(unsigned char *p)
{
    return p + (16 - ((uintptr_t)p & 15)) % 16;
}

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

/* 1 when the outputs of a case are right. */
static int run_case(const void *weights, int index)
{
    float largest = 0.0f, error = 0.0f;
    for (int i = 0; i < INPUTS; i++)
        input[i] = (float)inputs[index][i] / 64.0f;
    evil_run(weights,
             aligned(arena_memory),
             input,
             input + EVIL_INPUT_SYSTEM_X_SIZE,
             output,
             output + EVIL_OUTPUT_IF_0_SIZE);
    for (int i = 0; i < OUTPUTS; i++) {
        const float size = distance(expected[index][i], 0.0f);
        if (size < 3e38f)
            largest = larger(largest, size);
        error = larger(error, distance(output[i], expected[index][i]));
    }
    const int right = error <= TOLERANCE * largest;
    printf("case %d: largest error %g, largest output %g: %s\n", index + 1, (double)error,
           (double)largest, right ? "passed" : "FAILED");
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
