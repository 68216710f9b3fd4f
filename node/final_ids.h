/* final_ids.h - ids of the sites that became final in the last 3 x depth milestones. Pure.
 *
 * A new site may have a parent that is final already. Its anchor rule (docs/protocol.md, "A site is valid when")
 * makes 3 x depth milestones enough: whatever is older cannot be a parent of anything that may still become
 * final. First in, first out; one hash index. How many there can be follows from genesis (itc_params_recent_max), so no chain
 * outgrows a node: 4,194,304 by default. A place, of 56 bytes, that is free again is taken before one that never was:
 * memory is touched for as many as there are at a time, not for all there ever were. But the index, of 16 bytes for each
 * that there can be (64 MiB), is touched all over as soon as there are some tens of thousands. */
#ifndef ITC_NODE_FINAL_IDS_H
#define ITC_NODE_FINAL_IDS_H

#include "tangle/index.h"

struct itc_final_id {
    struct itc_hash id;
    uint64_t anchor;
    uint64_t milestone;
    uint32_t next; /* the one that came after it, or the next free place; ITC_NONE: none */
};

struct itc_final_ids {
    struct itc_final_id *entries;
    struct itc_index ids;
    uint32_t capacity;
    uint32_t fresh;       /* places from here on were never used */
    uint32_t free_list;   /* ITC_NONE: empty */
    uint32_t first, last; /* the oldest and the newest, if there are any */
    uint32_t count;
};

size_t itc_final_ids_size(uint32_t capacity);
void itc_final_ids_init(
    struct itc_final_ids *f, struct itc_mem *mem, uint32_t capacity, uint64_t seed);
/* Milestones are added in ascending order.  ITC_E_FULL: the bound is reached. */
ITC_MUST enum itc_err itc_final_ids_add(
    struct itc_final_ids *f, const struct itc_hash *id, uint64_t anchor, uint64_t milestone);
/* Forgets all that became final before `milestone`. */
void itc_final_ids_expire(struct itc_final_ids *f, uint64_t milestone);
/* The entry, or NULL. Good until the next call. */
const struct itc_final_id *itc_final_ids_find(
    const struct itc_final_ids *f, const struct itc_hash *id);

#endif
