#include "tests/unit/spv_make.h"

#include "tools/itc_outbox.h"

static const struct itc_hash chain = {{1}};

/* Adds the transfer of 5 grains with that number, valid until milestone `until`. */
static struct itc_outbox_entry *add(struct itc_outbox *o, uint64_t seq, uint64_t until)
{
    uint8_t bytes[ITC_TX_MAX];
    struct itc_tx tx;
    size_t len = make_transfer(bytes, &chain, seq);
    assert_int_equal(len, ITC_TX_TRANSFER);
    assert_int_equal(itc_tx_decode(&tx, bytes, len), ITC_OK);
    tx.valid_until = until;
    assert_int_equal(itc_tx_encode(bytes, sizeof bytes, &len, &tx), ITC_OK);
    return itc_outbox_add(o, bytes);
}

static uint64_t next(const struct itc_outbox *o, uint64_t next_seq, uint64_t hint)
{
    uint64_t seq = 0;
    assert_int_equal(itc_outbox_next(o, &seq, next_seq, hint), ITC_OK);
    return seq;
}

static void numbers_go_up_while_payments_are_under_way(void **state)
{
    (void)state;
    struct itc_outbox o = {0};
    assert_int_equal(next(&o, 5, 5), 5);
    add(&o, 5, 100);
    assert_int_equal(next(&o, 5, 5), 6);
    itc_outbox_told(&o, 5);
    add(&o, 6, 100)->state = ITC_OUTBOX_SENT;
    assert_int_equal(next(&o, 5, 7), 7);
    assert_int_equal(itc_outbox_sum(&o).grains, 10);
    itc_outbox_settle(&o, 6, 20); /* 5 was applied */
    assert_int_equal(o.count, 1);
    assert_null(itc_outbox_find(&o, 5));
    assert_non_null(itc_outbox_find(&o, 6));
    itc_outbox_settle(&o, 7, 21);
    assert_int_equal(o.count, 0);
    assert_int_equal(next(&o, 7, 0), 7);
}

static void a_number_is_not_used_twice_before_its_payment_is_dead(void **state)
{
    (void)state;
    struct itc_outbox o = {0};
    add(&o, 5, 100);
    add(&o, 6, 200);
    itc_outbox_settle(&o, 5, 99); /* milestone 100 could still apply 5 */
    assert_int_equal(next(&o, 5, 7), 7);
    itc_outbox_settle(&o, 5, 100); /* it did not */
    assert_int_equal(next(&o, 5, 7), 5);
    assert_null(itc_outbox_find(&o, 5));
    add(&o, 5, 300);
    assert_int_equal(o.count, 2); /* in the place of the dead one */
    assert_int_equal(next(&o, 5, 7), 7);
}

static void a_refused_number_comes_again(void **state)
{
    (void)state;
    struct itc_outbox o = {0};
    add(&o, 5, 100)->state = ITC_OUTBOX_SENT;
    add(&o, 6, 100)->state = ITC_OUTBOX_FREE;
    itc_outbox_settle(&o, 5, 10);
    assert_int_equal(next(&o, 5, 6), 6);
    assert_int_equal(itc_outbox_sum(&o).grains, 5);
}

/* Whatever went wrong: when the last payment has run out, the account's own number counts again. */
static void it_is_never_stuck_for_ever(void **state)
{
    (void)state;
    struct itc_outbox o = {0};
    add(&o, 8, 100); /* a node had claimed that 5 to 7 were open */
    assert_int_equal(next(&o, 5, 5), 9);
    itc_outbox_settle(&o, 5, 100);
    assert_int_equal(o.count, 0);
    assert_int_equal(next(&o, 5, 5), 5);
}

static void an_account_made_anew_forgets_the_old_numbers(void **state)
{
    (void)state;
    struct itc_outbox o = {0};
    add(&o, 5, 2000)->state = ITC_OUTBOX_SENT;
    itc_outbox_settle(&o, (uint64_t)1000 << 20, 1000);
    assert_int_equal(o.count, 0);
}

static void a_hint_is_believed_within_reason(void **state)
{
    (void)state;
    struct itc_outbox o = {0};
    uint64_t seq = 77;
    assert_int_equal(next(&o, 5, 9), 9); /* another wallet with this key */
    assert_int_equal(next(&o, 5, 2), 5);
    assert_int_equal(next(&o, 5, 5 + ITC_OUTBOX_HINT_AHEAD), 5 + ITC_OUTBOX_HINT_AHEAD);
    assert_int_equal(itc_outbox_next(&o, &seq, 5, 6 + ITC_OUTBOX_HINT_AHEAD), ITC_E_SEQUENCE);
    assert_int_equal(itc_outbox_next(&o, &seq, 5, UINT64_MAX), ITC_E_SEQUENCE);
    assert_int_equal(seq, 77);
}

static void a_full_outbox_says_so(void **state)
{
    (void)state;
    struct itc_outbox o = {0};
    uint64_t seq = 77;
    for (uint64_t i = 0; i < ITC_OUTBOX_MAX; i++)
        add(&o, 5 + i, 100);
    assert_int_equal(itc_outbox_next(&o, &seq, 5, 5), ITC_E_FULL);
    assert_int_equal(seq, 77);
    o.entries[3].state = ITC_OUTBOX_FREE;
    assert_int_equal(next(&o, 5, 5), 8);
}

/* The answer to a payment was lost; meanwhile it was applied, or another took its number. */
static void a_payment_nobody_told_of_is_remembered(void **state)
{
    (void)state;
    struct itc_outbox o = {0};
    struct itc_transfer same = add(&o, 5, 100)->tx.u.transfer;
    itc_outbox_settle(&o, 6, 99);
    assert_int_equal(o.count, 1);
    assert_int_equal(o.entries[0].state, ITC_OUTBOX_PAST);
    assert_ptr_equal(itc_outbox_retry(&o, &same), &o.entries[0]);
    assert_int_equal(itc_outbox_sum(&o).grains, 0);
    assert_null(itc_outbox_find(&o, 5));
    assert_int_equal(next(&o, 6, 6), 6);
    add(&o, 6, 200)->state = ITC_OUTBOX_SENT;
    itc_outbox_settle(&o, 6, 99);
    assert_int_equal(o.count, 2);

    struct itc_outbox told = o;
    itc_outbox_told(&told, 5);
    assert_int_equal(told.count, 1);
    assert_null(itc_outbox_retry(&told, &same));
    itc_outbox_settle(&o, 6, 100); /* and not for ever */
    assert_int_equal(o.count, 1);
}

static void only_an_unsure_payment_is_tried_again(void **state)
{
    (void)state;
    struct itc_outbox o = {0};
    struct itc_outbox_entry *e = add(&o, 5, 100);
    struct itc_transfer same = e->tx.u.transfer, more = same, other = same, last = same;
    more.amount.grains++;
    other.to = make_key(9);
    last.close = true;
    assert_ptr_equal(itc_outbox_retry(&o, &same), e);
    assert_null(itc_outbox_retry(&o, &more));
    assert_null(itc_outbox_retry(&o, &other));
    assert_null(itc_outbox_retry(&o, &last));
    itc_outbox_told(&o, 5); /* paying the same again is a second payment */
    assert_int_equal(e->state, ITC_OUTBOX_SENT);
    assert_null(itc_outbox_retry(&o, &same));
}

static void the_stored_form_goes_both_ways(void **state)
{
    (void)state;
    struct itc_outbox o = {0}, out;
    uint8_t bytes[ITC_OUTBOX_BYTES + 1], again[ITC_OUTBOX_BYTES];
    add(&o, 5, 100);
    add(&o, 6, 100)->state = ITC_OUTBOX_SENT;
    add(&o, 7, 100)->state = ITC_OUTBOX_FREE;
    size_t len = itc_outbox_encode(bytes, &o);
    assert_int_equal(itc_outbox_decode(&out, bytes, len), ITC_OK);
    assert_int_equal(out.count, 3);
    assert_int_equal(out.entries[2].state, ITC_OUTBOX_FREE);
    assert_int_equal(itc_outbox_encode(again, &out), len);
    assert_memory_equal(bytes, again, len);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *exact = make_exact(bytes, cut);
        assert_int_equal(itc_outbox_decode(&out, exact, cut), ITC_E_TRUNCATED);
        free(exact);
    }
    bytes[len] = 0;
    assert_int_equal(itc_outbox_decode(&out, bytes, len + 1), ITC_E_TRAILING);
    bytes[1] = 4; /* no such state */
    assert_int_equal(itc_outbox_decode(&out, bytes, len), ITC_E_FORM);
    bytes[0] = ITC_OUTBOX_MAX + 1;
    assert_int_equal(itc_outbox_decode(&out, bytes, len), ITC_E_FORM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_go_up_while_payments_are_under_way),
        cmocka_unit_test(a_number_is_not_used_twice_before_its_payment_is_dead),
        cmocka_unit_test(a_refused_number_comes_again),
        cmocka_unit_test(it_is_never_stuck_for_ever),
        cmocka_unit_test(an_account_made_anew_forgets_the_old_numbers),
        cmocka_unit_test(a_hint_is_believed_within_reason),
        cmocka_unit_test(a_full_outbox_says_so),
        cmocka_unit_test(a_payment_nobody_told_of_is_remembered),
        cmocka_unit_test(only_an_unsure_payment_is_tried_again),
        cmocka_unit_test(the_stored_form_goes_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
