/* slab.h - bounded storage for the bytes of open sites: size classes of 256, 512 and 1,344 bytes. Pure.
 *
 * Pages of 64 KiB are given to a class when it needs one and stay with it; a freed piece goes to its class's
 * free list. A handle is a 32-bit number; the length is stored beside the bytes. */
#ifndef ITC_TANGLE_SLAB_H
#define ITC_TANGLE_SLAB_H

#include "tangle/mem.h"

#define ITC_SLAB_CLASSES 3

struct itc_slab {
    uint8_t *base;
    uint32_t pages;      /* bound */
    uint32_t pages_used;
    uint32_t free_list[ITC_SLAB_CLASSES]; /* handle + 1; 0 none */
    uint32_t fresh[ITC_SLAB_CLASSES];     /* next never-used piece, handle + 1; 0 none */
    uint32_t fresh_left[ITC_SLAB_CLASSES];
    uint8_t *page_class;
};

/* `bytes`: the bound, rounded up to whole pages. */
size_t itc_slab_size(size_t bytes);
void itc_slab_init(struct itc_slab *s, struct itc_mem *mem, size_t bytes);
/* Copies `len` bytes (1 .. ITC_SITE_MAX) in.  ITC_E_FULL: no piece of that class is left. */
ITC_MUST enum itc_err itc_slab_put(struct itc_slab *s, uint32_t *handle, const uint8_t *bytes, size_t len);
const uint8_t *itc_slab_get(const struct itc_slab *s, uint32_t handle, size_t *len);
void itc_slab_free(struct itc_slab *s, uint32_t handle);

#endif
