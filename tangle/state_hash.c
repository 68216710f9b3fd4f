/* state_hash.c - the hashes of the state tree's nodes. */
#include "spv/sha256.h"
#include "tangle/state_node.h"

/* Hash of a subtree with branches, hung at depth `from` on the path of `key`, as seen from depth `to` above it:
 * the hashes of the nodes with one child between the two. Returns how many that were. */
static unsigned lift(struct itc_hash *hash, const struct itc_hash *key, unsigned from, unsigned to)
{
    static const struct itc_hash nothing;
    for (unsigned i = from; i > to; i--)
        if (itc_state_key_bit(key, i - 1))
            itc_hash_pair(hash, &nothing, hash);
        else
            itc_hash_pair(hash, hash, &nothing);
    return from - to;
}

/* What the hash of a node is made of. */
static struct itc_hash_node inside(const struct itc_state_tree *t, uint32_t node)
{
    const struct itc_state_node *n = &t->nodes[node];
    if (itc_state_is_leaf(t, node))
        return (struct itc_hash_node){ITC_HASH_LEAF, &n->u.leaf.key, &n->u.leaf.value_hash};
    return (struct itc_hash_node){ITC_HASH_INNER, &n->u.child[0], &n->u.child[1]};
}

unsigned itc_state_hash_at(
    const struct itc_state_tree *t, uint32_t node, unsigned depth, struct itc_hash *out)
{
    struct itc_hash_node n = inside(t, node);
    itc_hash_node(out, &n);
    if (itc_state_is_leaf(t, node))
        return 1;
    return 1 + lift(out, itc_state_some_key(t, node), t->links[node].depth, depth);
}

void itc_state_finish(struct itc_state_tree *t, struct itc_state_unhashed *u, unsigned count)
{
    struct itc_hash_node n[2];
    unsigned anew = 0;
    struct itc_hash *out[2];
    for (unsigned i = 0; i < count; i++)
        if (u[i].anew) {
            n[anew] = inside(t, u[i].tree.node);
            out[anew++] = &u[i].tree.hash;
        }
    if (anew == 2)
        itc_hash_two_nodes(out[0], &n[0], out[1], &n[1]);
    else if (anew == 1)
        itc_hash_node(out[0], &n[0]);
    t->hashed += anew;
    for (unsigned i = 0; i < count; i++)
        t->hashed += lift(&u[i].tree.hash, u[i].key, u[i].from, u[i].to);
}
