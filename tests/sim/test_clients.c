/* test_clients.c - one node, and what its clients ask: what each question costs has a bound, whoever fills the tangle; what
 * they were promised is kept. */
#include "tests/sim/bench.h"

#define PEER 0u
#define WAITS 64u /* as limits_small has */

static int setup(void **state)
{
    struct bench *b = bench_new(0);
    assert_int_equal(bench_start(b, ITC_NO_VALIDATOR), ITC_OK);
    bench_peer_up(b, PEER, 0);
    *state = b;
    return 0;
}

static void ask(struct bench *b, const struct itc_request *r, uint64_t token)
{
    uint8_t request[ITC_REQUEST_MAX];
    size_t len;
    assert_int_equal(itc_request_encode(request, sizeof request, &len, r), ITC_OK);
    struct itc_event e = {
        .type = ITC_EVENT_REQUEST, .u.request = {.token = token, .bytes = request, .len = len}};
    b->reply_len = 0;
    bench_step(b, &e);
}

static struct itc_tx_status told(const struct bench *b)
{
    const uint8_t *body;
    size_t len;
    struct itc_tx_status s;
    assert_int_equal(itc_reply_open(&body, &len, b->reply, b->reply_len), ITC_OK);
    assert_int_equal(itc_tx_status_decode(&s, body, len), ITC_OK);
    return s;
}

/* Copies of one tx, each with the one before as its parent; the node has them all. */
static struct itc_hash attach_copies(struct bench *b, uint32_t count)
{
    struct made m, before;
    for (uint32_t i = 0; i < count; i++, before = m) {
        bench_make(b, &m, 0, 0, 0, i == 0 ? NULL : &before.id, 0);
        bench_send_site(b, PEER, &m);
        assert_true(bench_has(b, &m.id));
    }
    return m.tx_id;
}

/* However often the tx that they wait for is attached: at a milestone nobody looks for its weight. */
static void who_waits_asks_for_no_weight(void **state)
{
    struct bench *b = *state;
    const struct itc_request r = {
        .op = ITC_OP_TX, .u.tx = {.id = attach_copies(b, 20), .wait_ms = 30000}};
    for (uint32_t i = 0; i < WAITS; i++)
        ask(b, &r, i + 1);
    assert_int_equal(b->node->query.waits_count, WAITS);
    assert_int_equal(b->node->query.weighed, 0);
    b->node->moved = true; /* as after each milestone */
    bench_tick(b, 10);
    assert_int_equal(b->reply_len, 0);
    assert_int_equal(b->node->query.weighed, 0);
    for (int i = 0; i < 400 && b->node->query.waits_count > 0; i++)
        bench_tick(b, 100);
    assert_int_equal(b->node->query.waits_count, 0);
    assert_int_equal(b->node->query.weighed, WAITS); /* once each, at its end */
    assert_int_equal(told(b).stage, ITC_STAGE_CONFIRMED);
}

/* Nor does who finds no place to wait in go without an answer. */
static void a_full_table_answers_at_once(void **state)
{
    struct bench *b = *state;
    const struct itc_request r = {
        .op = ITC_OP_TX, .u.tx = {.id = attach_copies(b, 1), .wait_ms = 30000}};
    for (uint32_t i = 0; i < WAITS; i++)
        ask(b, &r, i + 1);
    ask(b, &r, WAITS + 1);
    assert_int_equal(told(b).stage, ITC_STAGE_PENDING);
    assert_int_equal(told(b).weight, 1);
    assert_int_equal(b->node->query.weighed, 1);
}

/* Whatever an issuer has open, so many of them are looked at when somebody asks for its account. */
static void an_account_s_hints_end(void **state)
{
    struct bench *b = *state;
    struct made m = {.len = 0};
    const uint8_t *body;
    size_t len;
    struct itc_account_reply a;
    for (uint64_t seq = 0; seq < ITC_ISSUE_AHEAD + 10; seq++) {
        struct itc_hash last = m.id;
        bench_make(b, &m, 0, seq, 0, seq > 0 ? &last : NULL, 0);
        bench_send_site(b, PEER, &m);
        assert_true(bench_has(b, &m.id));
    }
    ask(b,
        &(struct itc_request){.op = ITC_OP_ACCOUNT, .u.account = {.key = b->chain.wallets[0].key}},
        1);
    assert_int_equal(itc_reply_open(&body, &len, b->reply, b->reply_len), ITC_OK);
    assert_int_equal(itc_account_reply_decode(&a, body, len), ITC_OK);
    assert_int_equal(a.open_next_seq, ITC_ISSUE_AHEAD + 1);
    assert_int_equal(a.open_spent.grains, 5000 * (ITC_ISSUE_AHEAD + 1));
}

/* Acknowledged, but for want of the seq before it nobody can attach it. */
static struct itc_hash submit_early(struct bench *b)
{
    uint8_t tx[ITC_TX_TRANSFER];
    struct itc_hash id;
    itc_private_chain_transfer(&b->chain, tx, 0, &b->chain.wallets[1].key, 1, 5000);
    itc_tx_id(&id, &b->chain.id, tx, sizeof tx);
    assert_int_equal(bench_submit(b, tx, sizeof tx), ITC_OK);
    return id;
}

/* The chain's interval says how many milestones ten minutes are; they may be far more than a few times depth. */
static void what_is_acknowledged_is_kept_for_minutes(void **state)
{
    struct bench *b = *state;
    const struct itc_params *p = &b->node->chain.params;
    uint64_t kept = 600000 / p->interval_ms;
    assert_true(kept > 2 * 16 * p->depth);
    const struct itc_hash id = submit_early(b);
    for (uint64_t i = 0; i < kept; i++)
        bench_empty_milestone(b, PEER);
    bench_tick(b, 10);
    assert_int_not_equal(itc_pool_find(&b->node->pool, &id), ITC_NONE);
    bench_empty_milestone(b, PEER);
    bench_tick(b, 10);
    assert_int_equal(itc_pool_find(&b->node->pool, &id), ITC_NONE);
    assert_int_equal(b->node->pool.count, 0);
}

/* The tx before it is open on a site to build on. A stranger attaches that one again, with an anchor too old for a tip. */
static void a_successor_does_not_wait_for_an_old_copy(void **state)
{
    struct bench *b = *state;
    const uint64_t *issued = &b->node->stats.counts[ITC_COUNT_SITES_ISSUED];
    struct made fresh, old;
    for (int i = 0; i < 6; i++)
        bench_empty_milestone(b, PEER);
    assert_true(itc_chain_tip_anchor(&b->node->chain) > 1);
    bench_make(b, &fresh, 0, 0, 6, NULL, 0);
    bench_send_site(b, PEER, &fresh);
    bench_make(b, &old, 0, 0, 1, NULL, 0);
    bench_send_site(b, PEER, &old);
    assert_true(bench_has(b, &fresh.id) && bench_has(b, &old.id));
    b->works = true;
    (void)submit_early(b);
    for (int i = 0; i < 10; i++)
        bench_tick(b, 10);
    assert_int_equal(*issued, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_waits_asks_for_no_weight),
        TEST(a_full_table_answers_at_once),
        TEST(an_account_s_hints_end),
        TEST(what_is_acknowledged_is_kept_for_minutes),
        TEST(a_successor_does_not_wait_for_an_old_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
