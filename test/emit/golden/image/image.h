/*
 * image.h: a neural network. Written by binarynet 0.1.0; do not edit.
 *
 * Weights: 1,344 bytes, in image.weights. Scratch memory: 608 bytes.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of scratch memory that image_run needs. */
#define IMAGE_ARENA_SIZE 608
/* Bytes of the weights. */
#define IMAGE_WEIGHTS_SIZE 1344

/* Elements per input and output. */
#define IMAGE_INPUT_SIZE 192
#define IMAGE_OUTPUT_SIZE 3

/* What image_check returns. */
enum image_check_result {
    IMAGE_CHECK_OK = 0,
    IMAGE_CHECK_ALIGNMENT = 1, /* the weights don't start at a multiple of 16 */
    IMAGE_CHECK_MAGIC = 2,     /* not a weight file, or this processor is big-endian */
    IMAGE_CHECK_FORMAT = 3,    /* packed for another target, or by another version */
    IMAGE_CHECK_MODEL = 4,     /* the weights of another model */
    IMAGE_CHECK_SIZE = 5,      /* too short or too long */
    IMAGE_CHECK_CORRUPT = 6    /* the weights have changed */
};

/*
 * Are these the weights of this network, whole and unchanged? Reads all of them once.
 * weights: 16-byte aligned. size: how many bytes there are.
 */
int image_check(const void *weights, size_t size);

/*
 * Runs the network once. Re-entrant: all that it writes is the arena and the outputs.
 * weights: IMAGE_WEIGHTS_SIZE bytes that image_check accepts, 16-byte aligned.
 * arena: IMAGE_ARENA_SIZE bytes, 16-byte aligned; what they hold before and after is of no matter.
 * input: IMAGE_INPUT_SIZE floats, 8x8x3; "image" in the model
 * output: IMAGE_OUTPUT_SIZE floats, 3; "softmax" in the model
 * None of these may overlap. Elements lie in the order of C arrays, the last axis the fastest.
 */
void image_run(const void *weights,
               void *arena,
               const float input[IMAGE_INPUT_SIZE],
               float output[IMAGE_OUTPUT_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
