/*
 * Drives a network that binarynet wrote as net.c, by the protocol of peer.py. Started in the folder
 * of net.weights, input.bin and about.json; its argument is the call that the network is about, or
 * -1. "run" answers the processor time of that call alone besides ("core"); "layers N" that
 * of each call.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net.h"

enum { MOST_CALLS = 256 };

static int core = -1;
static int timing_layers;
static double core_seconds, layer_seconds[MOST_CALLS], before;

void net_trace(int call, const void *data, size_t bytes);

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Called after each layer. */
void net_trace(int call, const void *data, size_t bytes)
{
    (void)data;
    (void)bytes;
    if (timing_layers) {
        const double now = seconds(CLOCK_PROCESS_CPUTIME_ID);
        layer_seconds[call] += now - before;
        before = now;
    } else if (call == core - 1) {
        before = seconds(CLOCK_PROCESS_CPUTIME_ID);
    } else if (call == core) {
        core_seconds += seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
    }
}

static void *load(const char *path, size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    FILE *file = fopen(path, "rb");
    if (memory == NULL || file == NULL || fread(memory, 1, bytes, file) != bytes) {
        fprintf(stderr, "%s can not be read\n", path);
        exit(1);
    }
    fclose(file);
    return memory;
}

static void print_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    for (int c; file != NULL && (c = getc(file)) != EOF;)
        putchar(c);
    putchar('\n');
    if (file != NULL)
        fclose(file);
}

int main(int argc, char **argv)
{
    core = argc > 1 ? atoi(argv[1]) : -1;
    const size_t input_bytes = NET_INPUT_SIZE * sizeof(INPUT_TYPE);
    const size_t output_bytes = NET_OUTPUT_SIZE * sizeof(OUTPUT_TYPE);
    void *weights = load("net.weights", NET_WEIGHTS_SIZE);
    INPUT_TYPE *input = load("input.bin", input_bytes);
    OUTPUT_TYPE *output = aligned_alloc(64, (output_bytes + 63) / 64 * 64);
    void *arena = aligned_alloc(64, (NET_ARENA_SIZE + 63) / 64 * 64 + 64);
    if (output == NULL || arena == NULL || net_check(weights, NET_WEIGHTS_SIZE) != 0)
        return 1;
    net_run(weights, arena, input, output);
    print_file("about.json");
    fflush(stdout);

    char command[16], argument[4096];
    while (scanf("%15s %4095s", command, argument) == 2) {
        const int runs = atoi(argument);
        if (strcmp(command, "output") == 0) {
            FILE *file = fopen(argument, "wb");
            net_run(weights, arena, input, output);
            for (size_t i = 0; file != NULL && i < NET_OUTPUT_SIZE; i++) {
                const float value = (float)output[i];
                fwrite(&value, sizeof value, 1, file);
            }
            if (file == NULL || fclose(file) != 0)
                return 1;
            printf("{}\n");
        } else if (strcmp(command, "layers") == 0) {
            int calls = 0;
            memset(layer_seconds, 0, sizeof layer_seconds);
            timing_layers = 1;
            for (int i = 0; i < runs; i++) {
                before = seconds(CLOCK_PROCESS_CPUTIME_ID);
                net_run(weights, arena, input, output);
            }
            timing_layers = 0;
            for (int i = 0; i < MOST_CALLS; i++)
                calls = layer_seconds[i] > 0 ? i + 1 : calls;
            printf("{\"layers\":[");
            for (int i = 0; i < calls; i++)
                printf("%s%.9g", i > 0 ? "," : "", layer_seconds[i] / runs);
            printf("]}\n");
        } else {
            core_seconds = 0;
            const double wall = seconds(CLOCK_MONOTONIC);
            const double processor = before = seconds(CLOCK_PROCESS_CPUTIME_ID);
            for (int i = 0; i < runs; i++) {
                if (core == 0)
                    before = seconds(CLOCK_PROCESS_CPUTIME_ID);
                net_run(weights, arena, input, output);
            }
            printf("{\"wall\":%.9g,\"processor\":%.9g", seconds(CLOCK_MONOTONIC) - wall,
                   seconds(CLOCK_PROCESS_CPUTIME_ID) - processor);
            if (core >= 0)
                printf(",\"core\":%.9g", core_seconds);
            printf("}\n");
        }
        fflush(stdout);
    }
    return 0;
}
