/* test_witness.c - one validator that sees others vote twice: it has the evidence, tells its peers, and puts it into its
 * own proposals; forged and old material moves nothing. */
#include "tests/sim/bench.h"

#include "node/view_vote.h"

#define PEER 0u  /* who sends everything */
#define OTHER 3u /* a second link */
#define SELF 1u
#define OFFENDER 2u

static int start(void **state, uint32_t epoch_length)
{
    struct bench *b = bench_new(epoch_length);
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    bench_peer_up(b, PEER, 0);
    bench_peer_up(b, OTHER, ITC_NO_VALIDATOR);
    *state = b;
    return 0;
}

static int setup(void **state)
{
    return start(state, 1000);
}

static int setup_short_epochs(void **state)
{
    return start(state, 4);
}

static void sign(const struct bench *b, uint32_t voter, uint64_t index, struct itc_statement *s)
{
    struct itc_signer signer;
    struct itc_hash message;
    uint32_t epoch = itc_params_epoch(&b->node->chain.params, index);
    itc_statement_message(&message, &b->chain.id, epoch, index, s);
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[voter]), ITC_OK);
    itc_signer_sign(&signer, &message, &s->sig);
}

/* PREPARE or COMMIT of the header that `number` names. */
static struct itc_statement say(const struct bench *b, uint32_t voter, enum itc_vote_type type,
    uint64_t index, uint32_t view, uint8_t number)
{
    struct itc_statement s = {.type = type, .view = view, .header_id = {{number}}};
    sign(b, voter, index, &s);
    return s;
}

static void send(struct bench *b, uint32_t voter, uint64_t index, const struct itc_statement *s)
{
    struct itc_slot slot = itc_chain_slot(&b->node->chain, index, s->view);
    struct itc_message m = {.type = ITC_MESSAGE_VOTE,
        .u.vote = {.type = (uint8_t)s->type,
            .slot = slot,
            .voter = (uint8_t)voter,
            .header_id = s->header_id,
            .sig = s->sig}};
    if (s->type == ITC_VOTE_VIEW_CHANGE)
        m = (struct itc_message){.type = ITC_MESSAGE_VIEW_CHANGE,
            .u.view_change = {.slot = slot, .vote = {.voter = (uint8_t)voter, .sig = s->sig}}};
    bench_message(b, PEER, &m);
}

static void vote(struct bench *b, enum itc_vote_type type, uint64_t index, uint8_t number)
{
    struct itc_statement s = say(b, OFFENDER, type, index, 0, number);
    send(b, OFFENDER, index, &s);
}

static struct itc_statement leave(const struct bench *b, uint64_t index, uint32_t view)
{
    struct itc_statement s = {.type = ITC_VOTE_VIEW_CHANGE, .view = view};
    sign(b, OFFENDER, index, &s);
    return s;
}

static struct itc_evidence evidence_against(
    const struct bench *b, uint32_t offender, uint64_t index)
{
    struct itc_key key = itc_private_chain_validator(&b->chain, offender);
    struct itc_statement x = say(b, offender, ITC_VOTE_COMMIT, index, 0, 1);
    struct itc_statement y = say(b, offender, ITC_VOTE_COMMIT, index, 0, 2);
    struct itc_evidence e;
    uint32_t epoch = itc_params_epoch(&b->node->chain.params, index);
    itc_evidence_make(&e, &key, epoch, index, &x, &y);
    return e;
}

static void tell(struct bench *b, const struct itc_evidence *e)
{
    bench_message(b, PEER, &(struct itc_message){.type = ITC_MESSAGE_EVIDENCE, .u.evidence = *e});
}

static uint64_t checks(const struct bench *b)
{
    return b->node->stats.counts[ITC_COUNT_SIGNATURES_CHECKED];
}

/* It holds good evidence against `offender` alone, and has told all peers. */
static void assert_found(struct bench *b, uint32_t offender)
{
    const struct itc_witness *w = &b->node->witness;
    struct itc_key key = itc_private_chain_validator(&b->chain, offender);
    assert_int_equal(w->count, 1);
    assert_memory_equal(&w->pool[0].key, &key, sizeof key);
    assert_int_equal(itc_evidence_verify(&w->pool[0], &b->chain.id), ITC_OK);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_EVIDENCE], 1);
    assert_int_equal(b->sent[OTHER][ITC_MESSAGE_EVIDENCE], 1);
    assert_int_equal(b->dropped, 0);
}

static void assert_nothing(const struct bench *b)
{
    assert_int_equal(b->node->witness.count, 0);
    assert_int_equal(b->sent[OTHER][ITC_MESSAGE_EVIDENCE], 0);
}

/* --- finding ---------------------------------------------------------------------------------------------- */

static void two_prepares_are_found(void **state)
{
    struct bench *b = *state;
    vote(b, ITC_VOTE_PREPARE, 1, 1);
    vote(b, ITC_VOTE_PREPARE, 1, 1);
    vote(b, ITC_VOTE_COMMIT, 1, 2); /* of another type */
    assert_nothing(b);
    vote(b, ITC_VOTE_PREPARE, 1, 2);
    assert_found(b, OFFENDER);
}

static void two_votes_side_by_side_are_found(void **state)
{
    struct bench *b = *state;
    b->hold = true;
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    vote(b, ITC_VOTE_COMMIT, 1, 2);
    assert_nothing(b);
    b->hold = false;
    bench_verify(b);
    assert_found(b, OFFENDER);
}

/* Of the height after the open one, too. */
static void early_votes_are_compared(void **state)
{
    struct bench *b = *state;
    vote(b, ITC_VOTE_COMMIT, 2, 1);
    assert_nothing(b);
    vote(b, ITC_VOTE_COMMIT, 2, 2);
    assert_found(b, OFFENDER);
}

static void two_proposals_are_found(void **state)
{
    struct bench *b = *state;
    uint8_t body[ITC_BODY_MAX];
    struct itc_header h;
    size_t len = itc_body_encode(body, NULL, 0);
    bench_header(b, &h, NULL, 0, body, len);
    bench_proposal(b, PEER, &h, body, len);
    bench_proposal(b, PEER, &h, body, len);
    assert_nothing(b);
    h.time_ms++;
    bench_proposal(b, PEER, &h, body, len);
    assert_found(b, 0);
}

/* The second one comes when the height is final. */
static void votes_of_closed_rounds_are_compared(void **state)
{
    struct bench *b = *state;
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    bench_empty_milestone(b, PEER);
    bench_empty_milestone(b, PEER);
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    assert_nothing(b);
    vote(b, ITC_VOTE_COMMIT, 1, 2);
    assert_found(b, OFFENDER);
}

/* Both come when the height is final. The first is not checked before there is a reason. */
static void late_votes_are_compared(void **state)
{
    struct bench *b = *state;
    vote(b, ITC_VOTE_PREPARE, 1, 1); /* so that there is something to keep */
    bench_empty_milestone(b, PEER);
    uint64_t before = checks(b);
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    assert_int_equal(checks(b), before);
    assert_nothing(b);
    vote(b, ITC_VOTE_COMMIT, 1, 2);
    assert_found(b, OFFENDER);
}

/* A forged one that came first does not hide what comes after it. */
static void late_forged_votes_hide_nothing(void **state)
{
    struct bench *b = *state;
    vote(b, ITC_VOTE_PREPARE, 1, 1);
    bench_empty_milestone(b, PEER);
    struct itc_statement forged = say(b, 0, ITC_VOTE_COMMIT, 1, 0, 9);
    send(b, OFFENDER, 1, &forged);
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    assert_int_equal(b->node->stats.peer_refused[ITC_E_SIGNATURE], 1);
    assert_nothing(b);
    vote(b, ITC_VOTE_COMMIT, 1, 2);
    assert_found(b, OFFENDER);
}

/* Nor does one for the right header, which looks like the first of two until its signature is checked; whichever of
 * the two comes first. */
static void late_forged_votes_for_the_right_header_hide_nothing(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    bench_make_proposal(b, &p, 0);
    bench_proposal(b, PEER, &p.header, p.body, p.len);
    bench_milestone(b, PEER, &p.header, true, p.body, p.len);
    for (enum itc_vote_type type = ITC_VOTE_PREPARE; type <= ITC_VOTE_COMMIT; type++) {
        struct itc_statement good = {.type = type, .header_id = p.id}, forged = good;
        sign(b, OFFENDER, 1, &good);
        sign(b, 0, 1, &forged);
        send(b, OFFENDER, 1, type == ITC_VOTE_PREPARE ? &forged : &good);
        send(b, OFFENDER, 1, type == ITC_VOTE_PREPARE ? &good : &forged);
    }
    assert_int_equal(b->node->stats.peer_refused[ITC_E_SIGNATURE], 1);
    assert_nothing(b);
    vote(b, ITC_VOTE_PREPARE, 1, 9);
    assert_found(b, OFFENDER);
}

static void a_forgotten_commit_is_found(void **state)
{
    struct bench *b = *state;
    struct itc_statement left = leave(b, 1, 2);
    vote(b, ITC_VOTE_PREPARE, 1, 1);
    send(b, OFFENDER, 1, &left);
    assert_nothing(b); /* who has only prepared may leave with nothing */
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    assert_found(b, OFFENDER);
}

static void a_commit_forgotten_later_is_found(void **state)
{
    struct bench *b = *state;
    struct itc_statement left = leave(b, 1, 7);
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    for (int i = 0; i < 100 && b->node->pbft.rounds[0].slot.view == 0; i++)
        bench_tick(b, 200); /* until it has left the view itself */
    assert_nothing(b);
    send(b, OFFENDER, 1, &left);
    assert_found(b, OFFENDER);
}

static void two_view_changes_are_found(void **state)
{
    struct bench *b = *state;
    struct itc_statement left = leave(b, 1, 2);
    struct itc_statement other = {.type = ITC_VOTE_VIEW_CHANGE, .view = 2, .named = true};
    struct itc_message m = {.type = ITC_MESSAGE_VIEW_CHANGE};
    static uint8_t header[ITC_HEADER_SIZE], body[ITC_BODY_MAX];
    send(b, OFFENDER, 1, &left);
    send(b, OFFENDER, 1, &left);
    assert_nothing(b);
    sign(b, OFFENDER, 1, &other); /* names the header of zeros, prepared in view 0 */
    m.u.view_change = (struct itc_view_change){.slot = itc_chain_slot(&b->node->chain, 1, 2),
        .vote = {.voter = OFFENDER,
            .sig = other.sig,
            .prepared = true,
            .cert = {.index = 1, .signers = 1}},
        .header = header,
        .body = body,
        .body_len = itc_body_encode(body, NULL, 0)};
    bench_message(b, PEER, &m);
    assert_found(b, OFFENDER);
}

/* What does not fit the round is shown to the other validators when it closes: they may have heard otherwise. */
static void odd_votes_are_shown(void **state)
{
    struct bench *b = *state;
    uint8_t body[ITC_BODY_MAX];
    struct itc_header h;
    size_t len = itc_body_encode(body, NULL, 0);
    vote(b, ITC_VOTE_PREPARE, 1, 9);
    vote(b, ITC_VOTE_COMMIT, 1, 9);
    bench_header(b, &h, NULL, 0, body, len);
    bench_proposal(b, PEER, &h, body, len);
    uint32_t before = b->sent[PEER][ITC_MESSAGE_VOTE];
    bench_milestone(b, PEER, &h, true, body, len);
    assert_int_equal(b->node->chain.head.index, 1);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_VOTE], before + 3); /* and the primary's */
    assert_nothing(b);
    before += 3;
    bench_empty_milestone(b, PEER);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_VOTE], before);
}

static void late_odd_votes_are_shown_too(void **state)
{
    struct bench *b = *state;
    uint8_t body[ITC_BODY_MAX];
    struct itc_header h;
    size_t len = itc_body_encode(body, NULL, 0);
    bench_header(b, &h, NULL, 0, body, len);
    bench_proposal(b, PEER, &h, body, len);
    bench_milestone(b, PEER, &h, true, body, len);
    uint32_t before = b->sent[PEER][ITC_MESSAGE_VOTE];
    struct itc_statement forged = say(b, 0, ITC_VOTE_COMMIT, 1, 0, 9);
    send(b, OFFENDER, 1, &forged);
    assert_int_equal(b->node->stats.peer_refused[ITC_E_SIGNATURE], 1);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_VOTE], before);
    vote(b, ITC_VOTE_COMMIT, 1, 8);
    vote(b, ITC_VOTE_COMMIT, 1, 8);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_VOTE], before + 1);
    assert_nothing(b);
}

/* A vote whose round closes while it is being checked is not lost. */
static void votes_under_check_are_not_lost(void **state)
{
    struct bench *b = *state;
    vote(b, ITC_VOTE_PREPARE, 1, 1);
    b->hold = true;
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    struct itc_verify check = b->held[0];
    b->held_count = 0;
    b->hold = false;
    bench_empty_milestone(b, PEER);
    b->held[b->held_count++] = check;
    bench_verify(b);
    assert_nothing(b);
    vote(b, ITC_VOTE_COMMIT, 1, 2);
    assert_found(b, OFFENDER);
}

/* --- floods and forgeries --------------------------------------------------------------------------------- */

static void forged_second_votes_are_their_senders_fault(void **state)
{
    struct bench *b = *state;
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    for (uint8_t i = 2; i < 6; i++) {
        struct itc_statement s = say(b, 0, ITC_VOTE_COMMIT, 1, 0, i); /* another's signature */
        send(b, OFFENDER, 1, &s);
    }
    assert_nothing(b);
    assert_int_equal(b->node->stats.peer_refused[ITC_E_SIGNATURE], 4);
    assert_int_equal(b->dropped, 1);
}

static void who_is_found_out_costs_no_more_checks(void **state)
{
    struct bench *b = *state;
    vote(b, ITC_VOTE_COMMIT, 1, 1);
    vote(b, ITC_VOTE_COMMIT, 1, 2);
    uint64_t before = checks(b);
    for (uint8_t i = 3; i < 100; i++)
        vote(b, ITC_VOTE_COMMIT, 1, i);
    assert_int_equal(checks(b), before);
    assert_found(b, OFFENDER);
}

static void evidence_is_checked_and_passed_on(void **state)
{
    struct bench *b = *state;
    struct itc_evidence good = evidence_against(b, OFFENDER, 1), bad = good;
    bad.b.sig.b[0] ^= 1;
    tell(b, &bad);
    assert_nothing(b);
    assert_int_equal(b->node->stats.peer_refused[ITC_E_SIGNATURE], 1);
    tell(b, &good);
    assert_int_equal(b->node->witness.count, 1);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_EVIDENCE], 0); /* knows it */
    assert_int_equal(b->sent[OTHER][ITC_MESSAGE_EVIDENCE], 1);
    uint64_t before = checks(b);
    tell(b, &good);
    tell(b, &bad);
    assert_int_equal(checks(b), before);
    assert_int_equal(b->sent[OTHER][ITC_MESSAGE_EVIDENCE], 1);
    for (int i = 0; i < 30; i++)
        bench_tick(b, 200);
    assert_true(b->sent[OTHER][ITC_MESSAGE_EVIDENCE] >= 2); /* and again */
    uint32_t sent = b->sent[2][ITC_MESSAGE_EVIDENCE];
    bench_peer_up(b, 2, 2);
    assert_int_equal(b->sent[2][ITC_MESSAGE_EVIDENCE], sent + 1);
}

static void what_is_of_no_use_costs_nothing(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 8; i++)
        bench_empty_milestone(b, PEER); /* epoch 2 opens */
    struct itc_evidence old = evidence_against(b, OFFENDER, 4);
    struct itc_evidence ahead = evidence_against(b, OFFENDER, 17);
    struct itc_evidence stranger = evidence_against(b, BENCH_VALIDATORS + 1, 9);
    uint64_t before = checks(b);
    tell(b, &old);
    tell(b, &ahead);
    tell(b, &stranger);
    assert_nothing(b);
    assert_int_equal(checks(b), before);
    assert_int_equal(b->dropped, 0);
    struct itc_evidence recent = evidence_against(b, OFFENDER, 5);
    tell(b, &recent);
    assert_int_equal(b->node->witness.count, 1);
}

/* --- in a body -------------------------------------------------------------------------------------------- */

/* The proposal of the open height with evidence in its body; the header says that these seats are empty. */
static void propose(
    struct bench *b, struct itc_header *h, const struct itc_body *body, uint32_t emptied)
{
    uint8_t bytes[ITC_BODY_MAX];
    size_t len = itc_body_write(bytes, body);
    struct itc_committee next = b->node->ledger.seats.next;
    bench_header(b, h, NULL, 0, bytes, len);
    for (uint32_t i = 0; i < next.n; i++) {
        if (emptied >> i & 1)
            next.keys[i] = (struct itc_key){{0}};
    }
    itc_committee_hash(&h->next_committee, &b->chain.id, &next);
    h->view = itc_chain_start_view(&b->node->chain);
    bench_proposal(b, PEER, h, bytes, len);
}

static void a_conviction_is_recomputed(void **state)
{
    struct bench *b = *state;
    struct itc_header h;
    struct itc_body body = {.evidence_count = 1, .evidence = {evidence_against(b, OFFENDER, 1)}};
    propose(b, &h, &body, 0); /* the header does not say so */
    assert_int_equal(b->node->pbft.rounds[0].state, ITC_ROUND_REJECTED);
}

static void bad_evidence_spoils_a_body(void **state)
{
    struct bench *b = *state;
    struct itc_header h;
    struct itc_body body = {.evidence_count = 1, .evidence = {evidence_against(b, OFFENDER, 1)}};
    body.evidence[0].a.sig.b[0] ^= 1;
    propose(b, &h, &body, 1u << OFFENDER);
    assert_int_equal(b->node->pbft.rounds[0].state, ITC_ROUND_REJECTED);
}

static void no_more_than_f_are_convicted(void **state)
{
    struct bench *b = *state;
    struct itc_header h;
    struct itc_body body = {.evidence_count = 2,
        .evidence = {evidence_against(b, OFFENDER, 1), evidence_against(b, 3, 1)}};
    if (memcmp(&body.evidence[0].key, &body.evidence[1].key, 32) > 0) {
        struct itc_evidence first = body.evidence[1];
        body.evidence[1] = body.evidence[0];
        body.evidence[0] = first;
    }
    propose(b, &h, &body, 1u << OFFENDER | 1u << 3);
    assert_int_equal(b->node->pbft.rounds[0].state, ITC_ROUND_REJECTED);
}

static void commit(struct bench *b, const struct itc_header *h, const struct itc_body *body)
{
    uint8_t bytes[ITC_BODY_MAX];
    size_t len = itc_body_write(bytes, body);
    uint64_t index = b->node->chain.head.index;
    bench_milestone(b, PEER, h, true, bytes, len);
    assert_int_equal(b->node->chain.head.index, index + 1);
}

/* A change in which somebody else takes the offender's seat: a conviction is none, so it may still come. */
static void replace_offender(struct bench *b)
{
    uint8_t tx[ITC_TX_MAX];
    struct itc_committee present = b->node->chain.committee, next = present;
    next.keys[OFFENDER] = itc_private_chain_validator(&b->chain, BENCH_VALIDATORS);
    size_t len = itc_private_chain_change(&b->chain, tx, 0, 0, 0, &present, &next);
    assert_int_equal(bench_submit(b, tx, len), ITC_OK);
}

/* Convicted in the epoch's first milestone, out with its last; a restart in between knows it, and that it was. */
static void the_seat_is_empty_from_the_next_epoch_on(void **state)
{
    struct bench *b = *state;
    struct itc_header h;
    struct itc_body body = {.evidence_count = 1, .evidence = {evidence_against(b, OFFENDER, 1)}};
    tell(b, &body.evidence[0]);
    propose(b, &h, &body, 1u << OFFENDER);
    assert_int_equal(b->node->pbft.rounds[0].state, ITC_ROUND_PREPARED);
    commit(b, &h, &body);
    assert_int_equal(b->node->stats.counts[ITC_COUNT_CONVICTIONS], 1);
    assert_int_equal(b->node->witness.count, 0); /* it has served */
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(b->node->ledger.seats.convicted, 1u << OFFENDER);
        assert_false(b->node->ledger.seats.taken);
        assert_true(itc_seats_empty(&b->node->ledger.seats.next, OFFENDER));
        assert_false(itc_seats_empty(&b->node->chain.committee, OFFENDER));
        replace_offender(b);
        bench_stop(b);
        assert_int_equal(bench_start(b, SELF), ITC_OK);
        bench_peer_up(b, PEER, 0);
    }
    propose(b, &h, &body, 0); /* once is enough */
    assert_int_equal(b->node->pbft.rounds[0].state, ITC_ROUND_REJECTED);
    for (int i = 0; i < 3; i++)
        bench_empty_milestone(b, PEER);
    assert_true(itc_seats_empty(&b->node->chain.committee, OFFENDER));
    assert_int_equal(b->node->ledger.seats.convicted, 0);
    assert_int_equal(b->node->chain.committee.n, BENCH_VALIDATORS);
    assert_int_equal(b->node->chain.quorum, 3);
    assert_int_equal(b->node->validator, SELF);
    const uint32_t primaries[] = {1, 3, 0, 1, 3, 0}; /* (1 + view) mod 3 of 0, 1, 3 */
    for (uint32_t view = 0; view < 6; view++) {
        struct itc_slot slot = itc_chain_slot(&b->node->chain, 5, view);
        assert_int_equal(itc_chain_primary(&b->node->chain, &slot), primaries[view]);
    }
}

/* Before idle_ms is over: SELF is the primary of epoch 1. */
static void a_primary_does_not_sit_on_evidence(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 4; i++)
        bench_empty_milestone(b, PEER);
    bench_tick(b, b->node->chain.params.interval_ms);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_PROPOSAL], 0);
    assert_true(b->node->chain.params.idle_ms > b->node->chain.params.interval_ms + 10);
    struct itc_evidence e = evidence_against(b, OFFENDER, 5);
    tell(b, &e);
    bench_tick(b, 10);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_PROPOSAL], 1);
    struct itc_body body;
    const struct itc_round *r = &b->node->pbft.rounds[0];
    assert_int_equal(itc_body_decode(&body, r->body, r->body_len), ITC_OK);
    assert_int_equal(body.count, 0);
    assert_int_equal(body.evidence_count, 1);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)
#define EPOCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup_short_epochs, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(two_prepares_are_found),
        BENCH_TEST(two_votes_side_by_side_are_found),
        BENCH_TEST(early_votes_are_compared),
        BENCH_TEST(two_proposals_are_found),
        BENCH_TEST(votes_of_closed_rounds_are_compared),
        BENCH_TEST(late_votes_are_compared),
        BENCH_TEST(late_forged_votes_hide_nothing),
        BENCH_TEST(late_forged_votes_for_the_right_header_hide_nothing),
        BENCH_TEST(a_forgotten_commit_is_found),
        BENCH_TEST(a_commit_forgotten_later_is_found),
        BENCH_TEST(two_view_changes_are_found),
        BENCH_TEST(odd_votes_are_shown),
        BENCH_TEST(late_odd_votes_are_shown_too),
        BENCH_TEST(votes_under_check_are_not_lost),
        BENCH_TEST(forged_second_votes_are_their_senders_fault),
        BENCH_TEST(who_is_found_out_costs_no_more_checks),
        BENCH_TEST(evidence_is_checked_and_passed_on),
        EPOCH_TEST(what_is_of_no_use_costs_nothing),
        BENCH_TEST(a_conviction_is_recomputed),
        BENCH_TEST(bad_evidence_spoils_a_body),
        BENCH_TEST(no_more_than_f_are_convicted),
        EPOCH_TEST(the_seat_is_empty_from_the_next_epoch_on),
        EPOCH_TEST(a_primary_does_not_sit_on_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
