/* test_rations.c - one validator, and a peer that asks without end: what it is answered is bounded, what it costs the
 * others is nothing. */
#include "tests/sim/bench.h"

#define GREEDY 0u
#define OTHER 2u
#define SELF 1u
#define FLOOD 20000u

static int setup(void **state)
{
    struct bench *b = bench_new(1000);
    assert_int_equal(bench_start(b, SELF), ITC_OK);
    bench_peer_up(b, GREEDY, 0);
    bench_peer_up(b, OTHER, 2);
    *state = b;
    return 0;
}

static void flood(struct bench *b, const struct itc_message *m, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++)
        bench_message(b, GREEDY, m);
}

/* It holds a proposal that whoever says so lacks. */
static struct itc_message lack(struct bench *b)
{
    static struct proposed p;
    bench_make_proposal(b, &p, 0);
    bench_proposal(b, GREEDY, &p.header, p.body, p.len);
    struct itc_message m = {.type = ITC_MESSAGE_STATUS, .u.status = {.validator = 3}};
    return m;
}

static uint32_t answers(const struct bench *b, uint32_t peer)
{
    return b->sent[peer][ITC_MESSAGE_PROPOSAL];
}

static void a_flood_of_status_is_answered_now_and_then(void **state)
{
    struct bench *b = *state;
    const struct itc_message m = lack(b);
    flood(b, &m, FLOOD);
    assert_int_equal(answers(b, GREEDY), 5);
    assert_int_equal(b->node->stats.peer_refused[ITC_E_BUSY], FLOOD - 5);
    bench_message(b, OTHER, &m);
    assert_int_equal(answers(b, OTHER), 1);
    for (int i = 0; i < 10; i++) {
        bench_tick(b, 100);
        flood(b, &m, 100);
    }
    assert_int_equal(answers(b, GREEDY), 15);
    assert_int_equal(b->dropped, 0);
}

/* Its votes to leave a view are as large. */
static void so_are_those_who_lack_a_vote_to_leave(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 100 && b->node->pbft.rounds[0].slot.view == 0; i++)
        bench_tick(b, 200);
    struct itc_message m = {.type = ITC_MESSAGE_STATUS, .u.status = {.validator = 3}};
    uint32_t before = b->sent[GREEDY][ITC_MESSAGE_VIEW_CHANGE];
    flood(b, &m, FLOOD);
    assert_int_equal(b->sent[GREEDY][ITC_MESSAGE_VIEW_CHANGE], before + 5);
}

static void hanging_up_buys_nothing(void **state)
{
    struct bench *b = *state;
    const struct itc_message m = lack(b);
    for (int i = 0; i < 20; i++) {
        struct itc_event down = {.type = ITC_EVENT_PEER_DOWN, .u.down = GREEDY};
        flood(b, &m, 10);
        bench_step(b, &down);
        bench_peer_up(b, GREEDY, 0);
    }
    assert_int_equal(answers(b, GREEDY), 5);
}

#define FINAL_MAX 1100u
static struct made final_sites[FINAL_MAX]; /* of milestone 1, in its order */

/* Milestone 1 is a chain of `count` sites; all of sequence numbers to come: they change no account. */
static void make_final_chain(struct bench *b, uint32_t count)
{
    static uint8_t body[ITC_BODY_MAX], leaves[FINAL_MAX * ITC_LEAF];
    struct itc_header h;
    for (uint32_t i = 0; i < count; i++) {
        struct made *m = &final_sites[i];
        uint8_t *leaf = leaves + (size_t)i * ITC_LEAF;
        bench_make(b, m, 0, 1000 + i, 0, i == 0 ? NULL : &final_sites[i - 1].id, 0);
        memcpy(leaf, &m->id, 32);
        memcpy(leaf + 32, &m->tx_id, 32);
        leaf[64] = ITC_VERDICT_EARLY_SEQ;
        bench_send_site(b, OTHER, m);
    }
    size_t len = itc_body_encode(body, final_sites[count - 1].id.b, 1);
    bench_header(b, &h, leaves, count, body, len);
    bench_milestone(b, OTHER, &h, true, body, len);
    assert_int_equal(b->node->chain.head.index, 1);
    memset(b->sent, 0, sizeof b->sent);
}

static void make_final(struct bench *b)
{
    make_final_chain(b, 1);
}

static void a_flood_for_the_sites_of_a_cone_is_rationed(void **state)
{
    struct bench *b = *state;
    const struct itc_message m = {
        .type = ITC_MESSAGE_GET_CONE, .u.get_cone = {.index = 1, .count = ITC_IDS_MAX}};
    make_final(b);
    flood(b, &m, FLOOD);
    /* Each costs what it asks for: a second's worth, and one more. */
    assert_int_equal(b->sent[GREEDY][ITC_MESSAGE_SITE], 62500 / ITC_IDS_MAX + 1);
    bench_message(b, OTHER, &m);
    assert_int_equal(b->sent[OTHER][ITC_MESSAGE_SITE], 1);
    for (int i = 0; i < 10; i++)
        bench_tick(b, 100);
    flood(b, &m, FLOOD);
    assert_in_range(b->sent[GREEDY][ITC_MESSAGE_SITE], 487, 490);
    assert_int_equal(b->dropped, 0);
}

static void a_flood_for_milestones_is_rationed(void **state)
{
    struct bench *b = *state;
    const struct itc_message m = {.type = ITC_MESSAGE_GET_MILESTONE, .u.get_milestone = 1};
    make_final(b);
    flood(b, &m, FLOOD);
    assert_in_range(b->sent[GREEDY][ITC_MESSAGE_MILESTONE], 3900, 3910);
    assert_int_equal(b->sent[GREEDY][ITC_MESSAGE_LEAVES], b->sent[GREEDY][ITC_MESSAGE_MILESTONE]);
    bench_message(b, OTHER, &m);
    assert_int_equal(b->sent[OTHER][ITC_MESSAGE_MILESTONE], 1);
}

static void a_flood_for_open_sites_is_rationed(void **state)
{
    struct bench *b = *state;
    struct made m;
    uint8_t ids[ITC_IDS_MAX * sizeof m.id.b];
    bench_make(b, &m, 0, 0, 0, NULL, 0);
    bench_send_site(b, OTHER, &m);
    uint32_t before = b->sent[GREEDY][ITC_MESSAGE_SITE];
    for (uint32_t i = 0; i < ITC_IDS_MAX; i++)
        memcpy(ids + i * sizeof m.id.b, m.id.b, sizeof m.id.b);
    flood(b,
        &(struct itc_message){
            .type = ITC_MESSAGE_GET_SITES, .u.get_sites = {.count = ITC_IDS_MAX, .ids = ids}},
        1000);
    assert_int_equal(
        b->sent[GREEDY][ITC_MESSAGE_SITE] - before, (62500 / ITC_IDS_MAX + 1) * ITC_IDS_MAX);
}

static struct itc_store real; /* behind one that counts */
static uint32_t cone_rows;

static enum itc_err count_get(void *ctx, enum itc_cf cf, const uint8_t *key, size_t key_len,
    uint8_t *out, size_t cap, size_t *len)
{
    cone_rows += cf == ITC_CF_CONE;
    return real.get(ctx, cf, key, key_len, out, cap, len);
}

/* The proof of the site at `at` of milestone 1, which has `count`, holds. */
static void ask_for_proof(struct bench *b, uint32_t at, uint32_t count)
{
    const struct made *m = &final_sites[at];
    const struct itc_request r = {.op = ITC_OP_PROOF, .u.proof = {.id = m->tx_id, .trusted = 1}};
    struct itc_proof_reply p;
    struct itc_header h;
    struct itc_hash leaf;
    const uint8_t *body;
    size_t len;
    assert_int_equal(bench_request(b, &r), ITC_OK);
    assert_int_equal(itc_reply_open(&body, &len, b->reply, b->reply_len), ITC_OK);
    assert_int_equal(itc_proof_reply_decode(&p, body, len), ITC_OK);
    assert_int_equal(itc_header_decode(&h, p.proof.header, ITC_HEADER_SIZE), ITC_OK);
    assert_int_equal(h.site_count, count);
    assert_int_equal(p.proof.position, at);
    itc_tx_leaf(&leaf, &m->id, &m->tx_id, ITC_VERDICT_EARLY_SEQ);
    assert_int_equal(
        itc_merkle_verify(&h.tx_root, &leaf, at, count, p.proof.tx_path, p.proof.tx_path_len),
        ITC_OK);
}

/* So nobody can ask for ones that keep the others waiting: each takes a chunk of the cone, and the tree above it. */
static void proofs_in_large_milestones_cost_no_more(void **state)
{
    static const uint32_t counts[] = {1, 2, 63, 64, 65, 128, 512, 513, 1025, FINAL_MAX};
    static const uint32_t at[] = {0, 1, 62, 63, 64, 127, 511, 512, 1024, FINAL_MAX - 1};
    (void)state;
    for (uint32_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        void *fresh;
        setup(&fresh);
        struct bench *b = fresh;
        b->node->config.limits.open_milestones = 64; /* nobody waits for a turn */
        make_final_chain(b, counts[i]);
        real = b->node->config.store;
        b->node->config.store.get = count_get;
        for (uint32_t k = 0; k < sizeof at / sizeof at[0] && at[k] < counts[i]; k++) {
            cone_rows = 0;
            ask_for_proof(b, at[k], counts[i]);
            assert_in_range(cone_rows, 1, 2);
        }
        bench_stop(b); /* the tree is no obstacle to a start */
        b->used_key = true;
        assert_int_equal(bench_start(b, SELF), ITC_OK);
        ask_for_proof(b, counts[i] - 1, counts[i]);
        bench_free(b);
    }
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(a_flood_of_status_is_answered_now_and_then),
        BENCH_TEST(so_are_those_who_lack_a_vote_to_leave),
        BENCH_TEST(hanging_up_buys_nothing),
        BENCH_TEST(a_flood_for_the_sites_of_a_cone_is_rationed),
        BENCH_TEST(a_flood_for_milestones_is_rationed),
        BENCH_TEST(a_flood_for_open_sites_is_rationed),
        cmocka_unit_test(proofs_in_large_milestones_cost_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
