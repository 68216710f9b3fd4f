/* test_theory.c - the tangle, grown with the tips and the window that nodes use, agrees with the theory of it. */
#include "tools/sim/study/growth.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WITHIN 0.03
#define SITES 100000

static const struct itc_growth_config base = {
    .lambda_h = 100, .parents = 2, .alpha = -1, .depth_h = 20, .sites = SITES, .seed = 1};

static void assert_near(const char *what, double is, double expected, double within)
{
    if (!(fabs(is / expected - 1) <= within))
        fail_msg("%s: %f, expected %f within %g %%", what, is, expected, 100 * within);
}

static void compare(uint32_t parents, double lazy, double tips)
{
    struct itc_growth_config c = base;
    c.parents = parents;
    c.lazy = lazy;
    static struct itc_growth g, theory;
    assert_true(itc_growth_theory(&c, &theory));
    itc_growth_run(&c, &g);
    assert_near("theory of tips", theory.tips, tips, 0.005);
    assert_near("tips", g.tips, theory.tips, WITHIN);
    assert_near("first approval", g.first_approval, theory.first_approval, WITHIN);
}

static void tips_and_first_approval(void **state)
{
    (void)state;
    compare(2, 0, 2.00);
    compare(3, 0, 1.50);
    compare(4, 0, 1.333);
    compare(8, 0, 1.143);
}

static void lazy_issuers_leave_more_tips(void **state)
{
    (void)state;
    compare(2, 0.25, 3.0);
    compare(2, 0.40, 6.0);
}

static void approvers_follow_poisson(void **state)
{
    (void)state;
    static const double expected[] = {0, .368, .368, .184, .061};
    static struct itc_growth g;
    itc_growth_run(&base, &g);
    assert_true(g.approvers[0] < 0.001);
    for (uint32_t n = 1; n < 5; n++)
        assert_near("approvers", g.approvers[n], expected[n], WITHIN);
}

static void weight_adapts(void **state)
{
    (void)state;
    static struct itc_growth g;
    itc_growth_run(&base, &g);
    assert_near("adaptation", g.adaptation, 15.05, 0.10);
    double last = g.weight[ITC_GROWTH_AGES - 1] - g.weight[ITC_GROWTH_AGES - 5];
    assert_near("final pace", last, base.lambda_h * 4 * ITC_GROWTH_AGE_H, WITHIN);
}

/* k (1 - q) <= 1: tips grow for as long as it lasts; three parents hold what two cannot. */
static void half_lazy_is_too_much_for_two_parents(void **state)
{
    (void)state;
    struct itc_growth_config c = base;
    static struct itc_growth g, theory;
    c.lazy = 0.55;
    assert_false(itc_growth_theory(&c, &theory));
    itc_growth_run(&c, &g);
    assert_true(g.course[ITC_GROWTH_TIMES - 1] > 1.8 * g.course[ITC_GROWTH_TIMES / 2]);
    c.parents = 4;
    compare(c.parents, c.lazy, 2.25);
}

static void same_seed_same_tangle(void **state)
{
    (void)state;
    struct itc_growth_config c = base;
    static struct itc_growth a, b;
    c.sites = 5000;
    itc_growth_run(&c, &a);
    itc_growth_run(&c, &b);
    assert_memory_equal(&a, &b, sizeof a);
    c.seed++;
    itc_growth_run(&c, &b);
    assert_memory_not_equal(&a, &b, sizeof a);
}

/* With alpha 0 a walk takes every approver alike, and still ends at a tip; with a great one it leaves sites behind that
 * others outweigh. */
static void walks_leave_the_light_behind(void **state)
{
    (void)state;
    struct itc_growth_config c = base;
    static struct itc_growth blind, greedy;
    c.sites = 20000;
    c.alpha = 0;
    itc_growth_run(&c, &blind);
    c.alpha = 0.5;
    itc_growth_run(&c, &greedy);
    assert_true(greedy.tips > 2 * blind.tips);
    assert_true(greedy.approvers[0] > 0.05 && blind.approvers[0] < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tips_and_first_approval),
        cmocka_unit_test(lazy_issuers_leave_more_tips), cmocka_unit_test(approvers_follow_poisson),
        cmocka_unit_test(weight_adapts), cmocka_unit_test(half_lazy_is_too_much_for_two_parents),
        cmocka_unit_test(same_seed_same_tangle), cmocka_unit_test(walks_leave_the_light_behind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
