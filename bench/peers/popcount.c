/*
 * A binary convolution as it is commonly written for 64-bit processors: POPCNT of 64-bit words, in
 * tiles of 2 pixels by 4 channels, all of whose counts stay in registers. Windows are copied out of
 * the packed image, signs taken and packed. What zero padding leaves out of a sum, weights' layout
 * and thresholds are worked out beforehand.
 *
 * popcount FOLDER HEIGHT WIDTH IN OUT KERNEL, IN a multiple of 64, OUT of 4; follows the protocol of
 * peer.py. The network is ours-binary.onnx of make_onnx.py: signs of x.bin, the convolution, the
 * signs of its batch norm, which is what "core" times, and a small 1×1 layer.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EDGES = 9, TAIL = 4 };

static int height, width, in, out, kernel;
static int words; /* of a window */
static float scale;
static uint64_t *image;   /* [height][width][in / 64] */
static uint64_t *weights; /* [out / 4][words][4] */
static int *limits;       /* [EDGES][out]: up to how many differing bits the sign is + */
static uint64_t *windows; /* [2][words] */
static uint64_t *result;  /* [height][width][(out + 63) / 64], 1 for - */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void *memory(size_t bytes)
{
    void *found = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (found == NULL)
        exit(1);
    return memset(found, 0, bytes);
}

static float *load(const char *folder, const char *name, size_t count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    float *floats = memory(count * sizeof *floats);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(floats, sizeof *floats, count, file) != count) {
        fprintf(stderr, "%s can not be read\n", path);
        exit(1);
    }
    fclose(file);
    return floats;
}

/* 0 where a kernel of 3 lies in the image along an axis, 1 and 2 where it is cut off at its ends. */
static int end_of(int at, int size)
{
    return kernel == 1 ? 0 : at == 0 ? 1 : at == size - 1 ? 2 : 0;
}

/* Whether tap (ky, kx) of windows of an edge lies in the image. */
static int is_inside(int edge, int ky, int kx)
{
    const int y = edge / 3, x = edge % 3;
    return !(y == 1 && ky == 0) && !(y == 2 && ky == kernel - 1) && !(x == 1 && kx == 0) &&
           !(x == 2 && kx == kernel - 1);
}

static void prepare(const char *folder)
{
    const int fan_in = kernel * kernel * in;
    float *floats = load(folder, "weights.bin", (size_t)(fan_in + 1) * (size_t)out);
    const float *bias = floats + (size_t)fan_in * (size_t)out;
    float *x = load(folder, "x.bin", (size_t)(height * width * in));
    words = fan_in / 64;
    scale = fabsf(floats[0]);
    image = memory((size_t)(height * width * in / 64) * 8);
    weights = memory((size_t)(words * out) * 8);
    limits = memory((size_t)(EDGES * out) * sizeof *limits);
    windows = memory((size_t)(2 * words) * 8);
    result = memory((size_t)(height * width * ((out + 63) / 64)) * 8);
    for (int i = 0; i < height * width * in; i++)
        image[i / 64] |= (uint64_t)(x[i] < 0) << (i % 64);
    for (int k = 0; k < fan_in; k++)
        for (int o = 0; o < out; o++)
            weights[(o / 4 * words + k / 64) * 4 + o % 4] |= (uint64_t)(floats[k * out + o] < 0)
                                                             << (k % 64);
    for (int edge = 0; edge < EDGES; edge++) {
        for (int o = 0; o < out; o++) {
            const float mean = -floorf(bias[o] / scale) - 0.5f;
            int all = 0, ones = 0;
            for (int k = 0; k < fan_in; k++) {
                const int tap = k / in, inside = is_inside(edge, tap / kernel, tap % kernel);
                all += inside;
                ones += !inside && floats[k * out + o] < 0;
            }
            limits[edge * out + o] = (int)floorf(((float)all - mean) / 2) + ones;
        }
    }
    free(floats);
    free(x);
}

static void copy_window(int pixel, uint64_t *to)
{
    const int y = pixel / width - kernel / 2, x = pixel % width - kernel / 2, depth = in / 64;
    for (int ky = 0; ky < kernel; ky++)
        for (int kx = 0; kx < kernel; kx++, to += depth)
            if (y + ky < 0 || y + ky >= height || x + kx < 0 || x + kx >= width)
                memset(to, 0, (size_t)depth * 8);
            else
                memcpy(to, image + ((y + ky) * width + x + kx) * depth, (size_t)depth * 8);
}

static const int *limits_of(int pixel)
{
    return limits +
           (3 * end_of(pixel / width, height) + end_of(pixel % width, width)) * (size_t)out;
}

static void convolve(void)
{
    const int row = (out + 63) / 64;
    for (int pixel = 0; pixel < height * width; pixel += 2) {
        const int second = pixel + 1 < height * width ? pixel + 1 : pixel;
        const int *const limit[2] = {limits_of(pixel), limits_of(second)};
        uint64_t *const y[2] = {result + pixel * row, result + second * row};
        copy_window(pixel, windows);
        copy_window(second, windows + words);
        memset(y[0], 0, (size_t)row * 8);
        memset(y[1], 0, (size_t)row * 8);
        for (int o = 0; o < out; o += 4) {
            const uint64_t *restrict x = windows, *restrict w = weights + o * words;
            int64_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
            for (int k = 0; k < words; k++, w += 4) {
                const uint64_t a = x[k], b = x[k + words];
                a0 += __builtin_popcountll(a ^ w[0]);
                a1 += __builtin_popcountll(a ^ w[1]);
                a2 += __builtin_popcountll(a ^ w[2]);
                a3 += __builtin_popcountll(a ^ w[3]);
                b0 += __builtin_popcountll(b ^ w[0]);
                b1 += __builtin_popcountll(b ^ w[1]);
                b2 += __builtin_popcountll(b ^ w[2]);
                b3 += __builtin_popcountll(b ^ w[3]);
            }
            const int64_t counts[2][4] = {{a0, a1, a2, a3}, {b0, b1, b2, b3}};
            for (int p = 0; p < 2; p++) {
                uint64_t bits = 0;
                for (int t = 0; t < 4; t++)
                    bits |= (uint64_t)(counts[p][t] > limit[p][o + t]) << t;
                y[p][o / 64] |= bits << (o % 64);
            }
        }
    }
}

/* The small layer after it: channel t has the weight -1 where (o * TAIL + t) % 3 is 0. */
static void write_output(const char *path)
{
    const int row = (out + 63) / 64;
    FILE *file = fopen(path, "wb");
    for (int pixel = 0; file != NULL && pixel < height * width; pixel++) {
        for (int t = 0; t < TAIL; t++) {
            int sum = 0;
            for (int o = 0; o < out; o++) {
                const int is_minus = (int)(result[pixel * row + o / 64] >> (o % 64) & 1);
                sum += is_minus == ((o * TAIL + t) % 3 == 0) ? 1 : -1;
            }
            const float y = scale * ((float)sum + 0.5f);
            fwrite(&y, sizeof y, 1, file);
        }
    }
    if (file == NULL || fclose(file) != 0)
        exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 7)
        return 1;
    height = atoi(argv[2]);
    width = atoi(argv[3]);
    in = atoi(argv[4]);
    out = atoi(argv[5]);
    kernel = atoi(argv[6]);
    prepare(argv[1]);
    convolve();
    printf("{\"name\":\"64-bit POPCNT\",\"compiler\":\"%s\"}\n", __VERSION__);
    fflush(stdout);
    char command[16], argument[4096];
    while (scanf("%15s %4095s", command, argument) == 2) {
        if (strcmp(command, "output") == 0) {
            write_output(argument);
            printf("{}\n");
        } else {
            const int runs = atoi(argument);
            const double start = seconds();
            for (int i = 0; i < runs; i++)
                convolve();
            const double spent = seconds() - start;
            printf("{\"wall\":%.9g,\"processor\":%.9g}\n", spent, spent);
        }
        fflush(stdout);
    }
    return 0;
}
