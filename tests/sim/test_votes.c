/* test_votes.c - one validator's votes: for what it computed itself, once a slot over restarts too, and never before
 * their rows are on their way to the disk. */
#include "tests/sim/bench.h"

#include "spv/sha256.h"

#define PRIMARY 0u
#define SELF 1u

/* Validator 1, and validator 0 at its first link. */
static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct itc_params params;
    bench_init(b, &params);
    itc_private_chain_init(&b->chain, 1, BENCH_VALIDATORS, &params);
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    bench_peer_up(b, PRIMARY, PRIMARY);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench_free(*state);
    return 0;
}

struct proposed {
    struct itc_header header;
    uint8_t body[ITC_BODY_MAX];
    size_t len;
};

static void empty_proposal(struct bench *b, struct proposed *p)
{
    p->len = itc_body_encode(p->body, NULL, 0);
    bench_header(b, &p->header, NULL, 0, p->body, p->len);
}

static void propose(struct bench *b, const struct proposed *p)
{
    bench_proposal(b, PRIMARY, &p->header, p->body, p->len);
}

/* The vote it sent last; its row is in the batch that the step wrote. */
static void assert_voted(struct bench *b, enum itc_vote_type type, struct itc_vote *out)
{
    struct itc_message m;
    assert_int_equal(itc_message_decode(
                         &m, b->frame[4], b->frame + ITC_FRAME_HEAD, b->frame_len - ITC_FRAME_HEAD),
        ITC_OK);
    assert_int_equal(m.type, ITC_MESSAGE_VOTE);
    assert_int_equal(m.u.vote.type, type);
    assert_int_equal(m.u.vote.voter, SELF);
    assert_int_not_equal(b->frame_after, 0);
    assert_int_equal(b->frame_after, b->batch);
    *out = m.u.vote;
}

static void sign_as(const struct bench *b, uint32_t validator, struct itc_vote *v)
{
    struct itc_signer signer;
    struct itc_hash message;
    int tag = v->type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT;
    itc_vote_message(&message, tag, &b->chain.id, &v->slot, &v->header_id);
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[validator]), ITC_OK);
    itc_signer_sign(&signer, &message, &v->sig);
}

/* Validators `first` .. `end` - 1 vote as we did. */
static void others_vote(struct bench *b, const struct itc_vote *own, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        struct itc_message m = {.type = ITC_MESSAGE_VOTE, .u.vote = *own};
        m.u.vote.voter = (uint8_t)i;
        sign_as(b, i, &m.u.vote);
        bench_message(b, PRIMARY, &m);
    }
}

static void votes_leave_after_their_rows(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    struct itc_vote prepare, commit;
    empty_proposal(b, &p);
    propose(b, &p);
    assert_voted(b, ITC_VOTE_PREPARE, &prepare);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 1);
    others_vote(b, &prepare, 2, 3);
    assert_voted(b, ITC_VOTE_COMMIT, &commit);
    assert_memory_equal(&commit.header_id, &prepare.header_id, sizeof commit.header_id);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 2);
    others_vote(b, &commit, 2, 4);
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
    empty_proposal(b, &p);
    p.header.state_root.b[0] ^= 1;
    propose(b, &p);
    bench_tick(b, 1000);
    assert_int_equal(b->node->pbft.rounds[0].state, ITC_ROUND_REJECTED);
    assert_int_equal(b->sent[PRIMARY][ITC_MESSAGE_VOTE], 0);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_VOTE), 0);
}

/* Power fails after the votes: it stands by them, and casts no others in that slot. */
static void a_restarted_validator_stands_by_its_word(void **state)
{
    struct bench *b = *state;
    static struct proposed p, other;
    struct itc_vote prepare, commit, again;
    empty_proposal(b, &p);
    other = p;
    other.header.time_ms++;
    propose(b, &p);
    assert_voted(b, ITC_VOTE_PREPARE, &prepare);
    others_vote(b, &prepare, 2, 3);
    assert_voted(b, ITC_VOTE_COMMIT, &commit);
    bench_stop(b);
    b->frame_len = 0;
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    bench_peer_up(b, PRIMARY, PRIMARY);
    propose(b, &other);
    bench_tick(b, 100);
    assert_int_equal(b->frame_len, 0); /* no new vote */
    const struct itc_round *r = &b->node->pbft.rounds[0];
    assert_int_equal(r->state, ITC_ROUND_COMMITTED);
    assert_true(r->prepares.held >> SELF & r->commits.held >> SELF & 1);
    assert_memory_equal(&r->header_id, &commit.header_id, sizeof r->header_id);
    assert_memory_equal(&r->commits.sigs[SELF], &commit.sig, sizeof commit.sig);
    bench_message(b, PRIMARY,
        &(struct itc_message){.type = ITC_MESSAGE_STATUS,
            .u.status = {.has_proposal = true, .prepares = UINT32_MAX}});
    struct itc_message m;
    assert_int_equal(itc_message_decode(
                         &m, b->frame[4], b->frame + ITC_FRAME_HEAD, b->frame_len - ITC_FRAME_HEAD),
        ITC_OK);
    again = m.u.vote;
    assert_memory_equal(&again.sig, &commit.sig, sizeof again.sig);
}

/* The genuine vote comes while a forged one with its signature is being checked. */
static void a_copied_signature_does_not_keep_its_vote_out(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    struct itc_vote prepare;
    empty_proposal(b, &p);
    propose(b, &p);
    assert_voted(b, ITC_VOTE_PREPARE, &prepare);
    struct itc_message m = {.type = ITC_MESSAGE_VOTE, .u.vote = prepare};
    m.u.vote.voter = 2;
    sign_as(b, 2, &m.u.vote);
    struct itc_message forged = m;
    forged.u.vote.header_id.b[0] ^= 1;
    b->hold = true;
    bench_message(b, PRIMARY, &forged);
    bench_message(b, PRIMARY, &m);
    b->hold = false;
    bench_verify(b);
    assert_true(b->node->pbft.rounds[0].prepares.held >> 2 & 1);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(votes_leave_after_their_rows),
        BENCH_TEST(a_prepare_is_preceded_by_its_sites),
        BENCH_TEST(a_wrong_result_gets_no_vote),
        BENCH_TEST(a_restarted_validator_stands_by_its_word),
        BENCH_TEST(a_copied_signature_does_not_keep_its_vote_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
