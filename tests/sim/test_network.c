/* test_network.c - whole nodes in simulated time: payments become final everywhere, over crashes, restarts,
 * partitions, loss, idleness and absence. Each scenario runs from a seed; ITC_SEED=N runs them all from N. */
#include "tools/sim/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAYMENT 1000000u

static uint64_t seed_of(uint64_t given)
{
    const char *text = getenv("ITC_SEED");
    uint64_t seed = text == NULL ? given : strtoull(text, NULL, 10);
    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

/* Payments from wallet to wallet in a ring, each through some node that is up. */
struct traffic {
    uint64_t seq[ITC_WALLETS];
    uint32_t next;
    uint32_t sent;
};

static uint64_t pay(struct itc_net *net, struct traffic *t, uint32_t node)
{
    const struct itc_private_chain *chain = itc_net_chain(net);
    uint8_t tx[ITC_TX_TRANSFER];
    uint32_t from = t->next;
    t->next = (t->next + 1) % ITC_WALLETS;
    itc_private_chain_transfer(
        chain, tx, from, &chain->wallets[t->next].key, t->seq[from]++, PAYMENT);
    t->sent++;
    return itc_net_submit(net, node, tx, sizeof tx);
}

static bool acknowledged(struct itc_net *net, uint64_t token)
{
    size_t len, body_len;
    const uint8_t *body, *reply = itc_net_reply(net, token, &len);
    return reply != NULL && itc_reply_open(&body, &body_len, reply, len) == ITC_OK;
}

static uint64_t head_of(struct itc_net *net, uint32_t i)
{
    struct itc_hash id;
    return itc_net_node(net, i) == NULL ? 0 : itc_node_head(itc_net_node(net, i), &id)->index;
}

static uint64_t applied_at(struct itc_net *net, uint32_t i)
{
    return itc_node_stats(itc_net_node(net, i))->counts[ITC_COUNT_TXS_APPLIED];
}

struct goal {
    uint32_t nodes;
    uint64_t head;
};

static bool heads_reach(struct itc_net *net, void *ctx)
{
    const struct goal *g = ctx;
    for (uint32_t i = 0; i < g->nodes; i++) {
        if (itc_net_node(net, i) == NULL || head_of(net, i) < g->head)
            return false;
    }
    return true;
}

/* Sum of all balances that the ring's wallets have, as node `i` tells; every payment was for PAYMENT. */
static struct itc_account account_of(struct itc_net *net, uint32_t i, uint32_t wallet)
{
    struct itc_request r = {
        .op = ITC_OP_ACCOUNT,
        .u.account = {.key = itc_net_chain(net)->wallets[wallet].key},
    };
    uint64_t token = itc_net_request(net, i, &r);
    const uint8_t *body;
    size_t len, body_len;
    struct itc_account_reply a;
    struct itc_account out;
    itc_net_run(net, itc_net_now(net) + 100);
    const uint8_t *reply = itc_net_reply(net, token, &len);
    assert_non_null(reply);
    assert_int_equal(itc_reply_open(&body, &body_len, reply, len), ITC_OK);
    assert_int_equal(itc_account_reply_decode(&a, body, body_len), ITC_OK);
    assert_non_null(a.value);
    assert_int_equal(itc_account_decode(&out, a.value, ITC_ACCOUNT_VALUE), ITC_OK);
    return out;
}

/* Waits until all nodes stand at one head, then compares them: same header, so same ledger. */
static void assert_agreement(struct itc_net *net, uint32_t nodes, uint64_t within_ms)
{
    uint64_t best = 0;
    for (uint32_t i = 0; i < nodes; i++) {
        assert_null(itc_net_halted(net, i));
        best = head_of(net, i) > best ? head_of(net, i) : best;
    }
    struct goal g = {.nodes = nodes, .head = best + 1};
    assert_true(itc_net_run_until(net, heads_reach, &g, itc_net_now(net) + within_ms));
    struct itc_hash id, other;
    for (uint32_t i = 1; i < nodes; i++) {
        const struct itc_header *a = itc_node_head(itc_net_node(net, 0), &id);
        const struct itc_header *b = itc_node_head(itc_net_node(net, i), &other);
        if (a->index == b->index)
            assert_memory_equal(&id, &other, sizeof id);
    }
}

/* Every seq that was acknowledged is used: nothing was lost, nothing applied twice. */
static void assert_all_applied(struct itc_net *net, const struct traffic *t, uint32_t node)
{
    for (uint32_t w = 0; w < ITC_WALLETS; w++)
        assert_int_equal(account_of(net, node, w).next_seq, t->seq[w]);
}

static void run_with_traffic(
    struct itc_net *net, struct traffic *t, uint32_t nodes, uint64_t for_ms)
{
    uint64_t end = itc_net_now(net) + for_ms;
    while (itc_net_now(net) < end) {
        uint32_t node = t->sent % nodes;
        if (itc_net_node(net, node) == NULL)
            node = (node + 1) % nodes;
        uint64_t token = pay(net, t, node);
        itc_net_run(net, itc_net_now(net) + 40);
        assert_true(acknowledged(net, token));
    }
}

static void payments_become_final(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, seed_of(1), 4, 1);
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    run_with_traffic(net, &t, 5, 4000);
    itc_net_run(net, itc_net_now(net) + 2000);
    assert_agreement(net, 5, 20000);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(applied_at(net, i), t.sent);
        assert_all_applied(net, &t, i);
    }
    assert_int_equal(itc_net_drops(net), 0);
    itc_net_free(net);
}

static void same_seed_same_run(void **state)
{
    (void)state;
    uint64_t digests[3], seed = seed_of(2);
    for (int i = 0; i < 3; i++) {
        struct itc_net_config c;
        itc_net_config_default(&c, seed + (i == 2), 4, 1);
        c.jitter_ms = 10;
        c.loss_permille = 50;
        struct itc_net *net = itc_net_create(&c);
        struct traffic t = {0};
        run_with_traffic(net, &t, 5, 2000);
        digests[i] = itc_net_digest(net);
        itc_net_free(net);
    }
    assert_int_equal(digests[0], digests[1]);
    assert_int_not_equal(digests[0], digests[2]);
}

static void lost_gossip_is_repaired(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, seed_of(3), 4, 2);
    c.loss_permille = 300;
    c.jitter_ms = 20;
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    run_with_traffic(net, &t, 6, 4000);
    itc_net_run(net, itc_net_now(net) + 10000);
    assert_agreement(net, 6, 30000);
    assert_all_applied(net, &t, 0);
    itc_net_free(net);
}

/* All power fails at once, in the middle of traffic, ten times. */
static void all_crash_ten_times(void **state)
{
    (void)state;
    struct itc_net_config c;
    uint64_t seed = seed_of(4);
    itc_net_config_default(&c, seed, 4, 1);
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    for (int round = 0; round < 10; round++) {
        run_with_traffic(net, &t, 5, 600 + (seed * 7 + (uint64_t)round * 131) % 400);
        uint64_t before = head_of(net, 0);
        for (uint32_t i = 0; i < 5; i++)
            itc_net_kill(net, i);
        for (uint32_t i = 0; i < 5; i++)
            itc_net_restart(net, i);
        struct goal g = {.nodes = 5, .head = before + 1};
        assert_true(itc_net_run_until(net, heads_reach, &g, itc_net_now(net) + 20000));
    }
    run_with_traffic(net, &t, 5, 500);
    itc_net_run(net, itc_net_now(net) + 5000);
    assert_agreement(net, 5, 20000);
    assert_all_applied(net, &t, 3);
    assert_all_applied(net, &t, 4);
    itc_net_free(net);
}

/* One after the other, each comes back and is served. */
static void one_by_one_restart(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, seed_of(5), 4, 1);
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    for (uint32_t i = 0; i < 5; i++) {
        run_with_traffic(net, &t, 5, 400);
        itc_net_kill(net, i);
        itc_net_run(net, itc_net_now(net) + 300);
        itc_net_restart(net, i);
        itc_net_run(net, itc_net_now(net) + 1500);
    }
    itc_net_run(net, itc_net_now(net) + 4000);
    assert_agreement(net, 5, 20000);
    assert_all_applied(net, &t, 4);
    itc_net_free(net);
}

static void idle_beyond_depth_then_paid_on(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, seed_of(6), 4, 1);
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    run_with_traffic(net, &t, 5, 400);
    struct goal g = {.nodes = 5, .head = 4 * c.params.depth};
    assert_true(itc_net_run_until(
        net, heads_reach, &g, itc_net_now(net) + (uint64_t)c.params.idle_ms * 5 * c.params.depth));
    run_with_traffic(net, &t, 5, 400);
    itc_net_run(net, itc_net_now(net) + 3000);
    assert_agreement(net, 5, 20000);
    assert_all_applied(net, &t, 4);
    itc_net_free(net);
}

static void absent_validator_catches_up(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, seed_of(7), 4, 1);
    c.params.epoch_length = 100000; /* validator 0 stays primary; 3 goes */
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    run_with_traffic(net, &t, 5, 400);
    itc_net_kill(net, 3);
    uint64_t before = head_of(net, 0);
    for (int i = 0; i < 60; i++) {
        pay(net, &t, (uint32_t)(i % 3));
        itc_net_run(net, itc_net_now(net) + 1000);
    }
    assert_true(head_of(net, 0) > before + 20);
    itc_net_restart(net, 3);
    assert_agreement(net, 5, 20000);
    assert_true(itc_node_stats(itc_net_node(net, 3))->counts[ITC_COUNT_MILESTONES_SYNCED] > 20);
    assert_all_applied(net, &t, 3);
    itc_net_free(net);
}

/* Whatever is asked for may be lost: what is missing is asked for again, and one who is behind comes closer. */
static void catching_up_over_bad_links(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, seed_of(9), 4, 1);
    c.loss_permille = 100;
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    run_with_traffic(net, &t, 5, 400);
    itc_net_kill(net, 4);
    for (int i = 0; i < 30; i++) {
        pay(net, &t, (uint32_t)(i % 4));
        itc_net_run(net, itc_net_now(net) + 300);
    }
    itc_net_restart(net, 4);
    assert_agreement(net, 5, 30000);
    assert_all_applied(net, &t, 4);
    itc_net_free(net);
}

static void partition_heals(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, seed_of(8), 4, 1);
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    run_with_traffic(net, &t, 5, 400);
    for (uint32_t a = 0; a < 2; a++) {
        for (uint32_t b = 2; b < 5; b++)
            itc_net_cut(net, a, b);
    }
    uint64_t before = head_of(net, 0);
    itc_net_run(net, itc_net_now(net) + 5000);
    assert_true(head_of(net, 0) <= before + 1); /* no quorum on either side */
    for (uint32_t a = 0; a < 2; a++) {
        for (uint32_t b = 2; b < 5; b++)
            itc_net_mend(net, a, b);
    }
    itc_net_run(net, itc_net_now(net) + 4000);
    assert_agreement(net, 5, 20000);
    assert_all_applied(net, &t, 2);
    itc_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payments_become_final),
        cmocka_unit_test(same_seed_same_run),
        cmocka_unit_test(lost_gossip_is_repaired),
        cmocka_unit_test(all_crash_ten_times),
        cmocka_unit_test(one_by_one_restart),
        cmocka_unit_test(idle_beyond_depth_then_paid_on),
        cmocka_unit_test(absent_validator_catches_up),
        cmocka_unit_test(catching_up_over_bad_links),
        cmocka_unit_test(partition_heals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
