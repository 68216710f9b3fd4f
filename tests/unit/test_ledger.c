/* test_ledger.c - each rule of the ledger by example; many of them at once: tests/prop/prop_ledger.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tangle/ledger.h"
#include "tangle/rng.h"
#include "tools/sim/naive.h"

#define DUST 100u
#define ACCOUNTS_MAX 4
#define SITES_MAX 16
#define MILESTONE 50u

enum who {
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERIN,
    PEOPLE
};

struct fixture {
    void *block;
    struct itc_ledger ledger;
    struct itc_delta delta;
    struct itc_hash root; /* before the open milestone */
    struct itc_tx tx;     /* the last one */
    struct itc_hash tx_id;
    uint64_t next_id;
};

static struct itc_key key_of(enum who who)
{
    struct itc_key key = {{[0] = (uint8_t)(who + 1), [31] = 7}};
    return key;
}

static void load(struct fixture *f, enum who who, uint64_t balance, uint64_t next_seq)
{
    struct itc_key key = key_of(who);
    struct itc_account a = {{balance}, next_seq};
    assert_int_equal(itc_ledger_load(&f->ledger, &key, &a), ITC_OK);
}

/* Alice has 1000 and next seq 5; Bob the dust limit and seq 0. The first milestone is open. */
static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    size_t size = itc_ledger_size(ACCOUNTS_MAX, SITES_MAX) + itc_delta_size(SITES_MAX);
    f->block = calloc(1, size);
    struct itc_mem mem = {f->block, size};
    itc_ledger_init(&f->ledger, &mem, ACCOUNTS_MAX, SITES_MAX, (struct itc_amount){DUST}, 1);
    itc_delta_init(&f->delta, &mem, SITES_MAX, 2);
    assert_int_equal(mem.left, 0);
    load(f, ALICE, 1000, 5);
    load(f, BOB, DUST, 0);
    itc_ledger_loaded(&f->ledger);
    itc_ledger_root(&f->ledger, &f->root);
    itc_delta_begin(&f->delta, &f->ledger, MILESTONE);
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

static enum itc_verdict apply(struct fixture *f)
{
    return itc_delta_apply(&f->delta, &f->ledger, &f->tx, &f->tx_id);
}

static void new_id(struct fixture *f)
{
    f->next_id++;
    itc_sha256(&f->tx_id, &f->next_id, sizeof f->next_id);
}

static enum itc_verdict pay(
    struct fixture *f, enum who from, uint64_t seq, enum who to, uint64_t grains, bool close)
{
    new_id(f);
    f->tx = (struct itc_tx){.kind = ITC_KIND_TRANSFER, .issuer = key_of(from), .seq = seq};
    f->tx.u.transfer = (struct itc_transfer){.to = key_of(to), .amount = {grains}, .close = close};
    return apply(f);
}

static enum itc_verdict data(struct fixture *f, enum who from, uint64_t seq, uint64_t valid_until)
{
    new_id(f);
    f->tx = (struct itc_tx){
        .kind = ITC_KIND_DATA, .issuer = key_of(from), .seq = seq, .valid_until = valid_until};
    return apply(f);
}

/* Root of the given accounts, from the definition. */
static void expect_root(struct fixture *f, const enum who *who, size_t count)
{
    struct naive_leaf leaves[PEOPLE];
    for (size_t i = 0; i < count; i++) {
        struct itc_key key = key_of(who[i]);
        struct itc_hash h;
        uint8_t value[ITC_ACCOUNT_VALUE];
        const struct itc_account *a = itc_ledger_find(&f->ledger, &key);
        assert_non_null(a);
        itc_state_key(&h, ITC_STATE_ACCOUNT, key.b, sizeof key.b);
        itc_account_encode(value, a);
        struct naive_leaf leaf;
        memcpy(leaf.key, h.b, 32);
        naive_hash(leaf.value_hash, value, sizeof value);
        size_t at = i;
        for (; at > 0 && memcmp(leaf.key, leaves[at - 1].key, 32) < 0; at--)
            leaves[at] = leaves[at - 1];
        leaves[at] = leaf;
    }
    struct itc_hash want, root;
    naive_state_root(want.b, leaves, count, 0);
    itc_ledger_root(&f->ledger, &root);
    assert_memory_equal(root.b, want.b, 32);
    assert_int_equal(f->ledger.count, count);
    assert_int_equal(f->ledger.tree.leaves, count);
}

static void commit(struct fixture *f)
{
    struct itc_hash root;
    while (!itc_delta_settle(&f->delta, &f->ledger, 1, &root)) {
    }
    itc_delta_commit(&f->delta, &f->ledger);
    itc_ledger_root(&f->ledger, &f->root);
    assert_memory_equal(root.b, f->root.b, 32);
    assert_int_equal(itc_ledger_total(&f->ledger).grains, 1000 + DUST);
}

static void begin(struct fixture *f, uint64_t milestone)
{
    itc_delta_begin(&f->delta, &f->ledger, milestone);
}

static void expect(struct fixture *f, enum who who, uint64_t balance, uint64_t next_seq)
{
    struct itc_key key = key_of(who);
    const struct itc_account *a = itc_ledger_find(&f->ledger, &key);
    assert_non_null(a);
    assert_int_equal(a->balance.grains, balance);
    assert_int_equal(a->next_seq, next_seq);
}

static void expect_none(struct fixture *f, enum who who)
{
    struct itc_key key = key_of(who);
    assert_null(itc_ledger_find(&f->ledger, &key));
}

static void a_transfer_moves_grains_and_one_seq(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pay(f, ALICE, 5, BOB, 300, false), ITC_VERDICT_APPLIED);
    expect(f, ALICE, 1000, 5); /* until the milestone is committed */
    assert_int_equal(f->delta.touched_count, 2);
    commit(f);
    expect(f, ALICE, 700, 6);
    expect(f, BOB, 400, 0);
    expect_root(f, (enum who[]){ALICE, BOB}, 2);
}

static void data_costs_a_seq_only(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(data(f, ALICE, 5, 0), ITC_VERDICT_APPLIED);
    assert_int_equal(data(f, BOB, 0, 0), ITC_VERDICT_APPLIED);
    commit(f);
    expect(f, ALICE, 1000, 6);
    expect(f, BOB, DUST, 1);
    expect_root(f, (enum who[]){ALICE, BOB}, 2);
}

static void the_same_tx_applies_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pay(f, ALICE, 5, BOB, 300, false), ITC_VERDICT_APPLIED);
    assert_int_equal(apply(f), ITC_VERDICT_DUPLICATE);
    commit(f);
    expect(f, ALICE, 700, 6);
    begin(f, MILESTONE + 1); /* in a later milestone nobody need remember it */
    assert_int_equal(apply(f), ITC_VERDICT_STALE_SEQ);
}

static void a_failed_tx_is_not_a_duplicate_later(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pay(f, ALICE, 6, BOB, 300, false), ITC_VERDICT_EARLY_SEQ);
    struct itc_tx early = f->tx;
    struct itc_hash early_id = f->tx_id;
    assert_int_equal(data(f, ALICE, 5, 0), ITC_VERDICT_APPLIED);
    f->tx = early;
    f->tx_id = early_id;
    assert_int_equal(apply(f), ITC_VERDICT_APPLIED);
}

static void only_accounts_issue(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(data(f, CAROL, 0, 0), ITC_VERDICT_NO_ACCOUNT);
    assert_int_equal(pay(f, ALICE, 5, CAROL, 300, false), ITC_VERDICT_APPLIED);
    assert_int_equal(data(f, CAROL, 0, 0), ITC_VERDICT_STALE_SEQ);
    assert_int_equal(
        data(f, CAROL, (uint64_t)MILESTONE << 20, 0), ITC_VERDICT_APPLIED); /* at once */
    commit(f);
    expect(f, CAROL, 300, ((uint64_t)MILESTONE << 20) + 1);
    expect_root(f, (enum who[]){ALICE, BOB, CAROL}, 3);
}

static void seq_must_be_the_next(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(data(f, ALICE, 4, 0), ITC_VERDICT_STALE_SEQ);
    assert_int_equal(data(f, ALICE, 6, 0), ITC_VERDICT_EARLY_SEQ);
    assert_int_equal(data(f, ALICE, 5, 0), ITC_VERDICT_APPLIED);
    assert_int_equal(data(f, ALICE, 5, 0), ITC_VERDICT_STALE_SEQ); /* another tx, the same seq */
}

static void the_last_seq_is_never_used(void **state)
{
    struct fixture *f = *state;
    f->ledger.entries[0].account.next_seq = UINT64_MAX - 1; /* Alice was loaded first */
    assert_int_equal(data(f, ALICE, UINT64_MAX, 0), ITC_VERDICT_EARLY_SEQ);
    assert_int_equal(data(f, ALICE, UINT64_MAX - 1, 0), ITC_VERDICT_APPLIED);
    assert_int_equal(data(f, ALICE, UINT64_MAX, 0), ITC_VERDICT_STALE_SEQ);
    assert_int_equal(data(f, ALICE, 0, 0), ITC_VERDICT_STALE_SEQ);
}

static void a_tx_expires_after_valid_until(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(data(f, ALICE, 5, MILESTONE - 1), ITC_VERDICT_EXPIRED);
    assert_int_equal(data(f, ALICE, 4, MILESTONE - 1), ITC_VERDICT_STALE_SEQ); /* comes first */
    assert_int_equal(data(f, ALICE, 6, MILESTONE - 1), ITC_VERDICT_EXPIRED);   /* before early */
    assert_int_equal(data(f, ALICE, 5, MILESTONE), ITC_VERDICT_APPLIED);
    assert_int_equal(data(f, ALICE, 6, UINT64_MAX), ITC_VERDICT_APPLIED);
}

static void a_transfer_needs_funds(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pay(f, ALICE, 5, BOB, 1001, false), ITC_VERDICT_NO_FUNDS);
    assert_int_equal(pay(f, ALICE, 5, BOB, 1001, true), ITC_VERDICT_NO_FUNDS);
    assert_int_equal(pay(f, ALICE, 5, BOB, ITC_SUPPLY_GRAINS, true), ITC_VERDICT_NO_FUNDS);
    assert_int_equal(f->delta.touched_count, 0);
}

static void what_is_left_is_above_dust_or_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pay(f, ALICE, 5, BOB, 901, false), ITC_VERDICT_DUST);
    assert_int_equal(pay(f, ALICE, 5, BOB, 1000, false), ITC_VERDICT_DUST); /* asks for close */
    assert_int_equal(pay(f, ALICE, 5, BOB, 999, true), ITC_VERDICT_DUST);
    assert_int_equal(pay(f, ALICE, 5, BOB, 900, false), ITC_VERDICT_APPLIED);
    assert_int_equal(pay(f, ALICE, 6, BOB, DUST, true), ITC_VERDICT_APPLIED);
    commit(f);
    expect_none(f, ALICE);
    expect(f, BOB, 1000 + DUST, 0);
    expect_root(f, (enum who[]){BOB}, 1);
}

static void a_first_payment_is_above_dust(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pay(f, ALICE, 5, BOB, 1, false), ITC_VERDICT_APPLIED); /* Bob has enough */
    assert_int_equal(pay(f, ALICE, 6, CAROL, DUST - 1, false), ITC_VERDICT_DUST);
    assert_int_equal(pay(f, ALICE, 6, CAROL, DUST, false), ITC_VERDICT_APPLIED);
    commit(f);
    expect(f, CAROL, DUST, (uint64_t)MILESTONE << 20);
}

static void the_ledger_has_room_for_so_many(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pay(f, ALICE, 5, CAROL, DUST, false), ITC_VERDICT_APPLIED);
    assert_int_equal(pay(f, ALICE, 6, DAVE, DUST, false), ITC_VERDICT_APPLIED);
    assert_int_equal(pay(f, ALICE, 7, ERIN, DUST - 1, false), ITC_VERDICT_DUST); /* comes first */
    assert_int_equal(pay(f, ALICE, 7, ERIN, DUST, false), ITC_VERDICT_FULL);
    assert_int_equal(pay(f, BOB, 0, ALICE, DUST, true), ITC_VERDICT_APPLIED);
    /* Bob's place is free at the end of the milestone only. */
    assert_int_equal(pay(f, ALICE, 7, ERIN, DUST, false), ITC_VERDICT_FULL);
    commit(f);
    begin(f, MILESTONE + 1);
    assert_int_equal(apply(f), ITC_VERDICT_APPLIED);
    commit(f);
    expect_none(f, BOB);
    expect(f, ERIN, DUST, (uint64_t)(MILESTONE + 1) << 20);
    expect_root(f, (enum who[]){ALICE, CAROL, DAVE, ERIN}, 4);
}

static void a_full_ledger_swaps_one_account_for_another(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pay(f, ALICE, 5, CAROL, DUST, false), ITC_VERDICT_APPLIED);
    commit(f);
    begin(f, MILESTONE + 1);
    assert_int_equal(pay(f, ALICE, 6, DAVE, DUST, false), ITC_VERDICT_APPLIED);
    assert_int_equal(pay(f, BOB, 0, ALICE, DUST, true), ITC_VERDICT_APPLIED);
    commit(f);
    expect_root(f, (enum who[]){ALICE, CAROL, DAVE}, 3);
}

static void an_empty_account_lives_until_the_milestone_ends(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pay(f, BOB, 0, ALICE, DUST, true), ITC_VERDICT_APPLIED);
    assert_int_equal(data(f, BOB, 1, 0), ITC_VERDICT_APPLIED);
    assert_int_equal(pay(f, BOB, 2, ALICE, 1, true), ITC_VERDICT_NO_FUNDS);
    assert_int_equal(pay(f, ALICE, 5, BOB, DUST - 1, false), ITC_VERDICT_DUST); /* as if new */
    assert_int_equal(pay(f, ALICE, 5, BOB, DUST, false), ITC_VERDICT_APPLIED);
    commit(f);
    expect(f, BOB, DUST, 2); /* its own seq, not a new one */
    begin(f, MILESTONE + 1);
    assert_int_equal(pay(f, BOB, 2, ALICE, DUST, true), ITC_VERDICT_APPLIED);
    commit(f);
    expect_none(f, BOB);
    begin(f, MILESTONE + 2);
    assert_int_equal(pay(f, ALICE, 6, BOB, DUST, false), ITC_VERDICT_APPLIED);
    commit(f);
    expect(f, BOB, DUST, (uint64_t)(MILESTONE + 2) << 20); /* a new account under an old key */
}

static void created_and_emptied_leaves_no_leaf(void **state)
{
    struct fixture *f = *state;
    uint64_t first = (uint64_t)MILESTONE << 20;
    assert_int_equal(pay(f, ALICE, 5, CAROL, 200, false), ITC_VERDICT_APPLIED);
    assert_int_equal(pay(f, CAROL, first, BOB, 200, true), ITC_VERDICT_APPLIED);
    assert_int_equal(data(f, CAROL, first + 1, 0), ITC_VERDICT_APPLIED);
    assert_int_equal(f->delta.touched_count, 3);
    commit(f);
    expect_none(f, CAROL);
    expect_root(f, (enum who[]){ALICE, BOB}, 2);
}

static void a_dropped_delta_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    for (uint32_t settled = 0; settled < 5; settled++) { /* dropped at every point */
        assert_int_equal(pay(f, ALICE, 5, CAROL, 200, false), ITC_VERDICT_APPLIED);
        assert_int_equal(pay(f, BOB, 0, CAROL, DUST, true), ITC_VERDICT_APPLIED);
        struct itc_hash root;
        for (uint32_t i = 0; i < settled; i++)
            assert_int_equal(itc_delta_settle(&f->delta, &f->ledger, 1, &root), i >= 2);
        itc_delta_drop(&f->delta, &f->ledger);
        itc_ledger_root(&f->ledger, &root);
        assert_memory_equal(root.b, f->root.b, 32);
        expect(f, ALICE, 1000, 5);
        expect(f, BOB, DUST, 0);
        expect_none(f, CAROL);
        expect_root(f, (enum who[]){ALICE, BOB}, 2);
        begin(f, MILESTONE + settled);
    }
}

static void an_empty_milestone_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct itc_hash before = f->root;
    commit(f);
    assert_memory_equal(before.b, f->root.b, 32);
    expect_root(f, (enum who[]){ALICE, BOB}, 2);
}

static void loading_refuses_twice_and_too_many(void **state)
{
    struct fixture *f = *state;
    struct itc_key bob = key_of(BOB), erin = key_of(ERIN);
    struct itc_account a = {{DUST}, 0};
    assert_int_equal(itc_ledger_load(&f->ledger, &bob, &a), ITC_E_DUPLICATE);
    load(f, CAROL, DUST, 0);
    load(f, DAVE, DUST, 0);
    assert_int_equal(itc_ledger_load(&f->ledger, &erin, &a), ITC_E_FULL);
    assert_int_equal(itc_ledger_load(&f->ledger, &bob, &a), ITC_E_DUPLICATE);
    expect_none(f, ERIN);
}

/* More than one batch of the bulk build, in two orders. */
static void the_order_of_loading_does_not_matter(void **state)
{
    (void)state;
    enum {
        COUNT = 5000
    };
    struct itc_hash roots[2];
    for (unsigned order = 0; order < 2; order++) {
        size_t size = itc_ledger_size(COUNT, 1);
        void *block = calloc(1, size);
        struct itc_mem mem = {block, size};
        struct itc_ledger *l = calloc(1, sizeof *l);
        itc_ledger_init(l, &mem, COUNT, 1, (struct itc_amount){DUST}, order);
        for (uint64_t i = 0; i < COUNT; i++) {
            uint64_t number = order ? COUNT - 1 - i : i;
            struct itc_key key = {{0}};
            memcpy(key.b, &number, sizeof number);
            struct itc_account a = {{DUST + number}, number};
            assert_int_equal(itc_ledger_load(l, &key, &a), ITC_OK);
        }
        itc_ledger_loaded(l);
        assert_int_equal(l->tree.leaves, COUNT);
        itc_ledger_root(l, &roots[order]);
        free(l);
        free(block);
    }
    assert_memory_equal(roots[0].b, roots[1].b, 32);
}

/* Radix sort alone cannot tell these keys apart. */
static void keys_that_agree_in_eight_bytes_are_sorted(void **state)
{
    (void)state;
    enum {
        COUNT = 300
    };
    struct itc_hash keys[COUNT];
    struct itc_key_item items[COUNT], scratch[COUNT];
    struct itc_rng rng;
    itc_rng_init(&rng, 3);
    memset(keys, 0, sizeof keys);
    for (uint32_t i = 0; i < COUNT; i++) {
        keys[i].b[itc_rng_below(&rng, 32)] = (uint8_t)itc_rng_next(&rng);
        keys[i].b[31] = (uint8_t)i;
        keys[i].b[30] = (uint8_t)(i >> 8);
        items[i] = itc_key_item_of(&keys[i], i);
    }
    itc_key_sort(items, scratch, COUNT, keys, sizeof keys[0]);
    for (uint32_t i = 1; i < COUNT; i++)
        assert_true(itc_hash_compare(&keys[items[i - 1].number], &keys[items[i].number]) < 0);
}

#define WITH_ACCOUNTS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ACCOUNTS(a_transfer_moves_grains_and_one_seq),
        WITH_ACCOUNTS(data_costs_a_seq_only),
        WITH_ACCOUNTS(the_same_tx_applies_once),
        WITH_ACCOUNTS(a_failed_tx_is_not_a_duplicate_later),
        WITH_ACCOUNTS(only_accounts_issue),
        WITH_ACCOUNTS(seq_must_be_the_next),
        WITH_ACCOUNTS(the_last_seq_is_never_used),
        WITH_ACCOUNTS(a_tx_expires_after_valid_until),
        WITH_ACCOUNTS(a_transfer_needs_funds),
        WITH_ACCOUNTS(what_is_left_is_above_dust_or_nothing),
        WITH_ACCOUNTS(a_first_payment_is_above_dust),
        WITH_ACCOUNTS(the_ledger_has_room_for_so_many),
        WITH_ACCOUNTS(a_full_ledger_swaps_one_account_for_another),
        WITH_ACCOUNTS(an_empty_account_lives_until_the_milestone_ends),
        WITH_ACCOUNTS(created_and_emptied_leaves_no_leaf),
        WITH_ACCOUNTS(a_dropped_delta_leaves_no_trace),
        WITH_ACCOUNTS(an_empty_milestone_changes_nothing),
        WITH_ACCOUNTS(loading_refuses_twice_and_too_many),
        cmocka_unit_test(the_order_of_loading_does_not_matter),
        cmocka_unit_test(keys_that_agree_in_eight_bytes_are_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
