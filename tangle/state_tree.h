/* state_tree.h - the ledger as one compact sparse Merkle tree, in memory. Pure. Proofs: spv/smt.h.
 *
 * Nodes are never changed in place: an update copies the paths to the leaves it touches and gives a new root,
 * while the old root still stands. So a proposal's root can be computed, voted on and then either kept (the
 * replaced nodes go) or dropped (the new ones go). One update is open at a time.
 *
 *        R       update(A)      R   R'          keep: R and old A are freed
 *       / \      --------->    / \ / \          drop: R' and A' are freed
 *      A   B                  A   B   A'  */
#ifndef ITC_TANGLE_STATE_TREE_H
#define ITC_TANGLE_STATE_TREE_H

#include "spv/smt.h"
#include "tangle/mem.h"

struct itc_state_node;

struct itc_state_tree {
    struct itc_state_node *nodes;
    uint32_t capacity;
    uint32_t fresh;
    uint32_t free_list;
    uint32_t root;     /* committed; 0 is the empty tree */
    uint32_t new_root; /* of the open update; equals root when none is open */
    uint32_t *made;    /* nodes of the open update */
    uint32_t made_count;
    uint32_t *replaced; /* nodes that keeping it frees */
    uint32_t replaced_count;
    uint32_t journal_max;
    uint64_t leaves;     /* committed */
    uint64_t new_leaves; /* of the open update */
};

struct itc_state_change {
    struct itc_hash key;        /* state tree key (itc_state_key) */
    struct itc_hash value_hash; /* H(value) */
    bool remove;                /* the leaf goes; value_hash is not read. Removing an absent key is nothing */
};

/* For at most `leaves_max` leaves and updates of at most `changes_max` leaves in all. */
size_t itc_state_tree_size(uint32_t leaves_max, uint32_t changes_max);
void itc_state_tree_init(struct itc_state_tree *t, struct itc_mem *mem, uint32_t leaves_max,
    uint32_t changes_max);
/* Adds changes to the open update (opening one if none is). `changes`: ascending distinct keys. May be called
 * several times for one update, in batches, so that one call has a bounded length. */
void itc_state_tree_update(struct itc_state_tree *t, const struct itc_state_change *changes, uint32_t count);
/* Root hash of the committed tree, or of the open update if there is one. */
void itc_state_tree_root(const struct itc_state_tree *t, struct itc_hash *out);
void itc_state_tree_keep(struct itc_state_tree *t);
void itc_state_tree_drop(struct itc_state_tree *t);

/* Writes the proof of `key` in the committed tree in the wire form of spv/smt.h.
 *   ITC_E_TOO_LARGE  does not fit `cap` */
ITC_MUST enum itc_err itc_state_tree_prove(const struct itc_state_tree *t, const struct itc_hash *key,
    uint8_t *out, size_t cap, size_t *len);

#endif
