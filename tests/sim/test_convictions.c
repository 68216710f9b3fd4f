/* test_convictions.c - whole networks with a validator that votes twice: it is out of the committee at the epoch's end,
 * and the chain goes on. What is said to each half of the committee alone is found as well. ITC_SEED=N runs all from N. */
#include "tests/sim/world.h"

#include "tools/sim/forge.h"

#define EPOCH 20
#define TRAITOR 3u
#define FULL 4u /* the full node */

struct treason {
    struct itc_net *net;
    struct itc_net_traitors hook;
    struct itc_signer signer;
    uint32_t half; /* bitmap of the nodes that are told something else */
    bool both;     /* the same nodes hear the truth too */
    bool acts;     /* from now on */
    uint8_t type;  /* what is said twice: ITC_MESSAGE_VOTE, _PROPOSAL, _VIEW_CHANGE */
    uint8_t vote;  /* of votes: this type */
    uint32_t deeds;
    struct itc_draft draft;
};

static struct treason t;

static bool decode(const struct itc_net_sent *s, struct itc_message *m)
{
    return itc_message_decode(m, s->frame[4], s->frame + ITC_FRAME_HEAD, s->len - ITC_FRAME_HEAD) ==
           ITC_OK;
}

static void inject(const struct itc_net_sent *s, const struct itc_message *m)
{
    static uint8_t frame[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    struct itc_net_sent other = *s;
    assert_int_equal(itc_message_encode(frame, sizeof frame, &other.len, m), ITC_OK);
    other.frame = frame;
    itc_net_inject(t.net, &other, 0);
    t.deeds++;
}

/* Says something else in the message's place. */
static void lie(struct itc_message *m)
{
    const struct itc_forger f = {.chain = itc_node_chain(itc_net_node(t.net, TRAITOR)),
        .signer = &t.signer,
        .voter = TRAITOR};
    if (m->type == ITC_MESSAGE_VOTE)
        m->u.vote.header_id.b[0] ^= 1;
    if (m->type == ITC_MESSAGE_PROPOSAL) {
        memcpy(t.draft.header, m->u.proposal.header, ITC_HEADER_SIZE);
        t.draft.m = *m;
        t.draft.m.u.proposal.header = t.draft.header;
        itc_forge_time(&t.draft, 1);
        *m = t.draft.m;
    }
    if (m->type == ITC_MESSAGE_VIEW_CHANGE) { /* names what was never prepared */
        m->u.view_change.vote.prepared = true;
        m->u.view_change.vote.header_id = (struct itc_hash){{1}};
        m->u.view_change.vote.cert =
            (struct itc_cert){.index = m->u.view_change.slot.index, .signers = 1};
        m->u.view_change.header = t.draft.header;
        m->u.view_change.body = t.draft.body;
        m->u.view_change.body_len = 0;
    }
    itc_forge_sign(&f, m);
}

static bool takes(void *ctx, struct itc_net *net, const struct itc_net_sent *s)
{
    struct itc_message m;
    (void)ctx;
    (void)net;
    if (!t.acts || s->from != TRAITOR || s->frame[4] != t.type || !(t.half >> s->to & 1) ||
        !decode(s, &m))
        return false;
    if (m.type == ITC_MESSAGE_VOTE && (m.u.vote.type != t.vote || m.u.vote.voter != TRAITOR))
        return false;
    lie(&m);
    inject(s, &m);
    return !t.both;
}

static void greets(void *ctx, uint32_t from, uint8_t *validator, uint64_t *head)
{
    (void)ctx;
    (void)from;
    (void)validator;
    (void)head;
}

/* Four validators and a full node, in epochs of 20 milestones. */
static struct itc_net *start(uint64_t seed)
{
    struct itc_net_config c;
    itc_net_config_default(&c, world_seed(seed), 4, 1);
    c.params.interval_ms = 100;
    c.params.idle_ms = 200;
    c.params.epoch_length = EPOCH;
    struct itc_net *net = itc_net_create(&c);
    memset(&t, 0, sizeof t);
    t.net = net;
    t.hook = (struct itc_net_traitors){.takes = takes, .greets = greets};
    itc_net_betray(net, &t.hook);
    assert_int_equal(itc_signer_init(&t.signer, &itc_net_chain(net)->validators[TRAITOR]), ITC_OK);
    itc_net_run(net, 1000);
    return net;
}

/* The list of genesis without the traitor. */
static struct itc_hash without_traitor(struct itc_net *net)
{
    const struct itc_private_chain *chain = itc_net_chain(net);
    struct itc_committee c = {.n = 4};
    struct itc_hash hash;
    for (uint32_t i = 0; i < 4; i++)
        if (i != TRAITOR)
            c.keys[i] = itc_private_chain_validator(chain, i);
    itc_committee_hash(&hash, &chain->id, &c);
    return hash;
}

static bool has_acted(struct itc_net *net, void *ctx)
{
    (void)net;
    (void)ctx;
    return t.deeds > 0;
}

static bool is_next(struct itc_net *net, void *ctx)
{
    for (uint32_t i = 0; i < itc_net_count(net); i++) {
        const struct itc_header *h = world_head(net, i);
        if (h != NULL && memcmp(&h->next_committee, ctx, sizeof(struct itc_hash)) != 0)
            return false;
    }
    return true;
}

/* All nodes know within the epoch, or the one after it; then the traitor is out, and the chain goes on without. */
static void assert_convicted(struct itc_net *net)
{
    struct itc_hash expected = without_traitor(net);
    assert_true(itc_net_run_until(net, has_acted, NULL, itc_net_now(net) + 60000));
    assert_true(itc_net_run_until(net, is_next, &expected, itc_net_now(net) + 8000));
    world_reach(net, (world_newest(net) / EPOCH + 1) * EPOCH + 1, 30000);
    world_pay(net, 0, 0, 0, 2000);
    itc_net_kill(net, TRAITOR); /* nobody waits for it */
    uint64_t from_ms = itc_net_now(net);
    world_go_on(net, 2 * EPOCH, 60000);
    assert_true(itc_net_now(net) - from_ms < 2 * EPOCH * 250);
    assert_int_equal(world_next_seq(net, 1, 0), 1);
    itc_net_restart(net, TRAITOR); /* goes on as a full node */
    world_go_on(net, 5, 30000);
    for (uint32_t i = 0; i < itc_net_count(net); i++) {
        assert_memory_equal(&world_head(net, i)->committee, &expected, sizeof expected);
        assert_int_equal(itc_node_validator(itc_net_node(net, i)), i < TRAITOR ? i : 255);
        struct itc_info info;
        itc_node_info(itc_net_node(net, i), &info);
        assert_int_equal(info.empty_seats, 1u << TRAITOR);
        assert_int_equal(info.votes, i < TRAITOR);
    }
}

static void convicts(uint64_t seed, uint8_t type, uint8_t vote, uint32_t half, bool both)
{
    struct itc_net *net = start(seed);
    t.type = type;
    t.vote = vote;
    t.half = half;
    t.both = both;
    t.acts = true;
    assert_convicted(net);
    itc_net_free(net);
}

static void two_prepares(void **state)
{
    (void)state;
    convicts(1, ITC_MESSAGE_VOTE, ITC_VOTE_PREPARE, 7, true);
}

static void two_commits(void **state)
{
    (void)state;
    convicts(2, ITC_MESSAGE_VOTE, ITC_VOTE_COMMIT, 1, true);
}

static void a_prepare_for_each_half(void **state)
{
    (void)state;
    convicts(3, ITC_MESSAGE_VOTE, ITC_VOTE_PREPARE, 1u << 1, false);
}

static void a_commit_for_each_half(void **state)
{
    (void)state;
    convicts(4, ITC_MESSAGE_VOTE, ITC_VOTE_COMMIT, 1u << 2, false);
}

static void a_proposal_for_each_half(void **state)
{
    (void)state;
    convicts(5, ITC_MESSAGE_PROPOSAL, 0, 1, false);
}

/* A primary loses power for a while; the traitor votes for the view after it twice. */
static void two_view_changes(void **state)
{
    (void)state;
    struct itc_net *net = start(6);
    uint32_t primary = world_head(net, 0)->view % 4;
    t.type = ITC_MESSAGE_VIEW_CHANGE;
    t.half = 7;
    t.both = true;
    t.acts = true;
    itc_net_kill(net, primary);
    world_go_on(net, 2, 30000);
    itc_net_restart(net, primary);
    assert_convicted(net);
    itc_net_free(net);
}

/* Whole nodes lose power between the crime and the epoch's end; the full node has seen nothing of it. */
static void a_conviction_outlives_power(void **state)
{
    (void)state;
    struct itc_net *net = start(7);
    struct itc_hash expected = without_traitor(net);
    itc_net_kill(net, FULL);
    t.type = ITC_MESSAGE_VOTE;
    t.vote = ITC_VOTE_COMMIT;
    t.half = 1;
    t.both = true;
    t.acts = true;
    assert_true(itc_net_run_until(net, is_next, &expected, itc_net_now(net) + 8000));
    for (uint32_t i = 0; i < 4; i++)
        itc_net_kill(net, i);
    for (uint32_t i = 0; i < 4; i++)
        itc_net_restart(net, i);
    itc_net_restart(net, FULL);
    assert_convicted(net);
    itc_net_free(net);
}

/* Evidence that anyone can make of what honest validators of this chain, and of another one, have signed. */
static void nobody_is_convicted_by_forged_or_replayed_evidence(void **state)
{
    (void)state;
    struct itc_net *net = start(8);
    const struct itc_private_chain *chain = itc_net_chain(net);
    struct itc_hash other_chain = {{7}};
    struct itc_committee c = {.n = 4};
    struct itc_hash expected;
    t.half = 0;
    for (uint32_t i = 0; i < 3; i++) {
        struct itc_message m = {.type = ITC_MESSAGE_EVIDENCE};
        struct itc_statement a = {.type = ITC_VOTE_COMMIT, .view = 0, .header_id = {{1}}}, b = a;
        struct itc_key key = itc_private_chain_validator(chain, i);
        struct itc_signer signer;
        struct itc_hash message;
        b.header_id.b[0] = 2;
        assert_int_equal(itc_signer_init(&signer, &chain->validators[i]), ITC_OK);
        itc_statement_message(&message, &other_chain, 0, 5, &a); /* signed, for another chain */
        itc_signer_sign(&signer, &message, &a.sig);
        itc_statement_message(&message, &other_chain, 0, 5, &b);
        itc_signer_sign(&signer, &message, &b.sig);
        itc_evidence_make(&m.u.evidence, &key, 0, 5, &a, &b);
        for (uint32_t to = 0; to < 3; to++)
            inject(&(struct itc_net_sent){.from = TRAITOR, .to = to}, &m);
    }
    world_reach(net, EPOCH + 5, 30000);
    for (uint32_t i = 0; i < 4; i++)
        c.keys[i] = itc_private_chain_validator(chain, i);
    itc_committee_hash(&expected, &chain->id, &c);
    for (uint32_t i = 0; i < itc_net_count(net); i++) {
        assert_memory_equal(&world_head(net, i)->committee, &expected, sizeof expected);
        assert_int_equal(world_count(net, i, ITC_COUNT_EVIDENCE), 0);
    }
    assert_int_equal(itc_node_stats(itc_net_node(net, 0))->peer_refused[ITC_E_SIGNATURE], 3);
    itc_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_prepares),
        cmocka_unit_test(two_commits),
        cmocka_unit_test(a_prepare_for_each_half),
        cmocka_unit_test(a_commit_for_each_half),
        cmocka_unit_test(a_proposal_for_each_half),
        cmocka_unit_test(two_view_changes),
        cmocka_unit_test(a_conviction_outlives_power),
        cmocka_unit_test(nobody_is_convicted_by_forged_or_replayed_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
