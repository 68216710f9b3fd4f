/* bad_ids.h - ids of sites found invalid lately, so that their copies cost nothing. Pure.
 *
 * A site id commits to every byte, the signature included: remembering a bad id never poisons the good site
 * of the same transaction. A ring: the oldest is forgotten. */
#ifndef ITC_NODE_BAD_IDS_H
#define ITC_NODE_BAD_IDS_H

#include "tangle/index.h"

struct itc_bad_ids {
    struct itc_hash *ring;
    struct itc_index ids;
    uint32_t capacity;
    uint32_t next;
    bool wrapped;
};

size_t itc_bad_ids_size(uint32_t capacity);
void itc_bad_ids_init(struct itc_bad_ids *b, struct itc_mem *mem, uint32_t capacity, uint64_t seed);
void itc_bad_ids_add(struct itc_bad_ids *b, const struct itc_hash *id);
bool itc_bad_ids_has(const struct itc_bad_ids *b, const struct itc_hash *id);

#endif
