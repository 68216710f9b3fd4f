/* test_runs.c - what a run of itc-sim is made of does happen in one: else its oracles see nothing. */
#include "tools/sim/run.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A clean run of `seed`. */
static struct itc_run *run(const struct itc_run_config *config)
{
    struct itc_run *r = itc_run_create(config, NULL, NULL);
    bool clean = itc_run_advance(r, UINT64_MAX);
    if (!clean)
        print_error("%s: %s\n", r->finding.oracle, r->finding.what);
    assert_true(clean);
    return r;
}

static void committees_change(void **state)
{
    (void)state;
    struct itc_run_config c;
    uint32_t members = 0, expelled = 0, largest = 0;
    uint64_t applied = 0, refused = 0, taken = 0, hops = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        itc_run_config_default(&c, seed);
        c.faults = 0;
        c.committee = ITC_COMMITTEE_CHANGES;
        c.payments_per_s = 20;
        struct itc_run *r = run(&c);
        applied += r->chain.verdicts[ITC_VERDICT_APPLIED];
        refused += r->chain.verdicts[ITC_VERDICT_NOT_COMMITTEE];
        taken += r->chain.verdicts[ITC_VERDICT_TAKEN];
        hops += r->probes.hops;
        for (uint32_t epoch = 0; epoch < r->rosters.count; epoch++) {
            const struct itc_roster *now = itc_rosters_of(&r->rosters, epoch);
            members |= now->members;
            expelled |= 0xf & ~now->members;
            largest = now->committee.n > largest ? now->committee.n : largest;
            assert_true(now->committee.n >= 4 && now->committee.n <= 16);
        }
        itc_run_free(r);
    }
    assert_true(applied > 10 && refused > 3 && taken > 0 && hops > 50);
    assert_true(members & ~0xfu && expelled != 0 && largest > 4);
}

static void spammers_do_harm(void **state)
{
    (void)state;
    struct itc_run_config c;
    itc_run_config_default(&c, 4);
    c.faults = 0;
    c.load = (1u << ITC_SPAMS) - 1;
    struct itc_run *r = run(&c);
    for (uint32_t k = 0; k < ITC_SPAMS; k++)
        assert_true(r->spammers.counts[k] > 100);
    assert_true(r->spammers.settled > 50);
    assert_true(r->wallets.final > 3000);
    itc_run_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committees_change),
        cmocka_unit_test(spammers_do_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
