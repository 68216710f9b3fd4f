/* test_history.c - the tree of header ids: roots, paths from stored subtrees, and a restart at every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tangle/history.h"
#include "tools/sim/naive.h"

#define SIZE_MAX_TRIED 64
#define LEVELS 7

/* What a store keeps: each complete subtree, once. */
struct store {
    struct itc_hash nodes[LEVELS][SIZE_MAX_TRIED];
    bool held[LEVELS][SIZE_MAX_TRIED];
    uint32_t puts;
    uint32_t last_level;
};

static void put(void *ctx, uint32_t level, uint64_t index, const struct itc_hash *node)
{
    struct store *s = ctx;
    assert_true(level < LEVELS && index < SIZE_MAX_TRIED);
    assert_false(s->held[level][index]);
    assert_true(level == 0 || level == s->last_level + 1);
    s->nodes[level][index] = *node;
    s->held[level][index] = true;
    s->last_level = level;
    s->puts++;
}

static enum itc_err get(void *ctx, uint32_t level, uint64_t index, struct itc_hash *out)
{
    struct store *s = ctx;
    assert_true(level < LEVELS && index < SIZE_MAX_TRIED);
    if (!s->held[level][index])
        return ITC_E_UNKNOWN;
    *out = s->nodes[level][index];
    return ITC_OK;
}

static struct itc_hash id_of(uint64_t index)
{
    struct itc_hash id;
    itc_sha256(&id, &index, sizeof index);
    return id;
}

static void leaf_of(uint8_t out[32], uint64_t index)
{
    struct itc_hash id = id_of(index);
    uint8_t bytes[33] = {0};
    memcpy(bytes + 1, id.b, 32);
    naive_hash(out, bytes, sizeof bytes);
}

static void fill(struct itc_history *h, struct store *s, uint64_t size)
{
    for (uint64_t i = h->tree.size; i < size; i++) {
        struct itc_hash id = id_of(i);
        itc_history_add(h, &id, put, s);
    }
}

static void roots_are_those_of_the_list(void **state)
{
    (void)state;
    static struct store s;
    struct itc_history h;
    uint8_t leaves[SIZE_MAX_TRIED][32];
    itc_history_init(&h);
    for (uint64_t size = 0; size <= SIZE_MAX_TRIED; size++) {
        fill(&h, &s, size);
        assert_int_equal(h.tree.size, size);
        if (size > 0)
            leaf_of(leaves[size - 1], size - 1);
        struct itc_hash root;
        uint8_t want[32];
        itc_history_root(&h, &root);
        naive_list_root(want, (const uint8_t(*)[32])leaves, size);
        assert_memory_equal(root.b, want, 32);
    }
    assert_int_equal(s.puts, 2 * SIZE_MAX_TRIED - 1); /* 64 + 32 + ... + 1 */
}

static void every_path_in_every_tree_verifies(void **state)
{
    (void)state;
    static struct store s;
    struct itc_history h;
    itc_history_init(&h);
    for (uint64_t size = 1; size <= SIZE_MAX_TRIED; size++) {
        fill(&h, &s, size);
        struct itc_hash root;
        itc_history_root(&h, &root);
        for (uint64_t index = 0; index < size; index++) {
            struct itc_hash path[ITC_MERKLE_DEPTH_MAX], leaf;
            size_t len;
            leaf_of(leaf.b, index);
            assert_int_equal(itc_history_path(index, size, get, &s, path, &len), ITC_OK);
            assert_int_equal(itc_merkle_verify(&root, &leaf, index, size, path[0].b, len), ITC_OK);
            leaf.b[0] ^= 1;
            assert_int_equal(
                itc_merkle_verify(&root, &leaf, index, size, path[0].b, len), ITC_E_PROOF);
        }
    }
    /* And from the store of the largest tree, paths in each smaller one. */
    struct itc_history again;
    static struct store other;
    itc_history_init(&again);
    for (uint64_t size = 1; size <= SIZE_MAX_TRIED; size++) {
        fill(&again, &other, size);
        struct itc_hash root, leaf, path[ITC_MERKLE_DEPTH_MAX];
        size_t len;
        itc_history_root(&again, &root);
        leaf_of(leaf.b, size / 2);
        assert_int_equal(itc_history_path(size / 2, size, get, &s, path, &len), ITC_OK);
        assert_int_equal(itc_merkle_verify(&root, &leaf, size / 2, size, path[0].b, len), ITC_OK);
    }
}

static void a_loaded_history_goes_on_as_if_nothing_had_happened(void **state)
{
    (void)state;
    for (uint64_t size = 0; size <= SIZE_MAX_TRIED; size++) {
        static struct store s, both;
        memset(&s, 0, sizeof s);
        struct itc_history h, loaded;
        itc_history_init(&h);
        fill(&h, &s, size);
        both = s;
        assert_int_equal(itc_history_load(&loaded, size, get, &s), ITC_OK);
        fill(&h, &s, SIZE_MAX_TRIED);
        fill(&loaded, &both, SIZE_MAX_TRIED);
        struct itc_hash root, root_loaded;
        itc_history_root(&h, &root);
        itc_history_root(&loaded, &root_loaded);
        assert_memory_equal(root.b, root_loaded.b, 32);
        assert_memory_equal(&s.nodes, &both.nodes, sizeof s.nodes);
    }
}

static void a_missing_node_is_unknown_and_changes_nothing(void **state)
{
    (void)state;
    static struct store s;
    struct itc_history h, before;
    itc_history_init(&h);
    fill(&h, &s, 21); /* 16 + 4 + 1 */
    before = h;
    s.held[2][4] = false;
    assert_int_equal(itc_history_load(&h, 21, get, &s), ITC_E_UNKNOWN);
    assert_memory_equal(&h, &before, sizeof h.tree.size);
    struct itc_hash path[ITC_MERKLE_DEPTH_MAX];
    size_t len = 99;
    assert_int_equal(
        itc_history_path(3, 21, get, &s, path, &len), ITC_E_UNKNOWN); /* in the ragged end */
    s.held[2][4] = true;
    s.held[1][0] = false;
    assert_int_equal(itc_history_path(3, 21, get, &s, path, &len), ITC_E_UNKNOWN);
    assert_int_equal(len, 99);
    assert_int_equal(itc_history_path(0, 21, get, &s, path, &len), ITC_OK);
    assert_int_equal(len, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_the_list),
        cmocka_unit_test(every_path_in_every_tree_verifies),
        cmocka_unit_test(a_loaded_history_goes_on_as_if_nothing_had_happened),
        cmocka_unit_test(a_missing_node_is_unknown_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
