/* test_weight.c - the graph of weight.h by hand, both ways; the threshold; kernels by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tangle/weight_kernels.h"
#include "tests/support/tangle_model.h"

static void exact_weights_of_a_diamond(void **state)
{
    (void)state;
    const uint32_t first[] = {0, 0, 1, 2, 4}, parents[] = {0, 0, 1, 2};
    const struct itc_graph graph = {.count = 4, .first = first, .parents = parents};
    uint32_t weights[4];
    _Alignas(64) uint64_t rows[4 * ITC_EXACT_COLUMNS / 64];
    assert_int_equal(itc_exact_rows_size(4), sizeof rows);
    struct itc_exact e;
    itc_exact_init(&e, &graph, weights, rows);
    assert_true(itc_exact_step(&e, 1));
    assert_int_equal(weights[0], 4);
    assert_int_equal(weights[1], 2);
    assert_int_equal(weights[2], 2);
    assert_int_equal(weights[3], 1);
}

static void nothing_to_weigh(void **state)
{
    (void)state;
    const uint32_t first[] = {0};
    const struct itc_graph graph = {.count = 0, .first = first};
    uint32_t weight = 7;
    uint64_t row = 7;
    struct itc_exact e;
    itc_exact_init(&e, &graph, &weight, &row);
    assert_true(itc_exact_step(&e, 1));
    assert_int_equal(weight, 7);
    assert_int_equal(row, 7);
}

/* A chain of 1,300 is three blocks; site i weighs 1,300 - i. */
static void a_chain_takes_three_steps(void **state)
{
    (void)state;
    enum {
        COUNT = 1300
    };
    uint32_t first[COUNT + 1], parents[COUNT], weights[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        first[i] = i == 0 ? 0 : i - 1;
        parents[i] = i;
    }
    first[COUNT] = COUNT - 1;
    const struct itc_graph graph = {.count = COUNT, .first = first, .parents = parents};
    uint64_t *rows = aligned_alloc(64, itc_exact_rows_size(COUNT));
    struct itc_exact e;
    itc_exact_init(&e, &graph, weights, rows);
    assert_false(itc_exact_step(&e, 1));
    assert_false(itc_exact_step(&e, 1));
    assert_true(itc_exact_step(&e, 1));
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(weights[i], COUNT - i);
    free(rows);
}

/* In a chain under threshold 3 each site arrives when its second approver comes, and then stays as it is. */
static void counting_stops_at_the_threshold(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 10, 10, 3, 1);
    for (uint32_t i = 0; i < 10; i++) {
        uint32_t parent = i - 1;
        model_attach(&m, &parent, i > 0, 1, model_tx_make(&m, i, 1));
        assert_int_equal(m.reached, i < 2 ? 0 : i - 1);
    }
    const struct itc_vertex *v = m.window.vertices;
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(v[m.sites[i].index].weight, i < 8 ? 3 : 10 - i);
    model_free(&m);
}

/* Two ways to one ancestor count once. */
static void a_diamond_is_counted_once(void **state)
{
    (void)state;
    struct tangle_model m;
    model_init(&m, 4, 4, 10, 1);
    model_attach(&m, NULL, 0, 1, model_tx_make(&m, 1, 1));
    model_attach(&m, (uint32_t[]){0}, 1, 1, model_tx_make(&m, 2, 1));
    model_attach(&m, (uint32_t[]){0}, 1, 1, model_tx_make(&m, 3, 1));
    model_attach(&m, (uint32_t[]){1, 2}, 2, 1, model_tx_make(&m, 4, 1));
    assert_int_equal(m.window.vertices[m.sites[0].index].weight, 4);
    assert_int_equal(m.window.vertices[m.sites[1].index].weight, 2);
    assert_int_equal(m.reached, 0);
    model_free(&m);
}

/* Every kernel by itself through the public calls, then the one that is chosen: the last that is available. */
static void every_kernel_can_be_used(void **state)
{
    const char *last = NULL;
    for (size_t i = 0; i < itc_weight_kernel_count; i++) {
        if (!itc_weight_kernels[i].available())
            continue;
        itc_weight_use(&itc_weight_kernels[i]);
        exact_weights_of_a_diamond(state);
        a_chain_takes_three_steps(state);
        last = itc_weight_kernels[i].name;
    }
    assert_string_equal(itc_weight_use_best(), last);
    exact_weights_of_a_diamond(state);
    a_chain_takes_three_steps(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_weights_of_a_diamond),
        cmocka_unit_test(nothing_to_weigh),
        cmocka_unit_test(a_chain_takes_three_steps),
        cmocka_unit_test(counting_stops_at_the_threshold),
        cmocka_unit_test(a_diamond_is_counted_once),
        cmocka_unit_test(every_kernel_can_be_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
