/* state_node.h - the nodes of the state tree and their hashes; for state_tree.c, which changes the tree, and
 * state_build.c, which fills it. Pure.
 *
 * A subtree's hash as its parent sees it is made last, when its sibling's is made too: two at once take little more
 * time than one. Until then the subtree is *unhashed*. */
#ifndef ITC_TANGLE_STATE_NODE_H
#define ITC_TANGLE_STATE_NODE_H

#include "tangle/state_tree.h"

#define ITC_STATE_EMPTY 0u
#define ITC_STATE_LEAF ITC_SMT_DEPTH_MAX /* a leaf "branches" after its last bit */

struct itc_state_node { /* one cache line */
    union {
        struct itc_hash child[2];
        struct {
            struct itc_hash key;
            struct itc_hash value_hash;
        } leaf;
    } u;
};

struct itc_state_link {
    uint32_t child[2];
    uint32_t depth; /* bit at which the two subtrees part; ITC_STATE_LEAF for a leaf */
};

struct itc_state_unhashed {
    struct itc_state_subtree tree;
    bool anew;                  /* first its node's own hash; else tree.hash is that */
    unsigned from, to;          /* then those of the nodes with one child between these depths, */
    const struct itc_hash *key; /* on the path of this key */
};

static inline bool itc_state_is_leaf(const struct itc_state_tree *t, uint32_t node)
{
    return t->links[node].depth == ITC_STATE_LEAF;
}

static inline unsigned itc_state_key_bit(const struct itc_hash *key, unsigned i)
{
    return key->b[i / 8] >> (7 - i % 8) & 1u;
}

/* Some key under `node`; all of them share its first bits. */
const struct itc_hash *itc_state_some_key(const struct itc_state_tree *t, uint32_t node);
/* A node of the open update that parts at bit `depth`; what is in it is the caller's to write. */
uint32_t itc_state_node_new(struct itc_state_tree *t, unsigned depth);
/* The subtree of two halves at bit `branch` of `key`'s path, as seen from `depth`. Their hashes are made. */
struct itc_state_unhashed itc_state_join(struct itc_state_tree *t,
    const struct itc_state_unhashed half[2], unsigned branch, unsigned depth,
    const struct itc_hash *key);

/* Makes the hashes of one subtree, or of two at once. */
void itc_state_finish(struct itc_state_tree *t, struct itc_state_unhashed *u, unsigned count);
/* Hash of `node` as seen from `depth`, which is not where it hangs. Returns the number of hashes made. */
unsigned itc_state_hash_at(
    const struct itc_state_tree *t, uint32_t node, unsigned depth, struct itc_hash *out);

#endif
