/*
 * pool.c: the threads of a pool run all layers side by side. Each does its part of those that are
 * split; where a layer needs what others have computed, it waits until all have come that far.
 */
#include "pool.h"

#include "../include/base.h"

#if !defined(__GNUC__)
#error "threads need gcc or clang, for their atomic operations"
#endif

/* How often a waiting thread looks before it goes to sleep: about 0.1 ms. */
#ifndef NET_SPINS
#if defined(__x86_64__) || defined(__i386__)
#define NET_SPINS 4000
#else
#define NET_SPINS 40000
#endif
#endif

/* A thread during a run. */
struct net_thread {
    struct net_pool *pool;
    struct bn_part part;
    /* What there was to do since all met: nothing, work for the first thread, work for all. */
    enum { NET_NOTHING, NET_ONE, NET_ALL } since;
};

struct net_job {
    void (*run)(struct net_thread *thread, const void *arguments);
    const void *arguments;
};

static inline void net_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__ARM_ARCH_7A__)
    __asm__ volatile("yield");
#endif
}

static void net_sleep(struct net_pool *pool, unsigned round)
{
    pthread_mutex_lock(&pool->sleeping);
    __atomic_add_fetch(&pool->asleep, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&pool->round, __ATOMIC_SEQ_CST) == round)
        pthread_cond_wait(&pool->wake, &pool->sleeping);
    __atomic_sub_fetch(&pool->asleep, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&pool->sleeping);
}

static void net_wake(struct net_pool *pool)
{
    pthread_mutex_lock(&pool->sleeping);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->sleeping);
}

/*
 * Waits until all threads are here. The last one begins a new round; it either sees that a thread
 * sleeps, or that one sees the new round before it does.
 */
static void net_meet(struct net_pool *pool)
{
    const unsigned round = __atomic_load_n(&pool->round, __ATOMIC_RELAXED);
    const unsigned arrived = __atomic_add_fetch(&pool->arrived, 1, __ATOMIC_SEQ_CST);
    if (arrived == __atomic_load_n(&pool->threads, __ATOMIC_SEQ_CST)) {
        __atomic_store_n(&pool->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&pool->round, round + 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&pool->asleep, __ATOMIC_SEQ_CST) > 0)
            net_wake(pool);
        return;
    }
    for (int i = 0; i < NET_SPINS; i++) {
        if (__atomic_load_n(&pool->round, __ATOMIC_ACQUIRE) != round)
            return;
        net_pause();
    }
    net_sleep(pool, round);
}

/* Before a layer of the first thread alone: whether this is that one. */
static inline int net_alone(struct net_thread *thread)
{
    if (thread->since == NET_ALL && thread->part.count > 1)
        net_meet(thread->pool);
    thread->since = NET_ONE;
    return thread->part.index == 0;
}

/* Before a layer that is split: the part of this thread. */
static inline struct bn_part net_part(struct net_thread *thread)
{
    if (thread->since != NET_NOTHING && thread->part.count > 1)
        net_meet(thread->pool);
    thread->since = NET_ALL;
    return thread->part;
}

static void net_run_job(struct net_thread *thread, const struct net_job *job)
{
    job->run(thread, job->arguments);
    if (thread->since == NET_ALL && thread->part.count > 1)
        net_meet(thread->pool);
}

static void *net_work(void *of)
{
    const struct net_worker *worker = of;
    struct net_pool *pool = worker->pool;
    for (;;) {
        net_meet(pool);
        const struct net_job *job = pool->job;
        if (job == NULL)
            return NULL;
        struct net_thread thread = {pool, {worker->index, (int32_t)pool->threads}, NET_NOTHING};
        net_run_job(&thread, job);
    }
}

/* Runs a job on all threads of a pool, one job at a time; where there is none, on this thread. */
static inline void net_share(struct net_pool *pool, const struct net_job *job)
{
    const unsigned threads = pool == NULL || pool->threads == 0 ? 1 : pool->threads;
    struct net_thread thread = {pool, {0, (int32_t)threads}, NET_NOTHING};
    if (threads == 1) {
        net_run_job(&thread, job);
        return;
    }
    pthread_mutex_lock(&pool->running);
    pool->job = job;
    net_meet(pool);
    net_run_job(&thread, job);
    pthread_mutex_unlock(&pool->running);
}

static int net_init_locks(struct net_pool *pool)
{
    if (pthread_mutex_init(&pool->running, NULL) != 0)
        return 0;
    if (pthread_mutex_init(&pool->sleeping, NULL) == 0) {
        if (pthread_cond_init(&pool->wake, NULL) == 0)
            return 1;
        pthread_mutex_destroy(&pool->sleeping);
    }
    pthread_mutex_destroy(&pool->running);
    return 0;
}

int net_pool_start(struct net_pool *pool, int threads)
{
    if (pool == NULL)
        return NET_POOL_NULL;
    pool->threads = 0;
    if (threads < 1 || threads > NET_MAX_THREADS)
        return NET_POOL_COUNT;
    if (!net_init_locks(pool))
        return NET_POOL_SYSTEM;
    pool->threads = (unsigned)threads;
    pool->arrived = pool->asleep = pool->round = 0;
    for (int i = 1; i < threads; i++) {
        struct net_worker *worker = &pool->worker[i];
        worker->pool = pool;
        worker->index = i;
        if (pthread_create(&worker->id, NULL, net_work, worker) != 0) {
            __atomic_store_n(&pool->threads, (unsigned)i, __ATOMIC_SEQ_CST);
            net_pool_stop(pool);
            return NET_POOL_SYSTEM;
        }
    }
    return NET_POOL_OK;
}

void net_pool_stop(struct net_pool *pool)
{
    if (pool == NULL || pool->threads == 0)
        return;
    pool->job = NULL;
    net_meet(pool);
    for (unsigned i = 1; i < pool->threads; i++)
        pthread_join(pool->worker[i].id, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->sleeping);
    pthread_mutex_destroy(&pool->running);
    pool->threads = 0;
}
