/* test_cone.c - order by hand: parents first, the heavier of two conflicting sites first, ties by id; what is final
 * or outside stays out; bounds. Random cones: tests/prop/prop_cone.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/tangle_model.h"

static uint32_t site(struct tangle_model *m, const uint32_t *parents, uint32_t count)
{
    return model_attach(m, parents, count, 5, model_tx_make(m, m->site_count, 1));
}

/*   0 <- 1 <- 3 <- 5      1 and 2 spend the same; the subtangle of 1 is heavier
 *    \-- 2 <------/       4 stands apart */
static void forked(struct tangle_model *m)
{
    site(m, NULL, 0);
    site(m, (uint32_t[]){0}, 1);
    site(m, (uint32_t[]){0}, 1);
    site(m, (uint32_t[]){1}, 1);
    site(m, NULL, 0);
    site(m, (uint32_t[]){3, 2}, 2);
}

static enum itc_err add(struct tangle_model *m, uint32_t head, uint32_t sites_max)
{
    return itc_cone_add(&m->cone, &m->window, m->sites[head].index, sites_max, UINT64_MAX, 5);
}

static void heavier_comes_first(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, 10, 1);
    forked(&m);
    assert_int_equal(add(&m, 5, 8), ITC_OK);
    itc_cone_order_init(&m.cone, &m.window);
    assert_true(itc_cone_order(&m.cone, &m.window, 1));
    assert_int_equal(m.cone.count, 5);
    const uint32_t weights[] = {5, 3, 2, 2, 1};
    assert_memory_equal(m.cone.weights, weights, sizeof weights);
    assert_int_equal(m.cone.sites[0], m.sites[0].index);
    assert_int_equal(m.cone.sites[1], m.sites[1].index);
    bool two_first = memcmp(m.sites[2].id.b, m.sites[3].id.b, 32) < 0;
    assert_int_equal(m.cone.sites[2], m.sites[two_first ? 2 : 3].index);
    assert_int_equal(m.cone.sites[3], m.sites[two_first ? 3 : 2].index);
    assert_int_equal(m.cone.sites[4], m.sites[5].index);
    model_free(&m);
}

/* Weight counts within the cone only: under head 3 site 1 weighs 2, although 5 approves it, too. */
static void weight_is_of_the_cone(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, 10, 1);
    forked(&m);
    model_check_cone(&m, 3);
    assert_int_equal(m.cone.count, 3);
    assert_int_equal(m.cone.weights[1], 2);
    model_free(&m);
}

static void final_parents_are_outside(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, 10, 1);
    forked(&m);
    model_remove_marked(&m, model_mark_cone(&m, 3), false);
    model_check_cone(&m, 5);
    assert_int_equal(m.cone.count, 2);
    model_free(&m);
}

static void bounds_refuse_whole_heads(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, 10, 1);
    forked(&m);
    assert_int_equal(add(&m, 3, 3), ITC_OK);
    assert_int_equal(add(&m, 3, 3), ITC_OK); /* nothing new */
    assert_int_equal(add(&m, 5, 4), ITC_E_TOO_LARGE);
    assert_int_equal(m.cone.count, 3);
    assert_int_equal(itc_cone_find(&m.cone, m.sites[2].index), ITC_NONE);
    assert_int_equal(add(&m, 2, 2), ITC_E_TOO_LARGE); /* a bound below what is there */
    assert_int_equal(add(&m, 5, 5), ITC_OK);
    assert_int_equal(itc_cone_find(&m.cone, m.sites[2].index), 3);
    uint64_t bytes = m.cone.bytes;
    uint32_t apart = m.sites[4].index;
    assert_int_equal(itc_cone_add(&m.cone, &m.window, apart, 8, bytes + m.sites[4].size - 1, 5),
        ITC_E_TOO_LARGE);
    assert_int_equal(itc_cone_add(&m.cone, &m.window, apart, 8, UINT64_MAX, 6), ITC_E_ANCHOR);
    assert_int_equal(m.cone.bytes, bytes);
    itc_cone_clear(&m.cone);
    assert_int_equal(m.cone.count, 0);
    assert_int_equal(itc_cone_find(&m.cone, m.sites[2].index), ITC_NONE);
    model_free(&m);
}

static void an_empty_cone_has_an_order(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 8, 8, 10, 1);
    itc_cone_clear(&m.cone);
    itc_cone_order_init(&m.cone, &m.window);
    assert_true(itc_cone_order(&m.cone, &m.window, 1));
    assert_int_equal(m.cone.count, 0);
    model_free(&m);
}

/* Sites without parents all weigh 1: the order is that of their ids alone. Three blocks of columns. */
static void equal_weights_go_by_id(void **state)
{
    (void)state;
    enum {
        COUNT = 1100
    };
    struct tangle_model m;
    model_init(&m, COUNT, COUNT, 10, 1);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(add(&m, site(&m, NULL, 0), COUNT), ITC_OK);
    itc_cone_order_init(&m.cone, &m.window);
    assert_false(itc_cone_order(&m.cone, &m.window, 512 + 1024));
    assert_true(itc_cone_order(&m.cone, &m.window, 1));
    for (uint32_t i = 1; i < COUNT; i++) {
        const struct itc_vertex_info *infos = m.window.infos;
        assert_true(
            itc_hash_compare(&infos[m.cone.sites[i - 1]].id, &infos[m.cone.sites[i]].id) < 0);
    }
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heavier_comes_first),
        cmocka_unit_test(weight_is_of_the_cone),
        cmocka_unit_test(final_parents_are_outside),
        cmocka_unit_test(bounds_refuse_whole_heads),
        cmocka_unit_test(an_empty_cone_has_an_order),
        cmocka_unit_test(equal_weights_go_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
