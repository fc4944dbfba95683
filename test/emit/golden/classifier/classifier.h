/*
 * classifier.h: a neural network. Written by binarynet 0.1.0; do not edit.
 *
 * Weights: 3,296 bytes, in classifier.weights. Scratch memory: 1,728 bytes.
 */
#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of scratch memory that classifier_run needs. */
#define CLASSIFIER_ARENA_SIZE 1728
/* Bytes of the weights. */
#define CLASSIFIER_WEIGHTS_SIZE 3296

/* Elements per input and output. */
#define CLASSIFIER_INPUT_SIZE 108
#define CLASSIFIER_OUTPUT_SCORES_SIZE 4
#define CLASSIFIER_OUTPUT_LABEL_SIZE 1
#define CLASSIFIER_OUTPUT_MASK_SIZE 4

/* What classifier_check returns. */
enum classifier_check_result {
    CLASSIFIER_CHECK_OK = 0,
    CLASSIFIER_CHECK_ALIGNMENT = 1, /* the weights don't start at a multiple of 16 */
    CLASSIFIER_CHECK_MAGIC = 2,     /* not a weight file, or this processor is big-endian */
    CLASSIFIER_CHECK_FORMAT = 3,    /* packed for another target, or by another version */
    CLASSIFIER_CHECK_MODEL = 4,     /* the weights of another model */
    CLASSIFIER_CHECK_SIZE = 5,      /* too short or too long */
    CLASSIFIER_CHECK_CORRUPT = 6    /* the weights have changed */
};

/*
 * Are these the weights of this network, whole and unchanged? Reads all of them once.
 * weights: 16-byte aligned. size: how many bytes there are.
 */
int classifier_check(const void *weights, size_t size);

/*
 * Runs the network once. Re-entrant: all that it writes is the arena and the outputs.
 * weights: CLASSIFIER_WEIGHTS_SIZE bytes that classifier_check accepts, 16-byte aligned.
 * arena: CLASSIFIER_ARENA_SIZE bytes, 16-byte aligned; what they hold before and after is of no matter.
 * input: CLASSIFIER_INPUT_SIZE integers from 0 to 255, 6x6x3; "image" in the model
 * scores: CLASSIFIER_OUTPUT_SCORES_SIZE floats, 4
 * label: CLASSIFIER_OUTPUT_LABEL_SIZE integers of 32 bits, 1
 * mask: CLASSIFIER_OUTPUT_MASK_SIZE truth values (0 or 1), 4
 * None of these may overlap. Elements lie in the order of C arrays, the last axis the fastest.
 */
void classifier_run(const void *weights,
                    void *arena,
                    const uint8_t input[CLASSIFIER_INPUT_SIZE],
                    float scores[CLASSIFIER_OUTPUT_SCORES_SIZE],
                    int32_t label[CLASSIFIER_OUTPUT_LABEL_SIZE],
                    uint8_t mask[CLASSIFIER_OUTPUT_MASK_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
