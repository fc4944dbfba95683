/*
 * image.h: a neural network. Written by binarynet 0.1.0; do not edit.
 *
 * Weights: 1,344 bytes, in image.weights. Scratch memory: 624 bytes.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>
#include <stdint.h>
#ifdef IMAGE_THREADS
#include <pthread.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of scratch memory that image_run needs. */
#define IMAGE_ARENA_SIZE 624
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

#ifdef IMAGE_THREADS
/*
 * Several threads, for programs that are compiled with -DNET_THREADS -pthread:
 *
 *     static struct image_pool pool;
 *     image_pool_start(&pool, 4)   three threads beside the caller's; gives 0 when they run
 *     image_run_on(&pool, ...)     as often as you like
 *     image_pool_stop(&pool)
 *
 * Outputs have the same bits with any number of threads. Layers that are worth it are split among
 * them evenly, so have no more threads than there are idle cores; the caller's thread computes the
 * others alone. Threads that wait look for work for about 0.1 ms and then sleep.
 */

/* The most threads of a pool, the caller's included. */
#ifndef IMAGE_MAX_THREADS
#define IMAGE_MAX_THREADS 16
#endif

/* What image_pool_start returns. */
enum image_pool_result {
    IMAGE_POOL_OK = 0,
    IMAGE_POOL_NULL = 1,  /* there is no pool */
    IMAGE_POOL_COUNT = 2, /* less than 1 thread, or more than IMAGE_MAX_THREADS */
    IMAGE_POOL_SYSTEM = 3 /* the system has no thread to give; none of the pool's runs */
};

/* Yours to place and keep where it is; its fields are not for you. */
struct image_pool {
    struct image_worker {
        pthread_t id;
        struct image_pool *pool;
        int index;
    } worker[IMAGE_MAX_THREADS];
    const struct image_job *job;
    pthread_mutex_t running, sleeping;
    pthread_cond_t wake;
    unsigned threads, arrived, asleep;
    unsigned char apart[64];
    unsigned round;
};

/* Starts threads - 1 threads, which wait for work. A pool that runs must be stopped first. */
int image_pool_start(struct image_pool *pool, int threads);

/* Ends the threads of a pool. Does nothing where none was started, or pool is NULL. */
void image_pool_stop(struct image_pool *pool);

/* Scratch memory of each thread beside the caller's, and bytes of the arena for so many threads. */
#define IMAGE_SCRATCH_SIZE 0
#define IMAGE_ARENA_SIZE_ON(threads) \
    (IMAGE_ARENA_SIZE + (size_t)((threads) - 1) * IMAGE_SCRATCH_SIZE)

/*
 * As image_run, on the threads of a pool; calls from several threads take turns. Without a pool
 * (NULL), or where none runs, the caller's thread does all.
 * arena: IMAGE_ARENA_SIZE_ON(threads of the pool) bytes.
 */
void image_run_on(struct image_pool *pool,
                  const void *weights,
                  void *arena,
                  const float input[IMAGE_INPUT_SIZE],
                  float output[IMAGE_OUTPUT_SIZE]);
#endif

#ifdef __cplusplus
}
#endif

#endif
