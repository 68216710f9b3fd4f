#include "tangle/index.h"

#include <string.h>

#include "tangle/rng.h"

/* Slots: a power of two, at least twice the capacity. */
static uint32_t slot_count(uint32_t capacity)
{
    ITC_ASSERT(capacity <= UINT32_C(1) << 30);
    uint32_t n = 2;
    while (n / 2 < capacity)
        n *= 2;
    return n;
}

size_t itc_index_size(uint32_t capacity)
{
    return itc_mem_rounded((size_t)slot_count(capacity) * sizeof(uint64_t));
}

void itc_index_init(struct itc_index *x, struct itc_mem *mem, uint32_t capacity, uint64_t seed,
    const void *keys, size_t stride, size_t key_len)
{
    ITC_ASSERT(key_len > 0 && key_len % 8 == 0 && key_len <= ITC_INDEX_KEY_MAX);
    uint32_t slots = slot_count(capacity);
    x->slots = itc_mem_take(mem, (size_t)slots * sizeof(uint64_t));
    x->mask = slots - 1;
    x->count = 0;
    for (size_t i = 0; i <= ITC_INDEX_KEY_MAX / 4; i++)
        x->secret[i] = itc_rng_split(seed, i);
    x->keys = keys;
    x->stride = stride;
    x->key_len = key_len;
}

/* Multilinear hashing, strongly universal (Lemire and Kaser, "Strongly universal string hashing is fast",
 * 2014): whoever does not know the seed cannot find keys that collide more often than by chance. */
static uint32_t hash_of(const struct itc_index *x, const void *key)
{
    const uint8_t *bytes = key;
    uint64_t sum = x->secret[0];
    for (size_t i = 0; i < x->key_len / 4; i++) {
        uint32_t word;
        memcpy(&word, bytes + 4 * i, sizeof word);
        sum += x->secret[i + 1] * word;
    }
    return (uint32_t)(sum >> 32);
}

static const uint8_t *key_of(const struct itc_index *x, uint32_t entry)
{
    return x->keys + x->stride * entry;
}

static uint32_t slot_hash(uint64_t slot)
{
    return (uint32_t)(slot >> 32);
}

static uint32_t slot_entry(uint64_t slot)
{
    return (uint32_t)slot - 1;
}

uint32_t itc_index_find(const struct itc_index *x, const void *key)
{
    if (x->count == 0)
        return ITC_NONE; /* many are empty most of the time: no memory is looked at */
    uint32_t hash = hash_of(x, key);
    for (uint32_t at = hash & x->mask; x->slots[at] != 0; at = (at + 1) & x->mask) {
        uint64_t slot = x->slots[at];
        if (slot_hash(slot) == hash && memcmp(key_of(x, slot_entry(slot)), key, x->key_len) == 0)
            return slot_entry(slot);
    }
    return ITC_NONE;
}

void itc_index_add(struct itc_index *x, uint32_t entry)
{
    ITC_ASSERT(x->count <= x->mask / 2 && entry != ITC_NONE);
    uint32_t hash = hash_of(x, key_of(x, entry));
    uint32_t at = hash & x->mask;
    while (x->slots[at] != 0)
        at = (at + 1) & x->mask;
    x->slots[at] = (uint64_t)hash << 32 | (entry + 1);
    x->count++;
}

void itc_index_remove(struct itc_index *x, uint32_t entry)
{
    uint32_t hole = hash_of(x, key_of(x, entry)) & x->mask;
    while (slot_entry(x->slots[hole]) != entry) {
        ITC_ASSERT(x->slots[hole] != 0);
        hole = (hole + 1) & x->mask;
    }
    /* Close the hole: a later slot moves into it unless that would put it before its own first choice. */
    for (uint32_t at = (hole + 1) & x->mask; x->slots[at] != 0; at = (at + 1) & x->mask) {
        uint32_t home = slot_hash(x->slots[at]) & x->mask;
        if (((at - home) & x->mask) >= ((at - hole) & x->mask)) {
            x->slots[hole] = x->slots[at];
            hole = at;
        }
    }
    x->slots[hole] = 0;
    x->count--;
}

void itc_index_prefetch(const struct itc_index *x, const void *key)
{
    __builtin_prefetch(&x->slots[hash_of(x, key) & x->mask], 1);
}

void itc_index_clear(struct itc_index *x)
{
    if (x->count > 0) {
        memset(x->slots, 0, ((size_t)x->mask + 1) * sizeof(uint64_t));
        x->count = 0;
    }
}
