/* test_pool.c - whose transaction gets the next proof of work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/pool.h"

#define TXS 64u
#define BYTES (1u << 20)

struct bed {
    struct itc_pool pool;
    void *memory;
};

static int setup(void **state)
{
    struct bed *b = calloc(1, sizeof *b);
    size_t size = itc_pool_size(TXS, BYTES);
    assert_non_null(b);
    b->memory = aligned_alloc(64, size);
    assert_non_null(b->memory);
    memset(b->memory, 0, size);
    struct itc_mem mem = {.at = b->memory, .left = size};
    itc_pool_init(&b->pool, &mem, TXS, BYTES, 3);
    assert_int_equal(mem.left, 0);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    free(b->memory);
    free(b);
    return 0;
}

/* A tx of `issuer`, as heavy as `weight`, that is ready. */
static uint32_t ready(struct bed *b, uint8_t issuer, uint64_t seq, uint64_t weight)
{
    uint8_t bytes[155] = {0};
    struct itc_tx tx = {.seq = seq};
    struct itc_hash id = {{issuer, (uint8_t)seq}};
    uint32_t entry;
    tx.issuer.b[0] = issuer;
    assert_int_equal(itc_pool_add(&b->pool, &entry, &id, &tx, bytes, sizeof bytes), ITC_OK);
    itc_pool_queue(&b->pool, entry, 0);
    assert_int_equal(itc_pool_dequeue(&b->pool), entry);
    assert_true(itc_pool_ready(&b->pool, entry, weight));
    return entry;
}

static uint32_t works(struct bed *b)
{
    uint32_t entry = itc_pool_next(&b->pool);
    itc_pool_take(&b->pool, entry, true);
    assert_int_equal(b->pool.txs[entry].state, ITC_POOL_WORKING);
    return entry;
}

static void who_was_idle_gets_one_of_the_next_two(void **state)
{
    struct bed *b = *state;
    for (uint64_t seq = 0; seq < 30; seq++)
        (void)ready(b, 1, seq, 1000000);
    for (int i = 0; i < 5; i++)
        (void)works(b);
    uint32_t entry = ready(b, 2, 0, 1);
    assert_true(works(b) == entry || works(b) == entry);
}

/* What is taken out without work stands nowhere, and costs nothing. */
static void only_work_counts(void **state)
{
    struct bed *b = *state;
    uint32_t first = ready(b, 1, 0, 1), second = ready(b, 2, 0, 1);
    assert_int_equal(itc_pool_next(&b->pool), first);
    itc_pool_take(&b->pool, first, false);
    itc_pool_queue(&b->pool, first, 7);
    assert_int_equal(itc_pool_dequeue(&b->pool), first);
    assert_true(itc_pool_ready(&b->pool, first, 1));
    assert_int_equal(works(b), second); /* first come, first served: it went to the end */
    assert_int_equal(works(b), first);
    assert_int_equal(itc_pool_next(&b->pool), ITC_NONE);
    itc_pool_remove(&b->pool, first);
    assert_int_equal(b->pool.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_was_idle_gets_one_of_the_next_two, setup, teardown),
        cmocka_unit_test_setup_teardown(only_work_counts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
