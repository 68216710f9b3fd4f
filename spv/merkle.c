#include "spv/merkle.h"

#include "spv/sha256.h"

#include <string.h>

void itc_merkle_leaf(struct itc_hash *out, const void *bytes, size_t len)
{
    static const uint8_t prefix = 0x00;
    struct itc_sha256 s;
    itc_sha256_init(&s);
    itc_sha256_add(&s, &prefix, 1);
    itc_sha256_add(&s, bytes, len);
    itc_sha256_end(&s, out);
}

void itc_merkle_init(struct itc_merkle *m)
{
    m->size = 0;
}

/* frontier[k] is the root of a full subtree of 2^k leaves where bit k of `size` is set, and unused where it is
 * not; adding a leaf is adding one to that binary number. */
void itc_merkle_add(struct itc_merkle *m, const struct itc_hash *leaf)
{
    ITC_ASSERT(m->size < UINT64_MAX);
    struct itc_hash node = *leaf;
    unsigned level = 0;
    for (; m->size >> level & 1; level++)
        itc_hash_pair(&node, &m->frontier[level], &node);
    m->frontier[level] = node;
    m->size++;
}

void itc_merkle_root(const struct itc_merkle *m, struct itc_hash *out)
{
    if (m->size == 0) {
        itc_sha256(out, NULL, 0);
        return;
    }
    unsigned level = 0;
    while (!(m->size >> level & 1))
        level++;
    struct itc_hash node = m->frontier[level];
    for (level++; level < ITC_MERKLE_DEPTH_MAX; level++)
        if (m->size >> level & 1)
            itc_hash_pair(&node, &m->frontier[level], &node);
    *out = node;
}

/* Going up a level halves the index of a node and that of the last node. A node has a sibling to its left if its
 * index is odd, and to its right unless it is the last; a last node without one rises unchanged. */
size_t itc_merkle_path_len(uint64_t index, uint64_t size)
{
    ITC_ASSERT(index < size);
    size_t len = 0;
    for (uint64_t last = size - 1; last > 0; index >>= 1, last >>= 1)
        if ((index & 1) || index < last)
            len++;
    return len;
}

size_t itc_merkle_tree_len(uint64_t size)
{
    size_t len = size;
    for (uint64_t width = size; width > 1; width = (width + 1) / 2)
        len += (width + 1) / 2;
    return len;
}

void itc_merkle_tree(struct itc_hash *tree, uint64_t size)
{
    for (uint64_t width = size; width > 1; width = (width + 1) / 2) {
        struct itc_hash *above = tree + width;
        for (uint64_t i = 0; i + 1 < width; i += 2)
            itc_hash_pair(&above[i / 2], &tree[i], &tree[i + 1]);
        if (width % 2 == 1)
            above[width / 2] = tree[width - 1];
        tree = above;
    }
}

void itc_merkle_path(
    struct itc_hash *out, size_t *len, const struct itc_hash *tree, uint64_t index, uint64_t size)
{
    ITC_ASSERT(index < size);
    *len = 0;
    for (uint64_t width = size; width > 1; width = (width + 1) / 2, index /= 2) {
        if ((index ^ 1) < width)
            out[(*len)++] = tree[index ^ 1];
        tree += width;
    }
}

enum itc_err itc_merkle_verify(const struct itc_hash *root, const struct itc_hash *leaf,
    uint64_t index, uint64_t size, const uint8_t *path, size_t path_len)
{
    if (index >= size || path_len != itc_merkle_path_len(index, size))
        return ITC_E_PROOF;
    struct itc_hash node = *leaf, sibling;
    for (uint64_t last = size - 1; last > 0; index >>= 1, last >>= 1) {
        if (!(index & 1) && index == last)
            continue;
        memcpy(sibling.b, path, sizeof sibling.b);
        path += sizeof sibling.b;
        if (index & 1)
            itc_hash_pair(&node, &sibling, &node);
        else
            itc_hash_pair(&node, &node, &sibling);
    }
    return itc_hash_equal(&node, root) ? ITC_OK : ITC_E_PROOF;
}
