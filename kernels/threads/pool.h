/*
 * pool.h: what the header of a network has for several threads. `net` and `NET` stand for the
 * network's name; it is for POSIX threads and gcc or clang.
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include <pthread.h>

/*
 * Several threads, for programs that are compiled with -DNET_THREADS -pthread:
 *
 *     static struct net_pool pool;
 *     net_pool_start(&pool, 4)   three threads beside the caller's; gives 0 when they run
 *     net_run_on(&pool, ...)     as often as you like
 *     net_pool_stop(&pool)
 *
 * Outputs have the same bits with any number of threads. Layers that are worth it are split among
 * them evenly, so have no more threads than there are idle cores; the caller's thread computes the
 * others alone. Threads that wait look for work for about 0.1 ms and then sleep.
 */

/* The most threads of a pool, the caller's included. */
#ifndef NET_MAX_THREADS
#define NET_MAX_THREADS 16
#endif

/* What net_pool_start returns. */
enum net_pool_result {
    NET_POOL_OK = 0,
    NET_POOL_NULL = 1,  /* there is no pool */
    NET_POOL_COUNT = 2, /* less than 1 thread, or more than NET_MAX_THREADS */
    NET_POOL_SYSTEM = 3 /* the system has no thread to give; none of the pool's runs */
};

/* Yours to place and keep where it is; its fields are not for you. */
struct net_pool {
    struct net_worker {
        pthread_t id;
        struct net_pool *pool;
        int index;
    } worker[NET_MAX_THREADS];
    const struct net_job *job;
    pthread_mutex_t running, sleeping;
    pthread_cond_t wake;
    unsigned threads, arrived, asleep;
    unsigned char apart[64];
    unsigned round;
};

/* Starts threads - 1 threads, which wait for work. A pool that runs must be stopped first. */
int net_pool_start(struct net_pool *pool, int threads);

/* Ends the threads of a pool. Does nothing where none was started, or pool is NULL. */
void net_pool_stop(struct net_pool *pool);

#endif
