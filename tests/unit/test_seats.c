/* test_seats.c - which changes of the committee are applied, and what becomes of the others. */
#include "tests/unit/spv_make.h"

#include "tangle/ledger.h"

#define N 4
#define EPOCH 7

struct world {
    struct itc_hash chain;
    struct itc_signer members[ITC_VALIDATORS_MAX]; /* in place: signers do not move */
    struct itc_committee present;
    struct itc_committee list; /* what a change proposes */
    struct itc_sig sigs[ITC_VALIDATORS_MAX];
    struct itc_seats seats;
};

static struct world w;

static void start(uint32_t n)
{
    w.chain = make_hash(1);
    w.present.n = n;
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++) {
        struct itc_secret secret = {{[31] = (uint8_t)(i + 1)}};
        assert_int_equal(itc_signer_init(&w.members[i], &secret), ITC_OK);
        w.present.keys[i] = w.members[i].key;
    }
    itc_seats_init(&w.seats, &w.chain, EPOCH, &w.present, &w.present);
    w.list = w.present;
    w.list.n = n + 1;
}

/* The change to w.list as the first q members sign it. */
static struct itc_change change(void)
{
    uint32_t q = itc_committee_quorum(w.present.n);
    struct itc_change c = {.present = w.seats.present_hash,
        .epoch = w.seats.epoch,
        .n = w.list.n,
        .keys = w.list.keys[0].b,
        .signers = UINT32_MAX >> (32 - q),
        .sigs = w.sigs[0].b};
    struct itc_hash message;
    itc_change_message(&message, &w.chain, &c);
    for (uint32_t i = 0; i < q; i++)
        itc_signer_sign(&w.members[i], &message, &w.sigs[i]);
    return c;
}

#define EXPECT(verdict, c) assert_int_equal(itc_seats_apply(&w.seats, &c), verdict)
#define REFUSED(c)                                                                                 \
    do {                                                                                           \
        EXPECT(ITC_VERDICT_NOT_COMMITTEE, c);                                                      \
        assert_false(itc_seats_changed(&w.seats));                                                 \
    } while (0)

static void a_signed_change_is_in_force_from_the_next_epoch(void **state)
{
    (void)state;
    start(N);
    struct itc_change c = change();
    EXPECT(ITC_VERDICT_APPLIED, c);
    assert_true(itc_seats_changed(&w.seats));
    assert_int_equal(w.seats.present.n, N);
    assert_int_equal(w.seats.next.n, N + 1);
    itc_seats_turn(&w.seats);
    assert_false(itc_seats_changed(&w.seats));
    assert_int_equal(w.seats.present.n, N + 1);
    assert_int_equal(w.seats.epoch, EPOCH + 1);
    EXPECT(ITC_VERDICT_EXPIRED, c); /* its epoch is over */
}

static void the_first_of_an_epoch_wins(void **state)
{
    (void)state;
    start(N);
    struct itc_change c = change();
    EXPECT(ITC_VERDICT_APPLIED, c);
    EXPECT(ITC_VERDICT_TAKEN, c);
    w.list.n = N + 2;
    c = change();
    uint32_t checks = w.seats.checks;
    EXPECT(ITC_VERDICT_TAKEN, c);
    assert_int_equal(w.seats.checks, checks); /* for nothing */
    assert_int_equal(w.seats.next.n, N + 1);
}

static void signatures_are_for_one_epoch_committee_and_list(void **state)
{
    (void)state;
    start(N);
    struct itc_change c = change();
    c.epoch++;
    REFUSED(c); /* not ours */
    w.seats.epoch++;
    REFUSED(c); /* ours, but they signed another */
    w.seats.epoch--;
    c = change();
    c.present.b[0] ^= 1;
    REFUSED(c);
    c = change();
    w.list.keys[4] = w.members[20].key;
    REFUSED(c);
    c = change();
    w.seats.chain.b[0] ^= 1;
    REFUSED(c);
}

static void exactly_a_quorum_signs(void **state)
{
    (void)state;
    start(N);
    struct itc_change c = change();
    c.signers = 3; /* too few */
    REFUSED(c);
    c.signers = 15; /* too many */
    REFUSED(c);
    c.signers = 1u << 0 | 1u << 1 | 1u << 5; /* a stranger */
    REFUSED(c);
    c.signers = 1u << 0 | 1u << 1 | 1u << 3; /* another member's signature */
    REFUSED(c);
    c = change();
    w.sigs[2] = w.sigs[1];
    REFUSED(c);
    c = change();
    EXPECT(ITC_VERDICT_APPLIED, c);
}

static void the_new_list_is_fit(void **state)
{
    (void)state;
    struct itc_change c;
    start(N);
    w.list.n = N - 1; /* f would be 0 */
    c = change();
    REFUSED(c);
    w.list = w.present; /* no change */
    c = change();
    REFUSED(c);
    memset(&w.list.keys[3], 0xff, sizeof w.list.keys[3]); /* on no curve */
    c = change();
    REFUSED(c);

    start(1); /* small chains may stay small */
    w.list = (struct itc_committee){.n = 1, .keys = {w.members[9].key}};
    c = change();
    EXPECT(ITC_VERDICT_APPLIED, c);
    start(32);
    w.list.n = N;
    c = change();
    EXPECT(ITC_VERDICT_APPLIED, c);
}

static void checks_of_a_milestone_are_bounded(void **state)
{
    (void)state;
    start(32);
    w.list.n = 31;
    struct itc_change good = change();
    struct itc_sig last = w.sigs[21];
    memset(&w.sigs[21], 1, sizeof last); /* the dearest kind of false one */
    for (int i = 0; i < 11; i++)
        REFUSED(good);
    assert_int_equal(w.seats.checks, 11 * 22);
    w.sigs[21] = last;
    REFUSED(good); /* 14 are left, 22 are needed */
    w.seats.checks = 0;
    EXPECT(ITC_VERDICT_APPLIED, good);
}

/* --- as a part of the ledger ------------------------------------------------------------------ */

struct fixture {
    struct itc_ledger ledger;
    struct itc_delta delta;
    void *block;
};

static void set_up(struct fixture *f)
{
    size_t size = itc_ledger_size(16, 16) + itc_delta_size(16);
    f->block = calloc(1, size);
    struct itc_mem mem = {f->block, size};
    itc_ledger_init(&f->ledger, &mem, 16, 16, (struct itc_amount){10}, 1);
    itc_delta_init(&f->delta, &mem, 16, 2);
    for (uint8_t i = 0; i < 2; i++) {
        struct itc_key key = {{i}};
        struct itc_account a = {.balance = {1000}};
        assert_int_equal(itc_ledger_load(&f->ledger, &key, &a), ITC_OK);
    }
    itc_ledger_loaded(&f->ledger);
    f->ledger.seats = w.seats;
}

static enum itc_verdict apply(struct fixture *f, uint8_t issuer, const struct itc_change *c)
{
    struct itc_hash id = {{issuer, (uint8_t)c->n, 3}};
    struct itc_tx tx = {.kind = ITC_KIND_COMMITTEE, .issuer = {{issuer}}};
    tx.u.change = *c;
    return itc_delta_apply(&f->delta, &f->ledger, &tx, &id);
}

static void settle(struct fixture *f)
{
    struct itc_hash root;
    while (!itc_delta_settle(&f->delta, &f->ledger, 16, &root)) {
    }
}

/* Another account that carries the same signatures gains nothing and pays nothing. */
static void a_change_is_applied_once_whoever_carries_it(void **state)
{
    (void)state;
    struct fixture f;
    start(N);
    set_up(&f);
    struct itc_change c = change();
    struct itc_key loser = {{1}};
    itc_delta_begin(&f.delta, &f.ledger, 50);
    assert_int_equal(apply(&f, 0, &c), ITC_VERDICT_APPLIED);
    assert_int_equal(apply(&f, 0, &c), ITC_VERDICT_DUPLICATE);
    assert_int_equal(apply(&f, 1, &c), ITC_VERDICT_TAKEN);
    settle(&f);
    itc_delta_drop(&f.delta, &f.ledger);
    assert_false(itc_seats_changed(&f.ledger.seats));

    itc_delta_begin(&f.delta, &f.ledger, 50);
    assert_int_equal(apply(&f, 0, &c), ITC_VERDICT_APPLIED);
    settle(&f);
    itc_delta_commit(&f.delta, &f.ledger);
    assert_int_equal(f.ledger.seats.next.n, N + 1);
    itc_delta_begin(&f.delta, &f.ledger, 51);
    assert_int_equal(apply(&f, 1, &c), ITC_VERDICT_TAKEN);
    assert_int_equal(itc_ledger_find(&f.ledger, &loser)->next_seq, 0);
    settle(&f);
    itc_delta_drop(&f.delta, &f.ledger);
    free(f.block);
}

static void each_milestone_has_its_own_checks(void **state)
{
    (void)state;
    struct fixture f;
    start(N);
    set_up(&f);
    struct itc_change c = change();
    f.ledger.seats.checks = ITC_SEATS_CHECKS_MAX; /* what the one before left */
    itc_delta_begin(&f.delta, &f.ledger, 50);
    assert_int_equal(apply(&f, 0, &c), ITC_VERDICT_APPLIED);
    settle(&f);
    itc_delta_drop(&f.delta, &f.ledger);
    free(f.block);
}

/* --- convictions --- */

static void convict(uint32_t member, enum itc_err expected)
{
    assert_int_equal(itc_seats_convict(&w.seats, &w.members[member].key), expected);
}

static void a_convict_leaves_an_empty_seat(void **state)
{
    (void)state;
    struct itc_hash hash;
    start(7);
    convict(3, ITC_OK);
    convict(3, ITC_E_PROOF);
    convict(9, ITC_E_PROOF);
    assert_int_equal(itc_seats_convict(&w.seats, &(struct itc_key){{0}}), ITC_E_PROOF);
    assert_int_equal(w.seats.next.n, 7);
    itc_committee_hash(&hash, &w.chain, &w.seats.next);
    assert_true(itc_hash_equal(&hash, &w.seats.next_hash));
    assert_true(itc_seats_empty(&w.seats.next, 3));
    assert_true(itc_key_equal(&w.seats.next.keys[4], &w.members[4].key));
    assert_true(itc_seats_changed(&w.seats));
    itc_seats_turn(&w.seats);
    convict(3, ITC_E_PROOF);
    assert_int_equal(itc_seats_convict(&w.seats, &(struct itc_key){{0}}), ITC_E_PROOF);
    convict(0, ITC_OK); /* n = 7: two at a time */
    convict(1, ITC_E_FULL);
    itc_seats_turn(&w.seats);
    convict(1, ITC_E_FULL);
}

static void a_committee_without_f_convicts_nobody(void **state)
{
    (void)state;
    start(3);
    convict(1, ITC_E_FULL);
    assert_false(itc_seats_changed(&w.seats));
}

/* Whichever comes first. */
static void a_convict_is_out_of_the_new_list_too(void **state)
{
    (void)state;
    struct itc_committee expected;
    for (int order = 0; order < 2; order++) {
        start(N);
        w.list.keys[1] = w.members[9].key; /* seat 2 of the new list is member 2's */
        if (order == 0)
            convict(2, ITC_OK);
        struct itc_change c = change();
        EXPECT(ITC_VERDICT_APPLIED, c);
        if (order == 1)
            convict(2, ITC_OK);
        EXPECT(ITC_VERDICT_TAKEN, c);
        expected = w.list;
        expected.keys[2] = (struct itc_key){{0}};
        assert_int_equal(w.seats.next.n, expected.n);
        assert_memory_equal(w.seats.next.keys, expected.keys, expected.n * sizeof(struct itc_key));
    }
    itc_seats_turn(&w.seats); /* later lists are the members' will */
    w.present = w.seats.present;
    w.list.keys[1] = w.members[1].key;
    w.members[1] = w.members[9]; /* who signs now */
    struct itc_change c = change();
    c.signers = 1u << 0 | 1u << 1 | 1u << 3 | 1u << 4;
    w.sigs[2] = w.sigs[3];
    struct itc_hash message;
    itc_change_message(&message, &w.chain, &c);
    itc_signer_sign(&w.members[3], &message, &w.sigs[2]);
    itc_signer_sign(&w.members[4], &message, &w.sigs[3]);
    EXPECT(ITC_VERDICT_APPLIED, c);
    assert_true(itc_key_equal(&w.seats.next.keys[2], &w.members[2].key));
}

/* A conviction is no change: there may be one as well, but none that could stop the chain. */
static void a_change_may_follow_a_conviction(void **state)
{
    (void)state;
    start(7);
    convict(5, ITC_OK);
    convict(6, ITC_OK);
    w.list.n = 4; /* with neither: f is 1 */
    struct itc_change c = change();
    EXPECT(ITC_VERDICT_APPLIED, c);
    start(7);
    convict(0, ITC_OK);
    convict(1, ITC_OK);
    w.list.n = 4; /* with both */
    c = change();
    EXPECT(ITC_VERDICT_NOT_COMMITTEE, c);
    assert_int_equal(w.seats.next.n, 7);
    w.list.keys[0] = w.members[5].key;
    c = change();
    EXPECT(ITC_VERDICT_APPLIED, c);
    convict(2, ITC_E_FULL);
}

/* The last seat is one like the others: it is filled, signs, and is emptied. */
static void thirty_two_have_a_seat(void **state)
{
    (void)state;
    start(31);
    struct itc_change c = change();
    EXPECT(ITC_VERDICT_APPLIED, c);
    itc_seats_turn(&w.seats);
    assert_int_equal(w.seats.present.n, 32);
    start(32);
    w.list.n = 32;
    memcpy(w.list.keys, w.present.keys + 1, 31 * sizeof w.list.keys[0]);
    w.list.keys[31] = w.present.keys[0];
    c = change();
    c.signers = UINT32_C(0xfffffc00);
    struct itc_hash message;
    itc_change_message(&message, &w.chain, &c);
    for (uint32_t i = 0; i < 22; i++)
        itc_signer_sign(&w.members[10 + i], &message, &w.sigs[i]);
    EXPECT(ITC_VERDICT_APPLIED, c);
    assert_true(itc_key_equal(&w.seats.next.keys[31], &w.members[0].key));
    for (uint32_t i = 0; i < 10; i++)
        convict(31 - i, ITC_OK);
    convict(21, ITC_E_FULL);
    itc_seats_turn(&w.seats);
    assert_true(itc_seats_empty(&w.seats.present, 30)); /* member 31's by now */
    assert_false(itc_seats_empty(&w.seats.present, 31));
}

/* No list names an empty seat. */
static void zeros_are_no_member(void **state)
{
    (void)state;
    start(N);
    w.list.keys[2] = (struct itc_key){{0}};
    struct itc_change c = change();
    REFUSED(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_change_is_in_force_from_the_next_epoch),
        cmocka_unit_test(a_convict_leaves_an_empty_seat),
        cmocka_unit_test(a_committee_without_f_convicts_nobody),
        cmocka_unit_test(a_convict_is_out_of_the_new_list_too),
        cmocka_unit_test(a_change_may_follow_a_conviction),
        cmocka_unit_test(zeros_are_no_member),
        cmocka_unit_test(thirty_two_have_a_seat),
        cmocka_unit_test(the_first_of_an_epoch_wins),
        cmocka_unit_test(signatures_are_for_one_epoch_committee_and_list),
        cmocka_unit_test(exactly_a_quorum_signs),
        cmocka_unit_test(the_new_list_is_fit),
        cmocka_unit_test(checks_of_a_milestone_are_bounded),
        cmocka_unit_test(a_change_is_applied_once_whoever_carries_it),
        cmocka_unit_test(each_milestone_has_its_own_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
