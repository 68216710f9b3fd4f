/* test_primaries.c - primaries that deliver, but late or unfairly, are left; honest ones stay, whatever the load and
 * whatever traitors say of them. */
#include "node/core.h"
#include "tests/sim/world.h"

#define CENSORED 5u /* wallet */

/* What the traitor, node 0, does. */
struct traitor {
    struct itc_net *net;
    uint64_t late_ms; /* it holds its proposals up */
    bool deaf;        /* to sites that the censored wallet issues */
    bool sly;         /* sends node 3 no proposals */
};

static bool is_censored(const struct traitor *t, const uint8_t *frame, size_t len)
{
    struct itc_site s;
    return frame[4] == ITC_MESSAGE_SITE &&
           itc_site_decode(&s, frame + ITC_FRAME_HEAD, len - ITC_FRAME_HEAD) == ITC_OK &&
           itc_key_equal(&s.tx.issuer, &itc_net_chain(t->net)->wallets[CENSORED].key);
}

static uint64_t tamper(void *ctx, const struct itc_net_sent *s)
{
    const struct traitor *t = ctx;
    if (s->from == 0 && s->frame[4] == ITC_MESSAGE_PROPOSAL)
        return t->sly && s->to == 3 ? ITC_NET_NEVER : t->late_ms;
    return s->to == 0 && t->deaf && is_censored(t, s->frame, s->len) ? ITC_NET_NEVER : 0;
}

static struct itc_net *create(struct itc_net_config *c, struct traitor *t, uint64_t seed)
{
    itc_net_config_default(c, world_seed(seed), 4, 0);
    c->params.timeout_ms = 800;
    c->params.interval_ms = 100;
    c->params.idle_ms = 400;
    c->params.epoch_length = 1000;
    c->tamper = tamper;
    c->tamper_ctx = t;
    t->net = itc_net_create(c);
    return t->net;
}

/* The net's nodes are the test's own: it may look, and hand them messages, which changes no other node. */
static struct itc_node *node_of(struct itc_net *net, uint32_t i)
{
    union {
        const struct itc_node *in;
        struct itc_node *out;
    } cast = {.in = itc_net_node(net, i)};
    return cast.out;
}

static struct itc_complaint complaint(
    struct itc_net *net, uint8_t voter, uint32_t view, uint64_t index)
{
    struct itc_node *n = node_of(net, voter);
    struct itc_complaint m = {.slot = {.view = view, .index = index}, .voter = voter};
    struct itc_hash message;
    itc_complaint_message(&message, &n->chain.id, &m.slot);
    itc_signer_sign(&n->signer, &message, &m.sig);
    return m;
}

/* As if `voter` had sent it to all. */
static void complain(struct itc_net *net, uint32_t voter, uint64_t index)
{
    struct itc_complaint m = complaint(net, (uint8_t)voter, 0, index);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(itc_complaint_received(node_of(net, i), &m), ITC_OK);
    node_of(net, voter)->complaints.heights[voter] = index;
    node_of(net, voter)->complaints.sigs[voter] = m.sig;
}

/* A payment every `pause_ms`, through nodes 1 to 3, by all wallets but one in turn. */
static void traffic(struct itc_net *net, uint64_t *sent, uint32_t pause_ms, uint64_t for_ms)
{
    uint64_t end = itc_net_now(net) + for_ms;
    while (itc_net_now(net) < end) {
        uint32_t wallet = (uint32_t)(*sent % (ITC_WALLETS - 1));
        (void)world_submit(net, 1 + (uint32_t)(*sent % 3), wallet + (wallet >= CENSORED),
            *sent / (ITC_WALLETS - 1));
        ++*sent;
        itc_net_run(net, itc_net_now(net) + pause_ms);
    }
}

/* Each proposal comes at 9/10 of its time-out: that never ends the view, so complaints must. */
static void a_primary_just_in_time_is_left(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.late_ms = 0};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 1);
    traffic(net, &sent, 50, 2000);
    assert_int_equal(world_head(net, 1)->view, 0);
    t.late_ms = c.params.timeout_ms / 10 * 9;
    traffic(net, &sent, 50, 12 * (c.params.timeout_ms + c.params.interval_ms));
    for (uint32_t i = 1; i < 4; i++) {
        assert_true(world_count(net, i, ITC_COUNT_PROPOSALS_LATE) >= 8);
        assert_int_equal(world_count(net, i, ITC_COUNT_VIEW_CHANGES), 1);
        assert_int_equal(world_head(net, i)->view, 1);
    }
    itc_net_free(net);
}

/* A history that has been shifted with patience until it excuses anything does not excuse this. */
static void patience_does_not_move_the_bound(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.late_ms = 0};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 2);
    for (uint32_t i = 1; i < 4; i++) {
        struct itc_complaints *k = &node_of(net, i)->complaints;
        k->delays_count = ITC_COMPLAINT_DELAYS;
        for (uint32_t d = 0; d < ITC_COMPLAINT_DELAYS; d++)
            k->delays_ms[d] = c.params.timeout_ms;
    }
    t.late_ms = c.params.timeout_ms / 20 * 19;
    traffic(net, &sent, 50, 12 * (c.params.timeout_ms + c.params.interval_ms));
    for (uint32_t i = 1; i < 4; i++) {
        assert_true(world_count(net, i, ITC_COUNT_PROPOSALS_LATE) >= 8);
        assert_true(world_count(net, i, ITC_COUNT_COMPLAINTS) > 0);
        assert_int_equal(world_count(net, i, ITC_COUNT_VIEW_CHANGES), 1);
        assert_int_equal(world_head(net, i)->view, 1);
    }
    itc_net_free(net);
}

static void a_censor_is_left_and_what_it_left_out_is_final(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.deaf = true};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 3);
    traffic(net, &sent, 50, 1000);
    (void)world_submit(net, 2, CENSORED, 0);
    /* At worst: T until the first proposal counts, then eight, each just in time, and two to agree. */
    traffic(net, &sent, 50, 800 + 10 * (c.params.interval_ms + c.params.timeout_ms));
    for (uint32_t i = 1; i < 4; i++) {
        assert_true(world_count(net, i, ITC_COUNT_PROPOSALS_UNFAIR) >= 8);
        assert_int_equal(world_head(net, i)->view, 1);
        assert_int_equal(world_next_seq(net, i, CENSORED), 1);
    }
    itc_net_free(net);
}

/* It hangs up, and all that is older than its new links is excused no more than before. */
static void a_censor_that_hangs_up_is_left(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.deaf = true};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 11);
    traffic(net, &sent, 50, 1000);
    (void)world_submit(net, 2, CENSORED, 0);
    for (int k = 0; k < 10; k++) {
        traffic(net, &sent, 50, 600);
        world_part(net, 1);
        world_unite(net, 1);
        traffic(net, &sent, 50, 400);
    }
    for (uint32_t i = 1; i < 4; i++) {
        assert_true(world_head(net, i)->view >= 1);
        assert_int_equal(world_next_seq(net, i, CENSORED), 1);
    }
    itc_net_free(net);
}

/* All backups lose power, one by one: what was open stays open, and they know of no link that it went over. Nothing new comes. */
static void a_censor_is_left_by_those_who_restart(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.deaf = true};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 12);
    traffic(net, &sent, 50, 1000);
    (void)world_submit(net, 2, CENSORED, 0);
    itc_net_run(net, itc_net_now(net) + 500);
    for (uint32_t i = 1; i < 4; i++) {
        assert_int_equal(world_next_seq(net, i, CENSORED), 0);
        itc_net_kill(net, i);
        itc_net_restart(net, i);
        itc_net_run(net, itc_net_now(net) + 1000);
        assert_int_equal(world_head(net, i)->view, 0);
    }
    itc_net_run(net, itc_net_now(net) + 6000); /* before it is so old that it is attached again */
    for (uint32_t i = 1; i < 4; i++)
        assert_int_equal(world_next_seq(net, i, CENSORED), 1);
    itc_net_free(net);
}

/* Two backups are served, and see what is left out; the third complains because it is not. */
static void a_censor_that_serves_too_few_is_left(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.deaf = true, .sly = true};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 8);
    traffic(net, &sent, 50, 1000);
    (void)world_submit(net, 2, CENSORED, 0);
    traffic(net, &sent, 50, 800 + 10 * (c.params.interval_ms + c.params.timeout_ms));
    assert_true(world_count(net, 3, ITC_COUNT_MILESTONES_SYNCED) >= 8);
    for (uint32_t i = 1; i < 4; i++) {
        assert_true(world_count(net, i, ITC_COUNT_COMPLAINTS) > 0);
        assert_int_equal(world_head(net, i)->view, 1);
        assert_int_equal(world_next_seq(net, i, CENSORED), 1);
    }
    itc_net_free(net);
}

static void a_late_one_that_serves_too_few_is_left(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.sly = true};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 10);
    traffic(net, &sent, 50, 1000);
    t.late_ms = c.params.timeout_ms / 20 * 19;
    traffic(net, &sent, 50, 12 * (c.params.timeout_ms + c.params.interval_ms));
    for (uint32_t i = 1; i < 4; i++) {
        assert_true(world_count(net, i, ITC_COUNT_COMPLAINTS) > 0);
        assert_int_equal(world_head(net, i)->view, 1);
    }
    itc_net_free(net);
}

/* Who was away for many heights comes all the way to the head, though milestones come faster than STATUS, and holds
 * nothing against their primary. */
static void who_catches_up_votes_again(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.late_ms = 0};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 9);
    traffic(net, &sent, 50, 1000);
    for (uint32_t other = 0; other < 3; other++)
        itc_net_cut(net, 3, other);
    traffic(net, &sent, 50, 10000);
    for (uint32_t other = 0; other < 3; other++)
        itc_net_mend(net, 3, other);
    traffic(net, &sent, 50, 10000);
    assert_true(world_count(net, 3, ITC_COUNT_MILESTONES_SYNCED) > 50);
    assert_int_equal(world_count(net, 3, ITC_COUNT_COMPLAINTS), 0);
    uint64_t synced = world_count(net, 3, ITC_COUNT_MILESTONES_SYNCED);
    traffic(net, &sent, 50, 5000);
    assert_int_equal(world_count(net, 3, ITC_COUNT_MILESTONES_SYNCED), synced); /* it votes again */
    assert_int_equal(world_head(net, 3)->view, 0);
    itc_net_free(net);
}

static void an_honest_one_under_load_stays(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.late_ms = 0};
    uint64_t sent = 0;
    itc_net_config_default(&c, 0, 4, 0);
    struct itc_net *net = create(&c, &t, 4);
    traffic(net, &sent, 200, 2000);
    t.late_ms = c.params.timeout_ms / 3; /* what a full cone takes */
    traffic(net, &sent, 5, 10000);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(world_head(net, i)->view, 0);
        assert_int_equal(world_count(net, i, ITC_COUNT_PROPOSALS_LATE), 0);
        assert_int_equal(world_count(net, i, ITC_COUNT_PROPOSALS_UNFAIR), 0);
        assert_int_equal(world_count(net, i, ITC_COUNT_COMPLAINTS), 0);
    }
    assert_true(world_head(net, 1)->index > 12);
    itc_net_free(net);
}

/* Gossip that gets lost, and links that jitter: primaries lack sites for a while, and are excused in the end. */
static void an_honest_one_over_bad_links_stays(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.late_ms = 0};
    uint64_t sent = 0;
    itc_net_config_default(&c, world_seed(5), 4, 0);
    c.params.epoch_length = 1000;
    c.loss_permille = 150;
    c.jitter_ms = 20;
    t.net = itc_net_create(&c);
    traffic(t.net, &sent, 40, 20000);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(world_head(t.net, i)->view, 0);
    itc_net_free(t.net);
}

/* One backup is misled, and a traitor complains and votes to leave with it: f + 1 depose nobody. Then a second
 * honest one complains: with the traitor, that is q. */
static void f_traitors_and_one_misled_depose_nobody(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.late_ms = 0};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 6);
    for (uint32_t voters = 2; voters <= 3; voters++) {
        for (uint32_t k = 0; k < 20; k++) {
            traffic(net, &sent, 50, c.params.interval_ms);
            for (uint32_t voter = 1; voter <= voters; voter++)
                complain(net, voter, world_head(net, voter)->index + 1);
        }
        for (uint32_t i = 0; i < 4; i++)
            assert_int_equal(world_head(net, i)->view, voters == 3);
    }
    itc_net_free(net);
}

/* Complaints of other heights, views and chains, forged and repeated ones: none counts. */
static void old_and_forged_complaints_do_not_count(void **state)
{
    (void)state;
    struct itc_net_config c;
    struct traitor t = {.late_ms = 0};
    uint64_t sent = 0;
    struct itc_net *net = create(&c, &t, 7);
    traffic(net, &sent, 50, 3000);
    uint64_t open = world_head(net, 0)->index + 1;
    assert_true(open > 9);
    struct itc_complaint good = complaint(net, 2, 0, open), m = good;
    struct itc_node *n = node_of(net, 0);
    m.sig.b[5] ^= 1;
    assert_int_equal(itc_complaint_received(n, &m), ITC_E_SIGNATURE);
    m = good;
    m.voter = 3;
    assert_int_equal(itc_complaint_received(n, &m), ITC_E_SIGNATURE);
    m = good;
    m.slot.index--; /* signed for another height */
    assert_int_equal(itc_complaint_received(n, &m), ITC_E_SIGNATURE);
    m = good;
    m.voter = 4;
    assert_int_equal(itc_complaint_received(n, &m), ITC_E_FORM);
    for (uint8_t voter = 1; voter < 4; voter++) {
        m = complaint(net, voter, 1, open); /* of another view */
        assert_int_equal(itc_complaint_received(n, &m), ITC_OK);
        m = complaint(net, voter, 0, open + 2); /* too far ahead: would last too long */
        assert_int_equal(itc_complaint_received(n, &m), ITC_OK);
        assert_int_equal(n->complaints.heights[voter], 0);
        m = complaint(net, voter, 0, open - 8); /* stands no more */
        assert_int_equal(itc_complaint_received(n, &m), ITC_OK);
        assert_false(itc_complaint_quorum(n));
    }
    for (uint8_t voter = 1; voter < 4; voter++) {
        assert_false(itc_complaint_quorum(n));
        m = complaint(net, voter, 0, open - 7);
        assert_int_equal(itc_complaint_received(n, &m), ITC_OK);
    }
    assert_true(itc_complaint_quorum(n));
    itc_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_primary_just_in_time_is_left),
        cmocka_unit_test(patience_does_not_move_the_bound),
        cmocka_unit_test(a_censor_is_left_and_what_it_left_out_is_final),
        cmocka_unit_test(a_censor_that_hangs_up_is_left),
        cmocka_unit_test(a_censor_is_left_by_those_who_restart),
        cmocka_unit_test(a_censor_that_serves_too_few_is_left),
        cmocka_unit_test(a_late_one_that_serves_too_few_is_left),
        cmocka_unit_test(who_catches_up_votes_again),
        cmocka_unit_test(an_honest_one_under_load_stays),
        cmocka_unit_test(an_honest_one_over_bad_links_stays),
        cmocka_unit_test(f_traitors_and_one_misled_depose_nobody),
        cmocka_unit_test(old_and_forged_complaints_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
