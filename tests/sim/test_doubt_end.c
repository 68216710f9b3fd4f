/* test_doubt_end.c - when a validator that has forgotten votes may vote again; and when it must stop once more. */
#include "tests/sim/doubter.h"

#define EPOCH 3u

static int setup(void **state)
{
    return doubter_setup(state, EPOCH);
}

static int setup_shortest(void **state)
{
    return doubter_setup(state, 1);
}

static void a_new_store_observes_until_two_epoch_ends(void **state)
{
    struct bench *b = *state;
    b->used_key = true;
    doubter_start(b);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    assert_false(doubter_votes(b));
    bench_empty_milestone(b, 0);
    doubter_tell(b, 0, 1, NULL);
    doubter_tell(b, 2, 1, NULL);
    assert_int_equal(doubter_memory(b).until, 2 * EPOCH);
    doubter_restart(b); /* does not end it, and asks again */
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    assert_int_equal(doubter_memory(b).until, 2 * EPOCH);
    doubter_tell(b, 0, 1, NULL);
    doubter_tell(b, 2, 1, NULL);
    assert_int_equal(doubter_memory(b).until, 2 * EPOCH);
    while (b->node->chain.head.index + 1 < 2 * EPOCH) {
        bench_empty_milestone(b, 0);
        assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    }
    bench_empty_milestone(b, 0);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    assert_true(doubter_votes(b));
}

static void a_liar_cannot_keep_it_waiting(void **state)
{
    struct bench *b = *state;
    b->used_key = true;
    doubter_start(b);
    doubter_tell(b, 3, UINT64_MAX, NULL);
    doubter_tell(b, 0, 1, NULL);
    assert_false(doubter_memory(b).asking);
    doubter_advance(b, 2 * EPOCH);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    doubter_tell(b, 2, 2 * EPOCH, NULL);
    assert_int_equal(doubter_memory(b).until, 4 * EPOCH);
    doubter_advance(b, 4 * EPOCH - 1);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    doubter_advance(b, 4 * EPOCH);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
}

/* 0 is honest and lags, or is a liar that wants us to vote early; in epochs of one milestone their ends prove nothing. */
static void who_lags_does_not_make_it_vote(void **state)
{
    struct bench *b = *state;
    const uint64_t lost = 9;
    b->used_key = true;
    doubter_start(b);
    doubter_tell(b, 0, 0, NULL);
    doubter_tell(
        b, 2, lost - 1, NULL); /* had committed it with us; our votes of lost + 1 are nowhere */
    doubter_tell(b, 0, lost, NULL); /* nor is it counted twice */
    while (b->node->chain.head.index <= lost) {
        assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
        bench_empty_milestone(b, 0);
    }
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
}

/* Told late, where the chain may wait for our vote. */
static void enough_told_ends_it_at_once(void **state)
{
    struct bench *b = *state;
    b->used_key = true;
    doubter_start(b);
    doubter_tell(b, 0, 0, NULL);
    doubter_tell(b, 2, 0, NULL);
    doubter_restart(b);
    doubter_advance(b, 2 * EPOCH);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    doubter_tell(b, 0, 1, NULL);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    doubter_tell(b, 2, 1, NULL);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    assert_true(doubter_votes(b));
}

/* What the members of one committee tell is no argument about the votes of the next. */
static void another_committee_is_asked_anew(void **state)
{
    struct bench *b = *state;
    struct itc_header h;
    uint8_t body[ITC_BODY_MAX];
    b->used_key = true;
    doubter_start(b);
    doubter_tell(b, 0, 0, NULL);
    doubter_tell(b, 2, 0, NULL);
    doubter_advance(b, 2 * EPOCH - 1);
    struct itc_committee present = b->node->chain.committee, next = present;
    next.keys[3] = itc_private_chain_validator(&b->chain, BENCH_VALIDATORS);
    itc_seats_init(&b->node->ledger.seats, &b->chain.id, 1, &present, &next);
    doubter_make_header(b, &h, body);
    itc_committee_hash(&h.next_committee, &b->chain.id, &next);
    bench_milestone(b, 0, &h, true, body, itc_body_encode(body, NULL, 0));
    assert_int_equal(b->node->chain.head.index, 2 * EPOCH);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    assert_true(doubter_memory(b).asking);
    doubter_tell(b, 0, 0, NULL);
    doubter_tell(b, 2, 0,
        NULL); /* members now, but they lag: of our votes as a member now they know nothing */
    assert_false(doubter_memory(b).asking);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    assert_int_equal(doubter_memory(b).until, 2 * EPOCH + 1);
}

static void a_trace_puts_off_the_end(void **state)
{
    struct bench *b = *state;
    b->used_key = true;
    doubter_start(b);
    doubter_tell(b, 0, 0, NULL);
    doubter_tell(b, 2, 0, NULL);
    assert_int_equal(doubter_memory(b).until, 2 * EPOCH);
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_PREPARE, 3 * EPOCH, 0, true);
    doubter_tell(b, 3, 0, &m);
    assert_int_equal(doubter_memory(b).until, 5 * EPOCH);
    doubter_advance(b, 2 * EPOCH);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NEW);
    m = doubter_own_vote(b, ITC_VOTE_COMMIT, 2 * EPOCH + 1, 0, true);
    doubter_echo(b, &m); /* of a lower height: nothing new */
    assert_int_equal(doubter_memory(b).until, 5 * EPOCH);
}

static void doubt_that_is_over_begins_again(void **state)
{
    struct bench *b = *state;
    b->used_key = true;
    doubter_start(b);
    uint64_t nonce = b->node->doubt.nonce;
    b->now_ms += 500;
    doubter_status(b, 3); /* asked, and slow to answer */
    doubter_tell(b, 0, 0, NULL);
    doubter_tell(b, 2, 0, NULL);
    doubter_advance(b, 2 * EPOCH);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_NONE);
    struct itc_mark m = doubter_own_vote(b, ITC_VOTE_COMMIT, 2 * EPOCH + 1, 0, true);
    doubter_tell_as(b, 3, 3, nonce, 0, &m);
    assert_int_equal(doubter_memory(b).why, ITC_DOUBT_ROLLED_BACK);
    assert_false(doubter_votes(b));
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(a_new_store_observes_until_two_epoch_ends),
        BENCH_TEST(a_liar_cannot_keep_it_waiting),
        cmocka_unit_test_setup_teardown(
            who_lags_does_not_make_it_vote, setup_shortest, bench_teardown),
        BENCH_TEST(enough_told_ends_it_at_once),
        BENCH_TEST(another_committee_is_asked_anew),
        BENCH_TEST(a_trace_puts_off_the_end),
        BENCH_TEST(doubt_that_is_over_begins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
