/* merkle.h - Merkle trees over lists: RFC 9162, section 2.1. Pure.
 *
 *     leaf = H(00 || bytes)     node = H(01 || left || right)     empty tree = H()
 *
 * The builder keeps one hash per level of the frontier, so a list of any length is hashed in 64 x 32 bytes. */
#ifndef ITC_SPV_MERKLE_H
#define ITC_SPV_MERKLE_H

#include "spv/base.h"

#define ITC_MERKLE_DEPTH_MAX 64

struct itc_merkle {
    uint64_t size; /* leaves so far */
    struct itc_hash frontier[ITC_MERKLE_DEPTH_MAX];
};

void itc_merkle_leaf(struct itc_hash *out, const void *bytes, size_t len);
void itc_merkle_init(struct itc_merkle *m);
/* Appends a leaf hash (from itc_merkle_leaf). */
void itc_merkle_add(struct itc_merkle *m, const struct itc_hash *leaf);
void itc_merkle_root(const struct itc_merkle *m, struct itc_hash *out);

/* Length in hashes of the inclusion proof of leaf `index` in a tree of `size` leaves; index < size. */
size_t itc_merkle_path_len(uint64_t index, uint64_t size);
/* A whole tree: the leaves, then level by level what is above them; a node without a sibling stands in the next level
 * too. So many hashes suffice for `size` leaves. */
#define ITC_MERKLE_TREE(size) (2 * (size_t)(size) + ITC_MERKLE_DEPTH_MAX)
/* How many there are; the last is the root. */
size_t itc_merkle_tree_len(uint64_t size);
/* Fills in what is above the `size` leaves, which are in their places. */
void itc_merkle_tree(struct itc_hash *tree, uint64_t size);
/* Writes the inclusion proof (RFC 9162, 2.1.3.1) of leaf `index` of a whole tree. *len gets the number of hashes. */
void itc_merkle_path(
    struct itc_hash *out, size_t *len, const struct itc_hash *tree, uint64_t index, uint64_t size);
/* Verifies one (2.1.3.2). `path` is `path_len` hashes of 32 bytes, read one at a time.
 *   ITC_E_PROOF  index >= size, a length other than itc_merkle_path_len, or another root */
ITC_MUST enum itc_err itc_merkle_verify(const struct itc_hash *root, const struct itc_hash *leaf,
    uint64_t index, uint64_t size, const uint8_t *path, size_t path_len);

#endif
