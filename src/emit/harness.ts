/**
 * A main() that runs a program over many samples, for `verify`, `eval` and `bench`. It isn't part of
 * what users get.
 *
 *     harness <weights>              stdin: per sample the floats of all inputs, in order;
 *                                    stdout: per sample the floats of all outputs, in order
 *     harness <weights> --bench <n>  reads one sample, runs it once, then n times, and prints the
 *                                    seconds of the n runs and, so that nothing is optimised
 *                                    away, the sum of all outputs: "0.123456789 42"
 *
 * A traced program's stdout is frames instead: two uint32, call index and size in bytes, then the
 * bytes. Calls come in order; a sample ends with a frame 0xffffffff of all its outputs.
 *
 * Exit codes: 0; 2 unreadable weights or no memory; 3 weights that don't fit; 4 a truncated sample.
 */
import type { Program } from '../plan/program.ts';
import { nameProgram, type PortNames, pointers } from './naming.ts';
import type { OutputFile } from './output.ts';

export interface HarnessOptions {
  readonly trace?: boolean;
  /** The weights are in `<name>_weights.c`; the first argument is not used then. */
  readonly embed?: boolean;
}

export function emitHarness(program: Program, options: HarnessOptions = {}): OutputFile {
  const { name, macro, inputs, outputs } = nameProgram(program);
  const args = ['weights', 'arena', ...pointers('input', inputs), ...pointers('output', outputs)];
  const weights = options.embed
    ? `const void *weights = ${name}_weights;
    const size_t size = ${macro}_WEIGHTS_SIZE;`
    : `size_t size = 0;
    const void *weights = load(argv[1], &size);`;
  const data = `/* harness_${name}.c: runs ${name} over samples from stdin. */
#if !defined(_WIN32)
#define _POSIX_C_SOURCE 199309L
#endif
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

#define INPUTS ((size_t)0${sum(inputs)})
#define OUTPUTS ((size_t)0${sum(outputs)})

static void *allocate(size_t size)
{
    unsigned char *memory = malloc(size + 16);
    return memory == NULL ? NULL : memory + (16 - ((uintptr_t)memory & 15)) % 16;
}
${options.embed ? '' : LOAD(macro)}${options.trace ? traceFunction(name) : ''}
static double seconds(void)
{
    struct timespec now;
#ifdef _WIN32
    timespec_get(&now, TIME_UTC);
#else
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void run(const void *weights, void *arena, const float *input, float *output)
{
    ${name}_run(${args.join(', ')});
}

static void bench(const void *weights, void *arena, const float *input, float *output, long runs)
{
    double sum = 0;
    run(weights, arena, input, output);
    const double start = seconds();
    for (long i = 0; i < runs; i++)
        run(weights, arena, input, output);
    const double end = seconds();
    for (size_t i = 0; i < OUTPUTS; i++)
        sum += (double)output[i];
    printf("%.9f %.9g\\n", end - start, sum);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
#ifdef _WIN32
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
#endif
    ${weights}
    void *arena = allocate(${macro}_ARENA_SIZE);
    float *input = allocate((INPUTS + 1) * sizeof(float));
    float *output = allocate((OUTPUTS + 1) * sizeof(float));
    if (weights == NULL || arena == NULL || input == NULL || output == NULL)
        return 2;
    if (${name}_check(weights, size) != ${macro}_CHECK_OK)
        return 3;
    for (;;) {
        const size_t count = fread(input, sizeof(float), INPUTS, stdin);
        if (count == 0)
            return 0;
        if (count != INPUTS)
            return 4;
        if (argc > 3 && strcmp(argv[2], "--bench") == 0) {
            bench(weights, arena, input, output, strtol(argv[3], NULL, 10));
            return 0;
        }
        run(weights, arena, input, output);
        ${options.trace ? 'frame(0xffffffff, output, OUTPUTS * sizeof(float));' : 'fwrite(output, sizeof(float), OUTPUTS, stdout);'}
    }
}
`;
  return { path: `harness_${name}.c`, data };
}

function sum(ports: readonly PortNames[]): string {
  return ports.map(({ sizeMacro }) => ` + ${sizeMacro}`).join('');
}

const LOAD = (macro: string): string => `
static const void *load(const char *path, size_t *size)
{
    void *weights = allocate((size_t)${macro}_WEIGHTS_SIZE + 1);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    if (weights != NULL)
        *size = fread(weights, 1, (size_t)${macro}_WEIGHTS_SIZE + 1, file);
    fclose(file);
    return weights;
}
`;

function traceFunction(name: string): string {
  return `
static void frame(uint32_t call, const void *data, size_t bytes)
{
    const uint32_t head[2] = {call, (uint32_t)bytes};
    fwrite(head, sizeof head, 1, stdout);
    fwrite(data, 1, bytes, stdout);
}

void ${name}_trace(int call, const void *data, size_t bytes);
void ${name}_trace(int call, const void *data, size_t bytes)
{
    frame((uint32_t)call, data, bytes);
}
`;
}
