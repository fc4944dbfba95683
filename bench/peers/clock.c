/*
 * The clock of an x86 processor, by the protocol of peer.py: "run N" takes 4 million cycles N times,
 * each 4 cycles one multiplication (3) and one addition (1) that need the result of the last.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(void)
{
    uint64_t state = 1;
    unsigned runs;
    printf("{\"name\":\"clock\"}\n");
    fflush(stdout);
    while (scanf(" run %u", &runs) == 1) {
        const double start = seconds();
        for (uint64_t i = 0; i < runs * UINT64_C(1000000); i++)
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const double spent = seconds() - start;
        printf("{\"processor\":%.9g,\"hertz\":%.9g,\"state\":%u}\n", spent, runs * 4e6 / spent,
               (unsigned)(state >> 33));
        fflush(stdout);
    }
    return 0;
}
