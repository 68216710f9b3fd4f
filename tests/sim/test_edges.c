/* test_edges.c - whole networks at the edges of their parameters: every payment becomes final everywhere. */
#include "tests/sim/world.h"

struct goal {
    uint32_t nodes;
    uint64_t applied;
};

static bool all_applied(struct itc_net *net, void *ctx)
{
    const struct goal *g = ctx;
    for (uint32_t i = 0; i < g->nodes; i++) {
        assert_null(itc_net_halted(net, i));
        if (world_count(net, i, ITC_COUNT_TXS_APPLIED) < g->applied)
            return false;
    }
    return true;
}

/* `rounds` payments of each wallet, `gap_ms` apart, through all nodes in turn; all final within `within_ms`. */
static void pays_on(
    const struct itc_net_config *c, uint32_t rounds, uint32_t gap_ms, uint64_t within_ms)
{
    struct itc_net *net = itc_net_create(c);
    struct goal g = {.nodes = c->validators + c->full_nodes};
    for (uint64_t seq = 0; seq < rounds; seq++) {
        for (uint32_t w = 0; w < ITC_WALLETS; w++) {
            (void)world_submit(net, (uint32_t)(g.applied++ % g.nodes), w, seq);
            itc_net_run(net, itc_net_now(net) + gap_ms);
        }
    }
    assert_true(itc_net_run_until(net, all_applied, &g, itc_net_now(net) + within_ms));
    assert_int_equal(itc_net_drops(net), 0);
    itc_net_free(net);
}

static void committees_of_every_size(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 2, 3, 4, 5, 7, 16, ITC_VALIDATORS_MAX};
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct itc_net_config c;
        itc_net_config_default(&c, 20 + i, sizes[i], sizes[i] < ITC_NET_NODES_MAX);
        pays_on(&c, 2, 20, 10000);
    }
}

static void epochs_of_one_milestone(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, 30, 4, 1);
    c.params.epoch_length = 1;
    pays_on(&c, 4, 20, 10000);
}

static void no_interval(void **state)
{
    (void)state;
    struct itc_net_config c;
    for (uint32_t n = 1; n < 5; n += 3) {
        itc_net_config_default(&c, 31, n, 1);
        c.params.interval_ms = 0;
        c.params.depth = 100;
        pays_on(&c, 4, 20, 10000);
    }
}

static void least_depth(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, 32, 4, 1);
    c.params.depth = 2;
    pays_on(&c, 4, 30, 20000);
}

static void price_changes_with_every_milestone(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, 33, 4, 1);
    c.params.work_window = 1;
    c.params.work_target = 600;
    pays_on(&c, 6, 15, 10000);
}

/* Each cone is far smaller than what is open. */
static void cones_at_their_bound(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, 34, 4, 1);
    c.params.cone_sites_max = 8;
    c.params.body_sites_max = 2;
    c.params.depth = 100;
    c.latency_ms = 20;
    pays_on(&c, 6, 4, 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committees_of_every_size),
        cmocka_unit_test(epochs_of_one_milestone),
        cmocka_unit_test(no_interval),
        cmocka_unit_test(least_depth),
        cmocka_unit_test(price_changes_with_every_milestone),
        cmocka_unit_test(cones_at_their_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
