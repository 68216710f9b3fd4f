/* test_votes.c - one validator's votes: for what it computed itself, once a slot over restarts too, and never before
 * their rows are on their way to the disk. */
#include "tests/sim/bench.h"

#include "spv/sha256.h"

#define PRIMARY 0u
#define SELF 1u
#define EPOCH 4u /* milestones */

/* Validator 1, and validator 0 at its first link. */
static int setup(void **state)
{
    struct bench *b = bench_new(EPOCH);
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    bench_peer_up(b, PRIMARY, PRIMARY);
    *state = b;
    return 0;
}

static void propose(struct bench *b, const struct proposed *p)
{
    bench_proposal(b, PRIMARY, &p->header, p->body, p->len);
}

/* The vote it sent last; its row is in the batch that the step wrote. */
static void assert_voted(struct bench *b, enum itc_vote_type type, struct itc_vote *out)
{
    struct itc_message m;
    bench_last(b, &m);
    assert_int_equal(m.type, ITC_MESSAGE_VOTE);
    assert_int_equal(m.u.vote.type, type);
    assert_int_equal(m.u.vote.voter, SELF);
    assert_int_not_equal(b->frame_after, 0);
    assert_int_equal(b->frame_after, b->batch);
    *out = m.u.vote;
}

/* Validators `first` .. `end` - 1 vote for the proposal. */
static void others_vote(struct bench *b, const struct proposed *p, enum itc_vote_type type,
    uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        bench_vote(b, PRIMARY, type, &p->header, 0, i);
}

static void votes_leave_after_their_rows(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    struct itc_vote prepare, commit;
    bench_make_proposal(b, &p, 0);
    propose(b, &p);
    assert_voted(b, ITC_VOTE_PREPARE, &prepare);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 1);
    others_vote(b, &p, ITC_VOTE_PREPARE, 2, 3);
    assert_voted(b, ITC_VOTE_COMMIT, &commit);
    assert_memory_equal(&commit.header_id, &prepare.header_id, sizeof commit.header_id);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 2);
    others_vote(b, &p, ITC_VOTE_COMMIT, 2, 4);
    assert_int_equal(b->node->chain.head.index, 1);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 0);
}

/* Sites of the cone are written before, or with, the PREPARE that says they are held. */
static void a_prepare_is_preceded_by_its_sites(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    struct itc_vote vote;
    struct made m;
    bench_make(b, &m, 0, 7, 0, NULL, 0); /* too early a seq: changes nothing */
    p.len = itc_body_encode(p.body, m.id.b, 1);
    uint8_t leaf[ITC_LEAF];
    memcpy(leaf, m.id.b, 32);
    memcpy(leaf + 32, m.tx_id.b, 32);
    leaf[64] = ITC_VERDICT_EARLY_SEQ;
    bench_header(b, &p.header, leaf, 1, p.body, p.len);
    propose(b, &p);
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_VOTE], 0);
    bench_send_site(b, PRIMARY, &m);
    assert_voted(b, ITC_VOTE_PREPARE, &vote);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_BODY), 1);
}

static void a_wrong_result_gets_no_vote(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    bench_make_proposal(b, &p, 0);
    p.header.state_root.b[0] ^= 1;
    propose(b, &p);
    bench_tick(b, 1000);
    assert_int_equal(b->node->pbft.rounds[0].state, ITC_ROUND_REJECTED);
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_VOTE], 0);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 0);
}

/* The genuine vote comes while a forged one with its signature is being checked. */
static void a_copied_signature_does_not_keep_its_vote_out(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    struct itc_vote prepare;
    bench_make_proposal(b, &p, 0);
    propose(b, &p);
    assert_voted(b, ITC_VOTE_PREPARE, &prepare);
    struct itc_message m = {.type = ITC_MESSAGE_VOTE, .u.vote = prepare};
    m.u.vote.voter = 2;
    bench_sign(b, &p.header, 0, ITC_TAG_PREPARE, 2, &m.u.vote.sig);
    struct itc_message forged = m;
    forged.u.vote.header_id.b[0] ^= 1;
    b->hold = true;
    bench_message(b, PRIMARY, &forged);
    bench_message(b, PRIMARY, &m);
    b->hold = false;
    bench_verify(b);
    assert_true(b->node->pbft.rounds[0].prepares.held >> 2 & 1);
}

/* STATUS of a peer that stands in view `view` of the open height and has these votes. */
static void says(struct bench *b, uint32_t view, bool has_proposal, uint32_t prepares)
{
    const struct itc_message m = {.type = ITC_MESSAGE_STATUS,
        .u.status = {.validator = PRIMARY,
            .view = view,
            .has_proposal = has_proposal,
            .prepares = prepares}};
    memset(b->sent, 0, sizeof b->sent);
    bench_message(b, PRIMARY, &m);
}

/* Whoever lacks a proposal or a vote that is held here gets it, and nothing else. */
static void what_a_peer_lacks_is_sent_again(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    bench_make_proposal(b, &p, 0);
    propose(b, &p);
    others_vote(b, &p, ITC_VOTE_PREPARE, 2, 3);
    says(b, 0, true, 7);
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_PROPOSAL], 0);
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_VOTE], 1); /* our COMMIT */
    says(b, 0, true, 1u << SELF);
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_VOTE], 2); /* of validator 2, too */
    says(b, 0, false, 0);
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_PROPOSAL], 1);
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_VOTE], 3);
    says(b, 1, true, 0); /* ahead of us */
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_VOTE], 0);
}

/* A vote in view 0 of the height after the open one, by whoever has that seat then. */
static void vote_ahead(struct bench *b, const struct proposed *p, uint32_t seat)
{
    struct itc_message m = {.type = ITC_MESSAGE_VOTE,
        .u.vote = {.type = ITC_VOTE_PREPARE,
            .slot = itc_chain_slot(&b->node->chain, p->header.index + 1, 0),
            .voter = (uint8_t)seat}};
    bench_message(b, PRIMARY, &m);
}

/* What a peer says of the next epoch before we are there is of keys that we need not know yet, whatever header we
 * hold, wrong or right: it is put aside, and asked for at once when we are there. */
static void before_the_border(struct bench *b, bool wrong)
{
    static struct proposed p, rejected, next;
    while (b->node->chain.head.index < EPOCH - 1)
        bench_empty_milestone(b, PRIMARY);
    bench_make_proposal(b, &p, 0);
    bench_make_proposal(b, &next, 0);
    next.header.index++;
    next.header.epoch++;
    next.header.flags = 0;
    rejected = p;
    rejected.header.state_root.b[0] ^= 1;
    propose(b, wrong ? &rejected : &p);
    assert_int_equal(
        b->node->pbft.rounds[0].state, wrong ? ITC_ROUND_REJECTED : ITC_ROUND_PREPARED);

    for (uint32_t seat = 2; seat < 2 + BENCH_VALIDATORS; seat++)
        vote_ahead(b, &p, seat);
    bench_proposal(b, PRIMARY, &next.header, next.body, next.len);
    assert_int_equal(b->node->pbft.rounds[1].state, ITC_ROUND_EMPTY);
    assert_int_equal(b->node->stats.peer_refused[ITC_E_SIGNATURE], 0);
    assert_int_equal(b->dropped, 0);

    uint32_t statuses = b->sent[PRIMARY][ITC_MESSAGE_STATUS];
    bench_milestone(b, PRIMARY, &p.header, true, p.body, p.len);
    assert_int_equal(b->node->chain.head.index, EPOCH);
    bench_tick(b, 100);
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_STATUS], statuses + 1);
    bench_make_proposal(b, &next, 0);
    others_vote(b, &next, ITC_VOTE_PREPARE, 2, 3);
    assert_true(b->node->pbft.rounds[0].prepares.held >> 2 & 1);
}

static void nothing_of_the_next_epoch_counts_before_it(void **state)
{
    before_the_border(*state, false);
}

static void nor_by_a_header_that_was_rejected(void **state)
{
    before_the_border(*state, true);
}

/* We guess that the next height starts in a higher view than it does: an honest new view is none of ours yet. */
static void a_new_view_of_the_next_height_is_put_aside(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    static const uint8_t votes[100];
    b->node->pbft.rounds[1].slot.view = 1;
    bench_make_proposal(b, &p, 1);
    p.header.index++;
    bench_proposal_in(b, PRIMARY, &p.header, 1, votes, sizeof votes, p.body, p.len);
    assert_int_equal(b->node->pbft.rounds[1].state, ITC_ROUND_EMPTY);
    assert_int_equal(b->dropped, 0);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(votes_leave_after_their_rows),
        BENCH_TEST(a_prepare_is_preceded_by_its_sites),
        BENCH_TEST(a_wrong_result_gets_no_vote),
        BENCH_TEST(a_copied_signature_does_not_keep_its_vote_out),
        BENCH_TEST(what_a_peer_lacks_is_sent_again),
        BENCH_TEST(nothing_of_the_next_epoch_counts_before_it),
        BENCH_TEST(nor_by_a_header_that_was_rejected),
        BENCH_TEST(a_new_view_of_the_next_height_is_put_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
