#include "tests/unit/spv_make.h"

#include "spv/smt.h"

/* The model: the tree over a list of leaves, ascending by key, by recursion on the definition. */
struct leaf {
    struct itc_hash key;
    struct itc_hash value_hash;
};

static bool bit(const struct itc_hash *key, size_t depth)
{
    return key->b[depth / 8] >> (7 - depth % 8) & 1;
}

/* How many of the leaves, all alike above `depth`, go left there. */
static size_t split(const struct leaf *list, size_t n, size_t depth)
{
    size_t left = 0;
    while (left < n && !bit(&list[left].key, depth))
        left++;
    return left;
}

static struct itc_hash model_root(const struct leaf *list, size_t n, size_t depth)
{
    struct itc_hash h = {{0}}, l, r;
    if (n == 0)
        return h;
    if (n == 1) {
        itc_smt_leaf(&h, &list[0].key, &list[0].value_hash);
        return h;
    }
    size_t left = split(list, n, depth);
    l = model_root(list, left, depth + 1);
    r = model_root(list + left, n - left, depth + 1);
    itc_hash_pair(&h, &l, &r);
    return h;
}

struct model_proof {
    struct itc_smt_proof p;
    struct itc_hash path[ITC_SMT_DEPTH_MAX];
};

static void model_prove(
    struct model_proof *out, const struct leaf *list, size_t n, const struct itc_hash *key)
{
    size_t depth = 0;
    *out = (struct model_proof){.p = {.terminal = ITC_SMT_EMPTY}};
    for (; n > 1; depth++) {
        size_t left = split(list, n, depth);
        if (bit(key, depth)) {
            out->path[depth] = model_root(list, left, depth + 1);
            list += left;
            n -= left;
        } else {
            out->path[depth] = model_root(list + left, n - left, depth + 1);
            n = left;
        }
    }
    out->p.path = out->path[0].b;
    out->p.path_len = depth;
    if (n == 1 && itc_hash_equal(&list[0].key, key)) {
        out->p.terminal = ITC_SMT_LEAF;
    } else if (n == 1) {
        out->p.terminal = ITC_SMT_OTHER;
        out->p.other_key = list[0].key;
        out->p.other_value_hash = list[0].value_hash;
    }
}

static const char value[] = "value";

/* Keys of three bits in the first byte, so that all shapes of small trees occur; two more share 255 bits. */
static size_t make_leaves(struct leaf list[10], unsigned chosen)
{
    size_t n = 0;
    for (unsigned i = 0; i < 8; i++)
        if (chosen >> i & 1)
            list[n++].key = (struct itc_hash){{(uint8_t)(i << 5)}};
    if (chosen >> 8 & 1) {
        memset(list[n].key.b, 0xff, 32);
        list[n++].key.b[31] = 0xfe;
        memset(list[n++].key.b, 0xff, 32);
    }
    for (size_t i = 0; i < n; i++)
        itc_sha256(&list[i].value_hash, value, sizeof value);
    return n;
}

static void expect_tampering_fails(
    const struct itc_hash *root, const struct itc_hash *key, const struct model_proof *good)
{
    struct model_proof bad = *good;
    bool present = good->p.terminal == ITC_SMT_LEAF;
    bad.p.path = bad.path[0].b;
    for (size_t i = 0; i <= good->p.path_len;
         i++) { /* each sibling; then a path that is too long */
        if (i < good->p.path_len)
            bad.path[i].b[i % 32] ^= 1;
        else
            bad.p.path_len++;
        enum itc_err e = present ? itc_smt_verify_present(root, key, value, sizeof value, &bad.p)
                                 : itc_smt_verify_absent(root, key, &bad.p);
        assert_int_equal(e, ITC_E_PROOF);
        bad.path[i] = good->path[i];
    }
    bad = *good;
    bad.p.path = bad.path[0].b;
    if (present)
        assert_int_equal(itc_smt_verify_present(root, key, "other", 5, &bad.p), ITC_E_PROOF);
    bad.p.other_value_hash.b[0] ^= 1;
    if (good->p.terminal == ITC_SMT_OTHER)
        assert_int_equal(itc_smt_verify_absent(root, key, &bad.p), ITC_E_PROOF);
    if (good->p.path_len > 0) {
        bad = *good;
        bad.p.path_len--;
        bad.p.path = good->p.path; /* without the deepest sibling, then without the topmost */
        for (int i = 0; i < 2; i++, bad.p.path += 32) {
            assert_int_equal(
                itc_smt_verify_present(root, key, value, sizeof value, &bad.p), ITC_E_PROOF);
            assert_int_equal(itc_smt_verify_absent(root, key, &bad.p), ITC_E_PROOF);
        }
    }
}

/* Every terminal but the right one must fail, with each leaf of the tree as the other one. */
static void expect_no_other_terminal(const struct itc_hash *root, const struct itc_hash *key,
    const struct itc_smt_proof *good, const struct leaf *list, size_t n)
{
    for (int t = ITC_SMT_EMPTY; t <= ITC_SMT_OTHER; t++) {
        struct itc_smt_proof p = *good;
        p.terminal = (enum itc_smt_terminal)t;
        if (p.terminal == good->terminal)
            continue;
        assert_int_equal(itc_smt_verify_present(root, key, value, sizeof value, &p), ITC_E_PROOF);
        assert_int_equal(itc_smt_verify_absent(root, key, &p), ITC_E_PROOF);
        for (size_t i = 0; t == ITC_SMT_OTHER && i < n; i++) {
            p.other_key = list[i].key;
            p.other_value_hash = list[i].value_hash;
            assert_int_equal(itc_smt_verify_absent(root, key, &p), ITC_E_PROOF);
        }
    }
}

/* A key that is there cannot be denied by pointing at a place where it is not. */
static void expect_no_denial(
    const struct itc_hash *root, const struct itc_hash *key, const struct leaf *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct model_proof elsewhere;
        if (itc_hash_equal(&list[i].key, key))
            continue;
        model_prove(&elsewhere, list, n, &list[i].key);
        elsewhere.p.terminal = ITC_SMT_OTHER;
        elsewhere.p.other_key = list[i].key;
        elsewhere.p.other_value_hash = list[i].value_hash;
        assert_int_equal(itc_smt_verify_absent(root, key, &elsewhere.p), ITC_E_PROOF);
    }
}

static void expect_tree(const struct leaf *list, size_t n)
{
    struct itc_hash root = model_root(list, n, 0);
    struct leaf all[10];
    size_t count = make_leaves(all, 0x1ff);
    for (size_t i = 0; i < count; i++) {
        struct model_proof proof;
        const struct itc_hash *key = &all[i].key;
        model_prove(&proof, list, n, key);
        if (proof.p.terminal == ITC_SMT_LEAF) {
            assert_int_equal(
                itc_smt_verify_present(&root, key, value, sizeof value, &proof.p), ITC_OK);
            expect_no_denial(&root, key, list, n);
        } else {
            assert_int_equal(itc_smt_verify_absent(&root, key, &proof.p), ITC_OK);
        }
        expect_no_other_terminal(&root, key, &proof.p, list, n);
        if (proof.p.path_len < ITC_SMT_DEPTH_MAX)
            expect_tampering_fails(&root, key, &proof);
    }
}

static void presence_and_absence_in_all_small_trees(void **state)
{
    (void)state;
    for (unsigned chosen = 0; chosen < 0x200; chosen++) {
        struct leaf list[10];
        size_t n = make_leaves(list, chosen);
        expect_tree(list, n);
    }
}

/* Only a tree that its makers got wrong holds a leaf off its key's path; then that leaf still proves nothing. */
static void a_leaf_in_the_wrong_place_proves_nothing(void **state)
{
    (void)state;
    const struct itc_hash left_key = {{0x10}}, right_key = {{0x80}}, sibling = make_hash(1);
    struct itc_hash leaf, root;
    struct itc_smt_proof p = {.terminal = ITC_SMT_OTHER, .path = sibling.b, .path_len = 1};
    p.other_key = right_key;
    p.other_value_hash = make_hash(2);
    itc_smt_leaf(&leaf, &p.other_key, &p.other_value_hash);
    itc_hash_pair(&root, &leaf, &sibling);
    assert_int_equal(itc_smt_verify_absent(&root, &left_key, &p), ITC_E_PROOF);
}

static void the_deepest_path_has_256_siblings(void **state)
{
    (void)state;
    struct leaf list[10];
    struct model_proof proof;
    size_t n = make_leaves(list, 0x100);
    struct itc_hash root = model_root(list, n, 0);
    model_prove(&proof, list, n, &list[0].key);
    assert_int_equal(proof.p.path_len, ITC_SMT_DEPTH_MAX);
    assert_int_equal(
        itc_smt_verify_present(&root, &list[0].key, value, sizeof value, &proof.p), ITC_OK);
    proof.p.path_len++;
    assert_int_equal(
        itc_smt_verify_present(&root, &list[0].key, value, sizeof value, &proof.p), ITC_E_PROOF);
    proof.p.terminal = ITC_SMT_EMPTY;
    assert_int_equal(itc_smt_verify_absent(&root, &list[0].key, &proof.p), ITC_E_PROOF);
}

static void state_keys_are_tagged(void **state)
{
    (void)state;
    struct itc_hash key, model;
    const uint8_t bytes[] = {ITC_STATE_ACCOUNT, 'i', 'd'};
    itc_state_key(&key, ITC_STATE_ACCOUNT, "id", 2);
    itc_tagged(&model, ITC_TAG_STATE, NULL, bytes, sizeof bytes);
    assert_true(itc_hash_equal(&key, &model));
}

static void an_account_is_a_leaf_of_key_and_value(void **state)
{
    (void)state;
    const struct itc_account a = {.balance = {5}, .next_seq = 6};
    const struct itc_key owner = {{1, 2, 3}};
    struct itc_hash key, value_hash, want;
    uint8_t bytes[ITC_ACCOUNT_VALUE];
    itc_account_encode(bytes, &a);
    itc_account_leaf(&key, &value_hash, &owner, &a);
    itc_state_key(&want, ITC_STATE_ACCOUNT, owner.b, sizeof owner.b);
    assert_true(itc_hash_equal(&key, &want));
    itc_sha256(&want, bytes, sizeof bytes);
    assert_true(itc_hash_equal(&value_hash, &want));
}

static void proofs_go_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[ITC_SMT_PROOF_MAX + 1], again[ITC_SMT_PROOF_MAX];
    struct leaf list[10];
    size_t n = make_leaves(list, 0x10f), len, again_len = 5;
    for (size_t i = 0; i < n; i++) {
        struct leaf without[10];
        struct model_proof proof;
        struct itc_smt_proof out = {.path_len = 999};
        memcpy(without, list, sizeof list);
        if (i % 2 == 1) /* absence of the key */
            memmove(without + i, without + i + 1, (n - i - 1) * sizeof without[0]);
        model_prove(&proof, without, n - i % 2, &list[i].key);
        assert_int_equal(itc_smt_proof_encode(bytes, sizeof bytes, &len, &proof.p), ITC_OK);
        for (size_t cut = 0; cut < len; cut++)
            assert_int_equal(itc_smt_proof_decode(&out, bytes, cut), ITC_E_TRUNCATED);
        bytes[len] = 0;
        assert_int_equal(itc_smt_proof_decode(&out, bytes, len + 1), ITC_E_TRAILING);
        assert_int_equal(out.path_len, 999);
        assert_int_equal(itc_smt_proof_decode(&out, bytes, len), ITC_OK);
        assert_int_equal(itc_smt_proof_encode(again, len - 1, &again_len, &out), ITC_E_TOO_LARGE);
        assert_int_equal(itc_smt_proof_encode(again, sizeof again, &again_len, &out), ITC_OK);
        assert_int_equal(again_len, len);
        assert_memory_equal(again, bytes, len);
    }
}

static void ill_formed_proofs_are_refused(void **state)
{
    (void)state;
    const uint8_t unknown[] = {3, 0, 0}, deep[] = {0, 1, 1};
    struct itc_smt_proof out, p = {.path_len = ITC_SMT_DEPTH_MAX + 1};
    uint8_t bytes[8];
    size_t len;
    assert_int_equal(itc_smt_proof_decode(&out, unknown, sizeof unknown), ITC_E_FORM);
    assert_int_equal(itc_smt_proof_decode(&out, deep, sizeof deep), ITC_E_TOO_LARGE);
    assert_int_equal(itc_smt_proof_encode(bytes, sizeof bytes, &len, &p), ITC_E_TOO_LARGE);
}

static void accounts_go_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[ITC_ACCOUNT_VALUE + 1] = {0};
    struct itc_account a = {.balance = {ITC_SUPPLY_GRAINS}, .next_seq = 9}, out = {.next_seq = 1};
    itc_account_encode(bytes, &a);
    assert_int_equal(itc_account_decode(&out, bytes, 15), ITC_E_TRUNCATED);
    assert_int_equal(itc_account_decode(&out, bytes, 17), ITC_E_TRAILING);
    assert_int_equal(itc_account_decode(&out, bytes, 16), ITC_OK);
    assert_int_equal(out.balance.grains, ITC_SUPPLY_GRAINS);
    assert_int_equal(out.next_seq, 9);
    bytes[0]++;
    assert_int_equal(itc_account_decode(&out, bytes, 16), ITC_E_FORM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presence_and_absence_in_all_small_trees),
        cmocka_unit_test(a_leaf_in_the_wrong_place_proves_nothing),
        cmocka_unit_test(the_deepest_path_has_256_siblings),
        cmocka_unit_test(state_keys_are_tagged),
        cmocka_unit_test(an_account_is_a_leaf_of_key_and_value),
        cmocka_unit_test(proofs_go_both_ways),
        cmocka_unit_test(ill_formed_proofs_are_refused),
        cmocka_unit_test(accounts_go_both_ways),
    };
    itc_sha256_use_best(); /* some millions of hashes */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
