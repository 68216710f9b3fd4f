#include "tangle/history.h"

#include "spv/sha256.h"

void itc_history_init(struct itc_history *h)
{
    itc_merkle_init(&h->tree);
}

/* The frontier of a tree (spv/merkle.h) has a full subtree for each bit of its size: bit k stands for 2^k
 * leaves, to the right of those of all higher bits. */
static uint64_t frontier_index(uint64_t size, uint32_t level)
{
    return (size >> level) - 1;
}

enum itc_err itc_history_load(
    struct itc_history *h, uint64_t size, itc_history_get_fn *get, void *ctx)
{
    struct itc_history loaded;
    itc_history_init(&loaded);
    loaded.tree.size = size;
    for (uint32_t level = 0; level < ITC_MERKLE_DEPTH_MAX; level++) {
        if (size >> level & 1) {
            enum itc_err e =
                get(ctx, level, frontier_index(size, level), &loaded.tree.frontier[level]);
            if (e)
                return e;
        }
    }
    *h = loaded;
    return ITC_OK;
}

void itc_history_add(
    struct itc_history *h, const struct itc_hash *header_id, itc_history_put_fn *put, void *ctx)
{
    struct itc_hash node;
    itc_merkle_leaf(&node, header_id->b, sizeof header_id->b);
    uint64_t index = h->tree.size;
    put(ctx, 0, index, &node);
    /* Each pair of full subtrees that the leaf completes is one of the next level. */
    const struct itc_hash leaf = node;
    for (uint32_t level = 0; index >> level & 1; level++) {
        itc_hash_pair(&node, &h->tree.frontier[level], &node);
        put(ctx, level + 1, index >> (level + 1), &node);
    }
    itc_merkle_add(&h->tree, &leaf);
}

void itc_history_root(const struct itc_history *h, struct itc_hash *out)
{
    itc_merkle_root(&h->tree, out);
}

/* Root of the last `count` (> 0) of `size` leaves, which are one node of the tree: the full subtrees that the
 * bits of `count` stand for, joined from the right. */
static enum itc_err last_node(
    struct itc_hash *out, uint64_t count, uint64_t size, itc_history_get_fn *get, void *ctx)
{
    bool begun = false;
    for (uint32_t level = 0; level < ITC_MERKLE_DEPTH_MAX && count >> level != 0; level++) {
        if (!(count >> level & 1))
            continue;
        struct itc_hash node;
        enum itc_err e = get(ctx, level, frontier_index(size, level), &node);
        if (e)
            return e;
        if (begun)
            itc_hash_pair(out, &node, out);
        else
            *out = node;
        begun = true;
    }
    return ITC_OK;
}

enum itc_err itc_history_path(uint64_t index, uint64_t size, itc_history_get_fn *get, void *ctx,
    struct itc_hash *out, size_t *len)
{
    ITC_ASSERT(index < size);
    size_t n = 0;
    uint64_t last = size - 1;
    for (uint32_t level = 0; last >> level != 0; level++) {
        uint64_t sibling = (index >> level) ^ 1;
        if (sibling > last >> level)
            continue; /* the last of its level and alone: it rises as it is */
        enum itc_err e = sibling < last >> level
                             ? get(ctx, level, sibling, &out[n])
                             : last_node(&out[n], size - (sibling << level), size, get, ctx);
        if (e)
            return e;
        n++;
    }
    *len = n;
    return ITC_OK;
}
