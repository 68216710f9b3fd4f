/* test_scenarios_votes.c - named scenarios: one validator, and which votes it casts. What goes wrong without what each
 * of them shows: README.md. */
#include "tests/sim/bench.h"

#define PEER 0u
#define SELF 1u /* validator; PEER is 0, the primary */

static int setup(void **state)
{
    struct bench *b = bench_new(0);
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    bench_peer_up(b, PEER, 0);
    *state = b;
    return 0;
}

static void restart(struct bench *b)
{
    bench_stop(b);
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    bench_peer_up(b, PEER, 0);
    b->frame_len = 0;
}

static const struct itc_round *round_of(const struct bench *b)
{
    return &b->node->pbft.rounds[0];
}

static void propose(struct bench *b, const struct proposed *p)
{
    bench_proposal(b, PEER, &p->header, p->body, p->len);
}

/* The vote that it has just sent. */
static struct itc_vote voted(const struct bench *b, enum itc_vote_type type)
{
    struct itc_message m;
    bench_last(b, &m);
    assert_int_equal(m.type, ITC_MESSAGE_VOTE);
    assert_int_equal(m.u.vote.type, type);
    assert_int_equal(m.u.vote.voter, SELF);
    return m.u.vote;
}

static void leave_view(struct bench *b)
{
    struct itc_message m;
    b->frame_len = 0;
    for (int i = 0; i < 50 && (b->frame_len == 0 || b->frame[4] != ITC_MESSAGE_VIEW_CHANGE); i++)
        bench_tick(b, 200);
    bench_last(b, &m);
    assert_int_equal(m.type, ITC_MESSAGE_VIEW_CHANGE);
    assert_int_equal(m.u.view_change.slot.view, 1);
}

static void assert_no_vote_after_restart(struct bench *b, const struct proposed *p, uint32_t rows)
{
    restart(b);
    assert_int_equal(round_of(b)->slot.view, 1);
    propose(b, p);
    for (uint32_t i = 2; i < 4; i++)
        bench_vote(b, PEER, ITC_VOTE_PREPARE, &p->header, 0, i);
    bench_tick(b, 10);
    assert_true(b->frame_len == 0 || b->frame[4] == ITC_MESSAGE_VIEW_CHANGE);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), rows);
}

/* It left view 0 without a vote there: its PREPARE slot is empty, and must stay so. */
static void restart_between_view_change_and_an_unused_vote_slot_of_the_old_view(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    bench_make_proposal(b, &p, 0);
    leave_view(b);
    assert_no_vote_after_restart(b, &p, 1);
    /* And the COMMIT slot of who prepared before it left. */
    bench_teardown(state);
    setup(state);
    b = *state;
    propose(b, &p);
    voted(b, ITC_VOTE_PREPARE);
    leave_view(b);
    assert_no_vote_after_restart(b, &p, 2);
}

/* Power fails after its votes: it stands by them, and casts no others in their slots. */
static void amnesia_after_restart(void **state)
{
    struct bench *b = *state;
    static struct proposed p, other;
    bench_make_proposal(b, &p, 0);
    other = p;
    other.header.time_ms++;
    propose(b, &p);
    voted(b, ITC_VOTE_PREPARE);
    bench_vote(b, PEER, ITC_VOTE_PREPARE, &p.header, 0, 2);
    struct itc_vote commit = voted(b, ITC_VOTE_COMMIT);
    restart(b);
    propose(b, &other);
    bench_tick(b, 100);
    assert_int_equal(b->frame_len, 0);
    const struct itc_round *r = round_of(b);
    assert_int_equal(r->state, ITC_ROUND_COMMITTED);
    assert_true(r->prepares.held >> SELF & r->commits.held >> SELF & 1);
    assert_memory_equal(&r->header_id, &commit.header_id, sizeof r->header_id);
    bench_message(b, PEER,
        &(struct itc_message){.type = ITC_MESSAGE_STATUS,
            .u.status = {.has_proposal = true, .prepares = UINT32_MAX}});
    struct itc_vote again = voted(b, ITC_VOTE_COMMIT);
    assert_memory_equal(&again.sig, &commit.sig, sizeof again.sig);
}

/* A proposal is its primary's PREPARE. One more of it, however genuine, leaves two voters of the three it takes. */
static void primarys_prepare_counted_twice(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    bench_make_proposal(b, &p, 0);
    propose(b, &p);
    for (int i = 0; i < 2; i++)
        bench_vote(b, PEER, ITC_VOTE_PREPARE, &p.header, 0, 0);
    voted(b, ITC_VOTE_PREPARE);
    assert_int_equal(round_of(b)->state, ITC_ROUND_PREPARED);
    bench_vote(b, PEER, ITC_VOTE_PREPARE, &p.header, 0, 3);
    voted(b, ITC_VOTE_COMMIT);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(restart_between_view_change_and_an_unused_vote_slot_of_the_old_view),
        BENCH_TEST(amnesia_after_restart),
        BENCH_TEST(primarys_prepare_counted_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
