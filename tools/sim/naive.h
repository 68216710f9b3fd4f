/* naive.h - both Merkle trees of the protocol straight from their definitions, for comparison: nothing is shared
 * with the library but SHA-256 itself. Slow. */
#ifndef ITC_SIM_NAIVE_H
#define ITC_SIM_NAIVE_H

#include <string.h>

#include "spv/sha256.h"

struct naive_leaf {
    uint8_t key[32];
    uint8_t value_hash[32];
};

static inline void naive_hash(uint8_t out[32], const void *bytes, size_t len)
{
    struct itc_hash h;
    itc_sha256(&h, bytes, len);
    memcpy(out, h.b, 32);
}

/* H(prefix || a || b) */
static inline void naive_join(
    uint8_t out[32], uint8_t prefix, const uint8_t a[32], const uint8_t b[32])
{
    uint8_t bytes[65] = {prefix};
    memcpy(bytes + 1, a, 32);
    memcpy(bytes + 33, b, 32);
    naive_hash(out, bytes, sizeof bytes);
}

/* Root of the subtree at `depth` over `count` leaves in ascending order of keys. */
static inline void naive_state_root(
    uint8_t out[32], const struct naive_leaf *leaves, size_t count, unsigned depth)
{
    if (count == 0) {
        memset(out, 0, 32);
        return;
    }
    if (count == 1) {
        naive_join(out, 0, leaves->key, leaves->value_hash);
        return;
    }
    size_t zeros = 0;
    while (zeros < count && !(leaves[zeros].key[depth / 8] & 0x80 >> depth % 8))
        zeros++;
    uint8_t left[32], right[32];
    naive_state_root(left, leaves, zeros, depth + 1);
    naive_state_root(right, leaves + zeros, count - zeros, depth + 1);
    naive_join(out, 1, left, right);
}

/* RFC 9162, 2.1.1: root over `count` leaf hashes of 32 bytes. */
static inline void naive_list_root(uint8_t out[32], const uint8_t (*leaves)[32], size_t count)
{
    if (count == 0) {
        naive_hash(out, "", 0);
        return;
    }
    if (count == 1) {
        memcpy(out, leaves[0], 32);
        return;
    }
    size_t half = 1;
    while (2 * half < count)
        half *= 2;
    uint8_t left[32], right[32];
    naive_list_root(left, leaves, half);
    naive_list_root(right, leaves + half, count - half);
    naive_join(out, 1, left, right);
}

#endif
