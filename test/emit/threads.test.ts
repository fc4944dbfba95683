/** Threads in generated C, as a user calls them: the same bits, mistakes, missing threads, races. */
import { expect } from 'vitest';
import { emitC, type OutputFile } from '../../src/emit/c.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { inFolderWith, runIn, STRICT_FLAGS } from '../support/compile-c.ts';
import { SmallNet } from '../support/small-net.ts';
import { testWith } from '../support/tools.ts';

/** A network whose layers are split where that is asked for. */
function filesOf({ splits }: { readonly splits: boolean }): readonly OutputFile[] {
  const net = new SmallNet(3);
  let x = net.conv(net.input([1, 9, 7, 3]), 70, { sign: true });
  x = net.conv(x, 20, { binaryWeights: true, activation: { fn: 'relu' } });
  x = net.depthwise(x, { strides: [2, 2] });
  x = net.add('reduce', { fn: 'mean', axes: [1, 2], keepDims: false }, [x]);
  const graph = net.finish([net.dense(net.dense(x, 40), 5)], 'net');
  const kernels = loadKernelSources();
  const target = { ...targetNamed('host'), ...(splits ? { splitFrom: 0 } : {}) };
  const program = planProgram(graph, target, { name: 'net', kernels });
  return emitC(program, kernels, { weights: 'embed', cases: [] });
}

/** `pthread_create` fails when `threads_left` is 0: the network is compiled to call `create`. */
const USER = `
#include <stdio.h>
#include <string.h>
#include "net.h"

#undef pthread_create
int pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

enum { MOST = 5, RUNS = 20 };
union arena { unsigned char bytes[NET_ARENA_SIZE_ON(MOST)]; long double aligned; };
static union arena arenas[2];
static float input[NET_INPUT_SIZE], expected[NET_OUTPUT_SIZE];
static struct net_pool pool;
static int threads_left = 1000;

int create(pthread_t *id, const pthread_attr_t *attributes, void *(*run)(void *), void *of)
{
    if (threads_left == 0)
        return 11;
    threads_left--;
    return pthread_create(id, attributes, run, of);
}

/* 0 when all runs give the bits of one thread. */
static int differ(struct net_pool *on, union arena *arena)
{
    float output[NET_OUTPUT_SIZE];
    int wrong = 0;
    for (int i = 0; i < RUNS; i++) {
        memset(output, 0, sizeof output);
        net_run_on(on, net_weights, arena->bytes, input, output);
        wrong += memcmp(output, expected, sizeof output) != 0;
    }
    return wrong;
}

static void *run_beside(void *arena)
{
    return differ(&pool, arena) == 0 ? NULL : arena;
}

#define CHECK(condition) \\
    if (!(condition)) { \\
        printf("%s fails\\n", #condition); \\
        return 1; \\
    }

int main(void)
{
    for (int i = 0; i < NET_INPUT_SIZE; i++)
        input[i] = (float)(i * 37 % 64 - 32) / 16.0f;
    net_run(net_weights, arenas[0].bytes, input, expected);
    CHECK(expected[0] < 0 || expected[0] > 0)

    CHECK(net_pool_start(NULL, 2) == NET_POOL_NULL)
    CHECK(net_pool_start(&pool, 0) == NET_POOL_COUNT)
    CHECK(net_pool_start(&pool, -1) == NET_POOL_COUNT)
    CHECK(net_pool_start(&pool, NET_MAX_THREADS + 1) == NET_POOL_COUNT)
    net_pool_stop(NULL);
    net_pool_stop(&pool);
    CHECK(differ(NULL, arenas) == 0)
    CHECK(differ(&pool, arenas) == 0)

    for (int threads = 1; threads <= MOST; threads++) {
        CHECK(net_pool_start(&pool, threads) == NET_POOL_OK)
        CHECK(differ(&pool, arenas) == 0)
        net_pool_stop(&pool);
        net_pool_stop(&pool);
        CHECK(differ(&pool, arenas) == 0)
    }

    pthread_t beside;
    void *wrong = NULL;
    CHECK(net_pool_start(&pool, 3) == NET_POOL_OK)
    CHECK(pthread_create(&beside, NULL, run_beside, &arenas[1]) == 0)
    CHECK(differ(&pool, arenas) == 0)
    pthread_join(beside, &wrong);
    CHECK(wrong == NULL)
    net_pool_stop(&pool);

    threads_left = 2;
    CHECK(net_pool_start(&pool, MOST) == FEW_THREADS)
    CHECK(differ(&pool, arenas) == 0)
    net_pool_stop(&pool);
    puts("all is well");
    return 0;
}
`;

for (const [compiler, sanitizer] of [
  ['gcc', 'thread'],
  ['gcc', 'address,undefined'],
  ['clang', 'thread'],
] as const) {
  for (const splits of [true, false]) {
    const what = splits ? 'layers that are split' : 'no layer that is worth it';
    testWith([compiler], `${compiler}, ${sanitizer} sanitizer, ${what}`, () => {
      const user = USER.replace('FEW_THREADS', splits ? 'NET_POOL_SYSTEM' : 'NET_POOL_OK');
      const files = [...filesOf({ splits }), { path: 'user.c', data: user }];
      const result = inFolderWith(files, (folder) => {
        const threads = ['-DNET_THREADS', '-pthread', '-Dpthread_create=create'];
        const flags = ['-O1', '-g', `-fsanitize=${sanitizer}`, '-fno-sanitize-recover=all'];
        const sources = ['net.c', 'net_weights.c', 'user.c'];
        const built = runIn(folder, compiler, [
          ...STRICT_FLAGS.filter((flag) => flag !== '-Wmissing-prototypes'),
          ...threads,
          ...flags,
          ...sources,
          ...['-o', 'user', '-lm'],
        ]);
        return built.status === 0 && built.output === '' ? runIn(folder, './user', []) : built;
      });
      expect(result).toEqual({ status: 0, output: 'all is well\n' });
    });
  }
}
