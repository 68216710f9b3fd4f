/* test_state_tree.c - the tree against its definition: any keys, kept and dropped updates, proofs of each key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tangle/rng.h"
#include "tangle/state_tree.h"
#include "tools/sim/naive.h"

#define LEAVES_MAX 600
#define CHANGES_MAX 300

struct fixture {
    void *block;
    struct itc_state_tree tree;
    struct itc_rng rng;
    struct naive_leaf model[LEAVES_MAX]; /* ascending keys */
    size_t count;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    size_t size = itc_state_tree_size(LEAVES_MAX, CHANGES_MAX);
    f->block = calloc(1, size);
    struct itc_mem mem = {f->block, size};
    itc_state_tree_init(&f->tree, &mem, LEAVES_MAX, CHANGES_MAX);
    assert_int_equal(mem.left, 0);
    itc_rng_init(&f->rng, 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    free(f->block);
    free(f);
    return 0;
}

/* The value of a leaf is four bytes. */
static struct itc_state_change set(const struct itc_hash *key, uint32_t value)
{
    struct itc_state_change c = {.key = *key};
    itc_sha256(&c.value_hash, &value, sizeof value);
    return c;
}

static struct itc_state_change gone(const struct itc_hash *key)
{
    return (struct itc_state_change){.key = *key, .remove = true};
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, 32); /* a key stands first in a change and in a leaf */
}

static void model_apply(struct fixture *f, const struct itc_state_change *c)
{
    size_t at = 0;
    while (at < f->count && memcmp(f->model[at].key, c->key.b, 32) < 0)
        at++;
    bool found = at < f->count && memcmp(f->model[at].key, c->key.b, 32) == 0;
    struct naive_leaf *leaf = &f->model[at];
    if (c->remove) {
        if (found) {
            memmove(leaf, leaf + 1, (f->count - at - 1) * sizeof *leaf);
            f->count--;
        }
        return;
    }
    if (!found) {
        memmove(leaf + 1, leaf, (f->count - at) * sizeof *leaf);
        memcpy(leaf->key, c->key.b, 32);
        f->count++;
    }
    memcpy(leaf->value_hash, c->value_hash.b, 32);
}

static void assert_root(struct fixture *f)
{
    struct itc_hash root, want;
    itc_state_tree_root(&f->tree, &root);
    naive_state_root(want.b, f->model, f->count, 0);
    assert_memory_equal(root.b, want.b, 32);
}

/* One batch, in tree and model. Sorts the changes. */
static void update(struct fixture *f, struct itc_state_change *changes, uint32_t count)
{
    qsort(changes, count, sizeof *changes, by_key);
    itc_state_tree_update(&f->tree, changes, count);
    for (uint32_t i = 0; i < count; i++)
        model_apply(f, &changes[i]);
    assert_root(f);
    assert_int_equal(f->tree.new_leaves, f->count);
}

#define PROOF_MAX (1 + 64 + 2 + 32 * ITC_SMT_DEPTH_MAX)

static struct itc_smt_proof prove(
    struct fixture *f, const struct itc_hash *key, uint8_t bytes[PROOF_MAX])
{
    size_t len;
    assert_int_equal(itc_state_tree_prove(&f->tree, key, bytes, PROOF_MAX, &len), ITC_OK);
    struct itc_smt_proof proof;
    assert_int_equal(itc_smt_proof_decode(&proof, bytes, len), ITC_OK);
    size_t unchanged = 7;
    assert_int_equal(
        itc_state_tree_prove(&f->tree, key, bytes, len - 1, &unchanged), ITC_E_TOO_LARGE);
    assert_int_equal(unchanged, 7);
    assert_int_equal(itc_state_tree_prove(&f->tree, key, bytes, len, &unchanged), ITC_OK);
    return proof;
}

static void assert_present(struct fixture *f, const struct itc_hash *key, uint32_t value)
{
    uint8_t bytes[PROOF_MAX];
    struct itc_smt_proof proof = prove(f, key, bytes);
    struct itc_hash root;
    itc_state_tree_root(&f->tree, &root);
    assert_int_equal(proof.terminal, ITC_SMT_LEAF);
    assert_int_equal(itc_smt_verify_present(&root, key, &value, sizeof value, &proof), ITC_OK);
    value++;
    assert_int_equal(itc_smt_verify_present(&root, key, &value, sizeof value, &proof), ITC_E_PROOF);
    assert_int_equal(itc_smt_verify_absent(&root, key, &proof), ITC_E_PROOF);
}

static enum itc_smt_terminal assert_absent(struct fixture *f, const struct itc_hash *key)
{
    uint8_t bytes[PROOF_MAX];
    struct itc_smt_proof proof = prove(f, key, bytes);
    struct itc_hash root;
    itc_state_tree_root(&f->tree, &root);
    assert_int_not_equal(proof.terminal, ITC_SMT_LEAF);
    assert_int_equal(itc_smt_verify_absent(&root, key, &proof), ITC_OK);
    return proof.terminal;
}

static struct itc_hash random_key(struct fixture *f)
{
    struct itc_hash key;
    for (unsigned i = 0; i < 32; i++)
        key.b[i] = (uint8_t)itc_rng_next(&f->rng);
    return key;
}

static void flip(struct itc_hash *key, unsigned bit)
{
    key->b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

/* A key that shares its first `bits` bits, and not the next, with `key`. */
static struct itc_hash relative(struct fixture *f, const struct itc_hash *key, unsigned bits)
{
    struct itc_hash other = random_key(f);
    for (unsigned i = 0; i <= bits; i++)
        if ((other.b[i / 8] ^ key->b[i / 8]) & 0x80 >> i % 8)
            flip(&other, i);
    flip(&other, bits);
    return other;
}

static void the_empty_tree_is_zeros_and_proves_any_absence(void **state)
{
    struct fixture *f = *state;
    struct itc_hash root, key = random_key(f);
    itc_state_tree_root(&f->tree, &root);
    assert_true(itc_hash_is_zero(&root));
    assert_int_equal(assert_absent(f, &key), ITC_SMT_EMPTY);
    itc_state_tree_keep(&f->tree); /* no update is open: nothing */
    itc_state_tree_drop(&f->tree);
    struct itc_state_change c = gone(&key);
    update(f, &c, 1);
    itc_state_tree_keep(&f->tree);
    assert_int_equal(f->tree.leaves, 0);
}

static void a_lone_leaf_is_the_tree(void **state)
{
    struct fixture *f = *state;
    struct itc_hash key = random_key(f), root, leaf;
    struct itc_state_change c = set(&key, 5);
    update(f, &c, 1);
    itc_state_tree_keep(&f->tree);
    itc_state_tree_root(&f->tree, &root);
    itc_smt_leaf(&leaf, &key, &c.value_hash);
    assert_memory_equal(root.b, leaf.b, 32);
    assert_present(f, &key, 5);
    for (unsigned bits = 0; bits < 256; bits++) {
        struct itc_hash other = relative(f, &key, bits);
        assert_int_equal(assert_absent(f, &other), ITC_SMT_OTHER);
    }
    c = gone(&key);
    update(f, &c, 1);
    itc_state_tree_keep(&f->tree);
    itc_state_tree_root(&f->tree, &root);
    assert_true(itc_hash_is_zero(&root));
}

/* Two leaves that part at every possible bit, and what can be said about keys that leave their path at every
 * bit above. */
static void two_leaves_share_any_number_of_bits(void **state)
{
    struct fixture *f = *state;
    for (unsigned bits = 0; bits < 256; bits++) {
        struct itc_hash a = random_key(f), b = relative(f, &a, bits);
        struct itc_state_change both[2] = {set(&a, 1), set(&b, 2)};
        if (bits % 2) { /* at once, or one after the other */
            update(f, both, 2);
        } else {
            update(f, both, 1);
            itc_state_tree_keep(&f->tree);
            update(f, both + 1, 1);
        }
        itc_state_tree_keep(&f->tree);
        assert_present(f, &a, 1);
        assert_present(f, &b, 2);
        for (unsigned above = 0; above < bits; above += 1 + bits / 16) {
            struct itc_hash other = relative(f, &a, above);
            assert_int_equal(assert_absent(f, &other), ITC_SMT_EMPTY);
        }
        if (bits < 255) {
            struct itc_hash other = relative(f, &a, bits + 1);
            assert_int_equal(assert_absent(f, &other), ITC_SMT_OTHER);
        }
        both[0] = gone(&a); /* in the order of update's sort */
        both[1] = gone(&b);
        update(f, both, 1); /* the other moves up */
        update(f, both + 1, 1);
        itc_state_tree_keep(&f->tree);
        assert_int_equal(f->count, 0);
    }
}

/* The worst shape: 257 keys, one of which parts from a single path at each of its 256 bits. */
static void a_comb_grows_and_shrinks_in_any_order(void **state)
{
    struct fixture *f = *state;
    struct itc_hash keys[257];
    keys[256] = random_key(f);
    for (unsigned bit = 0; bit < 256; bit++) {
        keys[bit] = keys[256];
        flip(&keys[bit], bit);
    }
    for (unsigned round = 0; round < 6; round++) {
        for (unsigned i = 257; i > 1; i--) { /* shuffle */
            unsigned j = itc_rng_below(&f->rng, i);
            struct itc_hash swap = keys[i - 1];
            keys[i - 1] = keys[j];
            keys[j] = swap;
        }
        for (unsigned grow = 0; grow < 2; grow++) {
            for (unsigned done = 0; done < 257;) {
                struct itc_state_change c[257];
                unsigned n = 0, size = 1 + itc_rng_below(&f->rng, 60);
                for (; n < size && done < 257; n++, done++)
                    c[n] = grow ? gone(&keys[done]) : set(&keys[done], done);
                update(f, c, n);
                if (itc_rng_below(&f->rng, 2))
                    itc_state_tree_keep(&f->tree);
            }
            itc_state_tree_keep(&f->tree);
            for (unsigned i = 0; i < 257 && !grow; i++)
                assert_present(f, &keys[i], i);
        }
        assert_int_equal(f->count, 0);
    }
}

/* Keys that share much: from a small pool of prefixes of many lengths. */
static void random_updates_are_kept_and_dropped(void **state)
{
    struct fixture *f = *state;
    enum {
        POOL = 500
    };
    static struct itc_hash pool[POOL];
    static struct naive_leaf before[LEAVES_MAX];
    static uint32_t values[POOL]; /* 0: absent */
    for (unsigned i = 0; i < POOL; i++) {
        pool[i] = i < 100 || i % 2
                      ? random_key(f)
                      : relative(f, &pool[itc_rng_below(&f->rng, i)], itc_rng_below(&f->rng, 256));
    }
    for (unsigned round = 1; round <= 400; round++) {
        size_t count_before = f->count;
        memcpy(before, f->model, sizeof before);
        static uint32_t values_before[POOL];
        memcpy(values_before, values, sizeof values);
        for (unsigned batches = itc_rng_below(&f->rng, 4), used = 0; batches > 0; batches--) {
            struct itc_state_change c[CHANGES_MAX];
            uint32_t n = 0;
            unsigned one_in = 1 + itc_rng_below(&f->rng, 60);
            for (unsigned i = 0; i < POOL && used < CHANGES_MAX; i++) {
                if (itc_rng_below(&f->rng, one_in) == 0) {
                    bool remove = itc_rng_below(&f->rng, 2);
                    values[i] = remove ? 0 : round;
                    c[n++] = remove ? gone(&pool[i]) : set(&pool[i], round);
                    used++;
                }
            }
            update(f, c, n);
        }
        if (itc_rng_below(&f->rng, 2)) {
            itc_state_tree_keep(&f->tree);
        } else {
            itc_state_tree_drop(&f->tree);
            f->count = count_before;
            memcpy(f->model, before, sizeof before);
            memcpy(values, values_before, sizeof values);
        }
        assert_root(f);
        assert_int_equal(f->tree.leaves, f->count);
        for (unsigned i = round % 20; i < POOL; i += 20)
            if (values[i])
                assert_present(f, &pool[i], values[i]);
            else
                assert_absent(f, &pool[i]);
    }
}

/* A full tree, all of which one update replaces again and again: memory is exactly what was asked for, so a node
 * that is not given back ends the program. */
static void nodes_are_used_again(void **state)
{
    struct fixture *f = *state;
    static struct itc_state_change c[LEAVES_MAX];
    for (unsigned i = 0; i < LEAVES_MAX; i++) {
        struct itc_hash key = random_key(f);
        c[i] = set(&key, 0);
    }
    update(f, c, LEAVES_MAX);
    itc_state_tree_keep(&f->tree);
    for (unsigned round = 1; round < 40; round++) {
        for (unsigned i = round % 2; i < LEAVES_MAX; i += 2)
            c[i] = set(&c[i].key, round);
        for (unsigned again = 0; again < 3;
             again++) { /* the same leaves: no more nodes than once */
            for (unsigned at = 0; at < LEAVES_MAX; at += 100) {
                struct itc_state_change part[50];
                for (unsigned i = 0; i < 50; i++)
                    part[i] = c[at + 2 * i + round % 2];
                itc_state_tree_update(&f->tree, part, 50);
            }
        }
        if (round % 3)
            itc_state_tree_keep(&f->tree);
        else
            itc_state_tree_drop(&f->tree);
    }
    for (unsigned i = 0; i < LEAVES_MAX; i++)
        c[i].remove = true;
    for (unsigned at = 0; at < LEAVES_MAX; at += CHANGES_MAX) {
        itc_state_tree_update(&f->tree, c + at, CHANGES_MAX);
        itc_state_tree_keep(&f->tree);
    }
    f->count = 0;
    assert_int_equal(f->tree.leaves, 0);
    assert_root(f);
}

/* Nor does it matter that an update takes back what it did. */
static void what_comes_and_goes_in_one_update_is_given_back(void **state)
{
    struct fixture *f = *state;
    for (unsigned round = 0; round < 50; round++) {
        struct itc_state_change c[100];
        for (unsigned i = 0; i < 100; i++) {
            struct itc_hash key = random_key(f);
            c[i] = set(&key, i);
        }
        update(f, c, 100);
        for (unsigned i = 1; i < 100; i++)
            c[i].remove = true;
        update(f, c, 100);
        itc_state_tree_keep(&f->tree);
        update(f, c, 100);
        c[0].remove = true;
        update(f, c, 1);
        itc_state_tree_keep(&f->tree);
        assert_int_equal(f->count, 0);
    }
}

static void shuffle(struct fixture *f, struct itc_state_change *c, uint32_t count)
{
    for (uint32_t k = count; k > 1; k--) {
        uint32_t other = itc_rng_below(&f->rng, k);
        struct itc_state_change swap = c[k - 1];
        c[k - 1] = c[other];
        c[other] = swap;
    }
}

/* Then updates go on from there: kept, dropped, until nothing is left. */
static void expect_tree_lives(struct fixture *f, struct itc_state_change *c, uint32_t count)
{
    assert_int_equal(f->tree.leaves, f->count);
    assert_root(f);
    for (uint32_t i = 0; i < count; i++)
        assert_present(f, &c[i].key, i);
    for (uint32_t at = 0; at < count; at += CHANGES_MAX) {
        uint32_t n = count - at < CHANGES_MAX ? count - at : CHANGES_MAX;
        for (uint32_t i = at; i < at + n; i++)
            c[i].remove = true;
        itc_state_tree_update(&f->tree, c + at, n);
        itc_state_tree_drop(&f->tree);
        assert_root(f);
        update(f, c + at, n);
        itc_state_tree_keep(&f->tree);
    }
    assert_int_equal(f->count, 0);
}

/* Keys without order, keys that share much, a comb; as many as there is room for, and few. */
static void a_tree_built_at_once_is_the_same(void **state)
{
    (void)state;
    static struct itc_state_change c[LEAVES_MAX];
    static const uint32_t counts[] = {0, 1, 2, 3, 50, 257, LEAVES_MAX};
    for (unsigned i = 0; i < 3 * sizeof counts / sizeof counts[0]; i++) {
        struct fixture *f;
        assert_int_equal(set_up((void **)&f), 0);
        uint32_t count = counts[i / 3];
        struct itc_hash first = random_key(f);
        for (uint32_t k = 0; k < count; k++) {
            struct itc_hash key = i % 3 == 0 || k == 0 ? first : relative(f, &first, k % 256);
            c[k] = set(&key, 0);
            if (i % 3 == 0 || (i % 3 == 1 && k % 2) || k >= 256)
                first = random_key(f);
        }
        qsort(c, count, sizeof *c, by_key);
        for (uint32_t k = 0; k < count; k++)
            c[k] = set(&c[k].key, k);
        for (uint32_t k = 0; k < count; k++)
            model_apply(f, &c[k]);
        shuffle(f, c, count);
        itc_state_tree_begin(&f->tree, count);
        for (uint32_t k = 0; k < count; k++)
            itc_state_tree_place(&f->tree, k, &c[k].key, &c[k].value_hash);
        itc_state_tree_build(&f->tree);
        assert_int_equal(f->tree.fresh, count > 0 ? 2 * count : 1); /* node 0, and 2n - 1 */
        qsort(c, count, sizeof *c, by_key);
        expect_tree_lives(f, c, count);
        tear_down((void **)&f);
    }
}

static void proofs_are_of_the_committed_tree(void **state)
{
    struct fixture *f = *state;
    struct itc_hash key = random_key(f), other = random_key(f), root;
    struct itc_state_change c = set(&key, 1);
    update(f, &c, 1);
    itc_state_tree_keep(&f->tree);
    itc_state_tree_root(&f->tree, &root);
    c = set(&other, 2);
    update(f, &c, 1);
    uint8_t bytes[PROOF_MAX];
    struct itc_smt_proof proof = prove(f, &key, bytes);
    uint32_t value = 1;
    assert_int_equal(itc_smt_verify_present(&root, &key, &value, sizeof value, &proof), ITC_OK);
    proof = prove(f, &other, bytes);
    assert_int_equal(itc_smt_verify_absent(&root, &other, &proof), ITC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_empty_tree_is_zeros_and_proves_any_absence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lone_leaf_is_the_tree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_leaves_share_any_number_of_bits, set_up, tear_down),
        cmocka_unit_test(a_tree_built_at_once_is_the_same),
        cmocka_unit_test_setup_teardown(a_comb_grows_and_shrinks_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_updates_are_kept_and_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nodes_are_used_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_comes_and_goes_in_one_update_is_given_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(proofs_are_of_the_committed_tree, set_up, tear_down),
    };
    itc_sha256_use_best();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
