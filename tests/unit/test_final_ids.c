/* test_final_ids.c - what became final lately: first in, first out, and no more memory than that takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/final_ids.h"

#define CAPACITY 1000u
#define KEPT 20u /* milestones */
#define SEED 7u

struct fixture {
    void *block;
    struct itc_final_ids f;
};

static struct itc_hash id_of(uint64_t milestone, uint32_t i)
{
    struct itc_hash id = {.b = {0}};
    memcpy(id.b, &milestone, sizeof milestone);
    memcpy(id.b + sizeof milestone, &i, sizeof i);
    return id;
}

static int set_up(void **state)
{
    static struct fixture x;
    size_t size = itc_mem_rounded(itc_final_ids_size(CAPACITY));
    x.block = calloc(1, size + 64);
    assert_non_null(x.block);
    struct itc_mem mem = {.at = (uint8_t *)x.block + (64 - (uintptr_t)x.block % 64), .left = size};
    itc_final_ids_init(&x.f, &mem, CAPACITY, SEED);
    *state = &x;
    return 0;
}

static int tear_down(void **state)
{
    free(((struct fixture *)*state)->block);
    return 0;
}

static uint32_t size_of(uint64_t milestone)
{
    return (uint32_t)(milestone * 7 % 41);
}

static void add(struct itc_final_ids *f, uint64_t milestone)
{
    for (uint32_t i = 0; i < size_of(milestone); i++) {
        struct itc_hash id = id_of(milestone, i);
        assert_int_equal(itc_final_ids_add(f, &id, milestone / 2, milestone), ITC_OK);
    }
}

static void check(const struct itc_final_ids *f, uint64_t newest)
{
    uint32_t count = 0;
    for (uint64_t m = newest > 2 * KEPT ? newest - 2 * KEPT : 0; m <= newest; m++) {
        for (uint32_t i = 0; i < size_of(m); i++) {
            struct itc_hash id = id_of(m, i);
            const struct itc_final_id *e = itc_final_ids_find(f, &id);
            bool kept = m + KEPT > newest;
            assert_true((e != NULL) == kept);
            assert_true(e == NULL || (e->milestone == m && e->anchor == m / 2));
            count += kept;
        }
    }
    assert_int_equal(f->count, count);
}

static void the_last_milestones_are_known_and_no_others(void **state)
{
    struct itc_final_ids *f = &((struct fixture *)*state)->f;
    uint32_t most = 0;
    for (uint64_t m = 0; m < 500; m++) {
        add(f, m);
        most = f->count > most ? f->count : most;
        itc_final_ids_expire(f, m >= KEPT ? m - KEPT + 1 : 0);
        check(f, m);
    }
    assert_int_equal(f->fresh, most); /* places are used again before new ones are touched */
}

static void a_full_one_says_so_and_goes_on_when_some_are_gone(void **state)
{
    struct itc_final_ids *f = &((struct fixture *)*state)->f;
    struct itc_hash id;
    for (uint32_t i = 0; i < CAPACITY; i++) {
        id = id_of(i / 100, i);
        assert_int_equal(itc_final_ids_add(f, &id, 0, i / 100), ITC_OK);
    }
    id = id_of(10, 0);
    assert_int_equal(itc_final_ids_add(f, &id, 0, 10), ITC_E_FULL);
    assert_null(itc_final_ids_find(f, &id));
    itc_final_ids_expire(f, 1);
    assert_int_equal(f->count, CAPACITY - 100);
    assert_int_equal(itc_final_ids_add(f, &id, 0, 10), ITC_OK);
    itc_final_ids_expire(f, 10);
    assert_int_equal(f->count, 1);
    assert_non_null(itc_final_ids_find(f, &id));
    itc_final_ids_expire(f, 11);
    assert_int_equal(f->count, 0);
    assert_int_equal(itc_final_ids_add(f, &id, 0, 12), ITC_OK);
    assert_non_null(itc_final_ids_find(f, &id));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_milestones_are_known_and_no_others),
        TEST(a_full_one_says_so_and_goes_on_when_some_are_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
