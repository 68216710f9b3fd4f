/* one.c - `itc-sim run` and `itc-sim replay`: one run, and what came of it. */
#include "tools/sim/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define TAIL 40

/* The run under way, for an assertion that fails in it. */
static const struct itc_run *current;

FILE *itc_sim_tally;

static void write_tally(const struct itc_run *r)
{
    for (uint32_t k = 0; itc_sim_tally && k < ITC_FAULT_KINDS; k++)
        fprintf(itc_sim_tally, "%u\n", r->faults.drawn[k]);
    if (itc_sim_tally)
        (void)fflush(itc_sim_tally);
}

_Noreturn void itc_assert_fail(const char *file, int line, const char *what)
{
    if (current) {
        write_tally(current);
        itc_trace_tail(stdout, &current->trace, TAIL);
        printf("seed %" PRIu64 ", at %.3f s\n", current->config.seed,
            (double)itc_net_now(current->net) / 1000);
    }
    printf("%s:%d: assertion failed: %s\n", file, line, what);
    fflush(stdout);
    abort();
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_traitors(const struct itc_run *r)
{
    const struct itc_traitors *t = &r->traitors;
    char text[256];
    if (t->count == 0)
        return;
    printf("traitors");
    for (uint32_t k = 0; k < t->count; k++) {
        itc_traitors_text(t, k, text, sizeof text);
        printf("%s %s", k > 0 ? ";" : "", text);
    }
    printf("\ndeeds   ");
    for (uint32_t k = 0; k < ITC_TREASONS; k++)
        if (t->deeds[k] > 0)
            printf(" %s %" PRIu64, itc_treason_name((enum itc_treason)k), t->deeds[k]);
    printf("; double votes %" PRIu64 " of %x; lies to light clients %" PRIu64 "\n",
        r->votes.doubles_count, r->votes.doubled, r->probes.lies);
}

static void print_outcome(const struct itc_run *r, double took_s)
{
    const struct itc_wallets *w = &r->wallets;
    double simulated_s = (double)itc_net_now(r->net) / 1000;
    printf("seed %" PRIu64 ": %u validators, %u nodes, %.3f s, %s; digest %016" PRIx64 "\n",
        r->config.seed, r->config.validators, itc_net_count(r->net), simulated_s,
        r->faults.config.safety ? "safety" : "liveness", itc_net_digest(r->net));
    printf("heads   ");
    for (uint32_t i = 0; i < itc_net_count(r->net); i++)
        printf(" %" PRIu64 "%s", r->heads[i], itc_net_node(r->net, i) ? "" : " (down)");
    printf("; %" PRIu64 " made and checked, %" PRIu64 " sites\n", r->chain.made, r->chain.sites);
    printf("payments %" PRIu64 " acknowledged, %" PRIu64 " submitted again; final after %.3f s, at "
           "most %.3f s\n",
        w->acked, w->resubmitted,
        w->final ? (double)w->final_ms_sum / (double)w->final / 1000 : 0.0,
        (double)w->final_ms_max / 1000);
    printf("faults  ");
    for (uint32_t k = 0; k < ITC_FAULT_KINDS; k++)
        printf(" %s %" PRIu64, itc_fault_name((enum itc_fault_kind)k), r->faults.counts[k]);
    printf("; links dropped %u; votes %zu; jumps %" PRIu64 ", hops %" PRIu64 "\n",
        itc_net_drops(r->net), r->votes.count, r->probes.jumps, r->probes.hops);
    printf("spam    ");
    for (uint32_t k = 0; k < ITC_SPAMS; k++)
        printf(" %s %" PRIu64, itc_spam_name((enum itc_spam)k), r->spammers.counts[k]);
    printf("; %" PRIu64 " seqs had rivals, one of each applied\n", r->spammers.settled);
    const struct itc_reforms *c = &r->reforms;
    printf("committee %" PRIu64 " changes signed, %" PRIu64 " unsound; %" PRIu64
           " applied, %" PRIu64 " refused, %" PRIu64 " too late; epoch %u, %u members\n",
        c->sound, c->unsound, r->chain.verdicts[ITC_VERDICT_APPLIED],
        r->chain.verdicts[ITC_VERDICT_NOT_COMMITTEE],
        r->chain.verdicts[ITC_VERDICT_TAKEN] + r->chain.verdicts[ITC_VERDICT_EXPIRED],
        r->rosters.count - 1, itc_rosters_present(&r->rosters)->committee.n);
    print_traitors(r);
    printf("speed    %.0f simulated seconds a second\n", simulated_s / took_s);
}

static int finish(struct itc_run *r, const struct itc_sim_options *o, bool clean, double took_s)
{
    char options[ITC_SIM_OPTIONS_TEXT];
    write_tally(r);
    if (!clean)
        itc_trace_tail(stdout, &r->trace, TAIL);
    print_outcome(r, took_s);
    if (!clean) {
        itc_sim_options_text(options, o);
        printf("FAILED at %.3f s: %s: %s\n", (double)r->finding.at_ms / 1000, r->finding.oracle,
            r->finding.what);
        printf("again: itc-sim replay --seed %" PRIu64 "%s --from %.3f\n", o->run.seed, options,
            r->finding.at_ms > 5000 ? (double)(r->finding.at_ms - 5000) / 1000 : 0.0);
    }
    fflush(stdout);
    current = NULL;
    itc_run_free(r);
    return clean ? ITC_SIM_CLEAN : ITC_SIM_FOUND;
}

int itc_sim_run(const struct itc_sim_options *o)
{
    double from_s = seconds();
    struct itc_run *r = itc_run_create(&o->run, NULL, NULL);
    current = r;
    bool clean = itc_run_advance(r, UINT64_MAX);
    return finish(r, o, clean, seconds() - from_s);
}

static void print_if_due(void *ctx, const struct itc_trace_entry *e)
{
    const struct itc_sim_options *o = ctx;
    if (e->at_ms >= o->from_ms)
        itc_trace_print(stdout, e);
}

int itc_sim_replay(const struct itc_sim_options *o)
{
    struct itc_sim_options mine = *o;
    double from_s = seconds();
    struct itc_run *r = itc_run_create(&o->run, print_if_due, &mine);
    current = r;
    bool clean = itc_run_advance(r, o->until_ms);
    return finish(r, o, clean, seconds() - from_s);
}
