#include "tools/sim/run.h"

#include "node/core.h"

#include <stdlib.h>
#include <string.h>

#define CYCLE_MS 60000
#define PROGRESS_MS 12000  /* after all is well, there is a new milestone by then, */
#define CAUGHT_UP_MS 22000 /* and every node has one */
#define FINAL_MS 10000     /* and soon after, what was acknowledged is final */
#define VIEWS_APART 2      /* and a height needs this many views more than there are traitors */
#define STILL_MS                                                                                   \
    20000 /* with at most f victims at a time, the chain never stands still for longer */

/* Of a cycle, in sixtieths; what begins there. */
enum phase {
    PHASE_CALM,
    PHASE_RAGE,
    PHASE_HEALED,
    PHASE_QUIET,
    PHASES
};
static const uint32_t phase_begins[PHASES + 1] = {0, 5, 35, 50, 60};

void itc_run_config_default(struct itc_run_config *out, uint64_t seed)
{
    *out = (struct itc_run_config){.seed = seed,
        .validators = 4,
        .duration_ms = CYCLE_MS,
        .faults = (1u << ITC_FAULT_KINDS) - 1,
        .treasons = ITC_TREASONS_ALL,
        .mode = ITC_RUN_EITHER,
        .committee = ITC_COMMITTEE_EITHER,
        .load = ITC_LOAD_DRAWN,
        .payments_per_s = 100,
        .in_flight = 1};
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* --- what is watched -------------------------------------------------------------------------- */

static void on_sent(void *ctx, struct itc_net *net, const struct itc_net_sent *s)
{
    struct itc_run *r = ctx;
    itc_trace_frame(&r->trace, itc_net_now(net), s);
    r->votes.shown_by_traitor = r->traitors.nodes >> s->from & 1;
    itc_vote_book_frame(&r->votes, itc_net_now(net), s->frame, s->len);
}

/* A disk that keeps what it acknowledged gives nobody a reason to doubt it. */
static void check_memory(struct itc_run *r, uint32_t i)
{
    struct itc_memory memory;
    if (!itc_net_node(r->net, i))
        return;
    itc_node_memory(itc_net_node(r->net, i), &memory);
    if (memory.why != ITC_DOUBT_NONE && !itc_faults_has_forgotten(&r->faults, i))
        itc_find(&r->finding, itc_net_now(r->net), "no vote is forgotten", "validator %u: %s", i,
            itc_doubt_text(memory.why));
}

static void on_stepped(void *ctx, struct itc_net *net, uint32_t i)
{
    struct itc_run *r = ctx;
    const struct itc_node *n = itc_net_node(net, i);
    struct itc_hash id;
    check_memory(r, i);
    if (itc_net_halted(net, i))
        itc_find(&r->finding, itc_net_now(net), "no node stops itself", "node %u: %s", i,
            itc_net_halted(net, i));
    if (!n || itc_node_head(n, &id)->index == r->heads[i])
        return;
    r->heads[i] = itc_node_head(n, &id)->index;
    itc_trace_head(&r->trace, itc_net_now(net), n, i);
    itc_chain_book_stepped(&r->chain, net, i);
    if (r->heads[i] <= r->newest)
        return;
    r->newest = r->heads[i];
    r->newest_ms = itc_net_now(net);
}

static void tell_wallets(struct itc_run *r)
{
    const struct itc_private_chain *chain = itc_net_chain(r->net);
    for (uint32_t i = 0; i < ITC_WALLETS_HONEST; i++) {
        const struct ledger_model_account *a =
            ledger_model_find(&r->chain.model, chain->wallets[i].key.b);
        if (a)
            itc_wallets_tell(&r->wallets, i, a->next_seq, itc_net_now(r->net));
    }
}

static void on_durable(void *ctx, struct itc_net *net, uint32_t i)
{
    struct itc_run *r = ctx;
    uint64_t before = r->chain.made;
    uint64_t applied = r->chain.verdicts[ITC_VERDICT_APPLIED];
    itc_chain_book_durable(&r->chain, net, i);
    if (r->chain.made != before)
        tell_wallets(r);
    if (r->chain.verdicts[ITC_VERDICT_APPLIED] != applied)
        itc_trace_fault(&r->trace, itc_net_now(net), "epoch %u will have %u members, %x",
            r->rosters.count, r->rosters.coming.committee.n, r->rosters.coming.members);
}

static void on_power(void *ctx, struct itc_net *net, uint32_t i, bool on)
{
    struct itc_run *r = ctx;
    struct itc_hash id;
    itc_trace_power(&r->trace, itc_net_now(net), i, on);
    itc_chain_book_power(&r->chain, net, i);
    if (on)
        r->heads[i] = itc_node_head(itc_net_node(net, i), &id)->index;
}

/* --- phases ----------------------------------------------------------------------------------- */

static bool is_safety(const struct itc_run_config *c)
{
    return c->mode == ITC_RUN_EITHER ? itc_rng_split(c->seed, 99) & 1 : c->mode == ITC_RUN_SAFETY;
}

static bool has_changes(const struct itc_run_config *c)
{
    bool drawn = itc_rng_split(c->seed, 98) & 1;
    return c->validators >= 4 &&
           (c->committee == ITC_COMMITTEE_EITHER ? drawn : c->committee == ITC_COMMITTEE_CHANGES);
}

/* Half of all runs have honest issuers only. */
static uint32_t load_of(const struct itc_run_config *c)
{
    uint64_t drawn = itc_rng_split(c->seed, 97);
    if (c->load != ITC_LOAD_DRAWN)
        return c->load;
    return drawn & 1 ? (uint32_t)(1 + (drawn >> 1) % ((1u << ITC_SPAMS) - 1)) : 0;
}

static uint64_t cycle_ms(const struct itc_run *r)
{
    return r->config.duration_ms < CYCLE_MS ? r->config.duration_ms : CYCLE_MS;
}

/* Each traitor, and each that has forgotten, may be the primary of a view that comes to nothing, one after the other,
 * while the time-outs double: from as far as they have come on honest nodes. */
static uint64_t grace_ms(const struct itc_run *r)
{
    const struct itc_params *p = &r->genesis.params;
    uint32_t failed = 0;
    uint64_t grace = 0;
    for (uint32_t i = 0; i < itc_net_validators(r->net); i++) {
        const struct itc_node *n = itc_net_node(r->net, i);
        if (n && !(r->traitors.nodes >> i & 1) && n->view.failed > failed)
            failed = n->view.failed;
    }
    for (uint32_t k = 0; k < r->idle_primaries; k++)
        grace += (uint64_t)p->timeout_ms << least(failed + k, 6);
    return grace;
}

static bool is_all_final(const struct itc_run *r)
{
    for (uint32_t i = 0; i < ITC_WALLETS_HONEST; i++)
        if (r->wallets.wallets[i].final_seq < r->wallets.wallets[i].quiet_seq)
            return false;
    return true;
}

/* Each traitor may be the primary, late or unfair, until the others have seen enough (node/complaint.h): eight heights, one
 * to complain and one to agree, each just in time. */
static uint64_t patience_ms(const struct itc_run *r)
{
    const struct itc_params *p = &r->genesis.params;
    uint32_t patient = 1u << ITC_TREASON_CENSORS | 1u << ITC_TREASON_JUST_IN_TIME;
    uint32_t trying = 0;
    for (uint32_t k = 0; k < r->traitors.count; k++)
        trying += (r->traitors.who[k].treasons & patient) != 0;
    return trying * 10 * ((uint64_t)p->interval_ms + p->timeout_ms);
}

static uint64_t final_by_ms(const struct itc_run *r)
{
    return r->healed_ms + PROGRESS_MS + r->grace_ms + patience_ms(r) + FINAL_MS;
}

static void check_all_final(struct itc_run *r)
{
    if (r->backs_off || (r->grace_ms > 0 && itc_net_now(r->net) < final_by_ms(r)))
        return;
    for (uint32_t i = 0; i < ITC_WALLETS_HONEST; i++) {
        const struct itc_wallet *a = &r->wallets.wallets[i];
        if (a->final_seq < a->quiet_seq)
            itc_find(&r->finding, itc_net_now(r->net), "every payment becomes final",
                "wallet %u: acknowledged up to %llu, final up to %llu", i,
                (unsigned long long)a->quiet_seq, (unsigned long long)a->final_seq);
    }
}

static void begin_phase(struct itc_run *r)
{
    uint64_t cycle = r->phase / PHASES;
    switch ((enum phase)(r->phase % PHASES)) {
    case PHASE_CALM:
        if (cycle > 0)
            check_all_final(r);
        itc_wallets_set_pace(&r->wallets, ITC_WALLETS_BUSY);
        r->spammers.resting = false;
        break;
    case PHASE_RAGE:
        itc_faults_rage(&r->faults);
        break;
    case PHASE_HEALED:
        itc_trace_fault(&r->trace, itc_net_now(r->net), "all is well from here on");
        r->idle_primaries = r->traitors.count + itc_faults_count_forgetful(&r->faults);
        r->grace_ms = grace_ms(r);
        itc_faults_heal(&r->faults);
        r->backs_off = false;
        r->heads_healed = r->newest;
        r->healed_ms = r->newest_ms = itc_net_now(r->net);
        break;
    case PHASE_QUIET:
        itc_wallets_set_pace(
            &r->wallets, r->config.silence ? ITC_WALLETS_SILENT : ITC_WALLETS_TRICKLE);
        r->spammers.resting = r->config.silence;
        break;
    case PHASES:
        break;
    }
    r->phase++;
    uint64_t sixtieths = phase_begins[(r->phase - 1) % PHASES + 1];
    r->phase_ms = cycle * cycle_ms(r) + cycle_ms(r) * sixtieths / 60;
    if (r->grace_ms > 0 && r->phase_ms == r->config.duration_ms && final_by_ms(r) > r->phase_ms)
        r->phase_ms = r->end_ms = final_by_ms(r);
}

/* Of a height that was opened after all is well. */
static void check_views(struct itc_run *r)
{
    for (uint32_t i = 0; i < itc_net_validators(r->net); i++) {
        const struct itc_node *n = itc_net_node(r->net, i);
        if (!n || r->traitors.nodes >> i & 1 || n->chain.head.index <= r->heads_healed)
            continue;
        uint32_t from = itc_chain_next_view(&n->chain, &n->chain.head);
        if (n->pbft.rounds[0].slot.view > from + r->idle_primaries + VIEWS_APART)
            itc_find(&r->finding, itc_net_now(r->net), "progress after healing",
                "node %u: height %llu, begun in view %u, is in view %u", i,
                (unsigned long long)n->pbft.rounds[0].slot.index, from,
                n->pbft.rounds[0].slot.view);
    }
}

/* After all is well, every node gets on; and if few fail at a time, the chain does all along. */
static void check_progress(struct itc_run *r)
{
    uint64_t now_ms = itc_net_now(r->net);
    uint32_t last = (r->phase - 1) % PHASES;
    bool counts = last >= PHASE_HEALED || !r->faults.config.safety;
    r->backs_off = r->backs_off || (counts && itc_faults_may_stand_still(&r->faults));
    if (r->backs_off)
        return;
    uint64_t healed_ms = r->healed_ms + r->grace_ms;
    if (last >= PHASE_HEALED && now_ms >= healed_ms + PROGRESS_MS && r->newest == r->heads_healed)
        itc_find(&r->finding, now_ms, "progress after healing", "no milestone after %llu",
            (unsigned long long)r->newest);
    if (last >= PHASE_HEALED && now_ms >= healed_ms + CAUGHT_UP_MS)
        for (uint32_t i = 0; i < itc_net_count(r->net); i++)
            if (r->heads[i] <= r->heads_healed && !(r->traitors.nodes >> i & 1))
                itc_find(&r->finding, now_ms, "progress after healing",
                    "node %u is still at %llu; the newest was %llu then", i,
                    (unsigned long long)r->heads[i], (unsigned long long)r->heads_healed);
    if (last >= PHASE_HEALED)
        check_views(r);
    if ((last != PHASE_RAGE || !r->faults.config.safety) &&
        now_ms > r->newest_ms + STILL_MS + r->grace_ms)
        itc_find(&r->finding, now_ms, "the chain goes on", "no milestone after %llu for %u s",
            (unsigned long long)r->newest, STILL_MS / 1000);
}

/* --- a run ------------------------------------------------------------------------------------ */

static void configure_net(
    struct itc_net_config *c, const struct itc_run_config *config, struct itc_traitor_plan *plan)
{
    static const uint32_t epoch_lengths[] = {20, 100, 3600}, timeouts_ms[] = {500, 1000, 2000};
    struct itc_rng rng;
    itc_rng_init(&rng, itc_rng_split(config->seed, 2));
    itc_net_config_default(c, itc_rng_split(config->seed, 3), config->validators,
        itc_rng_below(&rng, 4) == 0 && config->validators < ITC_NET_NODES_MAX);
    c->params.epoch_length = epoch_lengths[itc_rng_below(&rng, 3)];
    c->latency_ms = 1 + itc_rng_below(&rng, 20);
    c->sync_ms = 1 + itc_rng_below(&rng, 10);
    c->params.timeout_ms = timeouts_ms[itc_rng_below(&rng, 3)];
    if (has_changes(config)) {
        c->params.epoch_length = 5 + itc_rng_below(&rng, 30);
        c->candidates = 1 + itc_rng_below(&rng, 3);
        if (c->validators + c->candidates + c->full_nodes > ITC_NET_NODES_MAX)
            c->candidates = ITC_NET_NODES_MAX - c->validators - c->full_nodes;
        c->full_nodes += c->candidates;
    }
    *plan = (struct itc_traitor_plan){.set = 0};
    if (config->faults >> ITC_FAULT_TRAITOR & 1)
        itc_traitor_plan_draw(plan, itc_rng_split(config->seed, 7), config->validators,
            ITC_NET_NODES_MAX - c->validators - c->full_nodes, config->treasons, is_safety(config));
    c->twins = plan->twins;
}

struct itc_run *itc_run_create(const struct itc_run_config *config,
    void (*listen)(void *ctx, const struct itc_trace_entry *e), void *ctx)
{
    struct itc_run *r = calloc(1, sizeof *r);
    struct itc_net_config c;
    struct itc_traitor_plan plan;
    ITC_ASSERT(r);
    r->config = *config;
    configure_net(&c, config, &plan);
    r->net = itc_net_create(&c);
    itc_traitors_init(&r->traitors, &plan, itc_rng_split(config->seed, 8), r->net);
    const struct itc_private_chain *chain = itc_net_chain(r->net);
    enum itc_err e = itc_genesis_decode(&r->genesis, chain->genesis, chain->genesis_len);
    ITC_ASSERT(e == ITC_OK);
    r->trace.chain = chain->id;
    r->trace.listen = listen;
    r->trace.ctx = ctx;
    itc_rosters_init(&r->rosters, chain, &r->genesis.committee);
    itc_vote_book_init(
        &r->votes, &r->genesis.params, &chain->id, &r->rosters, ~plan.set, &r->finding);
    itc_chain_book_init(&r->chain, &r->genesis, &chain->id, &r->votes, &r->rosters, &r->finding);
    itc_wallets_init(
        &r->wallets, itc_rng_split(config->seed, 4), config->payments_per_s, config->in_flight);
    r->wallets.shunned = r->traitors.nodes;
    itc_probes_init(
        &r->probes, itc_rng_split(config->seed, 5), r->net, &r->chain, &r->traitors, &r->finding);
    itc_reforms_init(&r->reforms, itc_rng_split(config->seed, 9), has_changes(config),
        UINT32_MAX >> (ITC_NET_NODES_MAX - c.validators - c.candidates), plan.set, &r->chain,
        &r->spammers);
    itc_spammers_init(
        &r->spammers, itc_rng_split(config->seed, 10), load_of(config), &r->chain, &r->finding);
    const struct itc_faults_config faults = {.seed = itc_rng_split(config->seed, 6),
        .kinds = config->faults,
        .without = config->without,
        .safety = is_safety(config),
        .rosters = &r->rosters};
    itc_faults_init(&r->faults, &faults, r->net, &r->trace, &r->traitors);
    r->watch = (struct itc_net_watch){
        .ctx = r, .sent = on_sent, .stepped = on_stepped, .durable = on_durable, .power = on_power};
    itc_net_observe(r->net, &r->watch);
    r->end_ms = config->duration_ms;
    r->idle_primaries = r->traitors.count;
    r->grace_ms = grace_ms(r);
    begin_phase(r);
    return r;
}

void itc_run_free(struct itc_run *r)
{
    itc_net_free(r->net);
    itc_traitors_free(&r->traitors);
    itc_vote_book_free(&r->votes);
    itc_chain_book_free(&r->chain);
    itc_rosters_free(&r->rosters);
    free(r);
}

bool itc_run_advance(struct itc_run *r, uint64_t until_ms)
{
    while (!r->finding.oracle && itc_net_now(r->net) < least(until_ms, r->end_ms)) {
        uint64_t at_ms = least(least(until_ms, r->end_ms), least(r->phase_ms, r->probes.due_ms));
        at_ms = least(at_ms, itc_faults_due_ms(&r->faults));
        at_ms = least(at_ms, itc_reforms_due_ms(&r->reforms));
        at_ms = least(at_ms, itc_spammers_due_ms(&r->spammers));
        itc_net_run(r->net, least(at_ms, itc_wallets_due_ms(&r->wallets)));
        uint64_t now_ms = itc_net_now(r->net);
        if (now_ms >= r->phase_ms)
            begin_phase(r);
        itc_faults_act(&r->faults);
        itc_wallets_act(&r->wallets, r->net);
        itc_reforms_act(&r->reforms, r->net);
        itc_spammers_act(&r->spammers, r->net);
        if (now_ms < r->probes.due_ms)
            continue;
        itc_probes_act(&r->probes, r->net);
        check_progress(r);
        if (now_ms >= r->config.duration_ms && is_all_final(r))
            break; /* more time was not needed */
    }
    return !r->finding.oracle;
}
