#include "tools/sim/episodes.h"

#define EPISODE_LEAST_MS 200
#define EPISODE_MOST_MS 8000
#define PAUSE_LEAST_MS 200
#define PAUSE_MOST_MS 5000

const char *itc_fault_name(enum itc_fault_kind k)
{
    static const char *const names[ITC_FAULT_KINDS] = {
        [ITC_FAULT_NET] = "net",
        [ITC_FAULT_DISK] = "disk",
        [ITC_FAULT_TIME] = "time",
        [ITC_FAULT_CRASH] = "crash",
        [ITC_FAULT_AMBUSH] = "ambush",
        [ITC_FAULT_MEMORY] = "memory",
        [ITC_FAULT_TRAITOR] = "traitor",
    };
    return names[k];
}

void itc_episode_set_put(
    struct itc_episode_set *s, enum itc_fault_kind kind, uint32_t number, bool in)
{
    uint64_t bit = UINT64_C(1) << number % 64;
    ITC_ASSERT(number < ITC_EPISODES_OF_KIND);
    s->bits[kind][number / 64] = (s->bits[kind][number / 64] & ~bit) | (in ? bit : 0);
}

bool itc_episode_set_has(const struct itc_episode_set *s, enum itc_fault_kind kind, uint32_t number)
{
    return number < ITC_EPISODES_OF_KIND && s->bits[kind][number / 64] >> number % 64 & 1;
}

/* --- victims ---------------------------------------------------------------------------------- */

/* That doubt is over is a row like any other: who loses power before it is durable doubts again. */
static bool is_forgetful(struct itc_faults *f, uint32_t i)
{
    const struct itc_node *n = itc_net_node(f->net, i);
    struct itc_memory memory;
    struct itc_hash id;
    if (!n || f->forgetful_until[i] == 0)
        return f->forgetful >> i & 1;
    itc_node_memory(n, &memory);
    if (memory.why != ITC_DOUBT_NONE)
        f->forgetful |= 1u << i;
    else if (!memory.asking && itc_node_head(n, &id)->index >= f->forgetful_until[i])
        f->forgetful &= ~(1u << i);
    return f->forgetful >> i & 1;
}

bool itc_faults_has_forgotten(struct itc_faults *f, uint32_t i)
{
    return is_forgetful(f, i) && f->forgetful_until[i] != UINT64_MAX;
}

static uint32_t all_forgetful(struct itc_faults *f)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        all |= (uint32_t)is_forgetful(f, i) << i;
    return all;
}

static uint32_t all_victims(const struct itc_faults *f)
{
    uint32_t all = 0;
    for (uint32_t k = 0; k < ITC_EPISODES_MAX; k++)
        all |= f->slots[k].what ? f->slots[k].victims : 0;
    return all;
}

static uint32_t count_bits(uint32_t set)
{
    uint32_t count = 0;
    for (; set != 0; set &= set - 1)
        count++;
    return count;
}

/* An empty seat is one that fails for good. */
static bool is_borne_by(const struct itc_roster *r, uint32_t victims)
{
    return count_bits(victims & r->members) + r->empty <= itc_committee_faults(r->committee.n);
}

/* Whether both the committee in force and the one to come can bear these victims. */
static bool is_borne(const struct itc_faults *f, uint32_t victims)
{
    const struct itc_roster *now = itc_rosters_present(f->config.rosters);
    const struct itc_roster *next = &f->config.rosters->coming;
    victims |= f->traitors->plan.set;
    return is_borne_by(now, victims) && is_borne_by(next, victims);
}

bool itc_faults_may_stand_still(struct itc_faults *f)
{
    const struct itc_roster *now = itc_rosters_present(f->config.rosters);
    uint32_t traitors = f->traitors->plan.set;
    uint32_t forgetful = all_forgetful(f) & now->members & ~traitors;
    return forgetful != 0 && !is_borne_by(now, forgetful | traitors);
}

uint32_t itc_faults_count_forgetful(struct itc_faults *f)
{
    return count_bits(all_forgetful(f) & ~f->traitors->plan.set);
}

/* None if nobody may be one now. Whoever else fails with them, no more than f forget. */
static uint32_t choose_victims(
    struct itc_faults *f, struct itc_rng *rng, enum itc_fault_kind kind, bool halves)
{
    uint32_t nodes = itc_net_count(f->net), chosen = 0;
    uint32_t n = itc_rosters_present(f->config.rosters)->committee.n;
    bool memory = kind == ITC_FAULT_MEMORY, any = f->config.safety && !memory;
    uint32_t forgetful = all_forgetful(f), victims = all_victims(f);
    uint32_t taken = any ? victims : victims | forgetful;
    uint32_t counted = f->config.safety ? forgetful : taken;
    uint32_t most = any ? nodes : itc_committee_faults(n);
    uint32_t want = halves ? nodes / 2 : 1 + itc_rng_below(rng, most > 0 ? most : 1);
    for (uint32_t tries = 0; tries < 2 * nodes && want > 0; tries++) {
        uint32_t i = itc_rng_below(rng, nodes);
        if ((taken | chosen) >> i & 1 || (!any && !is_borne(f, counted | chosen | 1u << i)))
            continue;
        chosen |= 1u << i;
        want--;
    }
    return chosen;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void begin(struct itc_faults *f, enum itc_fault_kind kind)
{
    struct itc_rng *rng = &f->rngs[kind];
    const struct itc_episode *of_kind[ITC_EPISODES];
    uint32_t count = 0, k = 0;
    for (size_t i = 0; i < ITC_EPISODES; i++)
        if (itc_episodes[i].kind == kind)
            of_kind[count++] = &itc_episodes[i];
    uint64_t now_ms = itc_net_now(f->net);
    struct itc_episode_slot s = {.what = of_kind[itc_rng_below(rng, count)],
        .until_ms = now_ms + EPISODE_LEAST_MS +
                    itc_rng_below(rng, 1 + itc_rng_below(rng, EPISODE_MOST_MS))};
    if (s.what->has_victims)
        s.victims = choose_victims(f, rng, kind, s.what->halves);
    while (k < ITC_EPISODES_MAX && f->slots[k].what)
        k++;
    uint32_t number = f->drawn[kind]++;
    if (k == ITC_EPISODES_MAX || (s.what->has_victims && s.victims == 0) ||
        itc_episode_set_has(&f->config.without, kind, number))
        return;
    f->slots[k] = s;
    f->counts[kind]++;
    itc_trace_fault(f->trace, now_ms, "%s%u: %s, victims %x, until %llu.%03llu",
        itc_fault_name(kind), number, s.what->name, s.victims,
        (unsigned long long)s.until_ms / 1000, (unsigned long long)s.until_ms % 1000);
    s.what->begin(f, rng, &f->slots[k]);
}

static void make_well(struct itc_faults *f, uint32_t i)
{
    *itc_net_machine(f->net, i) = (struct itc_net_machine){
        .sync_ms = f->sync_ms, .drift_ppm = itc_net_machine(f->net, i)->drift_ppm};
    for (uint32_t o = 0; o < itc_net_count(f->net); o++)
        if (o != i)
            *itc_net_weather(f->net, i, o) = *itc_net_weather(f->net, o, i) = f->calm;
    if (!itc_net_node(f->net, i) && !itc_net_halted(f->net, i))
        itc_net_restart(f->net, i);
}

static void end(struct itc_faults *f, struct itc_episode_slot *slot)
{
    itc_trace_fault(f->trace, itc_net_now(f->net), "end of %s", slot->what->name);
    f->side &= ~slot->victims;
    if (slot->what->end)
        slot->what->end(f, slot);
    slot->what = NULL;
    itc_episodes_cut_and_mend(f);
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (itc_episode_has_victim(slot, i))
            make_well(f, i);
}

void itc_faults_init(struct itc_faults *f, const struct itc_faults_config *config,
    struct itc_net *net, struct itc_trace *trace, struct itc_traitors *traitors)
{
    *f = (struct itc_faults){.config = *config, .net = net, .trace = trace, .traitors = traitors};
    if (traitors->count == 0)
        f->config.kinds &= ~(1u << ITC_FAULT_TRAITOR);
    f->calm = *itc_net_weather(net, 0, 1);
    f->sync_ms = itc_net_machine(net, 0)->sync_ms;
    for (uint32_t kind = 0; kind < ITC_FAULT_KINDS; kind++)
        itc_rng_init(&f->rngs[kind], itc_rng_split(config->seed, kind));
    if (f->config.kinds >> ITC_FAULT_TRAITOR & 1)
        itc_episodes_part_twins(f, &f->rngs[ITC_FAULT_TRAITOR]);
}

void itc_faults_rage(struct itc_faults *f)
{
    f->raging = true;
    for (uint32_t kind = 0; kind < ITC_FAULT_KINDS; kind++) {
        f->pause_ms[kind] =
            PAUSE_LEAST_MS + itc_rng_below(&f->rngs[kind], PAUSE_MOST_MS - PAUSE_LEAST_MS);
        f->next_ms[kind] = itc_net_now(f->net) + itc_rng_below(&f->rngs[kind], f->pause_ms[kind]);
        if (!(f->config.kinds >> kind & 1))
            f->next_ms[kind] = UINT64_MAX;
    }
}

void itc_faults_heal(struct itc_faults *f)
{
    f->raging = false;
    for (uint32_t k = 0; k < ITC_EPISODES_MAX; k++)
        if (f->slots[k].what)
            end(f, &f->slots[k]);
    itc_episodes_set_weather(f, &f->calm);
    for (uint32_t i = 0; i < itc_net_count(f->net); i++) {
        itc_net_machine(f->net, i)->drift_ppm = 0;
        itc_net_stop(f->net, i, 0);
    }
}

uint64_t itc_faults_due_ms(const struct itc_faults *f)
{
    uint64_t first_ms = UINT64_MAX;
    for (uint32_t k = 0; k < ITC_EPISODES_MAX; k++)
        if (f->slots[k].what && f->slots[k].until_ms < first_ms)
            first_ms = f->slots[k].until_ms;
    for (uint32_t kind = 0; f->raging && kind < ITC_FAULT_KINDS; kind++)
        if (f->next_ms[kind] < first_ms)
            first_ms = f->next_ms[kind];
    return first_ms;
}

void itc_faults_act(struct itc_faults *f)
{
    uint64_t now_ms = itc_net_now(f->net);
    for (uint32_t k = 0; k < ITC_EPISODES_MAX; k++)
        if (f->slots[k].what && f->slots[k].until_ms <= now_ms)
            end(f, &f->slots[k]);
    for (uint32_t k = 0; k < ITC_EPISODES_MAX && !f->config.safety && !is_borne(f, all_victims(f));
         k++)
        if (f->slots[k].what && f->slots[k].victims != 0)
            end(f, &f->slots[k]);
    for (uint32_t kind = 0; f->raging && kind < ITC_FAULT_KINDS; kind++) {
        if (f->next_ms[kind] > now_ms)
            continue;
        f->next_ms[kind] = now_ms + 1 + itc_rng_below(&f->rngs[kind], 2 * f->pause_ms[kind]);
        begin(f, (enum itc_fault_kind)kind);
    }
}
