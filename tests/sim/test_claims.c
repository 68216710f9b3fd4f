/* test_claims.c - one validator, and what costs nothing to say: votes signed again and again, votes forged in another's name,
 * links that claim to be somebody. It holds up nobody else. */
#include "tests/sim/doubter.h"

#include <secp256k1_schnorrsig.h>
#include <string.h>

static int set_up(void **state)
{
    (void)doubter_setup(state, 1000);
    struct bench *b = *state;
    b->asks = false;
    assert_int_equal(bench_start(b, DOUBTER), ITC_OK);
    return 0;
}

static void link_others(struct bench *b)
{
    for (uint32_t i = 0; i < DOUBTER_OTHERS; i++)
        bench_peer_up(b, doubter_others[i], (uint8_t)doubter_others[i]);
}

/* Good signatures on one vote: as many as one likes. */
static void sign_vote(struct bench *b, struct itc_vote *v, uint32_t signer, uint8_t salt)
{
    struct itc_signer s;
    struct itc_hash message, aux = {{salt, 1}};
    secp256k1_keypair pair;
    itc_vote_message(&message, ITC_TAG_PREPARE, &b->chain.id, &v->slot, &v->header_id);
    assert_int_equal(itc_signer_init(&s, &b->chain.validators[signer]), ITC_OK);
    memcpy(&pair, s.pair, sizeof pair);
    assert_true(secp256k1_schnorrsig_sign32(s.ctx, v->sig.b, message.b, &pair, aux.b));
}

static void many_signatures_on_one_vote_take_no_places(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    uint8_t bytes[ITC_HEADER_SIZE];
    struct itc_message m = {.type = ITC_MESSAGE_VOTE};
    link_others(b);
    bench_make_proposal(b, &p, 0);
    bench_proposal(b, 0, &p.header, p.body, p.len);
    bench_tick(b, 1);
    b->hold = true;
    m.u.vote = (struct itc_vote){
        .type = ITC_VOTE_PREPARE, .slot = itc_chain_slot(&b->node->chain, 1, 0), .voter = 3};
    itc_header_encode(bytes, &p.header);
    itc_header_id(&m.u.vote.header_id, &b->chain.id, bytes);
    for (uint32_t i = 0; i < ITC_VOTE_CHECKS; i++) {
        sign_vote(b, &m.u.vote, 3, (uint8_t)i);
        bench_message(b, 3, &m);
    }
    assert_in_range(b->held_count, 1, 4);
    bench_vote(b, 2, ITC_VOTE_PREPARE, &p.header, 0, 2);
    b->hold = false;
    bench_verify(b);
    bench_tick(b, 1);
    assert_true(b->node->pbft.rounds[0].prepares.held >> 2 & 1);
}

static void forged_view_votes_hide_no_good_one(void **state)
{
    struct bench *b = *state;
    struct itc_message m = {.type = ITC_MESSAGE_VIEW_CHANGE,
        .u.view_change = {.slot = itc_chain_slot(&b->node->chain, 1, 1), .vote = {.voter = 2}}};
    struct itc_signer signer;
    struct itc_hash message;
    link_others(b);
    for (uint32_t i = 0; i < 8; i++)
        bench_message(b, i < 4 ? 0 : 3, &m);
    assert_false(b->node->view.held >> 2 & 1);
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[2]), ITC_OK);
    itc_view_vote_message(&message, &b->chain.id, &m.u.view_change.slot, &m.u.view_change.vote);
    itc_signer_sign(&signer, &message, &m.u.view_change.vote.sig);
    bench_message(b, 2, &m);
    assert_true(b->node->view.held >> 2 & 1);
}

/* They call themselves validators that are far ahead, and were here first. */
static void strangers_silence_no_complaint(void **state)
{
    struct bench *b = *state;
    struct itc_message m = {.type = ITC_MESSAGE_STATUS, .u.status = {.head = 1000000}};
    for (uint8_t i = 2; i < 4; i++) {
        bench_peer_up(b, i, ITC_NO_VALIDATOR);
        m.u.status.validator = i;
        bench_message(b, i, &m);
    }
    bench_peer_up(b, 0, 0);
    m.u.status = (struct itc_status){.validator = 2};
    bench_peer_up(b, DOUBTER, 2);
    for (int i = 0; i < 20; i++)
        bench_empty_milestone(b, 0);
    assert_true(b->node->complaints.score > 0);
    assert_true(b->node->stats.counts[ITC_COUNT_COMPLAINTS] > 0);
}

#define TIPS (ITC_GOSSIP_AGAIN_TIPS + 8u)

/* Milestones without a proposal to judge, for so long. */
static void pass_time(struct bench *b, uint32_t ms)
{
    for (uint32_t at = 0; at < ms; at += 100) {
        bench_tick(b, 100);
        if (at % 500 == 0)
            bench_empty_milestone(b, 3);
    }
}

/* Sites that nobody builds on, in the order of their ids. */
static void make_tips(struct bench *b, struct made tips[TIPS])
{
    for (uint32_t i = 0; i < TIPS; i++) {
        bench_make(b, &tips[i], i, 1000, 0, NULL, 0);
        bench_send_site(b, 3, &tips[i]);
        assert_true(bench_has(b, &tips[i].id));
    }
}

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct made *)a)->id.b, ((const struct made *)b)->id.b, 32);
}

/* The primary proposes `count` tips, and they become final. */
static void propose_tips(struct bench *b, struct made *tips, uint32_t count)
{
    static uint8_t body[ITC_BODY_MAX], ids[TIPS * 32], leaves[TIPS * ITC_LEAF];
    struct itc_header h;
    qsort(tips, count, sizeof *tips, by_id);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(ids + (size_t)i * 32, tips[i].id.b, 32);
        memcpy(leaves + (size_t)i * ITC_LEAF, tips[i].id.b, 32);
        memcpy(leaves + (size_t)i * ITC_LEAF + 32, tips[i].tx_id.b, 32);
        leaves[(size_t)i * ITC_LEAF + 64] = ITC_VERDICT_EARLY_SEQ;
    }
    size_t len = itc_body_encode(body, ids, count);
    bench_header(b, &h, leaves, count, body, len);
    bench_proposal(b, 0, &h, body, len);
    bench_milestone(b, 0, &h, true, body, len);
    assert_false(bench_has(b, &tips[0].id));
}

/* What came before the link with the primary is the primary's to know when it has been passed on again, with the oldest tips;
 * not when it has just become one of the oldest. */
static void a_tip_counts_from_when_it_was_offered(void **state)
{
    (void)state;
    struct bench *b = calloc(1, sizeof *b);
    struct itc_params params;
    static struct made tips[TIPS];
    bench_init(b, &params);
    params.depth = 100;
    itc_private_chain_init(&b->chain, 1, BENCH_VALIDATORS, &params);
    assert_int_equal(bench_start(b, 1), ITC_OK);
    const uint64_t *unfair = &b->node->stats.counts[ITC_COUNT_PROPOSALS_UNFAIR];
    bench_peer_up(b, 3, 3);
    make_tips(b, tips);
    pass_time(b, 5000);
    bench_peer_up(b, 0, 0);
    pass_time(b, 3000);
    propose_tips(b, tips, 1); /* T is over, but perhaps not since they were passed on to it */
    pass_time(b, 3000);
    propose_tips(b, tips + 1, ITC_GOSSIP_AGAIN_TIPS);
    propose_tips(b, tips + 1 + ITC_GOSSIP_AGAIN_TIPS, 1);
    assert_int_equal(*unfair, 0);
    pass_time(b, 5000);
    propose_tips(b, tips + 2 + ITC_GOSSIP_AGAIN_TIPS, 1);
    assert_int_equal(*unfair, 1);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            many_signatures_on_one_vote_take_no_places, set_up, bench_teardown),
        cmocka_unit_test_setup_teardown(forged_view_votes_hide_no_good_one, set_up, bench_teardown),
        cmocka_unit_test_setup_teardown(strangers_silence_no_complaint, set_up, bench_teardown),
        cmocka_unit_test(a_tip_counts_from_when_it_was_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
