/* test_price.c - the price of a site follows the load, and does not swing. With fixed seeds; itc-sim tangle --price prints
 * more of it. */
#include "tools/sim/study/price.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SEEDS 20
#define STEP_WINDOWS 60
#define BURST_WINDOWS 5
#define AFTER_WINDOWS 24

static struct itc_price_config config_of(double calm, double surge, uint32_t windows)
{
    struct itc_price_config c = {.calm = calm, .surge = surge};
    itc_params_default(&c.params);
    c.from = 2 * c.params.work_window + 1;
    c.until = c.from + windows * c.params.work_window;
    c.milestones = c.until + AFTER_WINDOWS * c.params.work_window;
    return c;
}

/* From below the band to far above the ceiling; none that brings the load, at some price, within chance of a bound. */
static const double surges[] = {1, 3.6, 4.8, 6.8, 9.6, 14, 23, 32, 64};
#define SURGES (sizeof surges / sizeof surges[0])

static void run(struct itc_price_config *c, uint64_t seed, struct itc_price *out)
{
    c->seed = seed;
    itc_price_run(c, out);
}

static void expect_steady(
    const struct itc_price_config *c, const struct itc_price *p, uint32_t most)
{
    if (p->turns > 1 || p->settled_windows > most)
        fail_msg("surge %g beside %g, answer %g%s, seed %u: %u turns, settled after %u windows",
            c->surge, c->calm, c->answer, c->old_anchors ? ", old anchors" : "", (unsigned)c->seed,
            p->turns, p->settled_windows);
}

/* A bit each window, and no step that is taken back. */
static void a_step_at_any_price_reaches_the_ceiling(void **state)
{
    (void)state;
    static struct itc_price p;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        for (size_t i = 0; i < SURGES; i++) {
            struct itc_price_config c = config_of(0.3, surges[i], STEP_WINDOWS);
            run(&c, seed, &p);
            expect_steady(&c, &p, 4);
            assert_int_equal(p.turns, 0);
            assert_int_equal(
                p.highest, c.surge > 2.5 ? c.params.work_ceiling : c.params.work_floor);
        }
}

/* The price that suffices is passed by while the sites are still anchored at older headers, and come back to. */
static void a_step_of_hash_power_settles(void **state)
{
    (void)state;
    static struct itc_price p;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        for (size_t i = 0; i < 2 * SURGES; i++) {
            struct itc_price_config c = config_of(0.3, surges[i / 2], STEP_WINDOWS);
            c.answer = 1;
            c.old_anchors = i % 2 == 1;
            run(&c, seed, &p);
            expect_steady(&c, &p, c.old_anchors ? 12 : 8);
        }
}

/* Also where the load, at some price, is so near to a bound that chance decides. */
static void whatever_the_load_it_turns_once_at_most(void **state)
{
    (void)state;
    static struct itc_price p;
    for (double surge = 1; surge < 20; surge *= 1.05)
        for (uint64_t seed = 1; seed <= 12; seed++) {
            struct itc_price_config c = config_of(seed % 2 ? 0 : 0.3, surge, STEP_WINDOWS);
            c.answer = 1;
            c.old_anchors = seed % 3 == 0;
            run(&c, seed, &p);
            expect_steady(&c, &p, STEP_WINDOWS);
        }
}

/* As far as the price goes, it keeps the load near the target. */
static void hash_power_is_held_near_the_target(void **state)
{
    (void)state;
    static struct itc_price p;
    for (size_t i = 0; i < SURGES && surges[i] <= 23; i++) {
        struct itc_price_config c = config_of(0.3, surges[i], STEP_WINDOWS);
        c.answer = 1;
        c.old_anchors = true;
        run(&c, 1, &p);
        double sum = 0;
        uint32_t from = c.until - 16 * c.params.work_window;
        for (uint32_t m = from; m < c.until; m++)
            sum += p.load[m];
        assert_true(sum / (c.until - from) < 2.5);
    }
}

/* 0.9 targets are 1,000 sites a second. */
static void after_a_burst_the_price_comes_down(void **state)
{
    (void)state;
    static struct itc_price p;
    static const double calms[] = {0, 0.3, 0.45, 0.6, 0.9};
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        for (size_t i = 0; i < sizeof calms / sizeof calms[0]; i++) {
            struct itc_price_config c = config_of(calms[i], 64, BURST_WINDOWS);
            run(&c, seed, &p);
            assert_int_equal(p.highest, c.params.work_ceiling);
            assert_true(p.back_windows <= (calms[i] < 0.5 ? 5 : 16));
            for (uint32_t m = c.until; m <= c.milestones; m++)
                assert_true(p.bits[m] <= p.bits[m - 1]);
        }
}

/* The bound of the rule: where issuers give up so soon that a bit more leaves less than a fifth of them, no price is right. */
static void faint_hearts_make_it_swing(void **state)
{
    (void)state;
    static struct itc_price p;
    struct itc_price_config c = config_of(0, 3, STEP_WINDOWS);
    c.answer = 3;
    run(&c, 1, &p);
    assert_true(p.turns > 20);
    c.answer = 1.5;
    run(&c, 1, &p);
    expect_steady(&c, &p, 8);
}

static void a_lamp_pays_half_a_second_to_nine(void **state)
{
    (void)state;
    struct itc_params params;
    itc_params_default(&params);
    double least = itc_price_lamp_s(params.work_floor),
           most = itc_price_lamp_s(params.work_ceiling);
    assert_true(least > 0.5 && least < 0.6);
    assert_true(most > 8.5 && most < 9);
}

static void same_seed_same_course(void **state)
{
    (void)state;
    static struct itc_price a, b;
    struct itc_price_config c = config_of(0.3, 4, STEP_WINDOWS);
    run(&c, 1, &a);
    run(&c, 1, &b);
    assert_memory_equal(&a, &b, sizeof a);
    run(&c, 2, &b);
    assert_memory_not_equal(&a, &b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_step_at_any_price_reaches_the_ceiling),
        cmocka_unit_test(a_step_of_hash_power_settles),
        cmocka_unit_test(whatever_the_load_it_turns_once_at_most),
        cmocka_unit_test(hash_power_is_held_near_the_target),
        cmocka_unit_test(after_a_burst_the_price_comes_down),
        cmocka_unit_test(faint_hearts_make_it_swing),
        cmocka_unit_test(a_lamp_pays_half_a_second_to_nine),
        cmocka_unit_test(same_seed_same_course)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
