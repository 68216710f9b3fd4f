#include "tangle/mem.h"

#define ALIGNMENT 64 /* one cache line; also the rows of itc_exact */

size_t itc_mem_rounded(size_t size)
{
    ITC_ASSERT(size <= SIZE_MAX - (ALIGNMENT - 1));
    return (size + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
}

void *itc_mem_take(struct itc_mem *m, size_t size)
{
    size_t rounded = itc_mem_rounded(size);
    ITC_ASSERT(rounded <= m->left);
    void *piece = m->at;
    m->at += rounded;
    m->left -= rounded;
    return piece;
}
