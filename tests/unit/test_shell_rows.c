/* test_shell_rows.c - rows that wait for the store: their memory, after more than usual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/shell/rows.h"

#define VALUE ((size_t)1 << 20)

static uint8_t value[VALUE];

static void add(struct itc_rows *r, uint8_t key, size_t len)
{
    struct itc_write w = {.op = ITC_WRITE_PUT,
        .cf = ITC_CF_BODY,
        .key = &key,
        .key_len = 1,
        .value = value,
        .value_len = len};
    struct itc_actions a = {.batch = key, .writes = &w, .writes_count = 1};
    itc_rows_add(r, &a);
}

static void count(void *ctx, const struct itc_write *w)
{
    uint32_t *rows = ctx;
    assert_int_equal(w->key[0], *rows);
    assert_int_equal(w->value_len, VALUE);
    (*rows)++;
}

static void what_is_usual_is_kept(void **state)
{
    (void)state;
    struct itc_rows r = {0};
    uint32_t rows = 0;
    itc_rows_init(&r);
    const size_t bytes = r.bytes_cap, cap = r.cap;
    for (uint8_t i = 0; i < 100; i++)
        add(&r, i, VALUE);
    assert_true(r.bytes_cap > bytes);
    itc_rows_visit(&r, count, &rows);
    assert_int_equal(rows, 100);
    itc_rows_clear(&r);
    assert_int_equal(r.bytes_cap, bytes);
    assert_int_equal(r.cap, cap);
    assert_int_equal(r.batch, 99);
    for (uint32_t i = 0; i < cap + 1; i++)
        add(&r, 1, 0);
    assert_true(r.cap > cap);
    itc_rows_clear(&r);
    assert_int_equal(r.bytes_cap, bytes);
    assert_int_equal(r.cap, cap);
    itc_rows_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_usual_is_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
