/* final_ids.c - see final_ids.h. */
#include "node/final_ids.h"

size_t itc_final_ids_size(uint32_t capacity)
{
    return itc_mem_rounded(capacity * sizeof(struct itc_final_id)) + itc_index_size(capacity);
}

void itc_final_ids_init(
    struct itc_final_ids *f, struct itc_mem *mem, uint32_t capacity, uint64_t seed)
{
    f->ring = itc_mem_take(mem, capacity * sizeof(struct itc_final_id));
    f->capacity = capacity;
    f->first = 0;
    f->count = 0;
    itc_index_init(&f->ids, mem, capacity, seed, f->ring, sizeof(struct itc_final_id),
        sizeof(struct itc_hash));
}

enum itc_err itc_final_ids_add(
    struct itc_final_ids *f, const struct itc_hash *id, uint64_t anchor, uint64_t milestone)
{
    if (f->count == f->capacity)
        return ITC_E_FULL;
    uint32_t slot = (uint32_t)(((uint64_t)f->first + f->count) % f->capacity);
    f->ring[slot] = (struct itc_final_id){.id = *id, .anchor = anchor, .milestone = milestone};
    f->count++;
    itc_index_add(&f->ids, slot);
    return ITC_OK;
}

void itc_final_ids_expire(struct itc_final_ids *f, uint64_t milestone)
{
    while (f->count > 0 && f->ring[f->first].milestone < milestone) {
        itc_index_remove(&f->ids, f->first);
        f->first = f->first + 1 == f->capacity ? 0 : f->first + 1;
        f->count--;
    }
}

const struct itc_final_id *itc_final_ids_find(
    const struct itc_final_ids *f, const struct itc_hash *id)
{
    uint32_t slot = itc_index_find(&f->ids, id);
    return slot == ITC_NONE ? NULL : &f->ring[slot];
}
