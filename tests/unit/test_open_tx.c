/* test_open_tx.c - which sites carry a tx, who spends the same sequence number, and when a tx counts as confirmed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/tangle_model.h"

#define THRESHOLD 5

static uint32_t entry_of(const struct tangle_model *m, uint32_t tx)
{
    return itc_open_txs_find(&m->txs, &m->txs_made[tx].id);
}

static bool confirmed(const struct tangle_model *m, uint32_t tx)
{
    return itc_open_txs_confirmed(&m->txs, &m->window, entry_of(m, tx), m->threshold,
        m->txs_made[tx].seen_ms + ITC_CONFIRM_SEEN_MS);
}

static uint32_t lone(struct tangle_model *m, uint32_t tx)
{
    return model_attach(m, NULL, 0, 1, tx);
}

/* Adds approvers, each with a tx of its own, until `site` weighs `weight`. */
static void raise_weight(struct tangle_model *m, uint32_t site, uint32_t weight)
{
    while (m->sites[site].weight < weight)
        model_attach(m, &site, 1, 1, model_tx_make(m, 1000 + m->tx_count, 1));
}

static void a_tx_on_two_sites(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 10, 10, THRESHOLD, 1);
    uint32_t tx = model_tx_make(&m, 1, 1), other = model_tx_make(&m, 1, 2);
    assert_int_equal(entry_of(&m, tx), ITC_NONE);
    uint32_t a = lone(&m, tx), b = lone(&m, tx);
    lone(&m, other);
    raise_weight(&m, b, 3);
    uint32_t entry = entry_of(&m, tx);
    assert_int_equal(m.txs.entries[entry].site, m.sites[b].index);
    assert_int_equal(m.window.infos[m.sites[b].index].tx_next, m.sites[a].index);
    assert_int_equal(itc_open_txs_weight(&m.txs, &m.window, entry), 3);
    assert_int_equal(m.txs.entries[entry].rival, ITC_NONE);
    model_remove_marked(&m, model_mark_cone(&m, a), false);
    assert_int_equal(entry_of(&m, tx), entry);
    model_remove_marked(&m, model_mark_cone(&m, b), false);
    assert_int_equal(entry_of(&m, tx), ITC_NONE);
    assert_int_equal(itc_open_txs_spender(&m.txs, &m.txs_made[tx].tx.issuer, 1), ITC_NONE);
    model_check(&m);
    model_free(&m);
}

/* The one seen first and the newest are looked at; all, where what they say decides. */
static void a_hint_looks_at_so_many_copies(void **state)
{
    (void)state;
    struct tangle_model m;
    uint32_t sites = ITC_OPEN_TX_LOOK + 20;
    model_init(&m, sites, sites, THRESHOLD, 1);
    uint32_t tx = model_tx_make(&m, 1, 1);
    uint32_t first = lone(&m, tx), second = lone(&m, tx);
    for (uint32_t i = 1; i < ITC_OPEN_TX_LOOK; i++)
        lone(&m, tx);
    uint32_t entry = entry_of(&m, tx);
    raise_weight(&m, second, 4);
    assert_int_equal(itc_open_txs_hint(&m.txs, &m.window, entry), 4);
    lone(&m, tx);
    assert_int_equal(itc_open_txs_hint(&m.txs, &m.window, entry), 1);
    assert_int_equal(itc_open_txs_weight(&m.txs, &m.window, entry), 4);
    raise_weight(&m, first, 3);
    assert_int_equal(itc_open_txs_hint(&m.txs, &m.window, entry), 3);
    model_free(&m);
}

static void amounts_are_remembered(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 10, 10, THRESHOLD, 1);
    uint32_t data = model_tx_make(&m, 1, 1), transfer = model_tx_make(&m, 2, 1);
    m.txs_made[transfer].tx.kind = ITC_KIND_TRANSFER;
    m.txs_made[transfer].tx.u.transfer.amount.grains = 250;
    lone(&m, data);
    lone(&m, transfer);
    assert_int_equal(m.txs.entries[entry_of(&m, data)].spends.grains, 0);
    assert_int_equal(m.txs.entries[entry_of(&m, transfer)].spends.grains, 250);
    model_free(&m);
}

/* However light it is; and nobody else's tx is. */
static void a_rival_holds_back(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 30, 30, THRESHOLD, 1);
    uint32_t tx = model_tx_make(&m, 1, 1), rival = model_tx_make(&m, 1, 1);
    uint32_t a = lone(&m, tx);
    raise_weight(&m, a, THRESHOLD - 1);
    assert_false(confirmed(&m, tx));
    raise_weight(&m, a, THRESHOLD);
    assert_true(confirmed(&m, tx));
    uint32_t b = lone(&m, rival);
    assert_false(confirmed(&m, tx));
    raise_weight(&m, b, THRESHOLD + 1);
    assert_false(confirmed(&m, rival));
    model_remove_marked(&m, model_mark_cone(&m, b), false);
    assert_true(confirmed(&m, tx));
    model_check(&m);
    model_free(&m);
}

/* What comes with its weight is not confirmed at first sight. */
static void weight_alone_does_not_confirm(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 30, 30, THRESHOLD, 1);
    uint32_t tx = model_tx_make(&m, 1, 1);
    raise_weight(&m, lone(&m, tx), THRESHOLD);
    uint64_t seen = m.txs_made[tx].seen_ms;
    assert_false(itc_open_txs_confirmed(
        &m.txs, &m.window, entry_of(&m, tx), THRESHOLD, seen + ITC_CONFIRM_SEEN_MS - 1));
    assert_true(confirmed(&m, tx));
    model_free(&m);
}

/* First, middle and last of three rivals leave. */
static void rivals_leave_in_any_order(void **state)
{
    (void)state;
    static const uint32_t orders[][3] = {
        {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (uint32_t o = 0; o < 6; o++) {
        struct tangle_model m;
        model_init(&m, 10, 10, THRESHOLD, 1);
        for (uint32_t i = 0; i < 3; i++)
            lone(&m, model_tx_make(&m, 1, 1));
        model_check(&m);
        for (uint32_t i = 0; i < 3; i++) {
            model_remove_marked(&m, model_mark_cone(&m, orders[o][i]), false);
            model_check(&m);
        }
        assert_int_equal(m.txs.spends.count, 0);
        lone(&m, 0);
        model_check(&m);
        model_free(&m);
    }
}

/* One issuer fills the window with rivals and re-attachments; all leave at once. */
static void a_crowd_leaves_at_once(void **state)
{
    (void)state;
    enum {
        CROWD = 400
    };
    struct tangle_model m;
    model_init(&m, CROWD, CROWD, THRESHOLD, 1);
    uint32_t again = model_tx_make(&m, 1, 1), all = ++m.stamp;
    for (uint32_t i = 0; i < CROWD; i++)
        lone(&m, i % 2 == 0 ? again : model_tx_make(&m, 1, 1));
    for (uint32_t i = 1; i < CROWD; i++)
        m.sites[i].mark = all;
    model_remove_marked(&m, all, false);
    model_check(&m);
    assert_int_equal(m.txs.ids.count, 1);
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tx_on_two_sites),
        cmocka_unit_test(a_hint_looks_at_so_many_copies),
        cmocka_unit_test(amounts_are_remembered),
        cmocka_unit_test(a_rival_holds_back),
        cmocka_unit_test(weight_alone_does_not_confirm),
        cmocka_unit_test(rivals_leave_in_any_order),
        cmocka_unit_test(a_crowd_leaves_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
