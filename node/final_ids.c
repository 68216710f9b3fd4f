/* final_ids.c - see final_ids.h. */
#include "node/final_ids.h"

size_t itc_final_ids_size(uint32_t capacity)
{
    return itc_mem_rounded(capacity * sizeof(struct itc_final_id)) + itc_index_size(capacity);
}

void itc_final_ids_init(
    struct itc_final_ids *f, struct itc_mem *mem, uint32_t capacity, uint64_t seed)
{
    f->entries = itc_mem_take(mem, capacity * sizeof(struct itc_final_id));
    f->capacity = capacity;
    f->fresh = 0;
    f->free_list = f->first = f->last = ITC_NONE;
    f->count = 0;
    itc_index_init(&f->ids, mem, capacity, seed, f->entries, sizeof(struct itc_final_id),
        sizeof(struct itc_hash));
}

static uint32_t take_place(struct itc_final_ids *f)
{
    uint32_t place = f->free_list;
    if (place == ITC_NONE)
        return f->fresh++;
    f->free_list = f->entries[place].next;
    return place;
}

enum itc_err itc_final_ids_add(
    struct itc_final_ids *f, const struct itc_hash *id, uint64_t anchor, uint64_t milestone)
{
    if (f->count == f->capacity)
        return ITC_E_FULL;
    uint32_t place = take_place(f);
    f->entries[place] = (struct itc_final_id){
        .id = *id, .anchor = anchor, .milestone = milestone, .next = ITC_NONE};
    if (f->count == 0)
        f->first = place;
    else
        f->entries[f->last].next = place;
    f->last = place;
    f->count++;
    itc_index_add(&f->ids, place);
    return ITC_OK;
}

void itc_final_ids_expire(struct itc_final_ids *f, uint64_t milestone)
{
    while (f->count > 0 && f->entries[f->first].milestone < milestone) {
        uint32_t place = f->first;
        itc_index_remove(&f->ids, place);
        f->first = f->entries[place].next;
        f->entries[place].next = f->free_list;
        f->free_list = place;
        f->count--;
    }
}

const struct itc_final_id *itc_final_ids_find(
    const struct itc_final_ids *f, const struct itc_hash *id)
{
    uint32_t place = itc_index_find(&f->ids, id);
    return place == ITC_NONE ? NULL : &f->entries[place];
}
