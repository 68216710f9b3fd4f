/* test_hostile.c - one node, and strangers who send it what no honest node would: everything is refused for a
 * counted reason, nothing is stored, and the good goes through all the same. */
#include "tests/sim/bench.h"

#define PEER 0u
#define OTHER 1u

/* A node of a chain of four validators, itself none; two peers. */
static int setup(void **state)
{
    struct bench *b = bench_new(0);
    assert_int_equal(bench_start(b, ITC_NO_VALIDATOR), ITC_OK);
    bench_peer_up(b, PEER, ITC_NO_VALIDATOR);
    bench_peer_up(b, OTHER, ITC_NO_VALIDATOR);
    *state = b;
    return 0;
}

/* Frames that it sent. */
static uint32_t sent(const struct bench *b, enum itc_message_type type)
{
    return b->sent[PEER][type] + b->sent[OTHER][type];
}

static uint64_t refused(const struct bench *b, enum itc_err e)
{
    return itc_node_stats(b->node)->peer_refused[e];
}

/* Work over bytes that were changed after they were made. */
static void rework(struct bench *b, struct made *m)
{
    struct itc_hash stem;
    struct itc_pow pow;
    uint64_t nonce;
    itc_site_stem(&stem, &b->chain.id, m->bytes, m->len);
    itc_pow_init(&pow, &b->chain.id, &b->node->chain.head_id, &stem,
        itc_pow_bits(b->node->chain.head.work_bits, m->len));
    assert_int_equal(itc_pow_search(&pow, 0, UINT64_C(1) << 32, &nonce), ITC_OK);
    memcpy(m->bytes + m->len - 8, &nonce, 8);
    itc_site_id(&m->id, &b->chain.id, m->bytes, m->len);
}

static void assert_untouched(const struct bench *b)
{
    assert_int_equal(b->node->window.count, 0);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_BODY), 0);
    assert_int_equal(sent(b, ITC_MESSAGE_SITE), 0);
}

static void good_site_is_attached_stored_and_passed_on(void **state)
{
    struct bench *b = *state;
    struct made m;
    bench_make(b, &m, 0, 0, 0, NULL, 0);
    bench_send_site(b, PEER, &m);
    assert_int_equal(b->node->window.count, 1);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_BODY), 1);
    assert_int_equal(sent(b, ITC_MESSAGE_SITE), 1); /* to the other peer, not back */
    bench_send_site(b, OTHER, &m);
    assert_int_equal(b->node->window.count, 1);
    assert_int_equal(itc_node_stats(b->node)->counts[ITC_COUNT_SITES_DUPLICATE], 1);
    assert_int_equal(b->dropped, 0);
}

static void malformed_sites_cost_the_peer_its_link(void **state)
{
    struct bench *b = *state;
    struct made m;
    bench_make(b, &m, 0, 0, 0, NULL, 0);
    bench_send(b, PEER, ITC_MESSAGE_SITE, m.bytes, m.len - 100);
    assert_untouched(b);
    assert_int_equal(b->dropped, 1);
    m.bytes[0] = 9;
    bench_send_site(b, OTHER, &m);
    assert_int_equal(refused(b, ITC_E_VERSION), 1);
    assert_int_equal(b->dropped, 2);
    assert_untouched(b);
}

static void work_below_the_price_is_refused(void **state)
{
    struct bench *b = *state;
    struct made m;
    bench_make(b, &m, 0, 0, 0, NULL, 0);
    struct itc_hash stem;
    struct itc_pow pow;
    uint64_t nonce;
    itc_site_stem(&stem, &b->chain.id, m.bytes, m.len);
    itc_pow_init(&pow, &b->chain.id, &b->node->chain.head_id, &stem,
        itc_pow_bits(b->node->chain.head.work_bits, m.len));
    for (nonce = 0; itc_pow_check(&pow, nonce) == ITC_OK; nonce++)
        ;
    memcpy(m.bytes + m.len - 8, &nonce, 8);
    bench_send_site(b, PEER, &m);
    assert_int_equal(refused(b, ITC_E_WORK), 1);
    assert_int_equal(b->dropped, 0); /* once may be a mistake */
    assert_untouched(b);
    bench_send_site(b, PEER, &m);
    assert_int_equal(refused(b, ITC_E_WORK), 1); /* its copy costs nothing */
}

static void bad_signature_does_not_poison_the_good_tx(void **state)
{
    struct bench *b = *state;
    struct made good, bad;
    bench_make(b, &good, 0, 0, 0, NULL, 0);
    bad = good;
    bad.bytes[bad.len - 9] ^= 1; /* the signature's last byte */
    rework(b, &bad);
    bench_send_site(b, PEER, &bad);
    assert_int_equal(refused(b, ITC_E_SIGNATURE), 1);
    assert_untouched(b);
    bench_send_site(b, OTHER, &good);
    assert_int_equal(b->node->window.count, 1);
    bench_send_site(b, PEER, &bad);
    assert_int_equal(refused(b, ITC_E_SIGNATURE), 1); /* remembered by its site id */
}

static void unknown_parents_are_asked_for_after_the_work(void **state)
{
    struct bench *b = *state;
    struct made parent, child, grandchild;
    bench_make(b, &parent, 0, 0, 0, NULL, 0);
    bench_make(b, &child, 1, 0, 0, &parent.id, 0);
    bench_make(b, &grandchild, 2, 0, 0, &child.id, 0);
    bench_send_site(b, PEER, &grandchild);
    assert_int_equal(sent(b, ITC_MESSAGE_GET_SITES), 1);
    bench_send_site(b, PEER, &child);
    assert_int_equal(sent(b, ITC_MESSAGE_GET_SITES), 2);
    assert_untouched(b);
    bench_send_site(b, PEER, &parent);
    assert_int_equal(b->node->window.count, 3);
    assert_int_equal(b->node->pending.count, 0);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_BODY), 3);
}

static void a_parent_nobody_has_is_given_up(void **state)
{
    struct bench *b = *state;
    struct made child;
    struct itc_hash nowhere = {{7}};
    bench_make(b, &child, 1, 0, 0, &nowhere, 0);
    bench_send_site(b, PEER, &child);
    assert_int_equal(b->node->pending.count, 1);
    for (int i = 0; i < 100; i++) {
        bench_tick(b, 200);
    }
    assert_int_equal(b->node->pending.count, 0);
    assert_int_equal(itc_index_find(&b->node->pending.wanted_ids, &nowhere), ITC_NONE);
    assert_int_equal(refused(b, ITC_E_PARENT), 1);
    assert_untouched(b);
}

static void children_of_the_invalid_are_invalid(void **state)
{
    struct bench *b = *state;
    struct made bad, child;
    bench_make(b, &bad, 0, 0, 0, NULL, 0);
    bad.bytes[bad.len - 9] ^= 1;
    rework(b, &bad);
    bench_make(b, &child, 1, 0, 0, &bad.id, 0);
    bench_send_site(b, PEER, &child);
    bench_send_site(b, PEER, &bad);
    assert_int_equal(b->node->pending.count, 0);
    assert_true(itc_bad_ids_has(&b->node->bad_ids, &child.id));
    assert_untouched(b);
    bench_send_site(b, OTHER, &child);
    assert_int_equal(b->node->pending.count, 0);
}

static void anchors_too_far_ahead_are_refused_near_ones_wait(void **state)
{
    struct bench *b = *state;
    struct made m;
    bench_make(b, &m, 0, 0, 3, NULL, 0);
    bench_send_site(b, PEER, &m);
    assert_int_equal(refused(b, ITC_E_ANCHOR), 1);
    assert_int_equal(b->node->pending.count, 0);
    bench_make(b, &m, 0, 0, 2, NULL, 0);
    bench_send_site(b, PEER, &m);
    assert_int_equal(b->node->pending.count, 1);
    assert_untouched(b);
    assert_int_equal(b->dropped, 0);
}

/* A site whose parents nobody has; `number` makes them other ones. */
static void make_orphan(struct bench *b, struct made *m, uint32_t number)
{
    struct itc_site s;
    struct made plain;
    bench_make(b, &plain, number % ITC_WALLETS, number, 0, NULL, 0);
    assert_int_equal(itc_site_decode(&s, plain.bytes, plain.len), ITC_OK);
    s.parent_count = ITC_SITE_PARENTS_MAX;
    for (uint32_t i = 0; i < s.parent_count; i++)
        s.parents[i] = (struct itc_hash){{8, (uint8_t)i, (uint8_t)number, (uint8_t)(number >> 8)}};
    assert_int_equal(itc_site_encode(m->bytes, sizeof m->bytes, &m->len, &s), ITC_OK);
    rework(b, m);
}

static void waiting_sites_are_bounded_per_peer(void **state)
{
    struct bench *b = *state;
    struct made m;
    uint32_t quota = b->node->config.limits.pending_per_peer;
    for (uint32_t i = 0; i < quota + 20; i++) {
        struct itc_hash nowhere = {{9, (uint8_t)i, (uint8_t)(i >> 8)}};
        bench_make(b, &m, i % ITC_WALLETS, i, 0, &nowhere, 0);
        bench_send_site(b, PEER, &m);
    }
    assert_int_equal(b->node->pending.count, quota);
    assert_int_equal(refused(b, ITC_E_FULL), 20);
    bench_make(b, &m, 0, 0, 0, NULL, 0);
    bench_send_site(b, OTHER, &m); /* nobody else suffers */
    assert_int_equal(b->node->window.count, 1);
    struct itc_event down = {.type = ITC_EVENT_PEER_DOWN, .u.down = PEER};
    bench_step(b, &down);
    assert_int_equal(b->node->peers[PEER].pending, 0);
}

/* Sites of eight unknown parents each. */
static void wanted_parents_are_bounded_per_peer(void **state)
{
    struct bench *b = *state;
    struct made m, child;
    struct itc_hash nowhere = {{9, 9, 9, 9}};
    uint32_t quota = b->node->config.limits.wanted_per_peer;
    struct itc_event down = {.type = ITC_EVENT_PEER_DOWN, .u.down = PEER};
    for (uint32_t i = 0; i < quota / ITC_SITE_PARENTS_MAX + 10; i++) {
        make_orphan(b, &m, i);
        bench_send_site(b, PEER, &m);
    }
    assert_int_equal(b->node->pending.wanted_ids.count, quota);
    assert_int_equal(b->node->pending.count, quota / ITC_SITE_PARENTS_MAX);
    assert_int_equal(refused(b, ITC_E_FULL), 10);
    bench_step(b, &down); /* hanging up buys nothing */
    bench_peer_up(b, PEER, ITC_NO_VALIDATOR);
    make_orphan(b, &m, quota);
    bench_send_site(b, PEER, &m);
    assert_int_equal(b->node->pending.wanted_ids.count, quota);
    bench_make(b, &child, 1, 0, 0, &nowhere, 0);
    bench_send_site(b, OTHER, &child); /* nobody else suffers */
    assert_int_equal(b->node->pending.wanted_ids.count, quota + 1);
    for (int i = 0; i < 100; i++)
        bench_tick(b, 200);
    assert_int_equal(b->node->pending.wanted_ids.count, 0);
    make_orphan(b, &m, 0);
    bench_send_site(b, PEER, &m);
    assert_int_equal(b->node->pending.wanted_ids.count, ITC_SITE_PARENTS_MAX);
}

static void forged_votes_and_certificates_are_refused(void **state)
{
    struct bench *b = *state;
    struct itc_message m = {.type = ITC_MESSAGE_VOTE,
        .u.vote = {.type = ITC_VOTE_COMMIT, .slot = {.index = 1}, .voter = 2}};
    uint8_t frame[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    size_t len;
    assert_int_equal(itc_message_encode(frame, sizeof frame, &len, &m), ITC_OK);
    for (int i = 0; i < 8; i++) {
        frame[len - 1] = (uint8_t)i;
        bench_send(b, PEER, frame[4], frame + ITC_FRAME_HEAD, len - ITC_FRAME_HEAD);
    }
    assert_int_equal(b->node->pbft.rounds[0].commits.held, 0);
    assert_int_equal(b->dropped, 1);
    uint8_t header[ITC_HEADER_SIZE], cert[ITC_CERT_MAX], body[ITC_BODY_MAX];
    size_t body_len = itc_body_encode(body, NULL, 0);
    struct itc_header h = b->node->chain.head;
    h.index = 1;
    h.prev = b->node->chain.head_id;
    itc_body_hash(&h.body_hash, &b->chain.id, body, body_len);
    itc_header_encode(header, &h);
    struct itc_cert forged = {.index = 1, .signers = 7};
    m = (struct itc_message){.type = ITC_MESSAGE_MILESTONE,
        .u.milestone = {.header = header,
            .cert = cert,
            .cert_len = itc_cert_encode(cert, &forged),
            .body = body,
            .body_len = body_len}};
    assert_int_equal(itc_message_encode(frame, sizeof frame, &len, &m), ITC_OK);
    bench_send(b, OTHER, frame[4], frame + ITC_FRAME_HEAD, len - ITC_FRAME_HEAD);
    assert_true(refused(b, ITC_E_SIGNATURE) > 4);
    assert_int_equal(b->node->chain.head.index, 0);
    assert_false(itc_sync_certified(b->node));
}

static void every_kind_of_garbage_is_survived(void **state)
{
    struct bench *b = *state;
    struct itc_rng rng;
    uint8_t bytes[600];
    itc_rng_init(&rng, 5);
    for (int i = 0; i < 3000; i++) {
        uint32_t len = 1 + itc_rng_below(&rng, sizeof bytes);
        for (uint32_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)itc_rng_next(&rng);
        bench_send(b, PEER, (uint8_t)itc_rng_below(&rng, 13), bytes, len);
        struct itc_event e = {
            .type = ITC_EVENT_REQUEST, .u.request = {.token = 1, .bytes = bytes, .len = len}};
        b->reply_len = 0;
        bytes[0] = 1;
        bytes[1] %= 10;
        bench_step(b, &e);
        if (b->node->peers[PEER].points >= 100) {
            struct itc_event down = {.type = ITC_EVENT_PEER_DOWN, .u.down = PEER};
            bench_step(b, &down);
            bench_peer_up(b, PEER, ITC_NO_VALIDATOR);
        }
    }
    assert_untouched(b);
    assert_true(b->dropped > 1000);
}

static enum itc_err submit(
    struct bench *b, uint32_t from, uint64_t seq, uint64_t grains, uint8_t flip)
{
    uint8_t tx[ITC_TX_TRANSFER];
    itc_private_chain_transfer(
        &b->chain, tx, from, &b->chain.wallets[(from + 1) % ITC_WALLETS].key, seq, grains);
    tx[sizeof tx - 1] ^= flip;
    return bench_submit(b, tx, sizeof tx);
}

static void submissions_get_a_clear_answer(void **state)
{
    struct bench *b = *state;
    assert_int_equal(submit(b, 0, 0, 5000, 1), ITC_E_SIGNATURE);
    assert_int_equal(submit(b, 0, 0, 5000, 0), ITC_OK); /* its good twin */
    assert_int_equal(submit(b, 0, 0, 5000, 0), ITC_OK); /* sent twice, acknowledged twice */
    assert_int_equal(submit(b, 1, 0, ITC_SUPPLY_GRAINS / ITC_WALLETS + 1, 0), ITC_E_FUNDS);
    assert_int_equal(submit(b, 1, 0, ITC_SUPPLY_GRAINS / ITC_WALLETS - 1, 0), ITC_E_DUST);
    assert_int_equal(submit(b, 1, 5000, 5000, 0), ITC_E_SEQUENCE);
    assert_int_equal(submit(b, 0, 0, 6000, 0), ITC_E_SEQUENCE);  /* another of the same number */
    assert_int_equal(submit(b, 2, 17, 5000, 0), ITC_E_SEQUENCE); /* far above what is missing */
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_POOL), 1);
}

static void the_pool_is_bounded(void **state)
{
    struct bench *b = *state;
    uint32_t taken = 0;
    enum itc_err e = ITC_OK;
    for (uint32_t i = 0; i < 2 * b->node->config.limits.pool_txs && e == ITC_OK; i++) {
        e = submit(b, i % ITC_WALLETS, i / ITC_WALLETS, 5000, 0);
        taken += e == ITC_OK;
    }
    assert_int_equal(e, ITC_E_FULL);
    assert_true(taken <= b->node->config.limits.pool_txs);
    assert_int_equal(itc_mem_store_count(&b->store, ITC_CF_POOL), taken);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(good_site_is_attached_stored_and_passed_on),
        BENCH_TEST(malformed_sites_cost_the_peer_its_link),
        BENCH_TEST(work_below_the_price_is_refused),
        BENCH_TEST(bad_signature_does_not_poison_the_good_tx),
        BENCH_TEST(unknown_parents_are_asked_for_after_the_work),
        BENCH_TEST(a_parent_nobody_has_is_given_up),
        BENCH_TEST(children_of_the_invalid_are_invalid),
        BENCH_TEST(anchors_too_far_ahead_are_refused_near_ones_wait),
        BENCH_TEST(waiting_sites_are_bounded_per_peer),
        BENCH_TEST(wanted_parents_are_bounded_per_peer),
        BENCH_TEST(forged_votes_and_certificates_are_refused),
        BENCH_TEST(every_kind_of_garbage_is_survived),
        BENCH_TEST(submissions_get_a_clear_answer),
        BENCH_TEST(the_pool_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
