/* test_scenarios_forgeries.c - named scenarios: one validator, and what signatures, certificates and claims of others may
 * make it believe. What goes wrong without what each of them shows: README.md. */
#include "node/view_vote.h"
#include "spv/light.h"
#include "tests/sim/bench.h"

#define PEER 0u
#define OTHER 1u
#define THIRD 2u

static void setup_as(void **state, uint32_t validator)
{
    struct bench *b = bench_new(0);
    assert_int_equal(bench_start(b, validator), ITC_OK);
    *state = b;
}

static int setup(void **state)
{
    setup_as(state, 1);
    bench_peer_up(*state, PEER, 0);
    bench_peer_up(*state, OTHER, ITC_NO_VALIDATOR);
    return 0;
}

static int setup_primary(void **state)
{
    setup_as(state, 0);
    bench_peer_up(*state, PEER, 3); /* the liar */
    bench_peer_up(*state, OTHER, 1);
    bench_peer_up(*state, THIRD, 2);
    return 0;
}

/* Whoever holds a prepared certificate would hold a certificate, and could show lamps a milestone that is not final. */
static void prepare_and_commit_signing_the_same_bytes(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    uint8_t header[ITC_HEADER_SIZE], genesis[ITC_HEADER_SIZE], bytes[ITC_CERT_MAX];
    struct itc_hash root;
    struct itc_light light;
    bench_make_proposal(b, &p, 0);
    struct itc_cert cert = {.index = 1, .signers = 1u << 0 | 1u << 2 | 1u << 3};
    for (uint32_t i = 0, k = 0; i < BENCH_VALIDATORS; i++) {
        if (cert.signers >> i & 1)
            bench_sign(b, &p.header, 0, ITC_TAG_PREPARE, i, &cert.sigs[k++]);
    }
    size_t cert_len = itc_cert_encode(bytes, &cert);
    itc_header_encode(header, &p.header);
    bench_message(b, PEER,
        &(struct itc_message){.type = ITC_MESSAGE_MILESTONE,
            .u.milestone = {.header = header,
                .cert = bytes,
                .cert_len = cert_len,
                .body = p.body,
                .body_len = p.len}});
    assert_int_equal(b->node->chain.head.index, 0);
    assert_true(b->node->peers[PEER].points > 0);

    memcpy(genesis, b->node->chain.head_bytes, sizeof genesis);
    itc_merkle_leaf(&root, b->node->chain.head_id.b, sizeof root.b);
    assert_int_equal(itc_light_init(&light, b->chain.params.network, &b->chain.id,
                         &b->node->chain.committee, genesis),
        ITC_OK);
    const struct itc_jump jump = {.header = header, .cert = bytes, .cert_len = cert_len};
    assert_int_equal(itc_light_advance(&light, &jump), ITC_E_SIGNATURE);
}

enum signed_as {
    AS_PREPARE,
    AS_COMMIT,
    AS_VIEW_CHANGE,
    AS_COMPLAINT,
    AS_COUNT
};
#define VOTER 2u

/* A message of VOTER for the open round; those that name a header name `p`. Its signature is missing. */
static void message_as(
    const struct bench *b, enum signed_as type, const struct proposed *p, struct itc_message *m)
{
    struct itc_slot slot = itc_chain_slot(&b->node->chain, 1, 0);
    switch (type) {
    case AS_PREPARE:
    case AS_COMMIT:
        *m = (struct itc_message){.type = ITC_MESSAGE_VOTE,
            .u.vote = {.type = type == AS_PREPARE ? ITC_VOTE_PREPARE : ITC_VOTE_COMMIT,
                .slot = slot,
                .voter = VOTER,
                .header_id = p->id}};
        return;
    case AS_VIEW_CHANGE:
        *m = (struct itc_message){.type = ITC_MESSAGE_VIEW_CHANGE,
            .u.view_change = {.slot = slot, .vote = {.voter = VOTER}}};
        return;
    case AS_COMPLAINT:
        *m = (struct itc_message){
            .type = ITC_MESSAGE_COMPLAINT, .u.complaint = {.slot = slot, .voter = VOTER}};
        return;
    case AS_COUNT:
        break;
    }
    fail();
}

static void sign_as(
    const struct bench *b, enum signed_as type, const struct proposed *p, struct itc_sig *out)
{
    struct itc_slot slot = itc_chain_slot(&b->node->chain, 1, 0);
    const struct itc_view_vote vote = {.voter = VOTER};
    struct itc_signer signer;
    struct itc_hash message;
    if (type == AS_VIEW_CHANGE)
        itc_view_vote_message(&message, &b->chain.id, &slot, &vote);
    else if (type == AS_COMPLAINT)
        itc_complaint_message(&message, &b->chain.id, &slot);
    else
        itc_vote_message(&message, type == AS_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT,
            &b->chain.id, &slot, &p->id);
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[VOTER]), ITC_OK);
    itc_signer_sign(&signer, &message, out);
}

static void put_sig(struct itc_message *m, const struct itc_sig *sig)
{
    if (m->type == ITC_MESSAGE_VOTE)
        m->u.vote.sig = *sig;
    else if (m->type == ITC_MESSAGE_VIEW_CHANGE)
        m->u.view_change.vote.sig = *sig;
    else
        m->u.complaint.sig = *sig;
}

/* Each signature of a validator under each type of message that it could stand under: only its own will do. */
static void message_type_not_bound(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    static struct itc_message m;
    const struct itc_round *r = &b->node->pbft.rounds[0];
    const uint64_t *refused = &itc_node_stats(b->node)->peer_refused[ITC_E_SIGNATURE];
    bench_make_proposal(b, &p, 0);
    for (int as = 0; as < AS_COUNT; as++) {
        for (int of = 0; of < AS_COUNT; of++) {
            struct itc_sig sig;
            uint64_t before = *refused;
            if (of == as)
                continue;
            message_as(b, (enum signed_as)as, &p, &m);
            sign_as(b, (enum signed_as)of, &p, &sig);
            put_sig(&m, &sig);
            b->node->peers[PEER].points = 0;
            bench_message(b, PEER, &m);
            assert_int_equal(*refused, before + 1);
        }
    }
    for (int as = 0; as < AS_COUNT; as++) {
        struct itc_sig sig;
        uint64_t before = *refused;
        message_as(b, (enum signed_as)as, &p, &m);
        sign_as(b, (enum signed_as)as, &p, &sig);
        put_sig(&m, &sig);
        bench_message(b, PEER, &m);
        assert_int_equal(*refused, before);
    }
    assert_true(r->prepares.held >> VOTER & r->commits.held >> VOTER & 1);
    assert_true(b->node->view.held >> VOTER & 1);
    assert_int_equal(b->node->complaints.heights[VOTER], 1);
}

/* A vote of validator `voter` for view 1 that names `p` as prepared in view 0; with a certificate that is forged unless
 * `good`. */
static void send_view_vote(
    struct bench *b, uint32_t peer, uint32_t voter, const struct proposed *p, bool good)
{
    uint8_t header[ITC_HEADER_SIZE];
    struct itc_signer signer;
    struct itc_hash message;
    uint32_t quorum = itc_committee_quorum(BENCH_VALIDATORS);
    struct itc_message m = {.type = ITC_MESSAGE_VIEW_CHANGE,
        .u.view_change = {.slot = itc_chain_slot(&b->node->chain, 1, 1),
            .vote = {.voter = (uint8_t)voter,
                .prepared = true,
                .header_id = p->id,
                .cert = {.index = 1, .signers = (1u << quorum) - 1}},
            .header = header,
            .body = p->body,
            .body_len = p->len}};
    struct itc_view_vote *v = &m.u.view_change.vote;
    for (uint32_t i = 0; i < quorum; i++)
        bench_sign(b, &p->header, 0, good ? ITC_TAG_PREPARE : ITC_TAG_COMMIT, i, &v->cert.sigs[i]);
    itc_header_encode(header, &p->header);
    itc_view_vote_message(&message, &b->chain.id, &m.u.view_change.slot, v);
    assert_int_equal(itc_signer_init(&signer, &b->chain.validators[voter]), ITC_OK);
    itc_signer_sign(&signer, &message, &v->sig);
    bench_message(b, peer, &m);
}

/* What is forged comes first, and the genuine one of the same height, or voter, after it. */
static void invalid_certificate_masking_a_valid_one(void **state)
{
    struct bench *b = *state;
    static struct proposed p, other;
    bench_make_proposal(b, &p, 0);
    other = p;
    other.header.time_ms++;
    send_view_vote(b, OTHER, 2, &p, false);
    assert_null(itc_view_highest(b->node));
    send_view_vote(b, PEER, 2, &p, true);
    assert_true(b->node->view.held >> 2 & 1);
    assert_non_null(itc_view_highest(b->node));

    uint32_t before = b->node->peers[OTHER].points;
    b->hold = true;
    bench_milestone(b, OTHER, &other.header, false, other.body, other.len);
    bench_milestone(b, PEER, &p.header, true, p.body, p.len); /* while the other is checked */
    b->hold = false;
    bench_verify(b);
    assert_true(b->node->peers[OTHER].points > before);
    assert_int_equal(b->node->peers[PEER].points, 0);
    for (int i = 0; i < 10 && b->sent[PEER][ITC_MESSAGE_GET_MILESTONE] == 0; i++)
        bench_tick(b, 200);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_GET_MILESTONE], 1);
    bench_milestone(b, PEER, &p.header, true, p.body, p.len);
    assert_int_equal(b->node->chain.head.index, 1);
}

static void claim(struct bench *b, uint32_t peer, uint8_t validator, uint64_t head)
{
    bench_message(b, peer,
        &(struct itc_message){
            .type = ITC_MESSAGE_STATUS, .u.status = {.head = head, .validator = validator}});
}

/* One validator says that it is at the end of all heights, and delivers nothing: who is behind asks others as well, and
 * a primary that is not waits for nobody. */
static void sync_height_poisoned_by_one_liar(void **state)
{
    struct bench *b = *state;
    static struct proposed p;
    struct itc_info info;
    struct itc_message m;
    claim(b, PEER, 3, UINT64_MAX);
    itc_node_info(b->node, &info);
    assert_true(info.synced);

    bench_make_proposal(b, &p, 0);
    claim(b, OTHER, 1, 1);
    for (int i = 0; i < 10 && b->sent[OTHER][ITC_MESSAGE_GET_MILESTONE] == 0; i++)
        bench_tick(b, 200);
    assert_true(b->sent[OTHER][ITC_MESSAGE_GET_MILESTONE] > 0);
    bench_milestone(b, OTHER, &p.header, true, p.body, p.len);
    assert_int_equal(b->node->chain.head.index, 1);

    for (int i = 0; i < 6; i++) {
        claim(b, PEER, 3, UINT64_MAX);
        bench_tick(b, 200);
    }
    bench_last(b, &m);
    assert_int_equal(m.type, ITC_MESSAGE_PROPOSAL);
    assert_int_equal(m.u.proposal.slot.index, 2);
    itc_node_info(b->node, &info);
    assert_true(info.synced);
    assert_int_equal(b->dropped, 0);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(prepare_and_commit_signing_the_same_bytes),
        BENCH_TEST(message_type_not_bound),
        BENCH_TEST(invalid_certificate_masking_a_valid_one),
        cmocka_unit_test_setup_teardown(
            sync_height_poisoned_by_one_liar, setup_primary, bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
