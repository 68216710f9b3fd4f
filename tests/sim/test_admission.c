/* test_admission.c - one node with more sites than it has room for: who waits, what a turn brings along and at whose expense,
 * what a proposal takes at once. */
#include "tests/sim/bench.h"

#define PEER 0u
#define OTHER 1u
#define CONE_SITES 16u
#define QUEUE 32u
#define SPAMMER 0u /* wallets */
#define DEVICE 1u

struct scale {
    uint32_t cone_sites, cone_bytes, pending;
    uint32_t names; /* 0: as many as sites */
};

static struct bench *start(const struct scale *c)
{
    struct bench *b = calloc(1, sizeof *b);
    struct itc_params params;
    bench_init(b, &params);
    params.cone_sites_max = c->cone_sites;
    params.cone_bytes_max = c->cone_bytes;
    params.body_sites_max = c->names > 0 ? c->names : c->cone_sites;
    b->limits.window_sites = 4 * c->cone_sites + 4 * c->pending;
    b->limits.pending_sites = c->pending;
    b->limits.pending_per_peer = c->pending / 8;
    itc_private_chain_init(&b->chain, 1, BENCH_VALIDATORS, &params);
    assert_int_equal(bench_start(b, ITC_NO_VALIDATOR), ITC_OK);
    bench_peer_up(b, PEER, ITC_NO_VALIDATOR);
    bench_peer_up(b, OTHER, ITC_NO_VALIDATOR);
    return b;
}

/* A node whose room is taken up: the next sites of the spammer wait. */
static struct bench *start_full(const struct scale *c)
{
    struct bench *b = start(c);
    struct made m;
    bench_tick(b, 1000); /* the interval is over: turns leave an eighth free */
    for (uint64_t seq = 0; b->node->fair.count < 3; seq++) {
        bench_make(b, &m, SPAMMER, seq, 0, NULL, 0);
        bench_send_site(b, PEER, &m);
    }
    bench_tick(b, 500); /* room for the idle, of whom there are none */
    assert_in_range(b->node->fair.count, 1, 3);
    assert_in_range(b->node->window.count, c->cone_sites - c->cone_sites / 8, 2 * c->cone_sites);
    return b;
}

static const struct scale usual = {CONE_SITES, 1u << 20, 2 * QUEUE};

static int setup(void **state)
{
    *state = start_full(&usual);
    return 0;
}

/* A chain of sites of the spammer, all of which wait; the first on `parent`. */
static struct made chain_of(struct bench *b, uint32_t length, uint64_t seq, uint32_t peer)
{
    struct made m = {0};
    for (uint32_t i = 0; i < length; i++) {
        struct itc_hash below = m.id;
        bench_make(b, &m, SPAMMER, seq + i, 0, i == 0 ? NULL : &below, 0);
        bench_send_site(b, peer, &m);
        assert_false(bench_has(b, &m.id));
    }
    return m;
}

/* More of its sites than there is place for. */
static void flood(struct bench *b, uint64_t seq)
{
    struct made m;
    for (uint32_t i = 0; i < 2 * QUEUE; i++) {
        bench_make(b, &m, SPAMMER, seq + i, 0, NULL, 0);
        bench_send_site(b, PEER, &m);
    }
    assert_int_equal(b->node->fair.count, QUEUE);
}

static void what_waits_counts_in_no_quota_and_is_bounded(void **state)
{
    struct bench *b = *state;
    flood(b, 1000);
    assert_int_equal(b->node->pending.count, QUEUE);
    assert_int_equal(b->node->peers[PEER].pending, 0);
}

/* Sites that wait for what never comes, as many as the link may bring. */
static void hoard(struct bench *b, uint32_t link, uint64_t seq)
{
    const struct itc_hash nowhere = {{1}};
    struct made m;
    b->node->config.limits.pending_per_peer = QUEUE;
    for (uint32_t i = 0; i < QUEUE; i++) {
        bench_make(b, &m, SPAMMER, seq + i, 0, &nowhere, 0);
        bench_send_site(b, link, &m);
    }
}

static void who_hoards_makes_place_for_others(void **state)
{
    struct bench *b = *state;
    struct itc_event down = {.type = ITC_EVENT_PEER_DOWN, .u.down = PEER};
    struct made m;
    bench_peer_up(b, OTHER + 1, ITC_NO_VALIDATOR);
    hoard(b, PEER, 1000);
    hoard(b, OTHER + 1, 2000);
    assert_int_equal(b->node->pending.count, b->limits.pending_sites);
    for (uint64_t seq = 0; seq < 3; seq++) {
        bench_make(b, &m, DEVICE, seq, 0, NULL, 0);
        bench_send_site(b, OTHER, &m);
        assert_true(bench_has(b, &m.id) || b->node->fair.count > 0);
    }
    bench_step(b, &down); /* and who hangs up makes it first */
    uint32_t held = b->node->peers[OTHER + 1].pending, orphans = b->node->pending.orphans;
    assert_in_range(orphans, 1, QUEUE);
    hoard(b, OTHER, 3000);
    assert_in_range(b->node->pending.orphans, 0, orphans - 1);
    assert_int_equal(b->node->peers[OTHER + 1].pending, held);
}

/* In its turn it lacks a parent, and nobody is left to pay for its place: it is among the first to make room. */
static void who_waits_on_without_a_link_is_an_orphan(void **state)
{
    struct bench *b = *state;
    struct itc_event down = {.type = ITC_EVENT_PEER_DOWN, .u.down = OTHER};
    struct itc_node *n = b->node;
    struct made m, parent = chain_of(b, 1, 1000, PEER);
    bench_make(b, &m, SPAMMER, 1001, 0, &parent.id, 0);
    bench_send_site(b, OTHER, &m);
    bench_step(b, &down);
    itc_intake_let_go(n, itc_pending_find(&n->pending, &parent.id));
    assert_int_equal(n->pending.orphans, 0);
    uint32_t site = itc_pending_find(&n->pending, &m.id);
    for (int i = 0; i < 10 && !n->pending.sites[site].waits_on; i++)
        bench_empty_milestone(b, PEER);
    assert_true(n->pending.sites[site].waits_on);
    assert_int_equal(n->pending.orphans, 1);
    itc_intake_let_go(n, site);
    assert_int_equal(n->pending.orphans, 0);
}

static void the_idle_come_in_beside_the_turns(void **state)
{
    struct bench *b = *state;
    struct made m;
    bench_make(b, &m, DEVICE, 0, 0, NULL, 0);
    bench_send_site(b, OTHER, &m);
    assert_true(bench_has(b, &m.id));
}

static void a_site_brings_the_ancestors_that_wait(void **state)
{
    struct bench *b = *state;
    struct made m, top = chain_of(b, 6, 1000, PEER);
    bench_make(b, &m, DEVICE, 0, 0, &top.id, 0);
    bench_send_site(b, OTHER, &m);
    assert_true(bench_has(b, &top.id));
    assert_true(bench_has(b, &m.id));
    assert_true(b->node->peers[OTHER].ancestors.paid_us > 0);
    assert_int_equal(b->node->peers[PEER].ancestors.paid_us, 0);
}

/* What the peer does not bear waits for its own turns. */
static void ancestors_are_rationed(void **state)
{
    struct bench *b = *state;
    struct made first, second, top = chain_of(b, 8, 1000, PEER);
    bench_make(b, &first, DEVICE, 0, 0, &top.id, 0);
    bench_send_site(b, OTHER, &first);
    assert_true(bench_has(b, &first.id));
    top = chain_of(b, 8, 2000, PEER);
    bench_make(b, &second, DEVICE + 1, 0, 0, &top.id, 0);
    bench_send_site(b, OTHER, &second);
    assert_false(bench_has(b, &second.id));
    assert_false(bench_has(b, &top.id));
    for (int i = 0; i < 6; i++)
        bench_empty_milestone(b, PEER); /* two turns each, the door's */
    assert_true(bench_has(b, &top.id));
    assert_true(bench_has(b, &second.id));
}

static void missing_ancestors_are_asked_for_and_let_in(void **state)
{
    struct bench *b = *state;
    struct made lowest, below, parent, m;
    flood(b, 1000);
    bench_make(b, &lowest, SPAMMER, 4999, 0, NULL, 0);
    bench_make(b, &below, SPAMMER, 5000, 0, &lowest.id, 0);
    bench_make(b, &parent, SPAMMER, 5001, 0, &below.id, 0);
    bench_make(b, &m, DEVICE, 0, 0, &parent.id, 0);
    bench_send_site(b, OTHER, &m);
    for (int i = 0; i < 2; i++) { /* dropped, then asked for again, in its turn */
        bench_send_site(b, OTHER, &parent);
        bench_send_site(b, OTHER, &below);
        bench_send_site(b, OTHER, &lowest);
    }
    assert_true(bench_has(b, &m.id));
}

static void a_reattachment_is_the_links(void **state)
{
    struct bench *b = *state;
    struct made m, again;
    bench_make(b, &m, DEVICE, 0, 0, NULL, 0);
    bench_send_site(b, OTHER, &m);
    bench_make(b, &again, DEVICE, 0, 0, &m.id, 0);
    assert_memory_equal(&m.tx_id, &again.tx_id, sizeof m.tx_id);
    for (int i = 0; i < 2; i++) {
        uint32_t before = b->node->fair.count;
        bench_send_site(b, OTHER, &again);
        assert_int_equal(itc_fair_waiting(&b->node->fair, &b->chain.wallets[DEVICE].key), 0);
        if (bench_has(b, &again.id)) /* the link was idle */
            bench_make(b, &again, DEVICE, 0, 0, &again.id, 0);
        else
            assert_int_equal(b->node->fair.count, before + 1);
    }
}

/* Who waits in the queue for itself pays for one site of each tx; copies that strangers make of it are theirs. */
static void copies_of_what_waits_are_the_links(void **state)
{
    struct bench *b = *state;
    struct made m = chain_of(b, 1, 1000, PEER);
    const struct itc_key *key = &b->chain.wallets[SPAMMER].key;
    uint32_t waiting = itc_fair_waiting(&b->node->fair, key);
    uint32_t parent = b->node->window.oldest;
    for (int i = 0; i < 4; i++) {
        struct made copy;
        bench_make(b, &copy, SPAMMER, 1000, 0, &b->node->window.infos[parent].id, 0);
        assert_memory_equal(&m.tx_id, &copy.tx_id, sizeof m.tx_id);
        bench_send_site(b, OTHER, &copy);
        assert_int_equal(itc_fair_waiting(&b->node->fair, key), waiting);
        parent = b->node->window.vertices[parent].newer;
    }
}

/* A stranger's copy on a parent that was pushed out, and does not come, is no reason to take the issuer's own for one. */
static void but_not_of_a_copy_that_waits_for_a_parent(void **state)
{
    struct bench *b = *state;
    struct made below, copy, m;
    const struct itc_key *key = &b->chain.wallets[DEVICE].key;
    bench_make(b, &m, DEVICE, 0, 0, NULL, 0);
    bench_send_site(b, PEER, &m);            /* idle no longer */
    for (uint64_t seq = 0; seq < 4; seq++) { /* the link is not idle either */
        uint32_t oldest = b->node->window.oldest;
        bench_make(b, &below, SPAMMER, seq, 0, &b->node->window.infos[oldest].id, 0);
        bench_send_site(b, OTHER, &below);
    }
    assert_false(bench_has(b, &below.id));
    bench_make(b, &copy, DEVICE, 1, 0, &below.id, 0);
    bench_send_site(b, OTHER, &copy);
    assert_int_equal(itc_fair_waiting(&b->node->fair, key), 1);
    flood(b, 1000);
    assert_int_equal(itc_pending_find(&b->node->pending, &below.id), ITC_NONE);
    uint32_t milestones = b->node->config.limits.open_milestones;
    b->node->config.limits.open_milestones = 64; /* everybody has its turn */
    bench_tick(b, 1);
    b->node->config.limits.open_milestones = milestones;
    assert_int_not_equal(itc_pending_find(&b->node->pending, &copy.id), ITC_NONE);
    assert_int_equal(b->node->fair.count, 0);
    for (uint64_t seq = 1; seq < 3; seq++) {
        bench_make(b, &m, DEVICE, seq, 0, NULL, 0);
        bench_send_site(b, PEER, &m);
    }
    assert_int_equal(itc_fair_waiting(&b->node->fair, key), 2);
}

/* More than there is place for, of issuers that were idle. */
static void crowd(struct bench *b, uint64_t seq)
{
    struct made m;
    for (uint32_t i = 2; i < ITC_WALLETS; i++) {
        bench_make(b, &m, i, seq, b->node->chain.head.index, NULL, 0);
        bench_send_site(b, OTHER, &m);
    }
}

static void impoverish(struct bench *b, uint32_t wallet)
{
    uint32_t entry = itc_ledger_find_entry(&b->node->ledger, &b->chain.wallets[wallet].key);
    b->node->ledger.entries[entry].account.balance.grains = 6000;
}

static const struct itc_pool_tx *submit(struct bench *b, uint64_t seq)
{
    uint8_t tx[ITC_TX_TRANSFER];
    struct itc_hash id;
    itc_private_chain_transfer(&b->chain, tx, DEVICE, &b->chain.wallets[SPAMMER].key, seq, 5000);
    assert_int_equal(bench_submit(b, tx, sizeof tx), ITC_OK);
    itc_tx_id(&id, &b->chain.id, tx, sizeof tx);
    return &b->node->pool.txs[itc_pool_find(&b->node->pool, &id)];
}

/* What never left the node is made anew in the next milestone, however often it was pushed out, and once in each. */
static void an_own_site_that_is_pushed_out_is_no_try(void **state)
{
    struct bench *b = *state;
    const uint64_t *made = &b->node->stats.counts[ITC_COUNT_SITES_ISSUED];
    b->works = true;
    impoverish(b, DEVICE); /* everybody else comes before it */
    crowd(b, 0);
    const struct itc_pool_tx *t = submit(b, 0);
    for (uint64_t i = 1; i < 8; i++) {
        struct itc_hash site = t->site;
        uint64_t before = *made;
        crowd(b, i);
        assert_int_equal(itc_pending_find(&b->node->pending, &site), ITC_NONE);
        assert_false(bench_has(b, &site));
        bench_tick(b, 100);
        assert_memory_equal(
            &t->site, &site, sizeof site); /* not at once: that could go on for ever */
        bench_empty_milestone(b, PEER);
        bench_tick(b, 100);
        assert_int_equal(*made, before + 1);
        assert_int_equal(t->tries, 0);
    }
    for (uint32_t i = 0; i < 8 && !bench_has(b, &t->site); i++)
        bench_empty_milestone(b, PEER);
    assert_true(bench_has(b, &t->site));
    assert_false(t->held); /* from now on it is */
}

/* Sites whose parents wait in a flow that is pushed out: in their turn they wait for these, and no queue bounds them. */
static void who_waits_on_counts_in_its_quota(void **state)
{
    struct bench *b = *state;
    uint32_t quota = b->limits.pending_per_peer;
    struct made below, m;
    for (uint64_t i = 0; i < quota + 4; i++) {
        /* Open already, so it is in the flow of the link. */
        bench_make(b, &below, SPAMMER, i, 0, &b->node->window.infos[b->node->window.oldest].id, 0);
        bench_send_site(b, PEER, &below);
        bench_make(b, &m, DEVICE, i, 0, &below.id, 0);
        bench_send_site(b, OTHER, &m);
    }
    flood(b, 1000);
    uint32_t waiting = itc_fair_waiting(&b->node->fair, &b->chain.wallets[DEVICE].key);
    assert_true(waiting > quota);
    b->node->config.limits.open_milestones = 64; /* everybody has its turn */
    bench_tick(b, 1);
    assert_int_equal(b->node->fair.count, 0);
    assert_int_equal(b->node->peers[OTHER].pending, quota);
    assert_int_equal(b->node->pending.count, quota);
}

/* Too many ancestors are not attached, but they were looked at: the peer pays, and is not asked to before it has. */
static void a_walk_that_leads_nowhere_is_paid_for(void **state)
{
    (void)state;
    struct bench *b = start_full(&(struct scale){CONE_SITES, 1u << 20, 4096});
    struct made m, top = chain_of(b, 1100, 1000, PEER);
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t paid_us = b->node->peers[OTHER].ancestors.paid_us;
        bench_make(b, &m, DEVICE + i, 0, 0, &top.id, 0);
        bench_send_site(b, OTHER, &m);
        assert_int_equal(itc_fair_waiting(&b->node->fair, &b->chain.wallets[DEVICE + i].key), 0);
        assert_false(bench_has(b, &m.id));
        assert_int_equal(b->node->peers[OTHER].ancestors.paid_us > paid_us, i == 0);
    }
    assert_false(bench_has(b, &top.id));
    assert_int_equal(b->node->ancestors, 1024);
    bench_free(b);
}

static void long_sites_take_more_places(void **state)
{
    (void)state;
    struct bench *b = start_full(&(struct scale){256, 65536, 2 * QUEUE});
    struct made m;
    assert_int_equal(itc_room_places(b->node, 256), 1);
    assert_int_equal(itc_room_places(b->node, 257), 2);
    uint32_t idle = b->node->idle;
    bench_make(b, &m, DEVICE, 0, 0, NULL, 1000);
    bench_send_site(b, OTHER, &m);
    assert_true(bench_has(b, &m.id));
    assert_int_equal(b->node->idle, idle + 4);
    bench_free(b);
}

/* Who approves no tip is one more that a body has to name: turns end at seven eighths of the names, long before the places. */
static void tips_take_names(void **state)
{
    (void)state;
    struct bench *b = start(&(struct scale){256, 1u << 20, 2 * QUEUE, 16});
    struct made m;
    bench_tick(b, 1000);
    for (uint64_t seq = 0; b->node->fair.count < 3; seq++) {
        bench_make(b, &m, SPAMMER, seq, 0, NULL, 0);
        bench_send_site(b, PEER, &m);
        assert_true(seq < 64);
    }
    assert_in_range(b->node->tips.count, 16 - 16 / 8, 16);
    bench_tick(b, 500);
    uint32_t idle = b->node->idle;
    bench_make(b, &m, DEVICE, 0, 0, NULL, 0);
    bench_send_site(b, OTHER, &m);
    bench_tick(b, 500);
    assert_true(bench_has(b, &m.id));
    assert_int_equal(b->node->idle, idle + 16);
    bench_free(b);
}

/* While names alone are short, who approves a tip passes whoever waits. */
static void who_takes_no_name_waits_for_nobody(void **state)
{
    (void)state;
    struct bench *b = start(&(struct scale){256, 1u << 20, 2 * QUEUE, 16});
    struct made m, last;
    bench_tick(b, 1000);
    for (uint64_t seq = 0; b->node->fair.count < 3; seq++) {
        bench_make(b, &m, SPAMMER, seq, 0, NULL, 0);
        bench_send_site(b, PEER, &m);
    }
    bench_make(b, &last, SPAMMER, 100, 0, &b->node->window.infos[b->node->tips.pool[0]].id, 0);
    for (uint64_t seq = 101; b->node->window.count < 64; seq++) {
        bench_send_site(b, PEER, &last);
        assert_true(bench_has(b, &last.id));
        struct itc_hash below = last.id;
        bench_make(b, &last, SPAMMER, seq, 0, &below, 0);
    }
    bench_send_site(
        b, PEER, &last); /* a quarter of the places is taken: it is nobody's turn before others' */
    assert_false(bench_has(b, &last.id));
    bench_free(b);
}

static void propose(struct bench *b, const struct itc_hash *id)
{
    struct itc_header h;
    uint8_t body[ITC_BODY_MAX];
    size_t len = itc_body_encode(body, id->b, 1);
    bench_header(b, &h, NULL, 0, body, len);
    bench_proposal(b, OTHER, &h, body, len);
}

static void a_proposal_takes_what_waits(void **state)
{
    struct bench *b = *state;
    struct made top = chain_of(b, 12, 1000, PEER);
    propose(b, &top.id);
    assert_true(bench_has(b, &top.id));
}

/* The site that it names comes after it, on ancestors that wait, one of which waits for its own. */
static void and_what_is_below_what_comes_later(void **state)
{
    struct bench *b = *state;
    struct made top = chain_of(b, 4, 1000, PEER), missing, middle, named;
    bench_make(b, &missing, SPAMMER, 2000, 0, &top.id, 0);
    bench_make(b, &middle, SPAMMER, 2001, 0, &missing.id, 0);
    bench_make(b, &named, SPAMMER, 2002, 0, &middle.id, 0);
    bench_send_site(b, PEER, &middle);
    propose(b, &named.id);
    bench_send_site(b, OTHER, &named);
    assert_false(bench_has(b, &named.id));
    flood(b, 3000);
    bench_send_site(b, OTHER, &missing);
    assert_true(bench_has(b, &named.id));
}

/* What waits takes every place there is, and every parent that may be wanted; what is needed gets its own. */
static void and_a_place_where_there_is_none(void **state)
{
    (void)state;
    struct bench *b = start(&usual);
    struct made m, below, named;
    b->node->config.limits.pending_per_peer = usual.pending;
    bench_make(b, &below, DEVICE, 0, 0, NULL, 0);
    bench_make(b, &named, DEVICE, 1, 0, &below.id, 0);
    for (uint32_t i = 0; i < usual.pending; i++) {
        struct itc_hash nowhere = {{9, (uint8_t)i}};
        bench_make(b, &m, SPAMMER, i, 0, &nowhere, 0);
        bench_send_site(b, PEER, &m);
    }
    assert_int_equal(b->node->pending.count, usual.pending);
    b->node->pending.wanted_capacity = b->node->pending.wanted_fresh;
    propose(b, &named.id);
    bench_send_site(b, OTHER, &named);
    bench_send_site(b, OTHER, &below);
    assert_true(bench_has(b, &below.id));
    assert_true(bench_has(b, &named.id));
    bench_free(b);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(what_waits_counts_in_no_quota_and_is_bounded),
        BENCH_TEST(who_hoards_makes_place_for_others),
        BENCH_TEST(who_waits_on_without_a_link_is_an_orphan),
        BENCH_TEST(the_idle_come_in_beside_the_turns),
        BENCH_TEST(a_site_brings_the_ancestors_that_wait),
        BENCH_TEST(ancestors_are_rationed),
        BENCH_TEST(missing_ancestors_are_asked_for_and_let_in),
        BENCH_TEST(a_reattachment_is_the_links),
        BENCH_TEST(copies_of_what_waits_are_the_links),
        BENCH_TEST(but_not_of_a_copy_that_waits_for_a_parent),
        BENCH_TEST(an_own_site_that_is_pushed_out_is_no_try),
        BENCH_TEST(who_waits_on_counts_in_its_quota),
        cmocka_unit_test(a_walk_that_leads_nowhere_is_paid_for),
        cmocka_unit_test(long_sites_take_more_places),
        cmocka_unit_test(tips_take_names),
        cmocka_unit_test(who_takes_no_name_waits_for_nobody),
        BENCH_TEST(a_proposal_takes_what_waits),
        BENCH_TEST(and_what_is_below_what_comes_later),
        cmocka_unit_test(and_a_place_where_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
