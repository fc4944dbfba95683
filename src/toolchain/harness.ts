/**
 * The C program around a network that runs it here. Its arguments are a mode and the weight file:
 *
 *     run    for each sample on stdin (a byte that is ignored, then the inputs' elements one after
 *            the other) the outputs' elements
 *     time   stdin is a 32-bit count and a sample; stdout is a double: the seconds of a run, the
 *            median of that many; runs beyond GROUPS are timed several at once
 *     calls  stdin is 32-bit counts: runs, and repeats of each call; then a sample; stdout is a double
 *            per call of each run: its seconds
 *     clock  stdout is a double: the processor's cycles per second, 0 where that can't be told
 *     trace  stdin is a sample; stdout is a record per traced call: its index and its size as
 *            32-bit integers, then the bytes
 *
 * For threads, the network runs on a pool of so many.
 *
 * All tensors are malloc'ed exactly, so that the address sanitizer sees every step outside.
 */
import type { PortNames, ProgramNames } from '../emit/naming.ts';

export function harnessText(names: ProgramNames, calls: number, threads?: number): string {
  const { name, macro, inputs, outputs } = names;
  const tensors = [...inputs, ...outputs];
  const args = ['weights', 'arena', ...tensors.map((_, i) => `tensor[${i}]`)].join(', ');
  const isThreaded = threads !== undefined;
  const arenaSize = isThreaded ? `${macro}_ARENA_SIZE_ON(${threads})` : `${macro}_ARENA_SIZE`;
  return `#define _POSIX_C_SOURCE 199309L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

#include "${name}.h"

enum { INPUTS = ${inputs.length}, TENSORS = ${tensors.length}, CALLS = ${Math.max(1, calls)}, GROUPS = 4096 };
/* Bytes of each. */
static const size_t sizes[TENSORS] = {${tensors.map(sizeText).join(', ')}};
static void *tensor[TENSORS];
static void *weights, *arena;
static int tracing;
${isThreaded ? `static struct ${name}_pool pool;\n` : ''}
void ${name}_trace(int call, const void *data, size_t bytes);

void ${name}_trace(int call, const void *data, size_t bytes)
{
    if (!tracing)
        return;
    const uint32_t head[2] = {(uint32_t)call, (uint32_t)bytes};
    fwrite(head, sizeof head, 1, stdout);
    fwrite(data, 1, bytes, stdout);
}

static void stop(const char *why)
{
    fprintf(stderr, "%s\\n", why);
    exit(3);
}

/* Never freed. Where malloc aligns to 8 bytes only, there may be 8 more than asked for. */
static void *allocate(size_t bytes)
{
    unsigned char *memory = malloc(bytes);
    if (memory != NULL && ((uintptr_t)memory & 15) != 0)
        memory = malloc(bytes + 8);
    if (memory == NULL || ((uintptr_t)memory & 7) != 0)
        stop("not enough memory");
    return memory + ((uintptr_t)memory & 8);
}

static void load_weights(const char *path)
{
    FILE *file = fopen(path, "rb");
    weights = allocate(${macro}_WEIGHTS_SIZE);
    if (file == NULL || fread(weights, 1, ${macro}_WEIGHTS_SIZE, file) != ${macro}_WEIGHTS_SIZE)
        stop("the weights can not be read");
    fclose(file);
    if (${name}_check(weights, ${macro}_WEIGHTS_SIZE) != 0)
        stop("the weights do not fit the program");
}

/* 0 when stdin is at its end. */
static int read_sample(void)
{
    if (getchar() == EOF)
        return 0;
    for (int i = 0; i < INPUTS; i++)
        if (fread(tensor[i], 1, sizes[i], stdin) != sizes[i])
            stop("the input ended in the middle of a sample");
    return 1;
}

static void run(void)
{
    ${isThreaded ? `${name}_run_on(&pool, ` : `${name}_run(`}${args});
}

${CLOCKS}
/* What is measured of the calls: how often each is made, how long it takes, which one runs. */
static uint32_t repeats_of[CALLS];
static double seconds_of[CALLS], begun;
static int timing, running = -1;

int ${name}_repeats(int call);

static void end_call(void)
{
    if (running >= 0)
        seconds_of[running] = (wall_clock() - begun) / repeats_of[running];
    running = -1;
}

int ${name}_repeats(int call)
{
    if (!timing)
        return 1;
    end_call();
    running = call;
    begun = wall_clock();
    return (int)repeats_of[call];
}

static void time_calls(void)
{
    uint32_t rounds = 0;
    if (fread(&rounds, sizeof rounds, 1, stdin) != 1 ||
        fread(repeats_of, sizeof repeats_of, 1, stdin) != 1 || !read_sample())
        stop("the input ended in the middle of a sample");
    run();
    timing = 1;
    for (uint32_t i = 0; i < rounds; i++) {
        run();
        end_call();
        fwrite(seconds_of, sizeof seconds_of, 1, stdout);
    }
}


static void run_samples(void)
{
    while (read_sample()) {
        run();
        for (int i = INPUTS; i < TENSORS; i++)
            fwrite(tensor[i], 1, sizes[i], stdout);
        fflush(stdout);
    }
}

static int compare_seconds(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void time_runs(void)
{
    static double seconds[GROUPS];
    uint32_t repeats = 0;
    if (fread(&repeats, sizeof repeats, 1, stdin) != 1 || !read_sample())
        stop("the input ended in the middle of a sample");
    run();
    const uint32_t groups = repeats < GROUPS ? repeats : GROUPS, runs = repeats / groups;
    for (uint32_t i = 0; i < groups; i++) {
        const double start = wall_clock();
        for (uint32_t j = 0; j < runs; j++)
            run();
        seconds[i] = (wall_clock() - start) / runs;
    }
    qsort(seconds, groups, sizeof seconds[0], compare_seconds);
    fwrite(&seconds[groups / 2], sizeof seconds[0], 1, stdout);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
#ifdef _WIN32
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
#endif
    tracing = strcmp(argv[1], "trace") == 0;
    load_weights(argv[2]);
    arena = allocate(${arenaSize});
    memset(arena, 0xff, ${arenaSize});
    for (int i = 0; i < TENSORS; i++)
        tensor[i] = allocate(sizes[i]);
${isThreaded ? startText(name, threads) : ''}    if (strcmp(argv[1], "time") == 0)
        time_runs();
    else if (strcmp(argv[1], "calls") == 0)
        time_calls();
    else if (strcmp(argv[1], "clock") == 0) {
        const double rate = clock_rate();
        fwrite(&rate, sizeof rate, 1, stdout);
    } else if (!tracing)
        run_samples();
    else if (read_sample())
        run();
${isThreaded ? `    ${name}_pool_stop(&pool);\n` : ''}    return 0;
}
`;
}

/** Adding to a sum takes one cycle, once the compiler can't know of it. */
const CLOCKS = `static double wall_clock(void)
{
#ifdef _WIN32
    return (double)clock() / CLOCKS_PER_SEC;
#else
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
#endif
}

#if defined(__GNUC__)
#define ADD(sum, term) __asm__ volatile("" : "+r"(sum)); sum += term;
#define ADD_8(sum, term) ADD(sum, term) ADD(sum, term) ADD(sum, term) ADD(sum, term) \\
    ADD(sum, term) ADD(sum, term) ADD(sum, term) ADD(sum, term)
#define ADD_64(sum, term) ADD_8(sum, term) ADD_8(sum, term) ADD_8(sum, term) ADD_8(sum, term) \\
    ADD_8(sum, term) ADD_8(sum, term) ADD_8(sum, term) ADD_8(sum, term)

static double clock_rate(void)
{
    enum { TRIES = 50, LOOPS = 40000 };
    double rate = 0;
    size_t sum = 0, term = 1;
    __asm__ volatile("" : "+r"(term));
    for (int try = 0; try < TRIES; try++) {
        const double start = wall_clock();
        for (int i = 0; i < LOOPS; i++) {
            ADD_64(sum, term)
        }
        const double found = 64.0 * LOOPS / (wall_clock() - start);
        rate = found > rate ? found : rate;
    }
    return rate;
}
#else
static double clock_rate(void)
{
    return 0;
}
#endif
`;

function startText(name: string, threads: number): string {
  return `    if (${name}_pool_start(&pool, ${threads}) != 0)
        stop("there are not so many threads");
`;
}

function sizeText({ sizeMacro, ctype }: PortNames): string {
  return `${sizeMacro} * sizeof(${ctype})`;
}
