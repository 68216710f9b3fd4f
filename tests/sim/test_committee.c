/* test_committee.c - committees change while the chain goes on: members join, leave, and are replaced, over restarts in
 * the border and for nodes that were away. ITC_SEED=N runs all from N. */
#include "tests/sim/world.h"

#define EPOCH 20 /* milestones */
#define CARRIER (ITC_WALLETS - 1)

struct run {
    struct itc_net *net;
    uint32_t nodes;
    uint64_t seq;  /* of the wallet that carries the changes */
    uint64_t paid; /* payments of wallet 0 */
    struct itc_committee committee;
};

/* Four validators; node 4 and those after it hold keys that may come to be named, the last one does not. */
static void start(struct run *r, uint64_t seed, uint32_t candidates)
{
    struct itc_net_config c;
    itc_net_config_default(&c, world_seed(seed), 4, candidates + 1);
    c.candidates = candidates;
    c.params.interval_ms = 100;
    c.params.idle_ms = 200;
    c.params.epoch_length = EPOCH;
    *r = (struct run){.net = itc_net_create(&c), .nodes = 5 + candidates, .committee = {.n = 4}};
    for (uint32_t i = 0; i < 4; i++)
        r->committee.keys[i] = itc_private_chain_validator(itc_net_chain(r->net), i);
}

static void reach(struct run *r, uint64_t head)
{
    world_reach(r->net, head, 60000);
}

static uint32_t some_node(const struct run *r)
{
    uint32_t i = 0;
    while (itc_net_node(r->net, i) == NULL)
        i++;
    return i;
}

static void pay(struct run *r)
{
    const struct itc_private_chain *chain = itc_net_chain(r->net);
    uint8_t tx[ITC_TX_TRANSFER];
    itc_private_chain_transfer(chain, tx, 0, &chain->wallets[1].key, r->paid++, 100000);
    itc_net_submit(r->net, some_node(r), tx, sizeof tx);
}

/* The committee becomes that of the given nodes: signed, submitted, and applied at once; returns the first milestone
 * that the new one signs. */
static uint64_t change(struct run *r, const uint32_t *members, uint32_t n)
{
    const struct itc_private_chain *chain = itc_net_chain(r->net);
    uint8_t tx[ITC_TX_MAX];
    struct itc_committee next = {.n = n};
    struct itc_hash hash;
    uint32_t via = some_node(r);
    uint64_t border = (world_head(r->net, via)->index / EPOCH + 1) * EPOCH;
    reach(r, border + 1); /* early in an epoch */
    for (uint32_t i = 0; i < n; i++)
        next.keys[i] = itc_private_chain_validator(chain, members[i]);
    size_t len = itc_private_chain_change(
        chain, tx, CARRIER, r->seq++, (uint32_t)(border / EPOCH), &r->committee, &next);
    itc_net_submit(r->net, via, tx, len);
    pay(r);
    reach(r, border + EPOCH - 1);
    itc_committee_hash(&hash, &chain->id, &next);
    assert_memory_equal(&world_head(r->net, via)->next_committee, &hash, sizeof hash);
    assert_memory_not_equal(&world_head(r->net, via)->committee, &hash, sizeof hash);
    r->committee = next;
    return border + EPOCH + 1;
}

/* All nodes that are up follow the committee as it should be, and payments go on. */
static void assert_seated(struct run *r, uint64_t first)
{
    struct itc_hash hash;
    reach(r, first);
    pay(r);
    reach(r, world_head(r->net, some_node(r))->index + 8);
    itc_committee_hash(&hash, &itc_net_chain(r->net)->id, &r->committee);
    for (uint32_t i = 0; i < r->nodes; i++) {
        struct itc_info info;
        assert_null(itc_net_halted(r->net, i));
        if (itc_net_node(r->net, i) == NULL)
            continue;
        assert_memory_equal(&world_head(r->net, i)->committee, &hash, sizeof hash);
        itc_node_info(itc_net_node(r->net, i), &info);
        assert_int_equal(info.validators, r->committee.n);
    }
    assert_int_equal(world_next_seq(r->net, some_node(r), 0), r->paid);
    assert_int_equal(itc_net_drops(r->net), 0);
}

/* What node `i` answers to `op` from `trusted`. */
static enum itc_err ask(
    struct run *r, uint32_t i, enum itc_op op, uint64_t trusted, const uint8_t **body, size_t *len)
{
    const struct itc_request q = {.op = op, .u.jump = {.trusted = trusted}};
    size_t reply_len;
    uint64_t token = itc_net_request(r->net, i, &q);
    itc_net_run(r->net, itc_net_now(r->net) + 50);
    const uint8_t *reply = itc_net_reply(r->net, token, &reply_len);
    assert_non_null(reply);
    return itc_reply_open(body, len, reply, reply_len);
}

static enum itc_err ask_handover(
    struct run *r, uint32_t i, enum itc_op op, uint64_t trusted, struct itc_handover *out)
{
    const uint8_t *body;
    size_t len;
    enum itc_err e = ask(r, i, op, trusted, &body, &len);
    return e == ITC_OK ? itc_handover_decode(out, body, len) : e;
}

static struct itc_light light_of_genesis(struct run *r)
{
    const struct itc_private_chain *chain = itc_net_chain(r->net);
    struct itc_committee first = {.n = 4};
    struct itc_milestone_reply m;
    struct itc_light l;
    const uint8_t *body;
    size_t len;
    for (uint32_t i = 0; i < 4; i++)
        first.keys[i] = itc_private_chain_validator(chain, i);
    assert_int_equal(ask(r, some_node(r), ITC_OP_MILESTONE, 0, &body, &len), ITC_OK);
    assert_int_equal(itc_milestone_reply_decode(&m, body, len), ITC_OK);
    assert_int_equal(itc_light_init(&l, ITC_NETWORK_PRIVATE, &chain->id, &first, m.header), ITC_OK);
    return l;
}

/* A light client that has known nothing but genesis asks node `i` alone, and comes to the head over `hops` changes. */
static void assert_followed(struct run *r, uint32_t i, uint32_t hops)
{
    struct itc_light l = light_of_genesis(r);
    struct itc_handover h;
    struct itc_hash hash;
    enum itc_err e;
    while ((e = ask_handover(r, i, ITC_OP_HOP, l.header.index, &h)) == ITC_OK) {
        assert_int_equal(itc_light_hop(&l, &h.jump, &h.next), ITC_OK);
        assert_int_equal(l.header.index % EPOCH, 0);
        assert_int_not_equal(hops--, 0);
    }
    assert_int_equal(e, ITC_E_UNKNOWN);
    assert_int_equal(hops, 0);
    assert_int_equal(ask_handover(r, i, ITC_OP_COMMITTEE, l.header.index, &h), ITC_OK);
    assert_int_equal(itc_light_advance(&l, &h.jump), ITC_OK);
    itc_committee_hash(&hash, &l.chain, &h.next);
    assert_memory_equal(&l.header.next_committee, &hash, sizeof hash);
    assert_int_equal(ask_handover(r, i, ITC_OP_COMMITTEE, l.header.index + 1000, &h), ITC_E_BUSY);
    assert_int_equal(ask_handover(r, i, ITC_OP_HOP, UINT64_MAX, &h), ITC_E_BUSY);
}

static uint64_t votes_of(const struct run *r, uint32_t i)
{
    return world_count(r->net, i, ITC_COUNT_VOTES_SENT);
}

static void one_joins_and_one_leaves(void **state)
{
    (void)state;
    struct run r;
    start(&r, 1, 1);
    uint64_t first = change(&r, (const uint32_t[]){0, 1, 2, 3, 4}, 5);
    struct itc_handover h; /* applied, but not in force yet */
    assert_int_equal(ask_handover(&r, 1, ITC_OP_HOP, 0, &h), ITC_E_UNKNOWN);
    assert_int_equal(itc_node_validator(itc_net_node(r.net, 4)), 255);
    assert_int_equal(votes_of(&r, 4), 0);
    assert_seated(&r, first);
    assert_int_equal(itc_node_validator(itc_net_node(r.net, 4)), 4);
    assert_true(votes_of(&r, 4) > 8);

    first = change(&r, (const uint32_t[]){4, 1, 2, 3}, 4);
    assert_seated(&r, first);
    assert_int_equal(itc_node_validator(itc_net_node(r.net, 0)), 255);
    assert_int_equal(itc_node_validator(itc_net_node(r.net, 4)), 0);
    uint64_t votes = votes_of(&r, 0);
    reach(&r, first + EPOCH + 2);
    assert_int_equal(votes_of(&r, 0), votes);
    assert_int_equal(itc_net_drops(r.net), 0);
    for (uint32_t i = 0; i < r.nodes; i++)
        assert_followed(&r, i, 2);
    itc_net_free(r.net);
}

/* The old members go at once and for good; a full node that saw nothing of it follows. */
static void all_are_replaced(void **state)
{
    (void)state;
    struct run r;
    start(&r, 2, 4);
    itc_net_run(r.net, 1000);
    itc_net_kill(r.net, 8);
    uint64_t first = change(&r, (const uint32_t[]){4, 5, 6, 7}, 4);
    reach(&r, first + 2);
    for (uint32_t i = 0; i < 4; i++)
        itc_net_kill(r.net, i);
    assert_seated(&r, first);
    itc_net_restart(r.net, 8);
    reach(&r, first + 2 * EPOCH);
    assert_seated(&r, first);
    for (uint32_t i = 0; i < 4; i++)
        itc_net_restart(r.net, i);
    assert_seated(&r, world_head(r.net, 4)->index);
    assert_followed(&r, 0, 1); /* from their stores */
    assert_followed(&r, 8, 1);
    itc_net_free(r.net);
}

static bool first_reaches(struct itc_net *net, void *ctx)
{
    const uint64_t *head = ctx;
    return world_head(net, 0)->index >= *head;
}

/* Power fails in the very milestone that ends the epoch, and around it. */
static void all_crash_in_the_border(void **state)
{
    (void)state;
    struct run r;
    start(&r, 3, 1);
    const uint32_t more[] = {0, 1, 2, 3, 4}, fewer[] = {4, 2, 3, 1};
    for (uint32_t round = 0; round < 6; round++) {
        bool grow = round % 2 == 0;
        uint64_t first = change(&r, grow ? more : fewer, grow ? 5 : 4);
        uint64_t head = first - 2 + round % 3;
        assert_true(itc_net_run_until(r.net, first_reaches, &head, itc_net_now(r.net) + 60000));
        for (uint32_t i = 0; i < r.nodes; i++)
            itc_net_kill(r.net, i);
        for (uint32_t i = 0; i < r.nodes; i++)
            itc_net_restart(r.net, i);
        reach(&r, first + 3);
        for (uint32_t i = 0; i < r.nodes; i++) {
            uint8_t expected = grow ? (uint8_t)i : (uint8_t[]){255, 3, 1, 2, 0, 255}[i];
            assert_int_equal(itc_node_validator(itc_net_node(r.net, i)), i == 5 ? 255 : expected);
        }
        assert_followed(&r, round % r.nodes, round + 1);
    }
    itc_net_free(r.net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_joins_and_one_leaves),
        cmocka_unit_test(all_are_replaced),
        cmocka_unit_test(all_crash_in_the_border),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
