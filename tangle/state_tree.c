
#include <string.h>

#include "spv/cursor.h"
#include "spv/sha256.h"
#include "tangle/state_node.h"

#define WARM_WIDTH 32 /* paths that are walked together, to wait for memory together */
#define FREE_AHEAD 8

/* A committed tree of n leaves has 2n - 1 nodes. Beside it an update can need a whole new set of inner nodes,
 * and a leaf per change. Node 0 stands for the empty tree. */
static uint32_t node_count(uint32_t leaves_max, uint32_t changes_max)
{
    uint64_t count = 1 + 3 * (uint64_t)leaves_max + changes_max;
    ITC_ASSERT(count <= UINT32_MAX);
    return (uint32_t)count;
}

size_t itc_state_tree_size(uint32_t leaves_max, uint32_t changes_max)
{
    size_t count = node_count(leaves_max, changes_max);
    return itc_mem_rounded(count * sizeof(struct itc_state_node)) +
           itc_mem_rounded(count * sizeof(struct itc_state_link)) +
           2 * itc_mem_rounded(count * sizeof(uint32_t)) + itc_mem_rounded(count / 8 + 1);
}

void itc_state_tree_init(
    struct itc_state_tree *t, struct itc_mem *mem, uint32_t leaves_max, uint32_t changes_max)
{
    memset(t, 0, sizeof *t);
    t->capacity = node_count(leaves_max, changes_max);
    t->nodes = itc_mem_take(mem, t->capacity * sizeof *t->nodes);
    t->links = itc_mem_take(mem, t->capacity * sizeof *t->links);
    t->free = itc_mem_take(mem, t->capacity * sizeof *t->free);
    t->retired = itc_mem_take(mem, t->capacity * sizeof *t->retired);
    t->made = itc_mem_take(mem, t->capacity / 8 + 1);
    t->fresh = 1;
}

/* --- nodes --- */

/* Free nodes lie anywhere: have those that will be written soon in the cache by then. */
static void prefetch_free(const struct itc_state_tree *t)
{
    if (t->free_count >= FREE_AHEAD) {
        uint32_t node = t->free[t->free_count - FREE_AHEAD];
        __builtin_prefetch(&t->nodes[node], 1);
        __builtin_prefetch(&t->links[node], 1);
    }
}

uint32_t itc_state_node_new(struct itc_state_tree *t, unsigned depth)
{
    uint32_t node;
    if (t->spare_count > 0) {
        node = t->retired[t->capacity - t->spare_count--];
    } else if (t->free_count > 0) {
        node = t->free[--t->free_count];
        prefetch_free(t);
    } else {
        ITC_ASSERT(t->fresh < t->capacity);
        node = t->fresh++;
    }
    t->made[node / 8] |= (uint8_t)(1u << node % 8);
    t->links[node].depth = depth;
    return node;
}

/* `node` is no part of the open update any more. If the committed tree does not know it, it can be used again at
 * once. */
static void node_retire(struct itc_state_tree *t, uint32_t node)
{
    if (t->made[node / 8] >> node % 8 & 1)
        t->retired[t->capacity - ++t->spare_count] = node;
    else
        t->retired[t->replaced_count++] = node;
}

const struct itc_hash *itc_state_some_key(const struct itc_state_tree *t, uint32_t node)
{
    while (!itc_state_is_leaf(t, node))
        node = t->links[node].child[0];
    return &t->nodes[node].u.leaf.key;
}

/* --- update --- */

/* Number of leading bits that two keys share; 256 if they are equal. */
static unsigned common_bits(const struct itc_hash *a, const struct itc_hash *b)
{
    for (unsigned i = 0; i < sizeof a->b; i++) {
        unsigned differ = a->b[i] ^ b->b[i];
        if (differ != 0) {
            unsigned bits = 8 * i;
            for (; !(differ & 0x80); differ <<= 1)
                bits++;
            return bits;
        }
    }
    return 8 * sizeof a->b;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* First bit, from `depth` on, at which the keys of `old` and of the changes part. ITC_STATE_LEAF: there is one key
 * in all. */
static unsigned branch_of(const struct itc_state_tree *t, uint32_t old, unsigned depth,
    const struct itc_state_change *c, uint32_t count)
{
    const struct itc_hash *first = &c[0].key, *last = &c[count - 1].key;
    if (old == ITC_STATE_EMPTY)
        return common_bits(first, last);
    unsigned branch = t->links[old].depth;
    if (branch > depth) {
        const struct itc_hash *key = itc_state_some_key(t, old);
        branch = least(branch, least(common_bits(key, first), common_bits(key, last)));
    }
    return branch;
}

/* The two halves of `old` at bit `branch`, up to which it does not part. */
static void take_apart(struct itc_state_tree *t, struct itc_state_subtree side[2],
    const struct itc_state_subtree *old, unsigned branch)
{
    memset(side, 0, 2 * sizeof side[0]);
    if (old->node == ITC_STATE_EMPTY)
        return;
    const struct itc_state_link *link = &t->links[old->node];
    if (link->depth == branch) {
        for (unsigned i = 0; i < 2; i++) {
            side[i].node = link->child[i];
            side[i].hash = t->nodes[old->node].u.child[i];
        }
        node_retire(t, old->node);
        return;
    }
    unsigned half = itc_state_key_bit(itc_state_some_key(t, old->node), branch);
    side[half] = *old;
    if (!itc_state_is_leaf(t, old->node)) /* it hangs lower than before: fewer nodes above it */
        t->hashed += itc_state_hash_at(t, old->node, branch + 1, &side[half].hash);
}

/* Number of changes whose key has a 0 at bit `branch`; all share the bits before. */
static uint32_t left_count(const struct itc_state_change *c, uint32_t count, unsigned branch)
{
    uint32_t from = 0, to = count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (itc_state_key_bit(&c[middle].key, branch))
            to = middle;
        else
            from = middle + 1;
    }
    return from;
}

struct itc_state_unhashed itc_state_join(struct itc_state_tree *t,
    const struct itc_state_unhashed half[2], unsigned branch, unsigned depth,
    const struct itc_hash *key)
{
    const struct itc_state_subtree *side[2] = {&half[0].tree, &half[1].tree};
    struct itc_state_subtree whole = *side[side[0]->node == ITC_STATE_EMPTY];
    bool both = side[0]->node != ITC_STATE_EMPTY && side[1]->node != ITC_STATE_EMPTY;
    if (!both && (whole.node == ITC_STATE_EMPTY || itc_state_is_leaf(t, whole.node)))
        return (struct itc_state_unhashed){.tree = whole}; /* a lone leaf moves up */
    if (both) {
        whole.node = itc_state_node_new(t, branch);
        for (unsigned i = 0; i < 2; i++) {
            t->links[whole.node].child[i] = side[i]->node;
            t->nodes[whole.node].u.child[i] = side[i]->hash;
        }
    } else {
        itc_hash_pair(&whole.hash, &side[0]->hash, &side[1]->hash);
        t->hashed++;
    }
    return (struct itc_state_unhashed){
        .tree = whole, .anew = both, .from = branch, .to = depth, .key = key};
}

/* The leaf of one change in place of `old`, which is the same key's leaf or empty. */
static struct itc_state_unhashed change_leaf(
    struct itc_state_tree *t, uint32_t old, const struct itc_state_change *c)
{
    struct itc_state_unhashed leaf = {0};
    if (old != ITC_STATE_EMPTY) {
        node_retire(t, old);
        t->new_leaves--;
    }
    if (!c->remove) {
        leaf.tree.node = itc_state_node_new(t, ITC_STATE_LEAF);
        leaf.anew = true;
        t->nodes[leaf.tree.node].u.leaf.key = c->key;
        t->nodes[leaf.tree.node].u.leaf.value_hash = c->value_hash;
        t->new_leaves++;
    }
    return leaf;
}

/* `old`, which hangs at `depth`, with the changes made. Recursion goes down the bits of a key: at most 256. */
static struct itc_state_unhashed change(struct itc_state_tree *t,
    const struct itc_state_subtree *old, unsigned depth, const struct itc_state_change *c,
    uint32_t count)
{
    if (count == 0)
        return (struct itc_state_unhashed){.tree = *old};
    unsigned branch = branch_of(t, old->node, depth, c, count);
    if (branch == ITC_STATE_LEAF)
        return change_leaf(t, old->node, c);
    struct itc_state_subtree side[2];
    struct itc_state_unhashed half[2];
    take_apart(t, side, old, branch);
    uint32_t left = left_count(c, count, branch);
    half[0] = change(t, &side[0], branch + 1, c, left);
    half[1] = change(t, &side[1], branch + 1, c + left, count - left);
    itc_state_finish(t, half, 2);
    return itc_state_join(t, half, branch, depth, &c->key);
}

static void open_update(struct itc_state_tree *t)
{
    t->open = true;
    t->new_root = t->root;
    t->new_leaves = t->leaves;
    t->fresh_before = t->fresh;
    t->free_before = t->free_count;
    t->replaced_count = 0;
    t->spare_count = 0;
    memset(t->made, 0, t->fresh / 8 + 1);
}

/* Brings the paths to the leaves into the cache. Going down a path waits for memory at each node, so many go
 * down at once. */
static void warm(const struct itc_state_tree *t, const struct itc_state_change *c, uint32_t count)
{
    unsigned shared = common_bits(&c[0].key, &c[count - 1].key);
    uint32_t top = t->new_root.node;
    while (top != ITC_STATE_EMPTY && t->links[top].depth < shared)
        top = t->links[top].child[itc_state_key_bit(&c->key, t->links[top].depth)];
    uint32_t nodes[WARM_WIDTH];
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = top;
    for (uint32_t going = count; going > 0;) {
        going = 0;
        for (uint32_t i = 0; i < count; i++) {
            const struct itc_state_link *link = &t->links[nodes[i]];
            if (nodes[i] != ITC_STATE_EMPTY && link->depth != ITC_STATE_LEAF) {
                nodes[i] = link->child[itc_state_key_bit(&c[i].key, link->depth)];
                __builtin_prefetch(&t->links[nodes[i]]);
                __builtin_prefetch(&t->nodes[nodes[i]]);
                going++;
            }
        }
    }
}

void itc_state_tree_update(
    struct itc_state_tree *t, const struct itc_state_change *changes, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        ITC_ASSERT(itc_hash_compare(&changes[i - 1].key, &changes[i].key) < 0);
    if (!t->open)
        open_update(t);
    for (uint32_t i = 0; i < count; i += WARM_WIDTH)
        warm(t, changes + i, least(WARM_WIDTH, count - i));
    struct itc_state_unhashed root = change(t, &t->new_root, 0, changes, count);
    itc_state_finish(t, &root, 1);
    t->new_root = root.tree;
}

void itc_state_tree_root(const struct itc_state_tree *t, struct itc_hash *out)
{
    *out = t->open ? t->new_root.hash : t->root.hash;
}

void itc_state_tree_keep(struct itc_state_tree *t)
{
    if (!t->open)
        return;
    uint32_t *top = t->free + t->free_count;
    memcpy(top, t->retired, t->replaced_count * sizeof *top);
    memcpy(top + t->replaced_count, t->retired + t->capacity - t->spare_count,
        t->spare_count * sizeof *top);
    t->free_count += t->replaced_count + t->spare_count;
    t->root = t->new_root;
    t->leaves = t->new_leaves;
    t->open = false;
}

void itc_state_tree_drop(struct itc_state_tree *t)
{
    if (!t->open)
        return;
    t->free_count = t->free_before;
    t->fresh = t->fresh_before;
    t->open = false;
}

/* --- proofs --- */

struct path {
    struct itc_hash siblings[ITC_SMT_DEPTH_MAX]; /* those not set are empty subtrees */
    unsigned len;
    uint32_t leaf; /* where it ends, or ITC_STATE_EMPTY */
};

static void path_find(struct path *p, const struct itc_state_tree *t, const struct itc_hash *key)
{
    memset(p, 0, sizeof *p);
    uint32_t node = t->root.node;
    while (node != ITC_STATE_EMPTY && !itc_state_is_leaf(t, node)) {
        unsigned branch = t->links[node].depth;
        unsigned shared = branch > p->len ? common_bits(itc_state_some_key(t, node), key) : branch;
        if (shared < branch) { /* the key leaves the path where all others go on together */
            itc_state_hash_at(t, node, shared + 1, &p->siblings[shared]);
            p->len = shared + 1;
            return;
        }
        unsigned half = itc_state_key_bit(key, branch);
        p->siblings[branch] = t->nodes[node].u.child[!half];
        p->len = branch + 1;
        node = t->links[node].child[half];
    }
    p->leaf = node;
}

enum itc_err itc_state_tree_prove(const struct itc_state_tree *t, const struct itc_hash *key,
    uint8_t *out, size_t cap, size_t *len)
{
    struct path p;
    path_find(&p, t, key);
    struct itc_writer w = itc_writer_of(out, cap);
    const struct itc_state_node *leaf = &t->nodes[p.leaf];
    if (p.leaf == ITC_STATE_EMPTY) {
        itc_write_u8(&w, ITC_SMT_EMPTY);
    } else if (itc_hash_equal(&leaf->u.leaf.key, key)) {
        itc_write_u8(&w, ITC_SMT_LEAF);
    } else {
        itc_write_u8(&w, ITC_SMT_OTHER);
        itc_write_bytes(&w, leaf->u.leaf.key.b, sizeof leaf->u.leaf.key.b);
        itc_write_bytes(&w, leaf->u.leaf.value_hash.b, sizeof leaf->u.leaf.value_hash.b);
    }
    itc_write_u16(&w, (uint16_t)p.len);
    itc_write_bytes(&w, p.siblings, p.len * sizeof p.siblings[0]);
    return itc_writer_end(&w, len);
}
