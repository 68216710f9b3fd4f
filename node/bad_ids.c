/* bad_ids.c - see bad_ids.h. */
#include "node/bad_ids.h"

size_t itc_bad_ids_size(uint32_t capacity)
{
    return itc_mem_rounded(capacity * sizeof(struct itc_hash)) + itc_index_size(capacity);
}

void itc_bad_ids_init(struct itc_bad_ids *b, struct itc_mem *mem, uint32_t capacity, uint64_t seed)
{
    b->ring = itc_mem_take(mem, capacity * sizeof(struct itc_hash));
    b->capacity = capacity;
    b->next = 0;
    b->wrapped = false;
    itc_index_init(
        &b->ids, mem, capacity, seed, b->ring, sizeof(struct itc_hash), sizeof(struct itc_hash));
}

void itc_bad_ids_add(struct itc_bad_ids *b, const struct itc_hash *id)
{
    if (itc_bad_ids_has(b, id))
        return;
    if (b->wrapped)
        itc_index_remove(&b->ids, b->next);
    b->ring[b->next] = *id;
    itc_index_add(&b->ids, b->next);
    b->next++;
    if (b->next == b->capacity) {
        b->next = 0;
        b->wrapped = true;
    }
}

bool itc_bad_ids_has(const struct itc_bad_ids *b, const struct itc_hash *id)
{
    return itc_index_find(&b->ids, id) != ITC_NONE;
}
