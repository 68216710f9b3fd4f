/* test_rng.c - the generators against numbers of others, and draws that are even. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tangle/rng.h"

/* Source: Rosetta Code, "Pseudo-random numbers/Splitmix64", seed 1234567. */
static void split_is_splitmix64(void **state)
{
    (void)state;
    static const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u,
        9817491932198370423u, 4593380528125082431u, 16408922859458223821u};
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(itc_rng_split(1234567, i), expected[i]);
}

/* Source: the test of rand_xoshiro, made with the authors' C code from the state 1, 2, 3, 4. */
static void next_is_xoshiro256(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        11520, 0, 1509978240, 1215971899390074240u, 1216172134540287360u, 607988272756665600u};
    struct itc_rng rng = {{1, 2, 3, 4}};
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(itc_rng_next(&rng), expected[i]);
}

static void seeds_differ(void **state)
{
    (void)state;
    struct itc_rng a, b, c;
    itc_rng_init(&a, 1);
    itc_rng_init(&b, 1);
    itc_rng_init(&c, 2);
    uint64_t first = itc_rng_next(&a);
    assert_int_equal(first, itc_rng_next(&b));
    assert_int_not_equal(first, itc_rng_next(&c));
}

static void below_is_even(void **state)
{
    (void)state;
    struct itc_rng rng;
    itc_rng_init(&rng, 1);
    uint32_t counts[7] = {0};
    for (uint32_t i = 0; i < 70000; i++)
        counts[itc_rng_below(&rng, 7)]++;
    for (uint32_t i = 0; i < 7; i++)
        assert_in_range(counts[i], 9500, 10500);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(itc_rng_below(&rng, 1), 0);
}

/* Of 3 * 2^30 numbers a third is divisible by 3; without rejection it were half of them. */
static void below_rejects_the_surplus(void **state)
{
    (void)state;
    struct itc_rng rng;
    itc_rng_init(&rng, 1);
    uint32_t counts[3] = {0};
    for (uint32_t i = 0; i < 30000; i++)
        counts[itc_rng_below(&rng, 0xc0000000u) % 3]++;
    for (uint32_t i = 0; i < 3; i++)
        assert_in_range(counts[i], 9500, 10500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_is_splitmix64),
        cmocka_unit_test(next_is_xoshiro256),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(below_rejects_the_surplus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
