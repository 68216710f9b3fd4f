/* test_network.c - whole nodes in simulated time: payments become final everywhere, over crashes, restarts,
 * partitions and loss. Each scenario runs from a seed; ITC_SEED=N runs them all from N. */
#include "tests/sim/world.h"

/* Payments from wallet to wallet in a ring, each through some node that is up. */
struct traffic {
    uint64_t seq[ITC_WALLETS];
    uint32_t next;
    uint32_t sent;
};

static uint64_t pay(struct itc_net *net, struct traffic *t, uint32_t node)
{
    uint32_t from = t->next;
    t->next = (t->next + 1) % ITC_WALLETS;
    t->sent++;
    return world_submit(net, node, from, t->seq[from]++);
}

/* Every seq that was acknowledged is used: nothing was lost, nothing applied twice. */
static void assert_all_applied(struct itc_net *net, const struct traffic *t, uint32_t node)
{
    for (uint32_t w = 0; w < ITC_WALLETS; w++)
        assert_int_equal(world_next_seq(net, node, w), t->seq[w]);
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
        assert_true(world_acknowledged(net, token));
    }
}

static void payments_become_final(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, world_seed(1), 4, 1);
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    run_with_traffic(net, &t, 5, 4000);
    itc_net_run(net, itc_net_now(net) + 2000);
    world_go_on(net, 1, 20000);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(world_count(net, i, ITC_COUNT_TXS_APPLIED), t.sent);
        assert_all_applied(net, &t, i);
    }
    assert_int_equal(itc_net_drops(net), 0);
    itc_net_free(net);
}

static void same_seed_same_run(void **state)
{
    (void)state;
    uint64_t digests[3], seed = world_seed(2);
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
    itc_net_config_default(&c, world_seed(3), 4, 2);
    c.loss_permille = 300;
    c.jitter_ms = 20;
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    run_with_traffic(net, &t, 6, 4000);
    itc_net_run(net, itc_net_now(net) + 10000);
    world_go_on(net, 1, 30000);
    assert_all_applied(net, &t, 0);
    itc_net_free(net);
}

/* All power fails at once, in the middle of traffic, ten times. */
static void all_crash_ten_times(void **state)
{
    (void)state;
    struct itc_net_config c;
    uint64_t seed = world_seed(4);
    itc_net_config_default(&c, seed, 4, 1);
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    for (int round = 0; round < 10; round++) {
        run_with_traffic(net, &t, 5, 600 + (seed * 7 + (uint64_t)round * 131) % 400);
        uint64_t before = world_head(net, 0)->index;
        for (uint32_t i = 0; i < 5; i++)
            itc_net_kill(net, i);
        for (uint32_t i = 0; i < 5; i++)
            itc_net_restart(net, i);
        world_reach(net, before + 1, 20000);
    }
    run_with_traffic(net, &t, 5, 500);
    itc_net_run(net, itc_net_now(net) + 5000);
    world_go_on(net, 1, 20000);
    assert_all_applied(net, &t, 3);
    assert_all_applied(net, &t, 4);
    itc_net_free(net);
}

/* One after the other, each comes back and is served. */
static void one_by_one_restart(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, world_seed(5), 4, 1);
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
    world_go_on(net, 1, 20000);
    assert_all_applied(net, &t, 4);
    itc_net_free(net);
}

/* Whatever is asked for may be lost: what is missing is asked for again, and one who is behind comes closer. */
static void catching_up_over_bad_links(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, world_seed(9), 4, 1);
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
    world_go_on(net, 1, 30000);
    assert_all_applied(net, &t, 4);
    itc_net_free(net);
}

static void partition_heals(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, world_seed(8), 4, 1);
    struct itc_net *net = itc_net_create(&c);
    struct traffic t = {0};
    run_with_traffic(net, &t, 5, 400);
    world_part(net, 3);
    uint64_t before = world_head(net, 0)->index;
    itc_net_run(net, itc_net_now(net) + 5000);
    assert_true(world_head(net, 0)->index <= before + 1); /* no quorum on either side */
    world_unite(net, 3);
    itc_net_run(net, itc_net_now(net) + 4000);
    world_go_on(net, 1, 20000);
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
        cmocka_unit_test(catching_up_over_bad_links),
        cmocka_unit_test(partition_heals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
