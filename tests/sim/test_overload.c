/* test_overload.c - one node whose bounds are reached, by load or by malice: what agreement and catching up need goes
 * through all the same, and it starts again from what it stored. */
#include "tests/sim/bench.h"

#define PEER 0u
#define OTHER 1u
#define THIRD 2u

static void start(struct bench *b, const struct itc_params *params)
{
    itc_private_chain_init(&b->chain, 1, BENCH_VALIDATORS, params);
    assert_int_equal(bench_start(b, ITC_NO_VALIDATOR), ITC_OK);
    for (uint32_t i = 0; i < 3; i++)
        bench_peer_up(b, i, ITC_NO_VALIDATOR);
}

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct bench));
    return 0;
}

static uint64_t refused(const struct bench *b, enum itc_err e)
{
    return itc_node_stats(b->node)->peer_refused[e];
}

/* Gossip until no more is taken. */
static void fill_window(struct bench *b, size_t size)
{
    struct made m;
    for (uint64_t seq = 0; refused(b, ITC_E_FULL) == 0; seq++) {
        bench_make(b, &m, seq % ITC_WALLETS, seq, b->node->chain.head.index, NULL, size);
        bench_send_site(b, PEER, &m);
        assert_true(seq < 100000);
    }
}

static size_t body_of(uint8_t body[ITC_BODY_MAX], const struct itc_hash *id)
{
    return itc_body_encode(body, id->b, 1);
}

/* A full window empties only when a height ends: so the sites of its proposal are taken in. */
static void a_full_window_takes_what_a_proposal_needs(void **state)
{
    struct bench *b = *state;
    struct itc_params params;
    struct made parent, child, stranger;
    struct itc_header h;
    uint8_t body[ITC_BODY_MAX];
    bench_init(b, &params);
    params.cone_sites_max = 16;
    b->limits.window_sites = 64;
    b->limits.open_milestones = 64; /* nobody waits for a turn */
    b->limits.pending_sites = 64;
    start(b, &params);
    fill_window(b, 0);
    bench_make(b, &parent, 0, 1000, 0, NULL, 0);
    bench_make(b, &child, 1, 1000, 0, &parent.id, 0);
    bench_make(b, &stranger, 2, 1000, 0, NULL, 0);
    size_t len = body_of(body, &child.id);
    bench_header(b, &h, NULL, 0, body, len);
    bench_proposal(b, OTHER, &h, body, len);
    bench_tick(b, 300);
    bench_send_site(b, OTHER, &child);
    bench_send_site(b, OTHER, &parent);
    bench_send_site(b, OTHER, &stranger);
    assert_true(bench_has(b, &parent.id));
    assert_true(bench_has(b, &child.id));
    assert_false(bench_has(b, &stranger.id));
}

/* The window's reserve holds a certified cone, whatever the size of the sites that filled the rest. */
static void no_size_of_gossip_leaves_a_certified_cone_outside(void **state)
{
    struct bench *b = *state;
    struct itc_params params;
    uint8_t body[ITC_BODY_MAX], leaves[32 * ITC_LEAF];
    static struct made sites[32];
    struct itc_header h;
    bench_init(b, &params);
    b->limits.window_bytes = 6u << 20;
    b->limits.open_milestones = 64;
    start(b, &params);
    fill_window(b, 512);
    for (uint32_t i = 0; i < 32; i++) {
        bench_make(b, &sites[i], 0, 5000 + i, 0, i == 0 ? NULL : &sites[i - 1].id, 512 + 16 * i);
        memcpy(leaves + (size_t)i * ITC_LEAF, &sites[i].id, 32);
        memcpy(leaves + (size_t)i * ITC_LEAF + 32, &sites[i].tx_id, 32);
        leaves[(size_t)i * ITC_LEAF + 64] = ITC_VERDICT_EARLY_SEQ;
    }
    size_t len = body_of(body, &sites[31].id);
    bench_header(b, &h, leaves, 32, body, len);
    bench_status(b, PEER, 1);
    bench_milestone(b, PEER, &h, true, body, len);
    bench_message(b, PEER,
        &(struct itc_message){.type = ITC_MESSAGE_LEAVES,
            .u.leaves = {.index = 1, .first = 0, .count = 32, .leaves = leaves}});
    for (uint32_t i = 0; i < 32; i++)
        bench_send_site(b, PEER, &sites[i]);
    assert_int_equal(b->node->chain.head.index, 1);
}

/* Sites anchored ahead of us cost their sender no work that we could check: they get a small part of the table. */
static void early_sites_do_not_keep_the_others_out(void **state)
{
    struct bench *b = *state;
    struct itc_params params;
    struct made m;
    bench_init(b, &params);
    start(b, &params);
    for (uint64_t i = 0; i < b->limits.pending_sites + 10; i++) {
        bench_make(b, &m, i % ITC_WALLETS, i, 2, NULL, 0);
        bench_send_site(b, i % 2 == 0 ? PEER : OTHER, &m);
    }
    bench_make(b, &m, 0, 0, 0, NULL, 0);
    bench_send_site(b, THIRD, &m);
    assert_true(bench_has(b, &m.id));
    bench_empty_milestone(b, PEER);
    bench_empty_milestone(b, PEER); /* now they are looked at: what has no good work is gone */
    assert_int_equal(b->node->pending.count, 0);
    assert_int_equal(b->node->pending.early, 0);
}

/* A site that stays open keeps the rows of all that came after it: those let go since must not fill the window of a
 * node that starts again. */
static void sites_let_go_do_not_come_back(void **state)
{
    struct bench *b = *state;
    struct itc_params params;
    struct made lasting, m;
    bench_init(b, &params);
    params.cone_sites_max = 16;
    b->limits.window_sites = 64;
    b->limits.open_milestones = 64; /* nobody waits for a turn */
    b->limits.pending_sites = 64;
    start(b, &params);
    for (uint32_t i = 0; i < 10; i++)
        bench_empty_milestone(b, PEER);
    bench_make(b, &lasting, 0, 0, 10, NULL, 0);
    bench_send_site(b, PEER, &lasting);
    for (uint64_t round = 0; round < 5; round++) {
        uint64_t least = itc_chain_least_anchor(&b->node->chain, b->node->chain.head.index + 1);
        for (uint64_t i = 0; i < 30; i++) {
            bench_make(b, &m, 1, 100 * round + i, least, NULL, 0);
            bench_send_site(b, PEER, &m);
        }
        assert_int_equal(b->node->window.count, 31);
        bench_empty_milestone(b, PEER);
        assert_int_equal(b->node->window.count, 1);
    }
    bench_stop(b);
    assert_int_equal(bench_start(b, ITC_NO_VALIDATOR), ITC_OK);
    assert_int_equal(b->node->window.count, 1);
    assert_true(bench_has(b, &lasting.id));
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(a_full_window_takes_what_a_proposal_needs),
        BENCH_TEST(no_size_of_gossip_leaves_a_certified_cone_outside),
        BENCH_TEST(early_sites_do_not_keep_the_others_out),
        BENCH_TEST(sites_let_go_do_not_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
