/* history.h - the tree over all header ids, so that one header proves every earlier one. Pure.
 *
 * RFC 9162 tree; leaf i is the id of header i. The full subtrees never change once complete; they are handed
 * out to be stored under (level, index), and read back to make inclusion proofs of any header in any later
 * tree. In memory stays only the frontier. Used for tx_root leaf lists too, which are built on the fly. */
#ifndef ITC_TANGLE_HISTORY_H
#define ITC_TANGLE_HISTORY_H

#include "spv/merkle.h"

struct itc_history {
    struct itc_merkle tree; /* size = next header's index */
};

/* A complete subtree of 2^level leaves, the `index`-th of its level, left to right. Level 0 is a leaf. */
typedef void itc_history_put_fn(
    void *ctx, uint32_t level, uint64_t index, const struct itc_hash *node);
/* Reads one back.  ITC_E_UNKNOWN: not stored. */
typedef enum itc_err itc_history_get_fn(
    void *ctx, uint32_t level, uint64_t index, struct itc_hash *out);

void itc_history_init(struct itc_history *h);
/* Restores the frontier for a tree of `size` leaves.  ITC_E_UNKNOWN: `get` lacks a node. */
ITC_MUST enum itc_err itc_history_load(
    struct itc_history *h, uint64_t size, itc_history_get_fn *get, void *ctx);
/* Appends the id of header h->tree.size; calls `put` for each subtree this completes, lowest level first. */
void itc_history_add(
    struct itc_history *h, const struct itc_hash *header_id, itc_history_put_fn *put, void *ctx);
void itc_history_root(const struct itc_history *h, struct itc_hash *out);
/* Inclusion proof of leaf `index` in the tree of the first `size` leaves (index < size).
 * out: ITC_MERKLE_DEPTH_MAX hashes, of which *len are the proof; scratch if it fails.
 *   ITC_E_UNKNOWN  `get` lacks a node */
ITC_MUST enum itc_err itc_history_path(uint64_t index, uint64_t size, itc_history_get_fn *get,
    void *ctx, struct itc_hash *out, size_t *len);

#endif
