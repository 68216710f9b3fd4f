/* test_recent.c - how many sites the milestones that must be remembered may hold together (docs/protocol.md, "Body"): what
 * is one too many is refused, as a proposal and as a certificate; a primary for whom nothing is left goes on; and what has
 * grown old makes room. One node; its primary's share of what is left: test_recent_load.c. */
#include "spv/genesis.h"
#include "tests/sim/bench.h"

#define PEER 0u
#define OTHER 1u
#define CONE_SITES 2u
#define DEPTH 22u
#define SPAN (3 * DEPTH) /* milestones before one that count with it: more than ITC_RECENT_CONES */
#define EMPTY                                                                                      \
    (SPAN + 1 -                                                                                    \
        ITC_RECENT_CONES) /* milestones after as many full ones, until the first has grown old */
#define MOST (ITC_RECENT_CONES * CONE_SITES)

/* Two sites, the second on top of the first. */
struct pair {
    struct made sites[CONE_SITES];
    uint8_t leaves[CONE_SITES * ITC_LEAF];
    uint8_t body[ITC_BODY_MAX];
    size_t len;
    struct itc_header header;
};

static void start(void **state, uint32_t validator)
{
    struct bench *b = calloc(1, sizeof *b);
    struct itc_params params;
    assert_non_null(b);
    bench_init(b, &params);
    params.cone_sites_max = CONE_SITES;
    params.depth = DEPTH;
    b->limits.open_milestones = 64; /* nobody waits for a turn */
    itc_private_chain_init(&b->chain, 1, BENCH_VALIDATORS, &params);
    assert_int_equal(bench_start(b, validator), ITC_OK);
    bench_peer_up(b, PEER, 0);
    bench_peer_up(b, OTHER, 2);
    *state = b;
}

static int setup(void **state)
{
    start(state, 1);
    return 0;
}

static int setup_primary(void **state)
{
    start(state, 0);
    return 0;
}

/* Opens the first `count` of a new pair, and makes the milestone of these. Their txs cannot apply, so the ledger stays. */
static void make_pair(struct bench *b, struct pair *p, uint32_t count)
{
    uint64_t head = b->node->chain.head.index;
    for (uint32_t i = 0; i < count; i++) {
        struct made *m = &p->sites[i];
        uint8_t *leaf = p->leaves + (size_t)i * ITC_LEAF;
        bench_make(b, m, i, 1000 + head, head, i == 0 ? NULL : &p->sites[i - 1].id, 0);
        bench_send_site(b, PEER, m);
        memcpy(leaf, &m->id, 32);
        memcpy(leaf + 32, &m->tx_id, 32);
        leaf[64] = ITC_VERDICT_EARLY_SEQ;
    }
    p->len = itc_body_encode(p->body, p->sites[count - 1].id.b, 1);
    bench_header(b, &p->header, p->leaves, count, p->body, p->len);
}

static void commit(struct bench *b, uint32_t count)
{
    struct pair p;
    uint64_t next = b->node->chain.head.index + 1;
    make_pair(b, &p, count);
    bench_milestone(b, PEER, &p.header, true, p.body, p.len);
    assert_int_equal(b->node->chain.head.index, next);
    assert_int_equal(b->node->window.count, 0);
}

/* Full milestones until `left` are left. */
static void use_up(struct bench *b, uint32_t left)
{
    for (uint32_t used = 0; used < MOST - left;) {
        uint32_t count = MOST - left - used < CONE_SITES ? MOST - left - used : CONE_SITES;
        commit(b, count);
        used += count;
        assert_int_equal(itc_chain_sites_left(&b->node->chain), MOST - used);
    }
    assert_true(b->node->chain.head.index <= SPAN); /* nothing has grown old yet */
}

static void one_site_too_many_is_refused(void **state)
{
    struct bench *b = *state;
    const struct itc_round *r = &b->node->pbft.rounds[0];
    struct pair p;
    use_up(b, CONE_SITES - 1);
    make_pair(b, &p, CONE_SITES);
    bench_proposal(b, PEER, &p.header, p.body, p.len);
    assert_int_equal(r->state, ITC_ROUND_REJECTED);
    assert_int_equal(itc_node_stats(b->node)->peer_refused[ITC_E_TOO_LARGE], 1);

    uint64_t index = b->node->chain.head.index;
    bench_milestone(b, OTHER, &p.header, true, p.body, p.len);
    assert_int_equal(b->node->chain.head.index, index);
    assert_true(b->node->peers[OTHER].points > 0);

    p.len = itc_body_encode(p.body, p.sites[0].id.b, 1);
    bench_header(b, &p.header, p.leaves, 1, p.body, p.len);
    bench_milestone(b, PEER, &p.header, true, p.body, p.len);
    assert_int_equal(b->node->chain.head.index, index + 1);
    assert_int_equal(itc_chain_sites_left(&b->node->chain), 0);
    assert_int_equal(b->node->final_ids.count, MOST);
    assert_int_equal(b->node->final_ids.capacity, MOST);
}

static void what_fits_is_voted_for(void **state)
{
    struct bench *b = *state;
    const struct itc_round *r = &b->node->pbft.rounds[0];
    struct pair p;
    use_up(b, CONE_SITES);
    make_pair(b, &p, CONE_SITES);
    bench_proposal(b, PEER, &p.header, p.body, p.len);
    assert_true(r->state == ITC_ROUND_EVALUATED || r->state == ITC_ROUND_PREPARED);
}

static void start_again(struct bench *b)
{
    bench_stop(b);
    assert_int_equal(bench_start(b, 1), ITC_OK);
    bench_peer_up(b, PEER, 0);
}

/* Also for a node that has just started: what is left follows from the chain alone. */
static void what_grows_old_makes_room(void **state)
{
    struct bench *b = *state;
    uint32_t filled = 0;
    use_up(b, 0);
    while (b->node->chain.head.index < SPAN)
        bench_empty_milestone(b, PEER);
    assert_int_equal(itc_chain_sites_left(&b->node->chain), 0);
    for (uint32_t i = 0; i < 2 * SPAN; i++) {
        if (i % 16 == 0)
            start_again(b);
        uint32_t most = itc_chain_sites_max(&b->node->chain);
        if (most > 0)
            commit(b, most);
        else
            bench_empty_milestone(b, PEER);
        filled += most > 0;
        assert_in_range(b->node->final_ids.count, 1, MOST);
        assert_int_equal(itc_chain_sites_left(&b->node->chain),
            itc_chain_recent(&b->node->chain, i + 1)->site_count);
    }
    assert_true(filled > ITC_RECENT_CONES);
}

/* Nothing is left and something is open: empty milestones make room, one an interval, and not one an idle time. */
static void a_primary_with_nothing_left_goes_on(void **state)
{
    struct bench *b = *state;
    struct itc_message m;
    struct itc_header h;
    struct pair p;
    use_up(b, 0);
    make_pair(b, &p, 1);
    for (uint32_t i = 0; i < EMPTY + 1; i++) {
        bool full = i < EMPTY;
        bench_tick(b, b->chain.params.interval_ms);
        bench_last(b, &m);
        assert_int_equal(m.type, ITC_MESSAGE_PROPOSAL);
        assert_int_equal(itc_header_decode(&h, m.u.proposal.header, ITC_HEADER_SIZE), ITC_OK);
        assert_int_equal(h.index, b->node->chain.head.index + 1);
        assert_int_equal(h.site_count, full ? 0 : 1);
        if (full)
            bench_milestone(b, PEER, &h, true, m.u.proposal.body, m.u.proposal.body_len);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_site_too_many_is_refused),
        TEST(what_fits_is_voted_for),
        TEST(what_grows_old_makes_room),
        cmocka_unit_test_setup_teardown(
            a_primary_with_nothing_left_goes_on, setup_primary, bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
