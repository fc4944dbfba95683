/*
 * test_cifar10.c: runs a compiled network on a test batch of CIFAR-10, and prints how many images it
 * gets right, what it takes for what, and the time per image.
 *
 *     npx binarynet compile model.json --name net -o out
 *     cc -O3 -march=native -ffp-contract=off -Iout examples/cifar10/test_cifar10.c out/net.c -lm -o test_cifar10
 *     ./test_cifar10 out/net.weights test_batch.bin
 *
 * A third argument names a file that gets the answers, one a line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net.h"

#define CLASSES 10
#define CHANNELS 3
#define PIXELS (32 * 32)
#define RECORD (1 + CHANNELS * PIXELS)

#if NET_INPUT_SIZE != CHANNELS * PIXELS || NET_OUTPUT_SIZE != CLASSES
#error "This network does not read images of CIFAR-10, or does not tell 10 classes apart."
#endif

static const char *const class_names[CLASSES] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                 "dog",      "frog",       "horse", "ship", "truck"};

/* The network wants both to start at multiples of 16. */
static unsigned char weights_memory[NET_WEIGHTS_SIZE + 15];
static unsigned char arena_memory[NET_ARENA_SIZE + 15];

static unsigned char *align(unsigned char *memory)
{
    return memory + (16 - (uintptr_t)memory % 16) % 16;
}

static int load_weights(const char *path, void *weights)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    size_t size = fread(weights, 1, NET_WEIGHTS_SIZE, file);
    fclose(file);
    int found = net_check(weights, size);
    if (found != 0)
        fprintf(stderr, "%s: not the weights of this network (net_check gives %d).\n", path, found);
    return found == 0;
}

/* A record's planes of red, green and blue become pixels of three channels. */
static void image_of(const uint8_t record[RECORD], float image[NET_INPUT_SIZE])
{
    for (size_t pixel = 0; pixel < PIXELS; pixel++)
        for (size_t channel = 0; channel < CHANNELS; channel++)
            image[pixel * CHANNELS + channel] = (float)record[1 + channel * PIXELS + pixel];
}

static size_t largest(const float values[CLASSES])
{
    size_t best = 0;
    for (size_t i = 1; i < CLASSES; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

static void print_confusion(unsigned counts[CLASSES][CLASSES])
{
    printf("\n%-14s taken for\n%-14s", "", "it is");
    for (size_t j = 0; j < CLASSES; j++)
        printf(" %6.6s", class_names[j]);
    printf("\n");
    for (size_t i = 0; i < CLASSES; i++) {
        printf("%-14s", class_names[i]);
        for (size_t j = 0; j < CLASSES; j++)
            printf(" %6u", counts[i][j]);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "Usage: %s net.weights test_batch.bin [answers.txt]\n", argv[0]);
        return 2;
    }
    unsigned char *weights = align(weights_memory), *arena = align(arena_memory);
    if (!load_weights(argv[1], weights))
        return 1;
    FILE *batch = fopen(argv[2], "rb");
    FILE *answers = argc > 3 ? fopen(argv[3], "w") : NULL;
    if (batch == NULL || (argc > 3 && answers == NULL)) {
        perror(batch == NULL ? argv[2] : argv[3]);
        return 1;
    }

    static uint8_t record[RECORD];
    static float image[NET_INPUT_SIZE];
    float scores[CLASSES];
    unsigned counts[CLASSES][CLASSES] = {{0}};
    unsigned images = 0, right = 0;
    clock_t spent = 0;
    size_t got;
    while ((got = fread(record, 1, RECORD, batch)) == RECORD && record[0] < CLASSES) {
        image_of(record, image);
        clock_t start = clock();
        net_run(weights, arena, image, scores);
        spent += clock() - start;
        size_t answer = largest(scores);
        counts[record[0]][answer]++;
        right += answer == record[0];
        images++;
        if (answers != NULL)
            fprintf(answers, "%u\n", (unsigned)answer);
    }
    fclose(batch);
    if (answers != NULL && fclose(answers) != 0) {
        perror(argv[3]);
        return 1;
    }
    if (got != 0 || images == 0) {
        fprintf(stderr, "%s: not a whole batch of CIFAR-10; stopped after %u images.\n", argv[2],
                images);
        return 1;
    }
    printf("%u of %u images right: %.2f %%\n", right, images, 100.0 * right / images);
    printf("%.3f ms per image\n", 1e3 * (double)spent / CLOCKS_PER_SEC / images);
    print_confusion(counts);
    return 0;
}
