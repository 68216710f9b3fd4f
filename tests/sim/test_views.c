/* test_views.c - primaries that stop, one after the other: the chain goes on, nothing is lost, nobody forks. */
#include "tests/sim/world.h"

static void config(struct itc_net_config *c, uint64_t seed, uint32_t validators)
{
    itc_net_config_default(c, world_seed(seed), validators, 1);
    c->params.timeout_ms = 500;
    c->params.epoch_length = 1000;
}

static void a_dead_primary_is_replaced_and_stays_so(void **state)
{
    (void)state;
    struct itc_net_config c;
    config(&c, 1, 4);
    struct itc_net *net = itc_net_create(&c);
    world_go_on(net, 2, 5000);
    itc_net_kill(net, 0);
    world_pay(net, 1, 0, 0, 20);
    world_go_on(net, 3, 8000);
    /* The header says where the next height starts: no time-out for each milestone. */
    assert_int_equal(world_head(net, 1)->view, 1);
    uint64_t before = itc_net_now(net);
    world_pay(net, 2, 0, 1, 20);
    world_go_on(net, 1, 1500);
    assert_true(itc_net_now(net) - before <= 1500);
    itc_net_restart(net, 0);
    world_go_on(net, 3, 8000);
    assert_int_equal(world_next_seq(net, 0, 0), 2);
    itc_net_free(net);
}

static void two_dead_primaries_of_seven(void **state)
{
    (void)state;
    struct itc_net_config c;
    config(&c, 2, 7);
    struct itc_net *net = itc_net_create(&c);
    world_go_on(net, 2, 5000);
    itc_net_kill(net, 0);
    itc_net_kill(net, 1);
    for (uint32_t i = 0; i < 5; i++)
        world_pay(net, 2 + i, i, 0, 20);
    world_go_on(net, 3, 15000);
    assert_int_equal(world_head(net, 2)->view, 2);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(world_next_seq(net, 7, i), 1);
    itc_net_free(net);
}

/* The largest committee: as many as may be are down, two primaries in turn among them, so that each of the 22 others is
 * needed for the new view, the last seat too. */
static void ten_dead_of_thirty_two(void **state)
{
    (void)state;
    struct itc_net_config c;
    itc_net_config_default(&c, world_seed(8), ITC_VALIDATORS_MAX, 0);
    c.params.epoch_length = 1000;
    struct itc_net *net = itc_net_create(&c);
    world_go_on(net, 1, 5000);
    itc_net_kill(net, 0);
    itc_net_kill(net, 1);
    for (uint32_t i = 16; i < 24; i++)
        itc_net_kill(net, i);
    world_pay(net, 31, 0, 0, 20);
    world_go_on(net, 2, 15000);
    assert_int_equal(world_head(net, 2)->view, 2);
    assert_int_equal(world_next_seq(net, 3, 0), 1);
    itc_net_restart(net, 16);
    itc_net_kill(net, 2);
    world_go_on(net, 2, 15000);
    assert_int_equal(world_next_seq(net, 16, 0), 1);
    itc_net_free(net);
}

/* The primary goes down in every phase of a height: nothing that may have been final is lost. */
static void primaries_die_at_any_moment(void **state)
{
    (void)state;
    uint64_t seed = world_seed(3);
    for (uint64_t run = 0; run < 40; run++) {
        struct itc_net_config c;
        itc_net_config_default(&c, seed + run, 4, 1);
        c.params.timeout_ms = 400;
        c.params.epoch_length = 1000;
        c.jitter_ms = 6;
        struct itc_net *net = itc_net_create(&c);
        for (uint32_t k = 0; k < 4; k++) {
            world_pay(net, k, k, 0, 20);
            itc_net_run(net, itc_net_now(net) + 150 + (seed + run * 13 + k * 7) % 90);
            const struct itc_header *h = world_head(net, (k + 1) % 4);
            uint32_t primary = (h->epoch + h->view) % 4;
            itc_net_kill(net, primary);
            world_pay(net, (primary + 1) % 4, k, 1, 20);
            itc_net_run(net, itc_net_now(net) + 100 * ((seed + run + k) % 12));
            itc_net_restart(net, primary);
        }
        world_go_on(net, 3, 20000);
        itc_net_run(net, itc_net_now(net) + 3000);
        world_go_on(net, 1, 10000);
        for (uint32_t k = 0; k < 4; k++)
            assert_int_equal(world_next_seq(net, 4, k), 2);
        itc_net_free(net);
    }
}

/* All go down and come back, again and again, in the middle of view changes. */
static void restarts_in_view_changes(void **state)
{
    (void)state;
    uint64_t seed = world_seed(4);
    for (uint64_t run = 0; run < 20; run++) {
        struct itc_net_config c;
        itc_net_config_default(&c, seed + run, 4, 0);
        c.params.timeout_ms = 300;
        c.params.epoch_length = 1000;
        struct itc_net *net = itc_net_create(&c);
        itc_net_run(net, 1000);
        for (uint32_t k = 0; k < 8; k++) {
            uint32_t victim = (uint32_t)(seed + run * 5 + k * 3) % 4;
            itc_net_kill(net, victim);
            world_pay(net, (victim + 1) % 4, k, 0, 20);
            itc_net_run(net, itc_net_now(net) + 250 + (seed + run * 37 + k * 53) % 400);
            for (uint32_t i = 0; i < 4; i++) {
                if (i != victim)
                    itc_net_kill(net, i);
            }
            for (uint32_t i = 0; i < 4; i++)
                itc_net_restart(net, i);
            itc_net_run(net, itc_net_now(net) + (seed + run + k * 91) % 700);
        }
        world_go_on(net, 3, 30000);
        itc_net_run(net, itc_net_now(net) + 3000);
        for (uint32_t k = 0; k < 8; k++)
            assert_int_equal(world_next_seq(net, (uint32_t)run % 4, k), 1);
        itc_net_free(net);
    }
}

static void a_cut_off_primary_comes_back(void **state)
{
    (void)state;
    struct itc_net_config c;
    config(&c, 5, 4);
    struct itc_net *net = itc_net_create(&c);
    world_go_on(net, 2, 5000);
    world_part(net, 1);
    for (uint32_t k = 0; k < 6; k++) {
        world_pay(net, 1 + k % 3, k, 0, 20);
        itc_net_run(net, itc_net_now(net) + 500);
    }
    assert_true(world_head(net, 1)->index > world_head(net, 0)->index + 2);
    world_unite(net, 1);
    world_go_on(net, 3, 8000);
    for (uint32_t k = 0; k < 6; k++)
        assert_int_equal(world_next_seq(net, 0, k), 1);
    itc_net_free(net);
}

/* No side has a quorum for a while: views pass by on each, and one of them works once they meet again. */
static void split_in_halves(void **state)
{
    (void)state;
    struct itc_net_config c;
    config(&c, 6, 4);
    struct itc_net *net = itc_net_create(&c);
    world_go_on(net, 2, 5000);
    for (uint32_t a = 0; a < 2; a++) {
        for (uint32_t b = 2; b < 4; b++)
            itc_net_cut(net, a, b);
    }
    world_pay(net, 1, 0, 0, 20);
    world_pay(net, 2, 1, 0, 20);
    itc_net_run(net, itc_net_now(net) + 12000);
    for (uint32_t a = 0; a < 2; a++) {
        for (uint32_t b = 2; b < 4; b++)
            itc_net_mend(net, a, b);
    }
    world_go_on(net, 3, 40000);
    itc_net_run(net, itc_net_now(net) + 3000);
    assert_int_equal(world_next_seq(net, 3, 0), 1);
    assert_int_equal(world_next_seq(net, 0, 1), 1);
    itc_net_free(net);
}

/* One of four is off for good, so the others are the quorum. One of these is alone for so long that its time-out could
 * double no more: were it views ahead then, the two others would never meet it. */
static void who_is_alone_does_not_run_ahead(void **state)
{
    (void)state;
    struct itc_net_config c;
    config(&c, 7, 4);
    c.params.timeout_ms = 100;
    struct itc_net *net = itc_net_create(&c);
    world_go_on(net, 2, 5000);
    itc_net_kill(net, 3);
    itc_net_stop(net, 1, itc_net_now(net) + 60000);
    itc_net_stop(net, 2, itc_net_now(net) + 60000);
    itc_net_run(net, itc_net_now(net) + 61000);
    world_go_on(net, 3, 15000);
    itc_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_primary_is_replaced_and_stays_so),
        cmocka_unit_test(two_dead_primaries_of_seven),
        cmocka_unit_test(ten_dead_of_thirty_two),
        cmocka_unit_test(primaries_die_at_any_moment),
        cmocka_unit_test(restarts_in_view_changes),
        cmocka_unit_test(a_cut_off_primary_comes_back),
        cmocka_unit_test(split_in_halves),
        cmocka_unit_test(who_is_alone_does_not_run_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
