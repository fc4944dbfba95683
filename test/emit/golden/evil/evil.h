/*
 * evil.h: a neural network. Written by binarynet 0.1.0; do not edit.
 *
 * Weights: 208 bytes, in evil_weights.c. Scratch memory: 16 bytes.
 */
#ifndef EVIL_H
#define EVIL_H

#include <stddef.h>
#include <stdint.h>
#ifdef EVIL_THREADS
#include <pthread.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of scratch memory that evil_run needs. */
#define EVIL_ARENA_SIZE 16
/* Bytes of the weights. */
#define EVIL_WEIGHTS_SIZE 208

/* Elements per input and output. */
#define EVIL_INPUT_SYSTEM_X_SIZE 4
#define EVIL_INPUT_EVIL_SIZE 4
#define EVIL_OUTPUT_IF_0_SIZE 4
#define EVIL_OUTPUT_SYSTEM_X_2_SIZE 2

/* What evil_check returns. */
enum evil_check_result {
    EVIL_CHECK_OK = 0,
    EVIL_CHECK_ALIGNMENT = 1, /* the weights don't start at a multiple of 16 */
    EVIL_CHECK_MAGIC = 2,     /* not a weight file, or this processor is big-endian */
    EVIL_CHECK_FORMAT = 3,    /* packed for another target, or by another version */
    EVIL_CHECK_MODEL = 4,     /* the weights of another model */
    EVIL_CHECK_SIZE = 5,      /* too short or too long */
    EVIL_CHECK_CORRUPT = 6    /* the weights have changed */
};

/* The weights, in read-only memory: EVIL_WEIGHTS_SIZE bytes, 16-byte aligned. */
extern const uint32_t evil_weights[EVIL_WEIGHTS_SIZE / 4];

/*
 * Are these the weights of this network, whole and unchanged? Reads all of them once.
 * weights: 16-byte aligned. size: how many bytes there are.
 */
int evil_check(const void *weights, size_t size);

/*
 * Runs the network once. Re-entrant: all that it writes is the arena and the outputs.
 * weights: EVIL_WEIGHTS_SIZE bytes that evil_check accepts, 16-byte aligned.
 * arena: EVIL_ARENA_SIZE bytes, 16-byte aligned; what they hold before and after is of no matter.
 * system_x: EVIL_INPUT_SYSTEM_X_SIZE floats, 4; "\u{2a}/ system("x"); /\u{2a}" in the model
 * evil: EVIL_INPUT_EVIL_SIZE floats, 4; "../../evil" in the model
 * if_0: EVIL_OUTPUT_IF_0_SIZE floats, 4; ""; }\u{a}#if 0" in the model
 * system_x_2: EVIL_OUTPUT_SYSTEM_X_2_SIZE floats, 2; "\u{2a}/ system("x"); /\u{2a}" in the model
 * None of these may overlap. Elements lie in the order of C arrays, the last axis the fastest.
 */
void evil_run(const void *weights,
              void *arena,
              const float system_x[EVIL_INPUT_SYSTEM_X_SIZE],
              const float evil[EVIL_INPUT_EVIL_SIZE],
              float if_0[EVIL_OUTPUT_IF_0_SIZE],
              float system_x_2[EVIL_OUTPUT_SYSTEM_X_2_SIZE]);

#ifdef EVIL_THREADS
/*
 * Several threads, for programs that are compiled with -DNET_THREADS -pthread:
 *
 *     static struct evil_pool pool;
 *     evil_pool_start(&pool, 4)   three threads beside the caller's; gives 0 when they run
 *     evil_run_on(&pool, ...)     as often as you like
 *     evil_pool_stop(&pool)
 *
 * Outputs have the same bits with any number of threads. Layers that are worth it are split among
 * them evenly, so have no more threads than there are idle cores; the caller's thread computes the
 * others alone. Threads that wait look for work for about 0.1 ms and then sleep.
 */

/* The most threads of a pool, the caller's included. */
#ifndef EVIL_MAX_THREADS
#define EVIL_MAX_THREADS 16
#endif

/* What evil_pool_start returns. */
enum evil_pool_result {
    EVIL_POOL_OK = 0,
    EVIL_POOL_NULL = 1,  /* there is no pool */
    EVIL_POOL_COUNT = 2, /* less than 1 thread, or more than EVIL_MAX_THREADS */
    EVIL_POOL_SYSTEM = 3 /* the system has no thread to give; none of the pool's runs */
};

/* Yours to place and keep where it is; its fields are not for you. */
struct evil_pool {
    struct evil_worker {
        pthread_t id;
        struct evil_pool *pool;
        int index;
    } worker[EVIL_MAX_THREADS];
    const struct evil_job *job;
    pthread_mutex_t running, sleeping;
    pthread_cond_t wake;
    unsigned threads, arrived, asleep;
    unsigned char apart[64];
    unsigned round;
};

/* Starts threads - 1 threads, which wait for work. A pool that runs must be stopped first. */
int evil_pool_start(struct evil_pool *pool, int threads);

/* Ends the threads of a pool. Does nothing where none was started, or pool is NULL. */
void evil_pool_stop(struct evil_pool *pool);

/* Scratch memory of each thread beside the caller's, and bytes of the arena for so many threads. */
#define EVIL_SCRATCH_SIZE 0
#define EVIL_ARENA_SIZE_ON(threads) \
    (EVIL_ARENA_SIZE + (size_t)((threads) - 1) * EVIL_SCRATCH_SIZE)

/*
 * As evil_run, on the threads of a pool; calls from several threads take turns. Without a pool
 * (NULL), or where none runs, the caller's thread does all.
 * arena: EVIL_ARENA_SIZE_ON(threads of the pool) bytes.
 */
void evil_run_on(struct evil_pool *pool,
                 const void *weights,
                 void *arena,
                 const float system_x[EVIL_INPUT_SYSTEM_X_SIZE],
                 const float evil[EVIL_INPUT_EVIL_SIZE],
                 float if_0[EVIL_OUTPUT_IF_0_SIZE],
                 float system_x_2[EVIL_OUTPUT_SYSTEM_X_2_SIZE]);
#endif

#ifdef __cplusplus
}
#endif

#endif
