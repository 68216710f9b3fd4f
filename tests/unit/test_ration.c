/* test_ration.c - one peer's ration: what is spent at once, what comes back with time, what is owed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/ration.h"

#define SITES 256u /* that one GET_CONE asks for */

static uint32_t take_all(struct itc_ration *r, uint64_t now_ms, uint64_t cost, uint64_t burst)
{
    uint32_t taken = 0;
    while (taken < 100000 && itc_ration_take(r, now_ms, cost, burst))
        taken++;
    return taken;
}

static void a_burst_then_one_at_a_time(void **state)
{
    (void)state;
    struct itc_ration r = {0};
    assert_int_equal(take_all(&r, 1000, 100000, 400000), 5);
    assert_int_equal(take_all(&r, 1099, 100000, 400000), 0);
    assert_int_equal(take_all(&r, 1100, 100000, 400000), 1);
    assert_int_equal(take_all(&r, 1350, 100000, 400000), 2);
    assert_int_equal(take_all(&r, 1000000, 100000, 400000), 5); /* what was saved has a bound */
}

static void a_large_answer_is_whole_and_paid_for(void **state)
{
    (void)state;
    struct itc_ration r = {0};
    assert_true(itc_ration_take(&r, 1, 3000000, 1000));
    assert_false(itc_ration_left(&r, 1, 1000));
    itc_ration_spend(&r, 1, 1000000);
    assert_false(itc_ration_take(&r, 3999, 1, 1000));
    assert_true(itc_ration_take(&r, 4000, 1, 1000));
}

/* Who asks as fast as it can, and waits half a second whenever it was refused, as sync.c does. */
static void who_catches_up_gets_fifty_thousand_sites_a_second(void **state)
{
    (void)state;
    struct itc_ration r = {0};
    uint64_t sites = 0, again_ms = 0;
    for (uint64_t now_ms = 0; now_ms < 60000; now_ms++) {
        for (uint32_t i = 0; i < 4 && now_ms >= again_ms;
             i++) { /* a million a second, while served */
            bool left =
                itc_ration_take(&r, now_ms, SITES * ITC_RATION_SITE_US, ITC_RATION_BULK_BURST_US);
            sites += left ? SITES : 0;
            again_ms = left ? again_ms : now_ms + 500;
            if (left && sites % 512 == 0)
                itc_ration_spend(&r, now_ms, ITC_RATION_LEAVES_US);
        }
    }
    assert_true(sites >= 60 * 50000);
    assert_true(sites <= 61 * 62500 + 2 * SITES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_then_one_at_a_time),
        cmocka_unit_test(a_large_answer_is_whole_and_paid_for),
        cmocka_unit_test(who_catches_up_gets_fifty_thousand_sites_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
