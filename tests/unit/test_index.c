/* test_index.c - entries found, added, removed, as a plain array says; clusters; keys of both lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tangle/index.h"
#include "tangle/rng.h"

#define CAPACITY 1000
#define WORDS (ITC_INDEX_KEY_MAX / 8)

struct fixture {
    uint64_t keys[CAPACITY][WORDS];
    bool present[CAPACITY];
    struct itc_index index;
    void *block;
};

static void set_up(struct fixture *f, size_t key_len, uint64_t seed)
{
    memset(f, 0, sizeof *f);
    size_t size = itc_index_size(CAPACITY);
    f->block = calloc(1, size);
    struct itc_mem mem = {f->block, size};
    itc_index_init(&f->index, &mem, CAPACITY, seed, f->keys, sizeof f->keys[0], key_len);
    assert_int_equal(mem.left, 0);
}

static void check(const struct fixture *f)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < CAPACITY; i++) {
        uint64_t key[WORDS]; /* not the entry's own bytes */
        memcpy(key, f->keys[i], sizeof key);
        assert_int_equal(itc_index_find(&f->index, key), f->present[i] ? i : ITC_NONE);
        count += f->present[i];
    }
    assert_int_equal(f->index.count, count);
}

/* Keys that differ in few bits; random additions and removals, up to a full index. */
static void follows_an_array(size_t key_len)
{
    static struct fixture f;
    struct itc_rng rng;
    itc_rng_init(&rng, key_len);
    set_up(&f, key_len, 7);
    for (uint32_t i = 0; i < CAPACITY; i++)
        f.keys[i][i % (key_len / 8)] = (uint64_t)(i + 1) << (i % 2 == 0 ? 0 : 40);
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t n = 0; n < 500; n++) {
            uint32_t i = itc_rng_below(&rng, CAPACITY);
            if (!f.present[i])
                itc_index_add(&f.index, i);
            else if (round % 2 == 1)
                itc_index_remove(&f.index, i);
            f.present[i] = !f.present[i] || round % 2 == 0;
        }
        check(&f);
    }
    for (uint32_t i = 0; i < CAPACITY; i++) {
        if (!f.present[i])
            itc_index_add(&f.index, i);
        f.present[i] = true;
    }
    check(&f);
    itc_index_clear(&f.index);
    memset(f.present, 0, sizeof f.present);
    check(&f);
    free(f.block);
}

static void ids_follow_an_array(void **state)
{
    (void)state;
    follows_an_array(32);
}

static void spends_follow_an_array(void **state)
{
    (void)state;
    follows_an_array(40);
}

/* Every byte of a key counts, and only those of the key. */
static void keys_differ_in_one_bit(void **state)
{
    (void)state;
    static struct fixture f;
    set_up(&f, 32, 3);
    itc_index_add(&f.index, 0);
    for (uint32_t bit = 0; bit < 256; bit++) {
        uint64_t key[4] = {0};
        key[bit / 64] = UINT64_C(1) << bit % 64;
        assert_int_equal(itc_index_find(&f.index, key), ITC_NONE);
    }
    f.keys[0][4] = 1;
    uint64_t zero[4] = {0};
    assert_int_equal(itc_index_find(&f.index, zero), 0);
    free(f.block);
}

static uint32_t longest_cluster(const struct itc_index *x)
{
    uint32_t longest = 0, run = 0;
    for (uint32_t i = 0; i <= x->mask; i++) {
        run = x->slots[i] != 0 ? run + 1 : 0;
        if (run > longest)
            longest = run;
    }
    return longest;
}

/* Keys chosen to collide under a hash that takes their low or high bits do not, whatever the seed. */
static void patterns_do_not_cluster(void **state)
{
    (void)state;
    static struct fixture f;
    for (uint64_t seed = 0; seed < 20; seed++) {
        set_up(&f, 32, seed);
        for (uint32_t i = 0; i < CAPACITY; i++) {
            f.keys[i][i % 4] = (uint64_t)i << (seed * 2);
            f.keys[i][3] ^= (uint64_t)i << 50;
            itc_index_add(&f.index, i);
        }
        assert_in_range(longest_cluster(&f.index), 2, 100);
        free(f.block);
    }
}

static void seeds_differ(void **state)
{
    (void)state;
    static struct fixture f;
    uint64_t first = 0;
    for (uint64_t seed = 0; seed < 2; seed++) {
        set_up(&f, 32, seed);
        f.keys[0][0] = 5;
        itc_index_add(&f.index, 0);
        uint64_t slot = 0;
        for (uint32_t i = 0; i <= f.index.mask; i++)
            slot |= f.index.slots[i];
        if (seed == 0)
            first = slot;
        else
            assert_int_not_equal(first, slot);
        free(f.block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_follow_an_array),
        cmocka_unit_test(spends_follow_an_array),
        cmocka_unit_test(keys_differ_in_one_bit),
        cmocka_unit_test(patterns_do_not_cluster),
        cmocka_unit_test(seeds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
