/* The store in memory against the plainest model there is: one slot for each of 256 keys. */
#include "tools/sim/mem_store.h"

#include "tangle/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define KEYS 256

struct model {
    bool held[KEYS];
    uint8_t value[KEYS][3];
    size_t len[KEYS];
};

/* Keys of one and two bytes: "5" comes before "5x", whatever x. */
static size_t make_key(uint8_t key[2], uint32_t n)
{
    key[0] = (uint8_t)(n / 16);
    key[1] = (uint8_t)(n % 16);
    return n % 16 == 0 ? 1 : 2;
}

static void change(struct itc_mem_store *s, struct model *m, struct itc_rng *rng)
{
    uint8_t key[2], until[2], value[3];
    uint32_t n = itc_rng_below(rng, KEYS), end = itc_rng_below(rng, KEYS);
    struct itc_write w = {
        .op = (enum itc_write_op)itc_rng_below(rng, 3), .cf = ITC_CF_POOL, .key = key};
    w.key_len = make_key(key, n);
    if (w.op == ITC_WRITE_PUT) {
        m->held[n] = true;
        m->len[n] = w.value_len = itc_rng_below(rng, sizeof value + 1);
        memset(value, (int)itc_rng_below(rng, 256), sizeof value);
        memcpy(m->value[n], value, sizeof value);
        w.value = value;
    } else if (w.op == ITC_WRITE_DELETE) {
        m->held[n] = false;
    } else if (itc_rng_below(rng, 4) == 0) { /* seldom: it empties half of the family */
        w.value = until;
        w.value_len = make_key(until, end);
        for (uint32_t i = n; i < end; i++)
            m->held[i] = false;
    } else {
        return;
    }
    itc_mem_store_write(s, &w, 1);
}

struct walk {
    const struct model *model;
    uint32_t next; /* no key below this one may come */
    uint32_t seen;
    uint32_t stop_after;
};

static bool check_row(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct walk *walk = ctx;
    uint32_t n = key[0] * 16u + (key_len == 2 ? key[1] : 0);
    assert_true(n >= walk->next);
    for (; walk->next < n; walk->next++)
        assert_false(walk->model->held[walk->next]);
    walk->next = n + 1;
    assert_true(walk->model->held[n]);
    assert_int_equal(value_len, walk->model->len[n]);
    assert_memory_equal(value, walk->model->value[n], value_len);
    return ++walk->seen < walk->stop_after;
}

static void check_scan(struct itc_mem_store *s, const struct model *m, uint32_t from)
{
    uint8_t key[2];
    size_t key_len = make_key(key, from);
    struct walk walk = {.model = m, .next = from, .stop_after = UINT32_MAX};
    struct itc_store reader = itc_mem_store_reader(s);
    reader.scan(reader.ctx, ITC_CF_POOL, key, key_len, check_row, &walk);
    for (; walk.next < KEYS; walk.next++)
        assert_false(m->held[walk.next]);
}

static void check_gets(struct itc_mem_store *s, const struct model *m)
{
    struct itc_store reader = itc_mem_store_reader(s);
    const uint8_t *last = itc_mem_store_last(s, ITC_CF_POOL);
    size_t held = 0;
    for (uint32_t n = 0; n < KEYS; n++) {
        uint8_t key[2], value[3];
        size_t len = 99, key_len = make_key(key, n);
        enum itc_err e =
            reader.get(reader.ctx, ITC_CF_POOL, key, key_len, value, sizeof value, &len);
        assert_int_equal(e, m->held[n] ? ITC_OK : ITC_E_UNKNOWN);
        if (!m->held[n])
            continue;
        held++;
        assert_int_equal(len, m->len[n]);
        assert_memory_equal(value, m->value[n], len);
    }
    assert_int_equal(itc_mem_store_count(s, ITC_CF_POOL), held);
    assert_int_equal(last != NULL, held > 0);
    for (uint32_t n = KEYS; last && n-- > 0;)
        if (m->held[n]) {
            uint8_t key[2];
            size_t key_len = make_key(key, n);
            assert_memory_equal(last, key, key_len);
            break;
        }
}

static void behaves_like_the_model(void **state)
{
    (void)state;
    struct itc_mem_store s;
    struct model m = {.len = {0}};
    struct itc_rng rng;
    itc_rng_init(&rng, 1);
    itc_mem_store_init(&s);
    for (int round = 0; round < 400; round++) {
        for (int i = 0; i < 20; i++)
            change(&s, &m, &rng);
        check_gets(&s, &m);
        check_scan(&s, &m, itc_rng_below(&rng, KEYS));
        check_scan(&s, &m, 0);
    }
    itc_mem_store_free(&s);
    assert_int_equal(itc_mem_store_count(&s, ITC_CF_POOL), 0);
}

static void put_one(struct itc_mem_store *s, enum itc_cf cf, uint32_t n, const char *value)
{
    struct itc_store_key key = itc_key_body(n);
    struct itc_write w = {ITC_WRITE_PUT, cf, key.b, key.len, (const uint8_t *)value, strlen(value)};
    itc_mem_store_write(s, &w, 1);
}

static void families_are_apart(void **state)
{
    (void)state;
    struct itc_mem_store s;
    itc_mem_store_init(&s);
    put_one(&s, ITC_CF_BODY, 7, "body");
    put_one(&s, ITC_CF_HEADER, 7, "header");
    struct itc_store_key from = itc_key_body(0), until = itc_key_body(100);
    struct itc_write w = {
        ITC_WRITE_DELETE_RANGE, ITC_CF_BODY, from.b, from.len, until.b, until.len};
    itc_mem_store_write(&s, &w, 1);
    assert_int_equal(itc_mem_store_count(&s, ITC_CF_BODY), 0);
    assert_int_equal(itc_mem_store_count(&s, ITC_CF_HEADER), 1);
    itc_mem_store_free(&s);
}

static void value_beyond_the_buffer_is_refused(void **state)
{
    (void)state;
    struct itc_mem_store s;
    itc_mem_store_init(&s);
    put_one(&s, ITC_CF_BODY, 7, "12345");
    struct itc_store reader = itc_mem_store_reader(&s);
    struct itc_store_key key = itc_key_body(7);
    uint8_t out[5];
    size_t len = 99;
    assert_int_equal(
        reader.get(reader.ctx, ITC_CF_BODY, key.b, key.len, out, 4, &len), ITC_E_TOO_LARGE);
    assert_int_equal(len, 99);
    assert_int_equal(reader.get(reader.ctx, ITC_CF_BODY, key.b, key.len, out, 5, &len), ITC_OK);
    assert_int_equal(len, 5);
    itc_mem_store_free(&s);
}

static void scan_ends_when_told(void **state)
{
    (void)state;
    struct itc_mem_store s;
    struct model m = {.len = {0}};
    struct itc_rng rng;
    itc_rng_init(&rng, 2);
    itc_mem_store_init(&s);
    while (itc_mem_store_count(&s, ITC_CF_POOL) < 20)
        change(&s, &m, &rng);
    struct walk walk = {.model = &m, .stop_after = 9};
    struct itc_store reader = itc_mem_store_reader(&s);
    reader.scan(reader.ctx, ITC_CF_POOL, NULL, 0, check_row, &walk);
    assert_int_equal(walk.seen, 9);
    itc_mem_store_free(&s);
}

static void clone_is_independent(void **state)
{
    (void)state;
    struct itc_mem_store s, copy;
    struct model m = {.len = {0}}, m_copy;
    struct itc_rng rng;
    itc_rng_init(&rng, 3);
    itc_mem_store_init(&s);
    for (int i = 0; i < 200; i++)
        change(&s, &m, &rng);
    itc_mem_store_clone(&copy, &s);
    m_copy = m;
    for (int i = 0; i < 200; i++)
        change(&s, &m, &rng);
    check_gets(&copy, &m_copy);
    check_gets(&s, &m);
    itc_mem_store_free(&s);
    check_gets(&copy, &m_copy);
    itc_mem_store_free(&copy);
}

/* Ascending keys are the common case, and the worst one for a tree that is not balanced. */
static void many_ascending_rows_are_quick(void **state)
{
    (void)state;
    struct itc_mem_store s;
    itc_mem_store_init(&s);
    for (uint32_t n = 0; n < 100000; n++)
        put_one(&s, ITC_CF_BODY, n, "site");
    assert_int_equal(itc_mem_store_count(&s, ITC_CF_BODY), 100000);
    itc_mem_store_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behaves_like_the_model),
        cmocka_unit_test(families_are_apart),
        cmocka_unit_test(value_beyond_the_buffer_is_refused),
        cmocka_unit_test(scan_ends_when_told),
        cmocka_unit_test(clone_is_independent),
        cmocka_unit_test(many_ascending_rows_are_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
