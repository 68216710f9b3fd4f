/* test_conflicts.c - who loses, since when and for how long; who has merged both; what is not tracked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/tangle_model.h"

static uint32_t child(struct tangle_model *m, uint32_t parent, uint32_t issuer, uint64_t seq)
{
    return model_attach(m, &parent, 1, 1, model_tx_make(m, issuer, seq));
}

static uint32_t lone(struct tangle_model *m, uint32_t issuer, uint64_t seq)
{
    return model_attach(m, NULL, 0, 1, model_tx_make(m, issuer, seq));
}

static bool loses(const struct tangle_model *m, uint32_t number)
{
    return itc_conflicts_loses(&m->conflicts, m->sites[number].index);
}

/* Two payments of issuer 1 with one seq, and a site on top of each. */
struct fork {
    uint32_t first, other, on_first, on_other;
};

static struct fork make_fork(struct tangle_model *m)
{
    struct fork f = {.first = lone(m, 1, 7)};
    f.on_first = child(m, f.first, 2, 1);
    f.other = lone(m, 1, 7);
    f.on_other = child(m, f.other, 3, 1);
    model_check(m);
    return f;
}

static void the_side_seen_later_loses_until_it_is_heavier(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 16, 16, 10, 1);
    struct fork f = make_fork(&m);
    assert_true(loses(&m, f.other) && loses(&m, f.on_other));
    assert_false(loses(&m, f.first) || loses(&m, f.on_first));
    child(&m, f.on_other, 4, 1);
    model_check(&m);
    assert_true(loses(&m, f.first) && loses(&m, f.on_first));
    assert_false(loses(&m, f.other) || loses(&m, f.on_other));
    model_free(&m);
}

static void who_has_merged_both_sides_does_not_lose(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 16, 16, 10, 2);
    struct fork f = make_fork(&m);
    uint32_t both[2] = {f.on_first, f.on_other};
    uint32_t merged = model_attach(&m, both, 2, 1, model_tx_make(&m, 5, 1));
    model_check(&m);
    assert_false(loses(&m, merged));
    assert_true(loses(&m, f.on_other));
    model_free(&m);
}

static void nobody_loses_when_the_interval_is_over(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 16, 16, 10, 3);
    struct fork f = make_fork(&m);
    assert_true(loses(&m, f.on_other));
    m.now_ms += MODEL_INTERVAL_MS;
    lone(&m, 1, 7); /* one more rival does not begin it anew */
    model_check(&m);
    assert_false(loses(&m, f.on_other));
    model_free(&m);
}

static void a_conflict_ends_with_its_first_site_that_leaves(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 16, 16, 10, 4);
    struct fork f = make_fork(&m);
    model_remove_marked(&m, model_mark_cone(&m, f.first), true);
    model_check(&m);
    assert_int_equal(m.conflicts.used, 0);
    assert_false(loses(&m, f.on_other));
    model_free(&m);
}

static bool is_late(const struct tangle_model *m, uint32_t number)
{
    return (m->window.vertices[m->sites[number].index].flags & ITC_VERTEX_LATE) != 0;
}

static void who_comes_late_is_left_out_with_all_on_top(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 16, 16, 10, 6);
    uint32_t first = lone(&m, 1, 7), rival = lone(&m, 1, 7);
    assert_false(itc_conflicts_mark_late(&m.conflicts, &m.txs, &m.window, m.now_ms));
    uint32_t top = child(&m, child(&m, first, 2, 1), 3, 1);
    uint32_t again =
        model_attach(&m, NULL, 0, 1, m.sites[rival].tx); /* not seen now for the first time */
    uint32_t late = lone(&m, 1, 7);
    uint32_t merged = model_attach(&m, (uint32_t[]){top, late}, 2, 1, model_tx_make(&m, 5, 1));
    assert_true(itc_conflicts_mark_late(&m.conflicts, &m.txs, &m.window, m.now_ms));
    assert_true(is_late(&m, late) && is_late(&m, merged));
    assert_false(
        is_late(&m, first) || is_late(&m, rival) || is_late(&m, top) || is_late(&m, again));
    m.now_ms += 2 * MODEL_INTERVAL_MS;
    assert_false(itc_conflicts_mark_late(&m.conflicts, &m.txs, &m.window, m.now_ms));
    model_check(&m);
    model_free(&m);
}

/* Or a primary would find nothing to name. */
static void nothing_is_late_when_the_first_is_final(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 16, 16, 10, 7);
    uint32_t first = lone(&m, 1, 7);
    child(&m, child(&m, first, 2, 1), 3, 1);
    uint32_t late = lone(&m, 1, 7), later = lone(&m, 1, 7);
    assert_true(itc_conflicts_mark_late(&m.conflicts, &m.txs, &m.window, m.now_ms));
    assert_true(is_late(&m, late) && is_late(&m, later));
    model_remove_marked(&m, model_mark_cone(&m, first), true);
    (void)itc_conflicts_mark_late(&m.conflicts, &m.txs, &m.window, m.now_ms);
    assert_false(is_late(&m, late) || is_late(&m, later));
    model_check(&m);
    model_free(&m);
}

static void more_than_64_are_left_to_the_milestone(void **state)
{
    (void)state;
    struct tangle_model m;
    uint32_t count = ITC_CONFLICTS + 1, last[2];
    model_init(&m, 2 * count + 8, 2 * count + 8, 10, 5);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t side = 0; side < 2; side++)
            last[side] = lone(&m, i, 1);
    model_check(&m);
    assert_true(m.conflicts.used == UINT64_MAX);
    assert_false(loses(&m, last[0]) || loses(&m, last[1]));
    model_remove_marked(&m, model_mark_cone(&m, 0), true);
    lone(&m, count - 1, 1); /* a place is free, and the conflict still there */
    model_check(&m);
    assert_true(loses(&m, last[1]));
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_side_seen_later_loses_until_it_is_heavier),
        cmocka_unit_test(who_has_merged_both_sides_does_not_lose),
        cmocka_unit_test(nobody_loses_when_the_interval_is_over),
        cmocka_unit_test(a_conflict_ends_with_its_first_site_that_leaves),
        cmocka_unit_test(who_comes_late_is_left_out_with_all_on_top),
        cmocka_unit_test(nothing_is_late_when_the_first_is_final),
        cmocka_unit_test(more_than_64_are_left_to_the_milestone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
