/**
 * The `main` of the kernels' driver. A case on stdin is int32 kernel, words, arguments, part, parts;
 * the words; per argument int32 role (0 is read, 1 is written back, -2 - i is argument i) and size;
 * then the bytes of all that are neither. What is written back goes to stdout, case by case.
 *
 * Where the arguments lie is the program's argument:
 *
 *     heap   each in a heap block of exactly its size, for the address sanitizer to watch
 *     end    each ends at a page that may not be touched: a byte past it stops the program
 *     begin  each begins at one
 */
export type Placement = 'heap' | 'end' | 'begin';

/** Comes before any include. */
export const MAIN_HEAD = `
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include <sys/mman.h>
#include <unistd.h>
`;

export const MAIN = `
enum { MAX_ARGUMENTS = 16 };
static char placement;
/* Between two pages that may not be touched. */
static struct { unsigned char *begin; size_t size; } regions[MAX_ARGUMENTS];

static void stop(const char *why)
{
    fputs(why, stderr);
    exit(3);
}

static void reserve(int32_t i, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t pages = (size / page + 1) * page;
    if (pages <= regions[i].size)
        return;
    if (regions[i].size > 0)
        munmap(regions[i].begin - page, regions[i].size + 2 * page);
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    unsigned char *all = mmap(NULL, pages + 2 * page, PROT_NONE, flags, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, pages, PROT_READ | PROT_WRITE) != 0)
        stop("no memory");
    regions[i].begin = all + page;
    regions[i].size = pages;
}

static void *place(int32_t i, size_t size)
{
    if (placement == 'h') {
        void *block = malloc(size > 0 ? size : 1);
        if (block == NULL)
            stop("no memory");
        return block;
    }
    reserve(i, size);
    return placement == 'b' ? regions[i].begin : regions[i].begin + regions[i].size - size;
}

static int read_all(void *to, size_t size)
{
    return fread(to, 1, size, stdin) == size;
}

int main(int argc, char **argv)
{
    int32_t head[5], words[64], roles[MAX_ARGUMENTS][2];
    placement = argc > 1 ? argv[1][0] : 'h';
    while (read_all(head, sizeof head)) {
        void *at[MAX_ARGUMENTS];
        if (head[1] > 64 || head[2] > MAX_ARGUMENTS)
            stop("a case is larger than expected");
        if (!read_all(words, 4 * (size_t)head[1]) || !read_all(roles, 8 * (size_t)head[2]))
            stop("a case is cut off");
        for (int32_t i = 0; i < head[2]; i++) {
            const size_t size = (size_t)roles[i][1];
            if (roles[i][0] <= -2) {
                at[i] = at[-2 - roles[i][0]];
                continue;
            }
            at[i] = place(i, size);
            if (!read_all(at[i], size))
                stop("a case is cut off");
        }
        run_case(head[0], words, at, head[3], head[4]);
        for (int32_t i = 0; i < head[2]; i++)
            if (roles[i][0] == 1)
                fwrite(at[i], 1, (size_t)roles[i][1], stdout);
        fflush(stdout);
        for (int32_t i = 0; i < head[2] && placement == 'h'; i++)
            if (roles[i][0] > -2)
                free(at[i]);
    }
    return 0;
}
`;
