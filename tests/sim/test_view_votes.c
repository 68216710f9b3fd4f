/* test_view_votes.c - one validator in a change of view: its vote is durable and binds it over restarts, it names what
 * was prepared, and it takes from the new primary only what q votes allow. */
#include "tests/sim/bench.h"

#include "node/view_vote.h"
#include "spv/sha256.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEER 0u
#define SELF 1u
#define VIEW 2u /* its primary is validator 2 */

static int setup(void **state)
{
    struct bench *b = bench_new(0);
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    bench_peer_up(b, PEER, 0);
    *state = b;
    return 0;
}

static void prepared_cert(const struct bench *b, const struct proposed *p, struct itc_cert *out)
{
    *out = (struct itc_cert){.index = p->header.index, .signers = 0xf & ~(1u << SELF)};
    for (uint32_t i = 0, k = 0; i < BENCH_VALIDATORS; i++) {
        if (i != SELF)
            bench_sign(b, &p->header, 0, ITC_TAG_PREPARE, i, &out->sigs[k++]);
    }
}

/* Votes for VIEW of `count` validators from 0 on, but us; the first names `prepared`, if that is not NULL. */
static size_t new_view(
    struct bench *b, uint8_t *out, size_t cap, uint32_t count, const struct proposed *prepared)
{
    struct itc_slot slot = itc_chain_slot(&b->node->chain, b->node->chain.head.index + 1, VIEW);
    struct itc_writer w = itc_writer_of(out, cap);
    for (uint32_t i = 0, done = 0; done < count; i++) {
        struct itc_view_vote v = {.voter = (uint8_t)i};
        struct itc_signer signer;
        struct itc_hash message;
        if (i == SELF)
            continue;
        if (done++ == 0 && prepared != NULL) {
            v.prepared = true;
            v.header_id = prepared->id;
            prepared_cert(b, prepared, &v.cert);
        }
        itc_view_vote_message(&message, &b->chain.id, &slot, &v);
        assert_int_equal(itc_signer_init(&signer, &b->chain.validators[i]), ITC_OK);
        itc_signer_sign(&signer, &message, &v.sig);
        itc_view_vote_write(&w, &v);
    }
    assert_false(w.failed);
    return w.used;
}

static bool takes(
    struct bench *b, const struct proposed *p, uint32_t votes, const struct proposed *prepared)
{
    static uint8_t bytes[ITC_NEW_VIEW_MAX];
    size_t len = new_view(b, bytes, sizeof bytes, votes, prepared);
    b->frame_len = 0;
    bench_proposal_in(b, PEER, &p->header, VIEW, bytes, len, p->body, p->len);
    return b->frame_len > 0 && b->frame[4] == ITC_MESSAGE_VOTE;
}

static void wait_for_view_change(struct bench *b, struct itc_message *out)
{
    b->frame_len = 0;
    for (int i = 0; i < 50 && (b->frame_len == 0 || b->frame[4] != ITC_MESSAGE_VIEW_CHANGE); i++)
        bench_tick(b, 200);
    bench_last(b, out);
    assert_int_equal(out->type, ITC_MESSAGE_VIEW_CHANGE);
}

static void restart(struct bench *b)
{
    bench_stop(b);
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    bench_peer_up(b, PEER, 0);
    b->frame_len = 0;
}

/* Its COMMIT row holds the prepared certificate: after a restart its vote for the next view names it. */
static void what_was_prepared_is_named_after_a_restart(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    struct itc_message m;
    bench_make_proposal(b, &p, 0);
    bench_proposal(b, PEER, &p.header, p.body, p.len);
    for (uint32_t i = 2; i < 4; i++)
        bench_vote(b, PEER, ITC_VOTE_PREPARE, &p.header, 0, i);
    assert_int_equal(b->node->pbft.rounds[0].state, ITC_ROUND_COMMITTED);
    restart(b);
    wait_for_view_change(b, &m);
    assert_true(m.u.view_change.vote.prepared);
    assert_memory_equal(&m.u.view_change.vote.header_id, &p.id, sizeof p.id);
    assert_int_equal(m.u.view_change.body_len, p.len);
}

static void a_new_view_stands_on_a_quorum(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    bench_make_proposal(b, &p, VIEW);
    assert_false(takes(b, &p, 2, NULL));
    assert_true(takes(b, &p, 3, NULL));
    assert_int_equal(b->node->pbft.rounds[0].slot.view, VIEW);
}

static void what_was_prepared_alone_is_proposed_again(void **state)
{
    struct bench *b = *state;
    static struct proposed p, fresh;
    bench_make_proposal(b, &p, 0);
    bench_make_proposal(b, &fresh, VIEW);
    assert_false(takes(b, &fresh, 3, &p));
    assert_true(takes(b, &p, 3, &p));
}

/* A certificate from the view itself, or a later one, proves nothing about those before. */
static void what_is_named_was_prepared_before(void **state)
{
    struct bench *b = *state;
    static uint8_t bytes[ITC_NEW_VIEW_MAX];
    static struct proposed p;
    struct itc_view_vote v = {.voter = 0, .prepared = true};
    struct itc_slot slot = itc_chain_slot(&b->node->chain, 1, VIEW);
    struct itc_signer signer;
    struct itc_hash message;
    bench_make_proposal(b, &p, 0);
    v.header_id = p.id;
    prepared_cert(b, &p, &v.cert);
    v.cert.view = VIEW;
    for (uint32_t i = 0, k = 0; i < BENCH_VALIDATORS; i++) {
        if (i != SELF)
            bench_sign(b, &p.header, VIEW, ITC_TAG_PREPARE, i, &v.cert.sigs[k++]);
    }
    itc_view_vote_message(&message, &b->chain.id, &slot, &v);
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[0]), ITC_OK);
    itc_signer_sign(&signer, &message, &v.sig);
    struct itc_writer w = itc_writer_of(bytes, sizeof bytes);
    itc_view_vote_write(&w, &v);
    bool bound;
    struct itc_hash id;
    assert_int_equal(
        itc_view_proof_check(b->node, &slot, bytes, w.used, &bound, &id), ITC_E_QUORUM);
    assert_false(bound);
}

/* `voter` leaves for `view` and names what was prepared in `prepared_view` by all but us. */
static void leave_naming(struct bench *b, uint32_t voter, uint32_t view, const struct proposed *p,
    uint32_t prepared_view)
{
    struct itc_message m = {.type = ITC_MESSAGE_VIEW_CHANGE};
    struct itc_view_change *c = &m.u.view_change;
    struct itc_signer signer;
    struct itc_hash message;
    c->slot = itc_chain_slot(&b->node->chain, b->node->chain.head.index + 1, view);
    c->vote = (struct itc_view_vote){.voter = (uint8_t)voter, .prepared = true, .header_id = p->id};
    c->vote.cert = (struct itc_cert){
        .view = prepared_view, .index = p->header.index, .signers = 0xf & ~(1u << SELF)};
    for (uint32_t i = 0, k = 0; i < BENCH_VALIDATORS; i++) {
        if (i != SELF)
            bench_sign(b, &p->header, prepared_view, ITC_TAG_PREPARE, i, &c->vote.cert.sigs[k++]);
    }
    itc_view_vote_message(&message, &b->chain.id, &c->slot, &c->vote);
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[voter]), ITC_OK);
    itc_signer_sign(&signer, &message, &c->vote.sig);
    uint8_t header[ITC_HEADER_SIZE];
    itc_header_encode(header, &p->header);
    c->header = header;
    c->body = p->body;
    c->body_len = p->len;
    bench_message(b, PEER, &m);
}

/* We lead view 5 on votes that name one header; a traitor's vote for view 6 names another, prepared in a higher view
 * than that. It must not keep us from proposing what our votes bind us to. */
static void a_vote_for_another_view_hides_nothing(void **state)
{
    struct bench *b = *state;
    static struct proposed x, y;
    bench_make_proposal(b, &x, 0);
    bench_make_proposal(b, &y, 2);
    leave_naming(b, 3, 6, &y, 2);
    leave_naming(b, 0, 5, &x, 0);
    leave_naming(b, 2, 5, &x, 0);
    bench_tick(b, 1);
    assert_int_equal(b->node->pbft.rounds[0].slot.view, 5);
    assert_memory_equal(&b->node->pbft.rounds[0].header_id, &x.id, sizeof x.id);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_PROPOSAL], 1);
}

/* A traitor may leave one view after the other; what that costs us is bounded. */
static void few_votes_of_one_voter_are_looked_at(void **state)
{
    struct bench *b = *state;
    static struct proposed x;
    bench_make_proposal(b, &x, 0);
    uint64_t before = b->node->stats.counts[ITC_COUNT_SIGNATURES_CHECKED];
    for (uint32_t view = 1; view <= 100; view++)
        leave_naming(b, 3, view, &x, 0);
    assert_in_range(b->node->stats.counts[ITC_COUNT_SIGNATURES_CHECKED] - before, 2, 10);
    assert_int_equal(b->dropped, 0);
}

/* What view_change.h draws, arrow by arrow. */
static bool is_drawn(enum itc_view_phase from, enum itc_view_phase to)
{
    if (to == ITC_VIEW_START)
        return true; /* the height is settled */
    if (from == ITC_VIEW_START || from == ITC_VIEW_FOLLOWED)
        return to == ITC_VIEW_TAKEN || to == ITC_VIEW_LEFT;
    if (from == ITC_VIEW_TAKEN)
        return to == ITC_VIEW_LEFT;
    return true; /* LEFT: all ways */
}

static void phases_move_as_drawn(void **state)
{
    (void)state;
    for (uint32_t from = 0; from < ITC_VIEW_PHASES; from++) {
        for (uint32_t to = 0; to < ITC_VIEW_PHASES; to++)
            assert_int_equal(itc_view_may_move((enum itc_view_phase)from, (enum itc_view_phase)to),
                is_drawn((enum itc_view_phase)from, (enum itc_view_phase)to));
    }
}

static void expect_phase(const struct bench *b, enum itc_view_phase phase, uint32_t view)
{
    assert_int_equal(b->node->view.phase, phase);
    assert_int_equal(b->node->pbft.rounds[0].slot.view, view);
}

/* The time-out of a view, and of what came before it, is over. */
static void wait_out(struct bench *b)
{
    const struct itc_params *p = &b->node->chain.params;
    uint64_t end = b->now_ms + p->idle_ms + (uint64_t)p->timeout_ms * 64;
    while (b->now_ms < end)
        bench_tick(b, 200);
}

/* Two others leave for `view`, so that with us a quorum has. */
static void others_leave(struct bench *b, uint32_t view, const struct proposed *p)
{
    leave_naming(b, 0, view, p, 0);
    leave_naming(b, 3, view, p, 0);
}

static void take_in(struct bench *b, const struct proposed *p)
{
    assert_true(takes(b, p, 3, p));
    expect_phase(b, ITC_VIEW_TAKEN, VIEW);
}

/* Each arrow, by a validator: it starts, takes, leaves, is followed, leaves again, and takes what the votes allow. */
static void every_move_is_made(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    bench_make_proposal(b, &p, 0);
    expect_phase(b, ITC_VIEW_START, 0);
    bench_empty_milestone(b, PEER);
    expect_phase(b, ITC_VIEW_START, 0); /* of the next height: START to START */
    bench_make_proposal(b, &p, 0);
    bench_proposal(b, PEER, &p.header, p.body, p.len);
    expect_phase(b, ITC_VIEW_TAKEN, 0);
    bench_empty_milestone(b, PEER);
    expect_phase(b, ITC_VIEW_START, 0);
    bench_make_proposal(b, &p, 0);
    wait_out(b);
    expect_phase(b, ITC_VIEW_LEFT, 1);
    wait_out(b);
    expect_phase(b, ITC_VIEW_LEFT, 1); /* alone it waits */
    take_in(b, &p);                    /* of a higher view: by way of LEFT */
    wait_out(b);
    expect_phase(b, ITC_VIEW_LEFT, VIEW + 1);
    others_leave(b, VIEW + 1, &p);
    expect_phase(b, ITC_VIEW_FOLLOWED, VIEW + 1);
    wait_out(b);
    expect_phase(b, ITC_VIEW_LEFT, VIEW + 2);
    bench_empty_milestone(b, PEER);
    expect_phase(b, ITC_VIEW_START, 0);
}

static void the_followed_take_and_settle(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    bench_make_proposal(b, &p, 0);
    wait_out(b);
    expect_phase(b, ITC_VIEW_LEFT, 1);
    wait_out(b);
    leave_naming(b, 0, VIEW, &p, 0);
    expect_phase(b, ITC_VIEW_LEFT, 1); /* it takes f + 1 to carry us along */
    leave_naming(b, 3, VIEW, &p, 0);
    expect_phase(b, ITC_VIEW_LEFT, VIEW);
    bench_tick(b, 1); /* our own vote is the third */
    expect_phase(b, ITC_VIEW_FOLLOWED, VIEW);
    take_in(b, &p);
    wait_out(b);
    others_leave(b, VIEW + 1, &p);
    expect_phase(b, ITC_VIEW_FOLLOWED, VIEW + 1);
    bench_empty_milestone(b, PEER);
    expect_phase(b, ITC_VIEW_START, 0);
}

/* Whether the next event ends the program. */
static bool dies(struct bench *b, const struct proposed *p)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bench_proposal(b, PEER, &p->header, p->body, p->len);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void a_forbidden_move_is_caught(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    bench_make_proposal(b, &p, 0);
    assert_false(dies(b, &p));
    b->node->view.phase = ITC_VIEW_TAKEN; /* nothing is */
    assert_true(dies(b, &p));
    b->node->view.phase = ITC_VIEW_START;
}

/* `voter` leaves for the view in which we stand, and names nothing. */
static void follow(struct bench *b, uint32_t voter)
{
    struct itc_message m = {.type = ITC_MESSAGE_VIEW_CHANGE,
        .u.view_change = {.slot = b->node->pbft.rounds[0].slot, .vote = {.voter = (uint8_t)voter}}};
    struct itc_view_vote *v = &m.u.view_change.vote;
    struct itc_signer signer;
    struct itc_hash message;
    itc_view_vote_message(&message, &b->chain.id, &m.u.view_change.slot, v);
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[voter]), ITC_OK);
    itc_signer_sign(&signer, &message, &v->sig);
    bench_message(b, PEER, &m);
}

/* Until it leaves the view in which it stands. */
static uint64_t stays_ms(struct bench *b)
{
    uint64_t since_ms = b->now_ms;
    uint32_t view = b->node->pbft.rounds[0].slot.view;
    while (b->node->pbft.rounds[0].slot.view == view && b->now_ms - since_ms < 1000000)
        bench_tick(b, 100);
    return b->now_ms - since_ms;
}

/* View after view fails, though q are there each time: they need more time than they had. At the next height they
 * begin anew. */
static void time_outs_double_up_to_a_bound(void **state)
{
    struct bench *b = *state;
    const struct itc_params *p = &b->node->chain.params;
    uint64_t first_ms = stays_ms(b);
    assert_in_range(first_ms, p->timeout_ms, p->timeout_ms + p->idle_ms + 100);
    for (uint32_t failed = 1; failed <= 9; failed++) {
        follow(b, 0);
        follow(b, 2);
        uint64_t expected_ms = (uint64_t)p->timeout_ms << (failed < 6 ? failed : 6);
        assert_in_range(stays_ms(b), expected_ms, expected_ms + 100);
    }
    bench_empty_milestone(b, PEER);
    assert_in_range(stays_ms(b), first_ms - 100, first_ms + 100);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(what_was_prepared_is_named_after_a_restart),
        BENCH_TEST(a_new_view_stands_on_a_quorum),
        BENCH_TEST(what_was_prepared_alone_is_proposed_again),
        BENCH_TEST(what_is_named_was_prepared_before),
        BENCH_TEST(a_vote_for_another_view_hides_nothing),
        BENCH_TEST(few_votes_of_one_voter_are_looked_at),
        BENCH_TEST(phases_move_as_drawn),
        BENCH_TEST(every_move_is_made),
        BENCH_TEST(the_followed_take_and_settle),
        BENCH_TEST(a_forbidden_move_is_caught),
        BENCH_TEST(time_outs_double_up_to_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
