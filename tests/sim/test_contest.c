/* test_contest.c - attacks on payments that wallets call confirmed, and on everybody's: what the rules are worth. With fixed
 * seeds; the tables are printed by itc-sim tangle --attack. */
#include "tangle/rng.h"
#include "tools/sim/study/contest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RUNS 60

/* Milestones so far apart that weight, not finality, is what a merchant sees first. */
static const struct itc_contest_config slow = {
    .share = 0.25, .rate = 1000, .delay_s = 0.1, .interval_s = 4, .secret_s = 10, .theta = 100};

struct sum {
    uint32_t confirmed, flipped;
    uint64_t honest, in_two;
    uint32_t tips_most;
};

static struct sum run(struct itc_contest_config c, uint32_t runs)
{
    struct sum s = {0};
    for (uint32_t i = 0; i < runs; i++) {
        struct itc_contest r;
        c.seed = itc_rng_split(7, i);
        itc_contest_run(&c, &r);
        s.confirmed += r.confirmed;
        s.flipped += r.flipped;
        s.honest += r.honest;
        s.in_two += r.in_two;
        if (r.tips_most > s.tips_most)
            s.tips_most = r.tips_most;
    }
    return s;
}

static void what_is_confirmed_stays(void **state)
{
    (void)state;
    static const enum itc_attack attacks[] = {
        ITC_ATTACK_PARASITE, ITC_ATTACK_EARLY, ITC_ATTACK_PAIR, ITC_ATTACK_LATE, ITC_ATTACK_SPLIT};
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        struct itc_contest_config c = slow;
        c.attack = attacks[i];
        struct sum s = run(c, RUNS);
        assert_int_equal(s.flipped, 0);
        if (c.attack == ITC_ATTACK_PARASITE || c.attack == ITC_ATTACK_LATE)
            assert_true(s.confirmed > RUNS / 3);
    }
}

static void assert_undone(struct itc_contest_config c)
{
    c.attack = ITC_ATTACK_PARASITE;
    struct sum s = run(c, RUNS);
    assert_true(s.flipped > s.confirmed * 3 / 4);
}

/* The reason for leaving out what comes late: weight alone would let what was built in secret win. */
static void the_heaviest_would_win_with_a_secret(void **state)
{
    (void)state;
    struct itc_contest_config c = slow;
    c.heaviest_only = true;
    assert_undone(c);
}

/* Only final is a promise. */
static void a_faulty_primary_can_undo_what_is_confirmed(void **state)
{
    (void)state;
    struct itc_contest_config c = slow;
    c.faulty_primary = true;
    assert_undone(c);
}

static void honest_sites_are_final_in_two_intervals(void **state)
{
    (void)state;
    for (uint32_t a = ITC_ATTACK_CONFLICTS; a <= ITC_ATTACK_LAZY; a++) {
        struct itc_contest_config c = slow;
        c.attack = (enum itc_attack)a;
        c.interval_s = 1;
        c.share = 0.5;
        struct sum s = run(c, 4);
        assert_true(s.honest > 10000 && s.in_two >= s.honest / 100 * 99);
        assert_true(s.tips_most < 10 * c.rate * c.delay_s);
    }
}

static void same_seed_same_run(void **state)
{
    (void)state;
    struct itc_contest_config c = slow;
    struct itc_contest a, b;
    c.attack = ITC_ATTACK_CONFLICTS;
    c.seed = 3;
    itc_contest_run(&c, &a);
    itc_contest_run(&c, &b);
    assert_memory_equal(&a, &b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_confirmed_stays),
        cmocka_unit_test(the_heaviest_would_win_with_a_secret),
        cmocka_unit_test(a_faulty_primary_can_undo_what_is_confirmed),
        cmocka_unit_test(honest_sites_are_final_in_two_intervals),
        cmocka_unit_test(same_seed_same_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
