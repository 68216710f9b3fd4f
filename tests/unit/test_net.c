/* The simulated network itself: links, power and disks do what they say. What nodes make of it:
 * tests/sim. */
#include "tools/sim/net.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct itc_net *create(uint32_t validators, uint32_t sync_ms)
{
    struct itc_net_config config;
    itc_net_config_default(&config, 1, validators, 0);
    config.sync_ms = sync_ms;
    return itc_net_create(&config);
}

static uint32_t peers_of(const struct itc_net *net, uint32_t i)
{
    struct itc_info info;
    itc_node_info(itc_net_node(net, i), &info);
    return info.peers;
}

static uint64_t submit(struct itc_net *net, uint32_t i)
{
    uint8_t tx[ITC_TX_TRANSFER];
    const struct itc_private_chain *chain = itc_net_chain(net);
    itc_private_chain_transfer(chain, tx, 0, &chain->wallets[1].key, 0, 1000000);
    return itc_net_submit(net, i, tx, sizeof tx);
}

static bool answered(const struct itc_net *net, uint64_t token)
{
    size_t len, body_len;
    const uint8_t *body, *reply = itc_net_reply(net, token, &len);
    return reply && itc_reply_open(&body, &body_len, reply, len) == ITC_OK;
}

static void links_stand_after_a_greeting(void **state)
{
    (void)state;
    struct itc_net *net = create(4, 2);
    itc_net_run(net, 9); /* a latency is 5 */
    assert_int_equal(peers_of(net, 0), 0);
    itc_net_run(net, 10);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(peers_of(net, i), 3);
    assert_int_equal(itc_net_now(net), 10);
    itc_net_free(net);
}

static void cut_links_part_and_mended_ones_meet(void **state)
{
    (void)state;
    struct itc_net *net = create(3, 2);
    itc_net_run(net, 100);
    itc_net_cut(net, 0, 1);
    itc_net_run(net, 200);
    assert_int_equal(peers_of(net, 0), 1);
    assert_int_equal(peers_of(net, 1), 1);
    assert_int_equal(peers_of(net, 2), 2);
    itc_net_mend(net, 1, 0);
    itc_net_run(net, 300);
    assert_int_equal(peers_of(net, 0), 2);
    assert_int_equal(peers_of(net, 1), 2);
    itc_net_free(net);
}

static void cut_while_greeting_never_stands(void **state)
{
    (void)state;
    struct itc_net *net = create(2, 2);
    itc_net_run(net, 3);
    itc_net_cut(net, 0, 1);
    itc_net_run(net, 100);
    assert_int_equal(peers_of(net, 0), 0);
    assert_int_equal(peers_of(net, 1), 0);
    itc_net_free(net);
}

static void mended_at_once_is_a_new_link(void **state)
{
    (void)state;
    struct itc_net *net = create(2, 2);
    itc_net_run(net, 100);
    itc_net_cut(net, 0, 1);
    itc_net_mend(net, 0, 1);
    itc_net_run(net, 108); /* the old one has ended, the new one does not stand yet */
    assert_int_equal(peers_of(net, 0), 0);
    assert_int_equal(peers_of(net, 1), 0);
    itc_net_run(net, 110);
    assert_int_equal(peers_of(net, 0), 1);
    assert_int_equal(peers_of(net, 1), 1);
    itc_net_free(net);
}

static void power_comes_and_goes(void **state)
{
    (void)state;
    struct itc_net *net = create(3, 2);
    itc_net_run(net, 100);
    itc_net_cut(net, 0, 1);
    itc_net_kill(net, 1);
    assert_null(itc_net_node(net, 1));
    itc_net_run(net, 200);
    assert_int_equal(peers_of(net, 2), 1);
    itc_net_restart(net, 1);
    itc_net_run(net, 300);
    assert_int_equal(peers_of(net, 2), 2);
    assert_int_equal(peers_of(net, 1), 1); /* what was cut stays cut */
    assert_null(itc_net_halted(net, 1));
    itc_net_free(net);
}

/* The node acknowledges a submission only once it is durable; the disk here is very slow. */
static void replies_wait_for_the_disk(void **state)
{
    (void)state;
    struct itc_net *net = create(1, 1000);
    itc_net_run(net, 2500); /* first rows and signatures are through */
    uint64_t token = submit(net, 0);
    itc_net_run(net, itc_net_now(net) + 999);
    assert_false(answered(net, token));
    itc_net_run(net, itc_net_now(net) + 1001);
    assert_true(answered(net, token));
    itc_net_free(net);
}

static void crash_takes_what_was_not_durable(void **state)
{
    (void)state;
    struct itc_net *net = create(1, 1000);
    itc_net_run(net, 2500);
    uint64_t token = submit(net, 0);
    itc_net_run(net, itc_net_now(net) + 10);
    assert_int_equal(itc_mem_store_count(&itc_net_disk(net, 0)->live, ITC_CF_BODY), 1);
    itc_net_kill(net, 0);
    assert_int_equal(itc_mem_store_count(&itc_net_disk(net, 0)->live, ITC_CF_BODY), 0);
    itc_net_restart(net, 0);
    itc_net_run(net, itc_net_now(net) + 5000);
    assert_false(answered(net, token));
    itc_net_free(net);
}

static bool is_past_250(struct itc_net *net, void *ctx)
{
    uint32_t *asked = ctx;
    ++*asked;
    return itc_net_now(net) >= 250;
}

static void run_until_stops_at_the_first_event(void **state)
{
    (void)state;
    uint32_t asked = 0;
    struct itc_net *net = create(2, 2);
    assert_false(itc_net_run_until(net, is_past_250, &asked, 240));
    assert_int_equal(itc_net_now(net), 240);
    assert_true(itc_net_run_until(net, is_past_250, &asked, 5000));
    assert_in_range(itc_net_now(net), 250, 500); /* nodes tick ten times a second */
    assert_true(asked > 10);
    itc_net_free(net);
}

/* --- weather and machines --- */

static uint64_t head_of(const struct itc_net *net, uint32_t i)
{
    struct itc_hash id;
    return itc_node_head(itc_net_node(net, i), &id)->index;
}

static void a_clogged_link_delays_and_keeps_all(void **state)
{
    (void)state;
    struct itc_net *net = create(2, 2);
    itc_net_run(net, 3000);
    uint64_t before = head_of(net, 1);
    itc_net_weather(net, 0, 1)->clogged_until_ms = 9000;
    itc_net_run(net, 8999);
    assert_in_range(head_of(net, 1), before, before + 1);
    assert_int_equal(peers_of(net, 1), 1);
    itc_net_run(net, 12000);
    assert_true(head_of(net, 1) > before + 1);
    assert_int_equal(itc_net_drops(net), 0);
    itc_net_free(net);
}

static void some_unsynced_batches_may_survive(void **state)
{
    (void)state;
    struct itc_net *net = create(1, 1000);
    itc_net_machine(net, 0)->keeps_unsynced = true;
    itc_net_run(net, 2500);
    size_t most = 0;
    for (uint32_t i = 0; i < 8; i++) {
        submit(net, 0);
        itc_net_run(net, itc_net_now(net) + 10);
        itc_net_kill(net, 0);
        size_t kept = itc_mem_store_count(&itc_net_disk(net, 0)->live, ITC_CF_BODY);
        most = kept > most ? kept : most;
        itc_net_restart(net, 0);
        itc_net_run(net, itc_net_now(net) + 2000);
    }
    assert_true(most > 0);
    itc_net_free(net);
}

static void power_fails_between_two_actions(void **state)
{
    (void)state;
    struct itc_net *net = create(2, 2);
    itc_net_run(net, 1000);
    itc_net_machine(net, 0)->crash_after = 1;
    itc_net_run(net, 3000);
    assert_null(itc_net_node(net, 0));
    assert_null(itc_net_halted(net, 0));
    itc_net_free(net);
}

static void a_full_disk_stops_the_node(void **state)
{
    (void)state;
    struct itc_net *net = create(2, 2);
    itc_net_run(net, 1000);
    itc_net_machine(net, 1)->disk_full = true;
    itc_net_run(net, 4000);
    assert_null(itc_net_node(net, 1));
    itc_net_machine(net, 1)->disk_full = false;
    uint64_t before = head_of(net, 0);
    itc_net_restart(net, 1);
    itc_net_run(net, 9000);
    assert_true(head_of(net, 1) > before);
    itc_net_free(net);
}

static void a_stopped_node_goes_on_where_it_was(void **state)
{
    (void)state;
    struct itc_net *net = create(2, 2);
    itc_net_run(net, 1000);
    itc_net_stop(net, 1, 5000);
    uint64_t before = head_of(net, 0);
    itc_net_run(net, 4999);
    assert_in_range(head_of(net, 0), before, before + 1);
    itc_net_run(net, 8000);
    assert_true(head_of(net, 1) > before + 1);
    assert_int_equal(peers_of(net, 0), 1);
    itc_net_free(net);
}

static void clocks_differ(void **state)
{
    (void)state;
    struct itc_net *net = create(1, 2);
    struct itc_hash id;
    *itc_net_machine(net, 0) =
        (struct itc_net_machine){.clock_ms = 3600000, .drift_ppm = 1000, .sync_ms = 2};
    itc_net_run(net, 10000);
    uint64_t time_ms = itc_node_head(itc_net_node(net, 0), &id)->time_ms - ITC_NET_EPOCH_MS;
    assert_in_range(time_ms, 3600000 + 8000, 3600000 + 10010);
    itc_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_stand_after_a_greeting),
        cmocka_unit_test(cut_links_part_and_mended_ones_meet),
        cmocka_unit_test(cut_while_greeting_never_stands),
        cmocka_unit_test(mended_at_once_is_a_new_link),
        cmocka_unit_test(power_comes_and_goes),
        cmocka_unit_test(replies_wait_for_the_disk),
        cmocka_unit_test(crash_takes_what_was_not_durable),
        cmocka_unit_test(run_until_stops_at_the_first_event),
        cmocka_unit_test(a_clogged_link_delays_and_keeps_all),
        cmocka_unit_test(some_unsynced_batches_may_survive),
        cmocka_unit_test(power_fails_between_two_actions),
        cmocka_unit_test(a_full_disk_stops_the_node),
        cmocka_unit_test(a_stopped_node_goes_on_where_it_was),
        cmocka_unit_test(clocks_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
