/* index.h - hash index from a fixed-length key to the number of an entry that holds that key. Pure.
 *
 * The entries live in an array of their owner; the index keeps (32 bits of hash, entry number) in one 64-bit
 * slot, linear probing, backward-shift deletion (no tombstones), load at most one half. The hash is keyed with
 * a secret seed: keys are chosen by strangers, who must not be able to choose collisions.
 *
 *     keys + stride * entry  ->  key_len bytes        entries: any subset of 0 .. capacity-1 */
#ifndef ITC_TANGLE_INDEX_H
#define ITC_TANGLE_INDEX_H

#include "tangle/mem.h"

#define ITC_NONE UINT32_MAX
#define ITC_INDEX_KEY_MAX 40 /* bytes */

struct itc_index {
    uint64_t *slots; /* hash << 32 | entry + 1; 0 is empty */
    uint32_t mask;
    uint32_t count;
    uint64_t secret[ITC_INDEX_KEY_MAX / 4 +
                    1]; /* the hash's: an offset, and a factor for each four bytes */
    const uint8_t *keys;
    size_t stride;
    size_t key_len; /* multiple of 8 */
};

size_t itc_index_size(uint32_t capacity);
void itc_index_init(struct itc_index *x, struct itc_mem *mem, uint32_t capacity, uint64_t seed,
    const void *keys, size_t stride, size_t key_len);
/* The entry whose key equals `key`, or ITC_NONE. */
uint32_t itc_index_find(const struct itc_index *x, const void *key);
/* Adds `entry`, whose key is already in place and not in the index. Asserts the capacity. */
void itc_index_add(struct itc_index *x, uint32_t entry);
/* Takes out `entry`, which is in the index and whose key is still in place. */
void itc_index_remove(struct itc_index *x, uint32_t entry);
/* Fetches where `key` stands or would stand, for who has something else to do before it looks. */
void itc_index_prefetch(const struct itc_index *x, const void *key);
/* Empties it. */
void itc_index_clear(struct itc_index *x);

#endif
