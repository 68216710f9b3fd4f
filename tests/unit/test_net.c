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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
