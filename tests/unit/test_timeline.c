/* What is due comes out in order of time, and of one time in order of arrival. */
#include "tools/sim/timeline.h"

#include "tangle/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct item {
    uint64_t at_ms;
    uint64_t number;
};

static void add(struct itc_timeline *t, uint64_t at_ms, uint64_t number)
{
    struct item *item = malloc(sizeof *item);
    assert_non_null(item);
    *item = (struct item){at_ms, number};
    itc_timeline_add(t, at_ms, item);
}

static struct item pop(struct itc_timeline *t)
{
    uint64_t at_ms = itc_timeline_peek(t)->at_ms;
    struct item *popped = itc_timeline_pop(t), item = *popped;
    free(popped);
    assert_int_equal(item.at_ms, at_ms);
    return item;
}

static void comes_out_in_order(void **state)
{
    (void)state;
    struct itc_timeline t;
    struct itc_rng rng;
    itc_rng_init(&rng, 1);
    itc_timeline_init(&t);
    uint64_t added = 0;
    for (int round = 0; round < 50; round++) {
        struct item last = {0, 0};
        for (int i = 0; i < 300; i++) /* few times, so that many share one */
            add(&t, 1000 * (uint64_t)round + itc_rng_below(&rng, 40), ++added);
        for (int i = 0; i < 300; i++) {
            struct item item = pop(&t);
            assert_true(
                item.at_ms > last.at_ms || (item.at_ms == last.at_ms && item.number > last.number));
            last = item;
        }
        assert_null(itc_timeline_peek(&t));
    }
    itc_timeline_free(&t, free);
}

static void earlier_overtakes(void **state)
{
    (void)state;
    struct itc_timeline t;
    itc_timeline_init(&t);
    add(&t, 10, 1);
    add(&t, 5, 2);
    assert_int_equal(pop(&t).number, 2);
    add(&t, 7, 3);
    add(&t, 10, 4);
    assert_int_equal(pop(&t).number, 3);
    assert_int_equal(pop(&t).number, 1);
    itc_timeline_free(&t, free); /* number 4 is discarded: a leak would be seen */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_in_order),
        cmocka_unit_test(earlier_overtakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
