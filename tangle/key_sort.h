/* key_sort.h - brings numbered 32-byte keys into ascending order. Pure.
 *
 * Radix sort on the first eight bytes, then insertion among keys that agree in these: whoever wants that to take
 * long must find many hashes with 64 bits in common. */
#ifndef ITC_TANGLE_KEY_SORT_H
#define ITC_TANGLE_KEY_SORT_H

#include "spv/base.h"

struct itc_key_item {
    uint64_t prefix; /* set by itc_key_item_of */
    uint32_t number; /* which key */
};

struct itc_key_item itc_key_item_of(const struct itc_hash *key, uint32_t number);
/* By prefix alone; those with one prefix stay as they are. `scratch` holds as many items. */
void itc_key_sort_prefixes(
    struct itc_key_item *items, struct itc_key_item *scratch, uint32_t count);
/* Item i stands for the key at keys + stride * number. `scratch` holds as many items. */
void itc_key_sort(struct itc_key_item *items, struct itc_key_item *scratch, uint32_t count,
    const void *keys, size_t stride);

#endif
