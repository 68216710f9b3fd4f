/* slab.h - bounded storage for the bytes of open sites: eleven size classes. Pure.
 *
 *     page = 64 KiB of pieces of one class     piece = length 2 | bytes
 *
 * A page belongs to a class while it holds a piece in use; an empty page goes back, for any class. (Would pages
 * stay with their class, one burst of large sites could leave no room for small ones, for ever.) A handle is a
 * 32-bit number: page << 8 | piece. */
#ifndef ITC_TANGLE_SLAB_H
#define ITC_TANGLE_SLAB_H

#include "tangle/mem.h"

#define ITC_SLAB_CLASSES                                                                           \
    11 /* pieces of 256 to 2,880 bytes: a page holds seven tenths of its size, or more */

struct itc_slab_page {
    uint32_t next; /* in its class's list, or in the list of empty pages; page + 1, 0 none */
    uint32_t previous;
    uint16_t class;
    uint16_t used;  /* pieces */
    uint16_t fresh; /* next never-used piece */
    uint16_t freed; /* first freed piece + 1; 0 none */
};

struct itc_slab {
    uint8_t *base;
    struct itc_slab_page *pages;
    uint32_t pages_max;
    uint32_t pages_fresh; /* pages from here on were never used */
    uint32_t empty;       /* list of empty pages; page + 1, 0 none */
    uint32_t empty_count;
    uint32_t with_room[ITC_SLAB_CLASSES]; /* lists of pages with a free piece; page + 1, 0 none */
};

/* `bytes`: the bound, rounded up to whole pages. */
size_t itc_slab_size(size_t bytes);
void itc_slab_init(struct itc_slab *s, struct itc_mem *mem, size_t bytes);
/* Copies `len` bytes (1 .. ITC_SITE_MAX) in.  ITC_E_FULL: no piece of that class and no empty page is left. */
ITC_MUST enum itc_err itc_slab_put(
    struct itc_slab *s, uint32_t *handle, const uint8_t *bytes, size_t len);
const uint8_t *itc_slab_get(const struct itc_slab *s, uint32_t handle, size_t *len);
void itc_slab_free(struct itc_slab *s, uint32_t handle);
/* Fetches what itc_slab_free will write. */
void itc_slab_prefetch(const struct itc_slab *s, uint32_t handle);
/* Bytes of the pages in use. The rest of the bound is there for any mix of sizes. */
size_t itc_slab_used_bytes(const struct itc_slab *s);

#endif
