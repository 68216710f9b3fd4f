/* test_slab.c - bytes come back as they went in; the bound holds; pages find their way back to any class. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spv/site.h"
#include "tangle/rng.h"
#include "tangle/slab.h"

#define PAGE 65536u
#define PIECES_MAX 4096

/* Three of the classes: the smallest, one between, the largest. */
static const size_t class_max[] = {254, 478, ITC_SITE_MAX};
static const uint32_t per_page[] = {PAGE / 256, PAGE / 480, PAGE / 2880};

static void *set_up(struct itc_slab *s, size_t bytes)
{
    size_t size = itc_slab_size(bytes);
    void *block = calloc(1, size);
    struct itc_mem mem = {block, size};
    itc_slab_init(s, &mem, bytes);
    assert_int_equal(mem.left, 0);
    return block;
}

static void fill(uint8_t *out, size_t len, uint32_t salt)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(salt * 31 + i);
}

static void put(struct itc_slab *s, uint32_t *handle, size_t len, uint32_t salt)
{
    uint8_t bytes[ITC_SITE_MAX];
    fill(bytes, len, salt);
    assert_int_equal(itc_slab_put(s, handle, bytes, len), ITC_OK);
}

static void check(const struct itc_slab *s, uint32_t handle, size_t len, uint32_t salt)
{
    uint8_t expected[ITC_SITE_MAX];
    size_t found;
    fill(expected, len, salt);
    const uint8_t *bytes = itc_slab_get(s, handle, &found);
    assert_int_equal(found, len);
    assert_memory_equal(bytes, expected, len);
}

/* Every length, all held at once. */
static void keeps_every_length(void **state)
{
    (void)state;
    static uint32_t handles[ITC_SITE_MAX + 1];
    struct itc_slab s;
    void *block = set_up(&s, 128 * PAGE);
    for (uint32_t len = 1; len <= ITC_SITE_MAX; len++)
        put(&s, &handles[len], len, len);
    for (uint32_t len = 1; len <= ITC_SITE_MAX; len++)
        check(&s, handles[len], len, len);
    free(block);
}

static uint32_t fill_up(struct itc_slab *s, size_t len, uint32_t *handles)
{
    static const uint8_t bytes[ITC_SITE_MAX];
    uint32_t count = 0;
    while (itc_slab_put(s, &handles[count], bytes, len) == ITC_OK)
        count++;
    return count;
}

/* Full is a result; the longest of a class fits it; what one class gives up, another can have. */
static void pages_change_class(void **state)
{
    (void)state;
    static uint32_t handles[PIECES_MAX];
    struct itc_slab s;
    void *block = set_up(&s, 2 * PAGE + 1); /* three pages */
    for (uint32_t round = 0; round < 9; round++) {
        uint32_t class = round % 3;
        uint32_t count = fill_up(&s, class_max[class], handles);
        assert_int_equal(count, 3 * per_page[class]);
        uint8_t byte = 0;
        uint32_t none = 77;
        assert_int_equal(itc_slab_put(&s, &none, &byte, 1), ITC_E_FULL);
        assert_int_equal(none, 77);
        assert_int_equal(itc_slab_used_bytes(&s), 3 * PAGE);
        for (uint32_t i = 0; i < count; i++)
            itc_slab_free(&s, handles[round % 2 ? i : count - 1 - i]);
        assert_int_equal(itc_slab_used_bytes(&s), 0);
    }
    free(block);
}

/* A page with one piece left in use serves its own class only. */
static void a_used_page_stays(void **state)
{
    (void)state;
    static uint32_t handles[PIECES_MAX];
    struct itc_slab s;
    void *block = set_up(&s, PAGE);
    uint32_t count = fill_up(&s, 100, handles);
    assert_int_equal(count, per_page[0]);
    for (uint32_t i = 1; i < count; i++)
        itc_slab_free(&s, handles[i]);
    assert_int_equal(fill_up(&s, 1000, handles + 1), 0);
    assert_int_equal(fill_up(&s, 200, handles + 1), count - 1);
    free(block);
}

/* The reserve of a window is counted in pages, so what a page holds must not depend much on the sizes asked for. */
static void no_size_wastes_the_bound(void **state)
{
    (void)state;
    static uint32_t handles[PIECES_MAX];
    for (size_t len = 240; len <= ITC_SITE_MAX; len++) {
        struct itc_slab s;
        void *block = set_up(&s, 2 * PAGE);
        assert_true(fill_up(&s, len, handles) * len >= 2 * PAGE / 10 * 7);
        free(block);
    }
}

static void random_use(void **state)
{
    (void)state;
    enum {
        HELD = 200
    };
    uint32_t handles[HELD];
    size_t lengths[HELD] = {0};
    struct itc_slab s;
    struct itc_rng rng;
    itc_rng_init(&rng, 5);
    void *block = set_up(&s, 200 * (size_t)2880 + 3 * PAGE);
    for (uint32_t n = 0; n < 50000; n++) {
        uint32_t i = itc_rng_below(&rng, HELD);
        if (lengths[i] != 0) {
            check(&s, handles[i], lengths[i], i);
            itc_slab_free(&s, handles[i]);
            lengths[i] = 0;
        } else {
            lengths[i] = 1 + itc_rng_below(&rng, (uint32_t)class_max[itc_rng_below(&rng, 3)]);
            put(&s, &handles[i], lengths[i], i);
        }
    }
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_length),
        cmocka_unit_test(pages_change_class),
        cmocka_unit_test(a_used_page_stays),
        cmocka_unit_test(no_size_wastes_the_bound),
        cmocka_unit_test(random_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
