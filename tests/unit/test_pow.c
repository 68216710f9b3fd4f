/* test_pow.c - the proof of work: layout, price, and that every kernel finds the same nonce. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <string.h>

#include "pow/pow.h"
#include "tangle/rng.h"

#define SPAN ((uint64_t)1 << 32) /* nonces with one upper half: kernels prepare for each anew */

/* What a work is about, from a seed. */
struct subject {
    struct itc_hash chain, anchor, stem;
};

static struct subject subject_of(uint64_t seed)
{
    struct subject s;
    uint8_t *at = (uint8_t *)&s;
    for (size_t i = 0; i < sizeof s; i++)
        at[i] = (uint8_t)itc_rng_split(seed, i);
    return s;
}

static struct itc_pow pow_of(const struct subject *s, uint32_t bits)
{
    struct itc_pow p;
    itc_pow_init(&p, &s->chain, &s->anchor, &s->stem, bits);
    return p;
}

/* The definition, taken literally: plain SHA-256 over tag, tag, chain, anchor, stem and nonce; bits
 * counted one by one. */
static uint32_t zeros_by_definition(const struct subject *s, uint64_t nonce)
{
    uint8_t message[168];
    struct itc_hash tag, h;
    uint32_t zeros = 0;
    itc_sha256(&tag, "itc/work", 8);
    memcpy(message, tag.b, 32);
    memcpy(message + 32, tag.b, 32);
    memcpy(message + 64, s->chain.b, 32);
    memcpy(message + 96, s->anchor.b, 32);
    memcpy(message + 128, s->stem.b, 32);
    for (size_t i = 0; i < 8; i++)
        message[160 + i] = (uint8_t)(nonce >> 8 * i);
    itc_sha256(&h, message, sizeof message);
    while (zeros < 256 && !(h.b[zeros / 8] >> (7 - zeros % 8) & 1))
        zeros++;
    return zeros;
}

/* The first good nonce by definition; the seeds are chosen so that there is one soon. */
static uint64_t first_by_definition(const struct subject *s, uint32_t bits, uint64_t start)
{
    while (zeros_by_definition(s, start) < bits)
        start++;
    return start;
}

static void price_rises_with_size(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint32_t extra;
    } rows[] = {{0, 0}, {1, 0}, {187, 0}, {256, 0}, {257, 1}, {512, 1}, {513, 2}, {1024, 2},
        {1025, 3}, {1298, 3}, {SIZE_MAX, sizeof(size_t) == 8 ? 32 : 24}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(itc_pow_bits(0, rows[i].size), rows[i].extra);
        assert_int_equal(itc_pow_bits(14, rows[i].size), 14 + rows[i].extra);
    }
}

static void zeros_agree_with_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct subject s = subject_of(seed);
        struct itc_pow p = pow_of(&s, 0);
        uint64_t nonce = itc_rng_split(seed, 1000);
        assert_int_equal(itc_pow_zeros(&p, nonce), zeros_by_definition(&s, nonce));
    }
}

static void check_accepts_from_its_bits_on(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct subject s = subject_of(seed);
        uint32_t zeros = zeros_by_definition(&s, seed);
        for (uint32_t bits = 0; bits < 40; bits++) {
            struct itc_pow p = pow_of(&s, bits);
            assert_int_equal(itc_pow_check(&p, seed), bits <= zeros ? ITC_OK : ITC_E_WORK);
        }
    }
}

/* Every kernel that this processor has finds `expected` first. */
static void expect_found(const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t expected)
{
    for (size_t i = 0; i < itc_pow_kernel_count; i++) {
        const struct itc_pow_kernel *k = &itc_pow_kernels[i];
        uint64_t nonce = ~expected;
        if (!k->available())
            continue;
        if (k->search(p, start, tries, &nonce) != ITC_OK || nonce != expected)
            fail_msg("%s, %u bits, %" PRIu64 " tries from %" PRIu64 ": %" PRIu64 ", not %" PRIu64,
                k->name, p->bits, tries, start, nonce, expected);
    }
}

/* Every kernel that this processor has finds nothing and leaves the output alone. */
static void expect_none(const struct itc_pow *p, uint64_t start, uint64_t tries)
{
    for (size_t i = 0; i < itc_pow_kernel_count; i++) {
        const struct itc_pow_kernel *k = &itc_pow_kernels[i];
        uint64_t nonce = 12345;
        if (!k->available())
            continue;
        if (k->search(p, start, tries, &nonce) != ITC_E_WORK || nonce != 12345)
            fail_msg("%s, %u bits, %" PRIu64 " tries from %" PRIu64 ": %" PRIu64 ", not none",
                k->name, p->bits, tries, start, nonce);
    }
}

/* At small prices many lanes of a vector are good at once; the lowest must win. */
static void kernels_find_the_first(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits <= 20; bits++) {
        uint64_t seeds = bits <= 6 ? 300 : bits <= 12 ? 20 : bits <= 16 ? 3 : 1;
        for (uint64_t seed = 0; seed < seeds; seed++) {
            struct subject s = subject_of(seed);
            struct itc_pow p = pow_of(&s, bits);
            uint64_t start = itc_rng_split(seed, 1000 + bits);
            expect_found(&p, start, (uint64_t)1 << 40, first_by_definition(&s, bits, start));
        }
    }
}

/* Whatever the number of tries, the last of them counts and the one after it does not. */
static void kernels_stop_after_their_tries(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct subject s = subject_of(seed);
        struct itc_pow p = pow_of(&s, 8);
        uint64_t start = itc_rng_split(seed, 1000);
        uint64_t good = first_by_definition(&s, 8, start);
        for (uint64_t back = 0; back < 70 && back <= good - start; back++) {
            expect_none(&p, good - back, back);
            expect_found(&p, good - back, back + 1, good);
        }
        expect_none(&p, good, 0);
    }
}

/* The upper half of the nonce changes, or all of it wraps to 0, at each place within a vector. */
static void kernels_cross_spans(void **state)
{
    (void)state;
    static const uint64_t borders[] = {SPAN, 7 * SPAN, 0};
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct subject s = subject_of(seed);
        for (size_t b = 0; b < sizeof borders / sizeof borders[0]; b++)
            for (uint64_t before = 0; before <= 33; before++) {
                struct itc_pow p = pow_of(&s, 5);
                uint64_t start = borders[b] - before;
                uint64_t good = first_by_definition(&s, 5, start);
                expect_found(&p, start, 1000, good);
                expect_none(&p, start, good - start);
            }
    }
}

/* Slices that go on where the last one ended find what one long search finds. */
static void slices_resume(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct subject s = subject_of(seed);
        struct itc_pow p = pow_of(&s, 9);
        uint64_t at = seed % 2 ? itc_rng_split(seed, 1000) : 0 - seed * 10;
        uint64_t good = first_by_definition(&s, 9, at), i = 0;
        for (;; i++) {
            uint64_t slice = itc_rng_split(seed, i) % 100;
            if (good - at < slice)
                break;
            expect_none(&p, at, slice);
            at += slice;
        }
        expect_found(&p, at, good - at + 1, good);
    }
}

/* Found by a long search: nonces past 32 bits, where the second word of the hash counts too. */
static void kernels_look_past_the_first_word(void **state)
{
    (void)state;
    static const struct {
        uint64_t nonce;
        uint32_t zeros;
    } rows[] = {{5423237983, 33}, {6561716002, 34}};
    struct subject s = {.chain = {{1}}, .anchor = {{2}}, .stem = {{3}}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t start = rows[i].nonce - 5;
        assert_int_equal(zeros_by_definition(&s, rows[i].nonce), rows[i].zeros);
        for (uint32_t bits = 31; bits <= rows[i].zeros; bits++) {
            struct itc_pow p = pow_of(&s, bits);
            expect_found(&p, start, 40, rows[i].nonce);
        }
        struct itc_pow p = pow_of(&s, rows[i].zeros + 1);
        expect_none(&p, start, 40);
    }
}

static void best_kernel_is_used(void **state)
{
    (void)state;
    struct subject s = subject_of(1);
    struct itc_pow p = pow_of(&s, 12);
    uint64_t good = first_by_definition(&s, 12, 0), before = 0, after = 0;
    assert_int_equal(itc_pow_search(&p, 0, 1 << 20, &before), ITC_OK);
    const char *name = itc_pow_use_best();
    assert_int_equal(itc_pow_search(&p, 0, 1 << 20, &after), ITC_OK);
    assert_int_equal(before, good);
    assert_int_equal(after, good);
    const char *best = NULL;
    for (size_t i = 0; i < itc_pow_kernel_count; i++)
        if (itc_pow_kernels[i].available())
            best = itc_pow_kernels[i].name;
    assert_string_equal(name, best);
}

/* ---- kernels that are wrong ---- */

#define PORTABLE (&itc_pow_kernels[0])

static enum itc_err finds_nothing(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    (void)p, (void)start, (void)tries, (void)nonce;
    return ITC_E_WORK;
}

/* A lane of sixteen is dead. */
static uint64_t dead_lane = 11;

static enum itc_err misses_a_lane(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    for (uint64_t i = 0; i < tries; i++)
        if (i % 16 != dead_lane && itc_pow_check(p, start + i) == ITC_OK) {
            *nonce = start + i;
            return ITC_OK;
        }
    return ITC_E_WORK;
}

static enum itc_err tries_one_more(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    return PORTABLE->search(p, start, tries + 1, nonce);
}

static enum itc_err tries_one_less(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    return PORTABLE->search(p, start, tries - 1, nonce);
}

static enum itc_err stops_at_a_span(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    uint64_t left = SPAN - start % SPAN;
    return PORTABLE->search(p, start, tries < left ? tries : left, nonce);
}

/* The second word of the hash does not count. */
static enum itc_err looks_at_one_word(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    struct itc_pow q = *p;
    q.bits = q.bits < 32 ? q.bits : 32;
    return PORTABLE->search(&q, start, tries, nonce);
}

static enum itc_err always_writes(
    const struct itc_pow *p, uint64_t start, uint64_t tries, uint64_t *nonce)
{
    *nonce = start;
    return PORTABLE->search(p, start, tries, nonce);
}

static bool here(void)
{
    return true;
}

static bool elsewhere(void)
{
    return false;
}

static const struct itc_pow_kernel wrong[] = {{"finds nothing", finds_nothing, here},
    {"misses a lane", misses_a_lane, here}, {"one more", tries_one_more, here},
    {"one less", tries_one_less, here}, {"stops at a span", stops_at_a_span, here},
    {"one word", looks_at_one_word, here}, {"always writes", always_writes, here}};
#define MISSES_A_LANE 1
#define WRONG (sizeof wrong / sizeof wrong[0])

static void own_kernels_pass_their_test(void **state)
{
    (void)state;
    for (size_t i = 0; i < itc_pow_kernel_count; i++)
        if (itc_pow_kernels[i].available())
            assert_true(itc_pow_kernel_works(&itc_pow_kernels[i]));
}

static void wrong_kernels_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRONG; i++)
        if (itc_pow_kernel_works(&wrong[i]))
            fail_msg("%s: passed", wrong[i].name);
    for (dead_lane = 0; dead_lane < 16; dead_lane++)
        if (itc_pow_kernel_works(&wrong[MISSES_A_LANE]))
            fail_msg("lane %u is dead: passed", (unsigned)dead_lane);
    dead_lane = 11;
}

static void a_wrong_kernel_is_not_picked(void **state)
{
    (void)state;
    struct itc_pow_kernel kernels[] = {*PORTABLE, {"second", PORTABLE->search, here},
        wrong[MISSES_A_LANE], {"not here", PORTABLE->search, elsewhere}};
    assert_string_equal(itc_pow_pick(kernels, 4)->name, "second");
    kernels[1] = wrong[0];
    assert_string_equal(itc_pow_pick(kernels, 4)->name, "portable");
    assert_string_equal(itc_pow_pick(kernels, 1)->name, "portable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(price_rises_with_size),
        cmocka_unit_test(zeros_agree_with_definition),
        cmocka_unit_test(check_accepts_from_its_bits_on),
        cmocka_unit_test(kernels_find_the_first),
        cmocka_unit_test(kernels_stop_after_their_tries),
        cmocka_unit_test(kernels_cross_spans),
        cmocka_unit_test(slices_resume),
        cmocka_unit_test(kernels_look_past_the_first_word),
        cmocka_unit_test(best_kernel_is_used),
        cmocka_unit_test(own_kernels_pass_their_test),
        cmocka_unit_test(wrong_kernels_do_not),
        cmocka_unit_test(a_wrong_kernel_is_not_picked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
