/* test_liars.c - catching up while some peers lie, stall or repeat themselves: the honest are not blamed for them, and
 * are asked in their place. */
#include "tests/sim/bench.h"

#define PEER 0u
#define OTHER 1u

struct cone {
    struct made sites[2];
    uint8_t leaves[2 * ITC_LEAF];
    uint8_t body[ITC_BODY_MAX];
    size_t body_len;
    struct itc_header header;
};

/* A node at header 0, two peers, and the milestone after it: a site and one that approves it. */
static int setup(void **state)
{
    struct bench *b = bench_new(0);
    assert_int_equal(bench_start(b, ITC_NO_VALIDATOR), ITC_OK);
    bench_peer_up(b, PEER, ITC_NO_VALIDATOR);
    bench_peer_up(b, OTHER, ITC_NO_VALIDATOR);
    *state = b;
    return 0;
}

static void make_cone(struct bench *b, struct cone *c)
{
    bench_make(b, &c->sites[0], 0, 0, 0, NULL, 0);
    bench_make(b, &c->sites[1], 1, 0, 0, &c->sites[0].id, 0);
    for (size_t i = 0; i < 2; i++) {
        memcpy(c->leaves + i * ITC_LEAF, &c->sites[i].id, 32);
        memcpy(c->leaves + i * ITC_LEAF + 32, &c->sites[i].tx_id, 32);
        c->leaves[i * ITC_LEAF + 64] = ITC_VERDICT_APPLIED;
    }
    c->body_len = itc_body_encode(c->body, c->sites[1].id.b, 1);
    bench_header(b, &c->header, c->leaves, 2, c->body, c->body_len);
}

static void send_leaves(struct bench *b, uint32_t peer, const struct cone *c, uint32_t count)
{
    bench_message(b, peer,
        &(struct itc_message){.type = ITC_MESSAGE_LEAVES,
            .u.leaves = {.index = 1, .count = count, .leaves = c->leaves}});
}

/* While a stranger's certificate is being checked, the leaves that an honest peer was asked for arrive. */
static void nobody_is_blamed_for_a_forged_header(void **state)
{
    struct bench *b = *state;
    static struct cone c;
    make_cone(b, &c);
    bench_status(b, PEER, 1);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_GET_MILESTONE], 1);
    struct itc_header forged = c.header;
    forged.site_count = 1;
    b->hold = true;
    bench_milestone(b, OTHER, &forged, false, c.body, c.body_len);
    send_leaves(b, PEER, &c, 2);
    assert_int_equal(b->dropped, 0);
    assert_int_equal(b->node->peers[PEER].points, 0);
    b->hold = false;
    bench_verify(b);
    assert_true(b->node->peers[OTHER].points > 0);
}

/* The certificate came from one peer, the leaves from another that had been asked before: asked again, taken. */
static void leaves_that_came_too_early_are_asked_for_again(void **state)
{
    struct bench *b = *state;
    static struct cone c;
    make_cone(b, &c);
    bench_status(b, PEER, 1);
    b->hold = true;
    bench_milestone(b, OTHER, &c.header, true, c.body, c.body_len);
    send_leaves(b, PEER, &c, 2);
    b->hold = false;
    bench_verify(b);
    assert_true(itc_sync_certified(b->node));
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_GET_MILESTONE], 2);
    send_leaves(b, PEER, &c, 2);
    assert_true(b->node->sync.leaves_good);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_GET_CONE], 1);
}

/* A peer that sends one and the same site for ever makes no progress, and is replaced. */
static void repetition_is_no_progress(void **state)
{
    struct bench *b = *state;
    static struct cone c;
    make_cone(b, &c);
    bench_status(b, PEER, 1);
    bench_milestone(b, PEER, &c.header, true, c.body, c.body_len);
    send_leaves(b, PEER, &c, 2);
    assert_int_equal(b->sent[PEER][ITC_MESSAGE_GET_CONE], 1);
    bench_status(b, OTHER, 1);
    for (int i = 0; i < 20; i++) {
        bench_send_site(b, PEER, &c.sites[0]);
        bench_tick(b, 100);
    }
    assert_true(b->sent[OTHER][ITC_MESSAGE_GET_CONE] > 0);
}

/* Progress by drops is progress, but not for ever: after five seconds it is another's turn, and nothing is lost. */
static void a_dripping_peer_has_its_turn_only(void **state)
{
    struct bench *b = *state;
    static struct cone c;
    make_cone(b, &c);
    bench_status(b, PEER, 1);
    bench_milestone(b, PEER, &c.header, true, c.body, c.body_len);
    send_leaves(b, PEER, &c, 2);
    bench_status(b, OTHER, 1);
    int turns = 0;
    for (; turns < 60 && b->sent[OTHER][ITC_MESSAGE_GET_CONE] == 0; turns++) {
        b->node->sync.since_ms = b->node->mono_ms; /* as if a fresh site had come */
        bench_tick(b, 100);
    }
    assert_in_range(turns, 50, 52);
    assert_true(b->node->sync.leaves_good);
}

static void refuse_leaves(struct bench *b, uint32_t count)
{
    static struct cone c;
    make_cone(b, &c);
    bench_status(b, PEER, 1);
    bench_milestone(b, PEER, &c.header, true, c.body, c.body_len);
    send_leaves(b, PEER, &c, count);
    assert_int_equal(b->dropped, 1);
}

/* Nor are leaves without a leaf progress. */
static void empty_leaves_are_refused(void **state)
{
    refuse_leaves(*state, 0);
}

static void leaves_come_in_full_chunks(void **state)
{
    refuse_leaves(*state, 1);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(nobody_is_blamed_for_a_forged_header),
        BENCH_TEST(leaves_that_came_too_early_are_asked_for_again),
        BENCH_TEST(repetition_is_no_progress),
        BENCH_TEST(a_dripping_peer_has_its_turn_only),
        BENCH_TEST(empty_leaves_are_refused),
        BENCH_TEST(leaves_come_in_full_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
