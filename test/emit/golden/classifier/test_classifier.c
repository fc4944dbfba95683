/*
 * test_classifier.c: does classifier compute here what the source model computes?
 * Written by binarynet 0.1.0; do not edit.
 *
 * It runs 1 recorded case and exits with 0 when all outputs are
 * within 0.0001 of the largest output of their case, and integers the same.
 * Its argument is the weight file, "classifier.weights" if left out.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "classifier.h"

#define CASES 1
#define TOLERANCE 1e-4f

static const uint8_t recorded_input[CASES][CLASSIFIER_INPUT_SIZE] = {
    {
      1, 0, 1,
    },
};

static const float expected_scores[CASES][CLASSIFIER_OUTPUT_SCORES_SIZE] = {
    {
      0.33333334f, -0.0f, 1e-20f,
    },
};

static const int32_t expected_label[CASES][CLASSIFIER_OUTPUT_LABEL_SIZE] = {
    {
      1, 0, 1,
    },
};

static const uint8_t expected_mask[CASES][CLASSIFIER_OUTPUT_MASK_SIZE] = {
    {
      1, 0, 1,
    },
};

static float found_scores[CLASSIFIER_OUTPUT_SCORES_SIZE];
static int32_t found_label[CLASSIFIER_OUTPUT_LABEL_SIZE];
static uint8_t found_mask[CLASSIFIER_OUTPUT_MASK_SIZE];
static unsigned char arena_memory[CLASSIFIER_ARENA_SIZE + 15];

/* The first multiple of 16 from p on. */
static void *aligned(unsigned char *p)
{
    return p + (16 - ((uintptr_t)p & 15)) % 16;
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

/* Integers of so many bytes each. */
static void compare_integers(const void *found, const void *expected, long count, size_t bytes,
                             struct comparison *result)
{
    const unsigned char *a = found, *b = expected;
    for (long i = 0; i < count; i++, a += bytes, b += bytes)
        result->wrong_integers += memcmp(a, b, bytes) != 0;
}

/* 1 when the outputs of a case are right. */
static int run_case(const void *weights, int index)
{
    struct comparison result = {0.0f, 0.0f, 0};
    classifier_run(weights,
                   aligned(arena_memory),
                   recorded_input[index],
                   found_scores,
                   found_label,
                   found_mask);
    compare_floats(found_scores, expected_scores[index],
                   CLASSIFIER_OUTPUT_SCORES_SIZE, &result);
    compare_integers(found_label, expected_label[index],
                     CLASSIFIER_OUTPUT_LABEL_SIZE, sizeof(int32_t), &result);
    compare_integers(found_mask, expected_mask[index],
                     CLASSIFIER_OUTPUT_MASK_SIZE, sizeof(uint8_t), &result);
    const int right = result.error <= TOLERANCE * result.largest && result.wrong_integers == 0;
    printf("case %d: ", index + 1);
    printf("largest error %g, largest output %g: ", (double)result.error,
           (double)result.largest);
    printf("%ld wrong integers: ", result.wrong_integers);
    printf("%s\n", right ? "passed" : "FAILED");
    return right;
}

/* One byte more than there should be, to notice a file that is too long. */
static unsigned char weights_memory[CLASSIFIER_WEIGHTS_SIZE + 1 + 15];

/* Reads the weight file and returns its size, or 0 when there is none. */
static size_t load(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0;
    if (file != NULL) {
        size = fread(aligned(weights_memory), 1, CLASSIFIER_WEIGHTS_SIZE + 1, file);
        fclose(file);
    }
    return size;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "classifier.weights";
    const void *weights = aligned(weights_memory);
    const size_t size = load(path);
    if (size == 0) {
        printf("%s can't be read\n", path);
        return 2;
    }
    const int check = classifier_check(weights, size);
    if (check != CLASSIFIER_CHECK_OK) {
        printf("the weights don't fit the program: classifier_check gives %d (see classifier.h)\n", check);
        return 2;
    }
    int passed = 0;
    for (int i = 0; i < CASES; i++)
        passed += run_case(weights, i);
    printf("%d passed, %d failed\n", passed, CASES - passed);
    return passed == CASES ? 0 : 1;
}
