/* test_traitors.c - traitors do what they are said to do, and as many as there may be; the others go on all the same. */
#include "tools/sim/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint32_t count_bits(uint32_t set)
{
    return (uint32_t)__builtin_popcount(set);
}

static void there_are_never_too_many(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= ITC_NET_NODES_MAX; n++)
        for (uint64_t seed = 0; seed < 50; seed++) {
            struct itc_traitor_plan p, again;
            uint32_t room = ITC_NET_NODES_MAX - n;
            bool surely = seed & 1;
            itc_traitor_plan_draw(&p, seed, n, room, ITC_TREASONS_ALL, surely);
            itc_traitor_plan_draw(&again, seed, n, room, ITC_TREASONS_ALL, surely);
            assert_memory_equal(&p, &again, sizeof p);
            assert_true(count_bits(p.set) <= itc_committee_faults(n));
            assert_true((uint64_t)p.set >> n == 0);
            assert_true(p.set != 0 || !surely || itc_committee_faults(n) == 0);
            assert_true((p.twins & ~p.set) == 0 && count_bits(p.twins) <= room);
        }
}

#define SEEDS 20

/* Four validators, and a traitor who may do this only, besides other kinds of faults. */
static struct itc_run *run_with(uint64_t seed, uint32_t treasons, uint32_t others)
{
    struct itc_run_config c;
    itc_run_config_default(&c, seed);
    c.duration_ms = others ? 60000 : 20000;
    c.payments_per_s = 40;
    c.mode = ITC_RUN_SAFETY; /* in the other there may be none */
    c.faults = 1u << ITC_FAULT_TRAITOR | others;
    c.treasons = treasons;
    struct itc_run *r = itc_run_create(&c, NULL, NULL);
    if (!itc_run_advance(r, UINT64_MAX))
        fail_msg("seed %u: %s", (unsigned)seed, r->finding.what);
    assert_int_equal(r->votes.doubled & ~r->traitors.plan.set, 0);
    assert_true(r->newest > 5);
    assert_true(r->probes.lies > 0);
    return r;
}

/* Twins double vote by themselves: both are honest. */
static void twins_double_vote(void **state)
{
    (void)state;
    uint64_t doubles = 0;
    for (uint64_t seed = 1; seed <= SEEDS && doubles == 0; seed++) {
        struct itc_run *r = run_with(seed, 1u << ITC_TREASON_TWINS, 0);
        uint32_t twins = r->traitors.plan.twins;
        assert_int_equal(r->votes.doubled & ~twins, 0);
        for (uint32_t i = itc_net_count(r->net) - count_bits(twins); i < itc_net_count(r->net);
             i++) {
            uint32_t identity = itc_net_identity(r->net, i);
            assert_true(twins >> identity & 1 && r->heads[i] > 0);
        }
        doubles += r->votes.doubles_count;
        itc_run_free(r);
    }
    assert_true(doubles > 0);
}

/* In one of some runs: most need a traitor that is primary, or a view that fails. */
static void each_treason_is_committed(void **state)
{
    (void)state;
    for (uint32_t t = ITC_TREASON_TWINS + 1; t < ITC_TREASONS; t++) {
        uint64_t deeds = 0, doubles = 0;
        bool is_double = t == ITC_TREASON_TWO_VOTES || t == ITC_TREASON_TWO_PROPOSALS;
        for (uint64_t seed = 1; seed <= SEEDS && (deeds == 0 || (is_double && doubles == 0));
             seed++) {
            uint32_t others = t == ITC_TREASON_HIDDEN_PREPARED ? (1u << ITC_FAULT_TRAITOR) - 1 : 0;
            struct itc_run *r = run_with(seed, 1u << t, others);
            deeds += r->traitors.deeds[t];
            doubles += r->votes.doubles_count;
            itc_run_free(r);
        }
        if (deeds == 0 || (is_double && doubles == 0))
            fail_msg("%s: not done", itc_treason_name((enum itc_treason)t));
    }
}

/* Whether they may betray in other ways makes no difference to a run without the kind. */
static void without_the_kind_nothing_changes(void **state)
{
    (void)state;
    uint64_t digests[2];
    for (int k = 0; k < 2; k++) {
        struct itc_run_config c;
        itc_run_config_default(&c, 3);
        c.duration_ms = 12000;
        c.faults &= ~(1u << ITC_FAULT_TRAITOR);
        c.treasons = k ? ITC_TREASONS_ALL : 0;
        struct itc_run *r = itc_run_create(&c, NULL, NULL);
        assert_true(itc_run_advance(r, UINT64_MAX));
        assert_int_equal(r->traitors.count, 0);
        digests[k] = itc_net_digest(r->net);
        itc_run_free(r);
    }
    assert_true(digests[0] == digests[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_never_too_many),
        cmocka_unit_test(twins_double_vote),
        cmocka_unit_test(each_treason_is_committed),
        cmocka_unit_test(without_the_kind_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
