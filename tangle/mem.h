/* mem.h - one block of memory at start, cut into parts. Pure.
 *
 * Whoever owns a structure asks its itc_<noun>_size(), adds them up, brings one zeroed block and hands pieces
 * out. Structures rely on the zeros and touch memory only as they grow, so an unused bound costs no RAM. */
#ifndef ITC_TANGLE_MEM_H
#define ITC_TANGLE_MEM_H

#include "spv/base.h"

struct itc_mem {
    uint8_t *at;
    size_t left; /* bytes */
};

/* Bytes that a piece of `size` takes with its alignment (64). */
size_t itc_mem_rounded(size_t size);
/* Cuts a piece, 64-byte aligned relative to the block's start. The block is large enough: asserted. */
void *itc_mem_take(struct itc_mem *m, size_t size);

#endif
