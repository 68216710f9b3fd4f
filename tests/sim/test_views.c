/* test_views.c - primaries that stop, one after the other: the chain goes on, nothing is lost, nobody forks. */
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

static void config(struct itc_net_config *c, uint64_t seed, uint32_t validators)
{
    itc_net_config_default(c, seed_of(seed), validators, 1);
    c->params.timeout_ms = 500;
    c->params.epoch_length = 1000;
}

static const struct itc_header *head(struct itc_net *net, uint32_t i)
{
    static struct itc_hash id;
    return itc_net_node(net, i) == NULL ? NULL : itc_node_head(itc_net_node(net, i), &id);
}

/* A payment through node `node`; acknowledged, so from here on it must not be lost. */
static void pay(struct itc_net *net, uint32_t node, uint32_t wallet, uint64_t seq)
{
    const struct itc_private_chain *chain = itc_net_chain(net);
    uint8_t tx[ITC_TX_TRANSFER];
    itc_private_chain_transfer(
        chain, tx, wallet, &chain->wallets[(wallet + 1) % ITC_WALLETS].key, seq, PAYMENT);
    uint64_t token = itc_net_submit(net, node, tx, sizeof tx);
    const uint8_t *body;
    size_t len, body_len;
    itc_net_run(net, itc_net_now(net) + 20);
    const uint8_t *reply = itc_net_reply(net, token, &len);
    assert_non_null(reply);
    assert_int_equal(itc_reply_open(&body, &body_len, reply, len), ITC_OK);
}

struct goal {
    uint32_t nodes;
    uint64_t applied;
};

/* All that are up have applied so many txs since their start, or caught up with those that did. */
static bool heads_reach(struct itc_net *net, void *ctx)
{
    const struct goal *g = ctx;
    for (uint32_t i = 0; i < g->nodes; i++) {
        const struct itc_header *h = head(net, i);
        if (h != NULL && h->index < g->applied)
            return false;
    }
    return true;
}

static void assert_progress(
    struct itc_net *net, uint32_t nodes, uint64_t milestones, uint64_t within_ms)
{
    uint64_t best = 0;
    for (uint32_t i = 0; i < nodes; i++) {
        assert_null(itc_net_halted(net, i));
        if (head(net, i) != NULL && head(net, i)->index > best)
            best = head(net, i)->index;
    }
    struct goal g = {.nodes = nodes, .applied = best + milestones};
    assert_true(itc_net_run_until(net, heads_reach, &g, itc_net_now(net) + within_ms));
    for (uint32_t i = 0; i < nodes; i++)
        assert_null(itc_net_halted(net, i));
}

static uint64_t next_seq(struct itc_net *net, uint32_t i, uint32_t wallet)
{
    struct itc_request r = {
        .op = ITC_OP_ACCOUNT, .u.account = {.key = itc_net_chain(net)->wallets[wallet].key}};
    uint64_t token = itc_net_request(net, i, &r);
    const uint8_t *body;
    size_t len, body_len;
    struct itc_account_reply a;
    struct itc_account account;
    itc_net_run(net, itc_net_now(net) + 50);
    const uint8_t *reply = itc_net_reply(net, token, &len);
    assert_non_null(reply);
    assert_int_equal(itc_reply_open(&body, &body_len, reply, len), ITC_OK);
    assert_int_equal(itc_account_reply_decode(&a, body, body_len), ITC_OK);
    assert_int_equal(itc_account_decode(&account, a.value, ITC_ACCOUNT_VALUE), ITC_OK);
    return account.next_seq;
}

static void a_dead_primary_is_replaced_and_stays_so(void **state)
{
    (void)state;
    struct itc_net_config c;
    config(&c, 1, 4);
    struct itc_net *net = itc_net_create(&c);
    assert_progress(net, 5, 2, 5000);
    itc_net_kill(net, 0);
    pay(net, 1, 0, 0);
    assert_progress(net, 5, 3, 8000);
    /* The header says where the next height starts: no time-out for each milestone. */
    assert_int_equal(head(net, 1)->view, 1);
    uint64_t before = itc_net_now(net);
    pay(net, 2, 0, 1);
    assert_progress(net, 5, 1, 1500);
    assert_true(itc_net_now(net) - before <= 1500);
    itc_net_restart(net, 0);
    assert_progress(net, 5, 3, 8000);
    assert_int_equal(next_seq(net, 0, 0), 2);
    itc_net_free(net);
}

static void two_dead_primaries_of_seven(void **state)
{
    (void)state;
    struct itc_net_config c;
    config(&c, 2, 7);
    struct itc_net *net = itc_net_create(&c);
    assert_progress(net, 8, 2, 5000);
    itc_net_kill(net, 0);
    itc_net_kill(net, 1);
    for (uint32_t i = 0; i < 5; i++)
        pay(net, 2 + i, i, 0);
    assert_progress(net, 8, 3, 15000);
    assert_int_equal(head(net, 2)->view, 2);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(next_seq(net, 7, i), 1);
    itc_net_free(net);
}

/* The primary goes down in every phase of a height: nothing that may have been final is lost. */
static void primaries_die_at_any_moment(void **state)
{
    (void)state;
    uint64_t seed = seed_of(3);
    for (uint64_t run = 0; run < 40; run++) {
        struct itc_net_config c;
        itc_net_config_default(&c, seed + run, 4, 1);
        c.params.timeout_ms = 400;
        c.params.epoch_length = 1000;
        c.jitter_ms = 6;
        struct itc_net *net = itc_net_create(&c);
        for (uint32_t k = 0; k < 4; k++) {
            pay(net, k, k, 0);
            itc_net_run(net, itc_net_now(net) + 150 + (seed + run * 13 + k * 7) % 90);
            const struct itc_header *h = head(net, (k + 1) % 4);
            uint32_t primary = (h->epoch + h->view) % 4;
            itc_net_kill(net, primary);
            pay(net, (primary + 1) % 4, k, 1);
            itc_net_run(net, itc_net_now(net) + 100 * ((seed + run + k) % 12));
            itc_net_restart(net, primary);
        }
        assert_progress(net, 5, 3, 20000);
        itc_net_run(net, itc_net_now(net) + 3000);
        assert_progress(net, 5, 1, 10000);
        for (uint32_t k = 0; k < 4; k++)
            assert_int_equal(next_seq(net, 4, k), 2);
        itc_net_free(net);
    }
}

/* All go down and come back, again and again, in the middle of view changes. */
static void restarts_in_view_changes(void **state)
{
    (void)state;
    uint64_t seed = seed_of(4);
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
            pay(net, (victim + 1) % 4, k, 0);
            itc_net_run(net, itc_net_now(net) + 250 + (seed + run * 37 + k * 53) % 400);
            for (uint32_t i = 0; i < 4; i++) {
                if (i != victim)
                    itc_net_kill(net, i);
            }
            for (uint32_t i = 0; i < 4; i++)
                itc_net_restart(net, i);
            itc_net_run(net, itc_net_now(net) + (seed + run + k * 91) % 700);
        }
        assert_progress(net, 4, 3, 30000);
        itc_net_run(net, itc_net_now(net) + 3000);
        for (uint32_t k = 0; k < 8; k++)
            assert_int_equal(next_seq(net, (uint32_t)run % 4, k), 1);
        itc_net_free(net);
    }
}

static void a_cut_off_primary_comes_back(void **state)
{
    (void)state;
    struct itc_net_config c;
    config(&c, 5, 4);
    struct itc_net *net = itc_net_create(&c);
    assert_progress(net, 5, 2, 5000);
    for (uint32_t i = 1; i < 5; i++)
        itc_net_cut(net, 0, i);
    for (uint32_t k = 0; k < 6; k++) {
        pay(net, 1 + k % 3, k, 0);
        itc_net_run(net, itc_net_now(net) + 500);
    }
    assert_true(head(net, 1)->index > head(net, 0)->index + 2);
    for (uint32_t i = 1; i < 5; i++)
        itc_net_mend(net, 0, i);
    assert_progress(net, 5, 3, 8000);
    for (uint32_t k = 0; k < 6; k++)
        assert_int_equal(next_seq(net, 0, k), 1);
    itc_net_free(net);
}

/* No side has a quorum for a while: views pass by on each, and one of them works once they meet again. */
static void split_in_halves(void **state)
{
    (void)state;
    struct itc_net_config c;
    config(&c, 6, 4);
    struct itc_net *net = itc_net_create(&c);
    assert_progress(net, 5, 2, 5000);
    for (uint32_t a = 0; a < 2; a++) {
        for (uint32_t b = 2; b < 4; b++)
            itc_net_cut(net, a, b);
    }
    pay(net, 1, 0, 0);
    pay(net, 2, 1, 0);
    itc_net_run(net, itc_net_now(net) + 12000);
    for (uint32_t a = 0; a < 2; a++) {
        for (uint32_t b = 2; b < 4; b++)
            itc_net_mend(net, a, b);
    }
    assert_progress(net, 5, 3, 40000);
    itc_net_run(net, itc_net_now(net) + 3000);
    assert_int_equal(next_seq(net, 3, 0), 1);
    assert_int_equal(next_seq(net, 0, 1), 1);
    itc_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_primary_is_replaced_and_stays_so),
        cmocka_unit_test(two_dead_primaries_of_seven),
        cmocka_unit_test(primaries_die_at_any_moment),
        cmocka_unit_test(restarts_in_view_changes),
        cmocka_unit_test(a_cut_off_primary_comes_back),
        cmocka_unit_test(split_in_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
