#include "tests/unit/spv_make.h"

#include "spv/merkle.h"

#define LEAVES_MAX 400

static struct itc_hash leaves[LEAVES_MAX];

static int make_leaves(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < LEAVES_MAX; i++)
        itc_merkle_leaf(&leaves[i], &i, sizeof i);
    return 0;
}

/* The largest power of two smaller than n; n > 1. */
static size_t split(size_t n)
{
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    return k;
}

/* RFC 9162, 2.1.1, word by word. */
static struct itc_hash model_root(const struct itc_hash *list, size_t n)
{
    struct itc_hash h, l, r;
    if (n == 0) {
        itc_sha256(&h, "", 0);
        return h;
    }
    if (n == 1)
        return list[0];
    l = model_root(list, split(n));
    r = model_root(list + split(n), n - split(n));
    itc_hash_pair(&h, &l, &r);
    return h;
}

/* RFC 9162, 2.1.3.1, word by word. */
static size_t model_path(struct itc_hash *out, const struct itc_hash *list, size_t index, size_t n)
{
    if (n == 1)
        return 0;
    size_t k = split(n), len;
    if (index < k) {
        len = model_path(out, list, index, k);
        out[len] = model_root(list + k, n - k);
    } else {
        len = model_path(out, list + k, index - k, n - k);
        out[len] = model_root(list, k);
    }
    return len + 1;
}

static void expect_one(size_t index, size_t size)
{
    struct itc_hash model[ITC_MERKLE_DEPTH_MAX], path[ITC_MERKLE_DEPTH_MAX];
    struct itc_hash tree[ITC_MERKLE_TREE(LEAVES_MAX)];
    struct itc_hash root = model_root(leaves, size);
    size_t model_len = model_path(model, leaves, index, size), len = 0;
    memcpy(tree, leaves, size * sizeof tree[0]);
    itc_merkle_tree(tree, size);
    assert_true(itc_hash_equal(&tree[itc_merkle_tree_len(size) - 1], &root));
    itc_merkle_path(path, &len, tree, index, size);
    assert_int_equal(len, model_len);
    assert_int_equal(len, itc_merkle_path_len(index, size));
    for (size_t i = 0; i < len; i++)
        assert_true(itc_hash_equal(&path[i], &model[i]));
    const uint8_t *bytes = path[0].b;
    assert_int_equal(itc_merkle_verify(&root, &leaves[index], index, size, bytes, len), ITC_OK);

    /* What a liar might try. */
    assert_int_equal(
        itc_merkle_verify(&root, &leaves[index], index, size, bytes, len + 1), ITC_E_PROOF);
    if (len > 0)
        assert_int_equal(
            itc_merkle_verify(&root, &leaves[index], index, size, bytes, len - 1), ITC_E_PROOF);
    size_t wrong = (index + 1) % LEAVES_MAX;
    assert_int_equal(
        itc_merkle_verify(&root, &leaves[wrong], index, size, bytes, len), ITC_E_PROOF);
    if (wrong < size && wrong != index)
        assert_int_equal(
            itc_merkle_verify(&root, &leaves[index], wrong, size, bytes, len), ITC_E_PROOF);
    assert_int_equal(itc_merkle_verify(&root, &leaves[index], size, size, bytes, len), ITC_E_PROOF);
    for (size_t i = 0; i < len; i++) {
        path[i].b[i] ^= 1;
        assert_int_equal(
            itc_merkle_verify(&root, &leaves[index], index, size, bytes, len), ITC_E_PROOF);
        path[i].b[i] ^= 1;
    }
}

static void the_builder_agrees_with_the_model(void **state)
{
    (void)state;
    struct itc_merkle m;
    itc_merkle_init(&m);
    for (size_t n = 0; n <= LEAVES_MAX; n++) {
        struct itc_hash root, model = model_root(leaves, n);
        itc_merkle_root(&m, &root);
        assert_true(itc_hash_equal(&root, &model));
        if (n < LEAVES_MAX)
            itc_merkle_add(&m, &leaves[n]);
    }
}

static void all_paths_of_small_trees(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 70; size++)
        for (size_t index = 0; index < size; index++)
            expect_one(index, size);
}

static void some_paths_of_larger_trees(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 100; i++) {
        size_t size = 71 + make_random(&seed) % (LEAVES_MAX - 71);
        expect_one(make_random(&seed) % size, size);
    }
}

static void nothing_is_in_an_empty_tree(void **state)
{
    (void)state;
    struct itc_hash root = model_root(leaves, 0);
    assert_int_equal(itc_merkle_verify(&root, &root, 0, 0, NULL, 0), ITC_E_PROOF);
}

static void the_largest_tree_has_paths_of_64(void **state)
{
    (void)state;
    assert_int_equal(itc_merkle_path_len(0, UINT64_MAX), ITC_MERKLE_DEPTH_MAX);
    assert_int_equal(itc_merkle_path_len(UINT64_MAX - 1, UINT64_MAX), 63);
    assert_int_equal(itc_merkle_path_len(UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1), 1);
}

/* A list of one inner node's two halves must not pass for the leaf that they are not. */
static void a_leaf_is_no_node(void **state)
{
    (void)state;
    uint8_t both[64];
    struct itc_hash leaf, node;
    memcpy(both, leaves[0].b, 32);
    memcpy(both + 32, leaves[1].b, 32);
    itc_merkle_leaf(&leaf, both, sizeof both);
    itc_hash_pair(&node, &leaves[0], &leaves[1]);
    assert_false(itc_hash_equal(&leaf, &node));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_builder_agrees_with_the_model),
        cmocka_unit_test(all_paths_of_small_trees),
        cmocka_unit_test(some_paths_of_larger_trees),
        cmocka_unit_test(nothing_is_in_an_empty_tree),
        cmocka_unit_test(the_largest_tree_has_paths_of_64),
        cmocka_unit_test(a_leaf_is_no_node),
    };
    return cmocka_run_group_tests(tests, make_leaves, NULL);
}
