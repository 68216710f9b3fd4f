/* state_tree.h - the ledger as one compact sparse Merkle tree, in memory. Pure. Proofs: spv/smt.h.
 *
 * Nodes are never changed in place: an update copies the paths to the leaves it touches and gives a new root,
 * while the old root still stands. So a proposal's root can be computed, voted on and then either kept (the
 * replaced nodes go) or dropped (the new ones go). One update is open at a time.
 *
 *        R       update(A)      R   R'          keep: R and old A are freed
 *       / \      --------->    / \ / \          drop: R' and A' are freed
 *      A   B                  A   B   A'
 *
 * Only places where the tree branches are stored: a run of nodes with one child each, which whoever grinds keys
 * can make as long as his patience, is a jump from one branch to the next, and its hashes are made when needed.
 * So n leaves take exactly n - 1 inner nodes, whatever their keys. An inner node keeps its children's hashes:
 * an update never visits a sibling. 76 bytes a node: 152 an account, and some for nodes that wait to be used again. */
#ifndef ITC_TANGLE_STATE_TREE_H
#define ITC_TANGLE_STATE_TREE_H

#include "spv/smt.h"
#include "tangle/mem.h"

struct itc_state_node;
struct itc_state_link;

/* A subtree and its hash as its parent sees it. */
struct itc_state_subtree {
    uint32_t node; /* 0: empty, its hash is zeros */
    struct itc_hash hash;
};

struct itc_state_tree {
    struct itc_state_node *nodes; /* what is hashed; same numbers as links */
    struct itc_state_link *links; /* what is walked */
    uint32_t capacity;
    uint32_t fresh; /* nodes from here on were never used */
    uint32_t
        *free; /* stack; what the open update takes stays above its top, so dropping puts it back */
    uint32_t free_count;
    uint32_t fresh_before; /* both as the open update found them */
    uint32_t free_before;
    uint32_t *
        retired; /* from the left: replaced nodes of the committed tree; from the right: spare ones */
    uint32_t replaced_count;
    uint32_t spare_count;              /* made by the open update and not needed any more */
    uint8_t *made;                     /* bitmap: nodes of the open update */
    bool open;                         /* an update is open */
    struct itc_state_subtree root;     /* committed */
    struct itc_state_subtree new_root; /* of the open update */
    uint64_t leaves;                   /* committed */
    uint64_t new_leaves;               /* of the open update */
    uint64_t hashed; /* nodes hashed so far, two compressions each: what an update costs at least */
};

struct itc_state_change {
    struct itc_hash key;        /* state tree key (itc_state_key) */
    struct itc_hash value_hash; /* H(value) */
    bool remove; /* the leaf goes; value_hash is not read. Removing an absent key is nothing */
};

/* For at most `leaves_max` leaves at any time, also between two batches, and updates that change at
 * most `changes_max` keys in all. The update that fills an empty tree may have up to `leaves_max`. */
size_t itc_state_tree_size(uint32_t leaves_max, uint32_t changes_max);
void itc_state_tree_init(
    struct itc_state_tree *t, struct itc_mem *mem, uint32_t leaves_max, uint32_t changes_max);
/* Fills a tree that was never used with `count` leaves: begin, each leaf placed once, in any order, by a number of its
 * own below `count`, and build. Their keys are distinct. */
void itc_state_tree_begin(struct itc_state_tree *t, uint32_t count);
void itc_state_tree_place(struct itc_state_tree *t, uint32_t number, const struct itc_hash *key,
    const struct itc_hash *value_hash);
void itc_state_tree_build(struct itc_state_tree *t);
/* Adds changes to the open update (opening one if none is). `changes`: ascending distinct keys. May be called
 * several times for one update, in batches, so that one call has a bounded length; a later batch may change
 * again what an earlier one did. */
void itc_state_tree_update(
    struct itc_state_tree *t, const struct itc_state_change *changes, uint32_t count);
/* Root hash of the committed tree, or of the open update if there is one. */
void itc_state_tree_root(const struct itc_state_tree *t, struct itc_hash *out);
/* Ends the open update, if there is one: it is the committed tree, or it never was. */
void itc_state_tree_keep(struct itc_state_tree *t);
void itc_state_tree_drop(struct itc_state_tree *t);

/* Writes the proof of `key` in the committed tree in the wire form of spv/smt.h.
 *   ITC_E_TOO_LARGE  does not fit `cap` */
ITC_MUST enum itc_err itc_state_tree_prove(const struct itc_state_tree *t,
    const struct itc_hash *key, uint8_t *out, size_t cap, size_t *len);

#endif
