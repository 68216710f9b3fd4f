/* state_build.c - a state tree from all its leaves at once.
 *
 *     nodes:     1 .. n          n + 1 .. 2n - 1
 *     place:                     the leaves, as they come
 *     scatter:   the leaves  <-  roughly in the order of the tree
 *     build:     the leaves      inner nodes
 *
 * The rest of the way to their order is that of radix exchange, bit by bit, and where a bit parts them is where the
 * tree branches. */
#include "tangle/state_node.h"

#include <string.h>

#define BUCKET_BITS 12
#define BUCKETS (1u << BUCKET_BITS)
#define AT_ONCE 32 /* leaves: enough to wait for memory once for all of them */

void itc_state_tree_begin(struct itc_state_tree *t, uint32_t count)
{
    ITC_ASSERT(t->fresh == 1 && !t->open && 2 * (uint64_t)count < t->capacity);
    t->fresh = count + 1;
    t->leaves = count;
}

void itc_state_tree_place(struct itc_state_tree *t, uint32_t number, const struct itc_hash *key,
    const struct itc_hash *value_hash)
{
    ITC_ASSERT(number < t->leaves);
    struct itc_state_node *leaf = &t->nodes[t->fresh + number];
    leaf->u.leaf.key = *key;
    leaf->u.leaf.value_hash = *value_hash;
}

static uint32_t bucket_of(const struct itc_state_node *leaf)
{
    const uint8_t *key = leaf->u.leaf.key.b;
    return (uint32_t)(key[0] << 8 | key[1]) >> (16 - BUCKET_BITS);
}

/* The first node of each bucket. */
static void find_places(uint32_t at[BUCKETS], const struct itc_state_node *leaf, uint32_t count)
{
    uint32_t place = 1;
    memset(at, 0, BUCKETS * sizeof *at);
    for (uint32_t i = 0; i < count; i++)
        at[bucket_of(&leaf[i])]++;
    for (uint32_t b = 0; b < BUCKETS; b++) {
        uint32_t size = at[b];
        at[b] = place;
        place += size;
    }
}

static void scatter(struct itc_state_tree *t, uint32_t count)
{
    const struct itc_state_node *leaf = &t->nodes[t->fresh];
    uint32_t at[BUCKETS], place[AT_ONCE];
    find_places(at, leaf, count);
    for (uint32_t done = 0, now; done < count; done += now) {
        now = count - done < AT_ONCE ? count - done : AT_ONCE;
        for (uint32_t i = 0; i < now; i++) {
            place[i] = at[bucket_of(&leaf[done + i])]++;
            __builtin_prefetch(&t->nodes[place[i]], 1);
        }
        for (uint32_t i = 0; i < now; i++)
            t->nodes[place[i]] = leaf[done + i];
    }
    for (uint32_t node = 1; node <= count; node++)
        t->links[node].depth = ITC_STATE_LEAF;
}

/* Number of leaves whose key has a 0 at `bit`; all share the bits before. These come first already, by their bucket. */
static uint32_t zeros_among_sorted(const struct itc_state_node *leaf, uint32_t count, unsigned bit)
{
    uint32_t from = 0, to = count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (itc_state_key_bit(&leaf[middle].u.leaf.key, bit))
            to = middle;
        else
            from = middle + 1;
    }
    return from;
}

/* The same, where they are still to be put first. */
static uint32_t put_zeros_first(struct itc_state_node *leaf, uint32_t count, unsigned bit)
{
    uint32_t from = 0, to = count;
    for (;;) {
        while (from < to && !itc_state_key_bit(&leaf[from].u.leaf.key, bit))
            from++;
        while (from < to && itc_state_key_bit(&leaf[to - 1].u.leaf.key, bit))
            to--;
        if (from == to)
            return from;
        struct itc_state_node swap = leaf[from];
        leaf[from++] = leaf[--to];
        leaf[to] = swap;
    }
}

/* Leaves first .. first + count - 1, which share the bits before `depth`. At most 256 calls deep. */
static struct itc_state_unhashed build(
    struct itc_state_tree *t, uint32_t first, uint32_t count, unsigned depth)
{
    if (count == 1)
        return (struct itc_state_unhashed){.tree.node = first, .anew = true};
    struct itc_state_node *leaf = &t->nodes[first];
    uint32_t left = 0;
    unsigned branch = depth;
    for (;; branch++) {
        ITC_ASSERT(branch < ITC_SMT_DEPTH_MAX); /* distinct keys */
        left = branch < BUCKET_BITS ? zeros_among_sorted(leaf, count, branch)
                                    : put_zeros_first(leaf, count, branch);
        if (left > 0 && left < count)
            break;
    }
    struct itc_state_unhashed half[2];
    half[0] = build(t, first, left, branch + 1);
    half[1] = build(t, first + left, count - left, branch + 1);
    itc_state_finish(t, half, 2);
    return itc_state_join(t, half, branch, depth, &leaf->u.leaf.key);
}

/* Whoever grinds keys into one bucket costs time, not truth. */
void itc_state_tree_build(struct itc_state_tree *t)
{
    if (t->leaves == 0)
        return;
    scatter(t, (uint32_t)t->leaves);
    struct itc_state_unhashed root = build(t, 1, (uint32_t)t->leaves, 0);
    itc_state_finish(t, &root, 1);
    t->root = root.tree;
}
