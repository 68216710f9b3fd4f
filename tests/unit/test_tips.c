/* test_tips.c - who is a tip; choice: uniform, distinct, never too old; what comes back after a removal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/tangle_model.h"

#define DRAWS 60000

static uint32_t lone(struct tangle_model *m, uint64_t anchor)
{
    uint32_t number = m->site_count;
    return model_attach(m, NULL, 0, anchor, model_tx_make(m, number, 1));
}

static uint32_t choose(struct tangle_model *m, uint64_t least_anchor, uint32_t want, uint32_t *out)
{
    itc_window_age(&m->window, least_anchor);
    return itc_tips_choose(&m->tips, &m->window, NULL, &m->rng, want, out);
}

static void approved_sites_are_no_tips(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, 10, 1);
    assert_int_equal(choose(&m, 0, 2, m.list), 0);
    uint32_t a = lone(&m, 1), b = lone(&m, 1);
    assert_int_equal(m.tips.count, 2);
    model_attach(&m, (uint32_t[]){a, b}, 2, 1, 0);
    assert_int_equal(m.tips.count, 1);
    model_attach(&m, &a, 1, 1, 0);
    assert_int_equal(m.tips.count, 2);
    model_check(&m);
    model_free(&m);
}

/* Every pair of five tips, about equally often. */
static void choice_is_uniform(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, 10, 3);
    for (uint32_t i = 0; i < 5; i++)
        lone(&m, 1);
    uint32_t pairs[8][8] = {{0}};
    for (uint32_t i = 0; i < DRAWS; i++) {
        uint32_t out[2];
        assert_int_equal(choose(&m, 0, 2, out), 2);
        pairs[out[0]][out[1]]++;
    }
    for (uint32_t a = 0; a < 5; a++) {
        assert_int_equal(pairs[a][a], 0);
        for (uint32_t b = 0; b < a; b++)
            assert_in_range(pairs[a][b] + pairs[b][a], DRAWS / 10 - 400, DRAWS / 10 + 400);
    }
    model_free(&m);
}

/* One young tip among many old ones is found, and evenly so if there are several. */
static void old_tips_are_set_aside(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 100, 100, 10, 4);
    for (uint32_t i = 0; i < 100; i++)
        lone(&m, i % 30 == 7 ? 9 : 5); /* 7, 37, 67, 97 */
    uint32_t out[ITC_SITE_PARENTS_MAX];
    assert_int_equal(choose(&m, 9, 8, out), 4);
    assert_int_equal(m.tips.live, 4);
    uint32_t counts[100] = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        assert_int_equal(choose(&m, 9, 1, out), 1);
        counts[out[0]]++;
    }
    for (uint32_t i = 7; i < 100; i += 30)
        assert_in_range(counts[m.sites[i].index], DRAWS / 4 - 600, DRAWS / 4 + 600);
    assert_int_equal(choose(&m, 10, 2, out), 0);
    model_check(&m);
    model_free(&m);
}

/* The old past of a tip becomes final: it can be chosen again. Attaching goes on in between. */
static void a_removal_brings_tips_back(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, 10, 5);
    uint32_t old = lone(&m, 1), young = model_attach(&m, &old, 1, 9, 0), out[2];
    assert_int_equal(choose(&m, 5, 2, out), 0);
    lone(&m, 9);
    assert_int_equal(choose(&m, 5, 2, out), 1);
    assert_int_equal(out[0], m.sites[2].index);
    model_check(&m);
    model_remove_marked(&m, model_mark_cone(&m, old), false);
    assert_int_equal(choose(&m, 5, 2, out), 2);
    assert_true(out[0] == m.sites[young].index || out[1] == m.sites[young].index);
    model_check(&m);
    model_free(&m);
}

/* A tip that was set aside can be approved, and can leave. */
static void tips_set_aside_can_go(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 16, 16, 10, 6);
    for (uint32_t i = 0; i < 8; i++)
        lone(&m, i % 2);
    uint32_t out[ITC_SITE_PARENTS_MAX];
    assert_int_equal(choose(&m, 1, 8, out), 4);
    model_attach(&m, (uint32_t[]){0, 1}, 2, 1, 0);
    model_check(&m);
    model_remove_marked(&m, model_mark_cone(&m, 2), false);
    model_check(&m);
    assert_int_equal(choose(&m, 0, 8, out), 6);
    model_free(&m);
}

static void parents_follow_the_pool(void **state)
{
    (void)state;
    static const uint32_t cases[][2] = {{0, 2}, {256, 2}, {257, 3}, {513, 3}, {514, 4}, {1028, 5},
        {8191, 7}, {16448, 8}, {1000000, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct itc_tips t = {.count = cases[i][0]};
        assert_int_equal(itc_tips_parents(&t), cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(approved_sites_are_no_tips),
        cmocka_unit_test(choice_is_uniform),
        cmocka_unit_test(old_tips_are_set_aside),
        cmocka_unit_test(a_removal_brings_tips_back),
        cmocka_unit_test(tips_set_aside_can_go),
        cmocka_unit_test(parents_follow_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
