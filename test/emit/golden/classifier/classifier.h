/*
 * classifier.h: a neural network. Written by binarynet 0.1.0; do not edit.
 *
 * Weights: 3,296 bytes, in classifier.weights. Scratch memory: 2,496 bytes.
 */
#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include <stddef.h>
#include <stdint.h>
#ifdef CLASSIFIER_THREADS
#include <pthread.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of scratch memory that classifier_run needs. */
#define CLASSIFIER_ARENA_SIZE 2496
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

#ifdef CLASSIFIER_THREADS
/*
 * Several threads, for programs that are compiled with -DNET_THREADS -pthread:
 *
 *     static struct classifier_pool pool;
 *     classifier_pool_start(&pool, 4)   three threads beside the caller's; gives 0 when they run
 *     classifier_run_on(&pool, ...)     as often as you like
 *     classifier_pool_stop(&pool)
 *
 * Outputs have the same bits with any number of threads. Layers that are worth it are split among
 * them evenly, so have no more threads than there are idle cores; the caller's thread computes the
 * others alone. Threads that wait look for work for about 0.1 ms and then sleep.
 */

/* The most threads of a pool, the caller's included. */
#ifndef CLASSIFIER_MAX_THREADS
#define CLASSIFIER_MAX_THREADS 16
#endif

/* What classifier_pool_start returns. */
enum classifier_pool_result {
    CLASSIFIER_POOL_OK = 0,
    CLASSIFIER_POOL_NULL = 1,  /* there is no pool */
    CLASSIFIER_POOL_COUNT = 2, /* less than 1 thread, or more than CLASSIFIER_MAX_THREADS */
    CLASSIFIER_POOL_SYSTEM = 3 /* the system has no thread to give; none of the pool's runs */
};

/* Yours to place and keep where it is; its fields are not for you. */
struct classifier_pool {
    struct classifier_worker {
        pthread_t id;
        struct classifier_pool *pool;
        int index;
    } worker[CLASSIFIER_MAX_THREADS];
    const struct classifier_job *job;
    pthread_mutex_t running, sleeping;
    pthread_cond_t wake;
    unsigned threads, arrived, asleep;
    unsigned char apart[64];
    unsigned round;
};

/* Starts threads - 1 threads, which wait for work. A pool that runs must be stopped first. */
int classifier_pool_start(struct classifier_pool *pool, int threads);

/* Ends the threads of a pool. Does nothing where none was started, or pool is NULL. */
void classifier_pool_stop(struct classifier_pool *pool);

/* Scratch memory of each thread beside the caller's, and bytes of the arena for so many threads. */
#define CLASSIFIER_SCRATCH_SIZE 0
#define CLASSIFIER_ARENA_SIZE_ON(threads) \
    (CLASSIFIER_ARENA_SIZE + (size_t)((threads) - 1) * CLASSIFIER_SCRATCH_SIZE)

/*
 * As classifier_run, on the threads of a pool; calls from several threads take turns. Without a pool
 * (NULL), or where none runs, the caller's thread does all.
 * arena: CLASSIFIER_ARENA_SIZE_ON(threads of the pool) bytes.
 */
void classifier_run_on(struct classifier_pool *pool,
                       const void *weights,
                       void *arena,
                       const uint8_t input[CLASSIFIER_INPUT_SIZE],
                       float scores[CLASSIFIER_OUTPUT_SCORES_SIZE],
                       int32_t label[CLASSIFIER_OUTPUT_LABEL_SIZE],
                       uint8_t mask[CLASSIFIER_OUTPUT_MASK_SIZE]);
#endif

#ifdef __cplusplus
}
#endif

#endif
