/* idle_pool.c: the pool of a network without a layer that is worth splitting. It has no threads. */
#include "pool.h"

int net_pool_start(struct net_pool *pool, int threads)
{
    if (pool == NULL)
        return NET_POOL_NULL;
    return threads < 1 || threads > NET_MAX_THREADS ? NET_POOL_COUNT : NET_POOL_OK;
}

void net_pool_stop(struct net_pool *pool)
{
    (void)pool;
}
