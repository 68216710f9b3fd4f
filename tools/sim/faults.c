#include "tools/sim/faults.h"

#include <string.h>

#define EPISODE_LEAST_MS 200
#define EPISODE_MOST_MS 8000
#define HALVES_MOST_MS 10000
#define PAUSE_LEAST_MS 200
#define PAUSE_MOST_MS 5000
#define RETIRED_MS 3000 /* in which gossip has carried a payment to others */
#define JUMP_MOST_MS 30000

struct itc_episode {
    const char *name;
    enum itc_fault_kind kind;
    bool has_victims;
    bool halves; /* half of all nodes are victims, if so many may be */
    /* Begins it, for all victims, or for all nodes if it has none. */
    void (*begin)(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot);
    /* What there is to do when it ends, besides making its victims well. NULL: nothing. */
    void (*end)(struct itc_faults *f, struct itc_episode_slot *slot);
};

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

static bool is_victim(const struct itc_episode_slot *slot, uint32_t i)
{
    return slot->victims >> i & 1;
}

/* --- net -------------------------------------------------------------------------------------- */

/* A link is cut exactly where one end is on the side and the other is not, or where a twin keeps away. */
static void cut_and_mend(struct itc_faults *f)
{
    uint32_t nodes = itc_net_count(f->net);
    for (uint32_t a = 0; a < nodes; a++)
        for (uint32_t b = 0; b < a; b++) {
            bool apart = (f->side >> a & 1) != (f->side >> b & 1) || f->apart[a] >> b & 1;
            if (apart && !itc_net_is_cut(f->net, a, b))
                itc_net_cut(f->net, a, b);
            if (!apart && itc_net_is_cut(f->net, a, b))
                itc_net_mend(f->net, a, b);
        }
}

static void set_all_weather(struct itc_faults *f, const struct itc_net_weather *weather)
{
    uint32_t nodes = itc_net_count(f->net);
    for (uint32_t a = 0; a < nodes; a++)
        for (uint32_t b = 0; b < nodes; b++)
            if (a != b)
                *itc_net_weather(f->net, a, b) = *weather;
}

static void weather(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)slot;
    const struct itc_net_weather w = {.latency_ms = 1 + itc_rng_below(rng, 60),
        .jitter_ms = itc_rng_below(rng, 2) * itc_rng_below(rng, 60),
        .tail_permille = itc_rng_below(rng, 30),
        .tail_ms = itc_rng_below(rng, 400),
        .loss_permille = itc_rng_below(rng, 2) * itc_rng_below(rng, 300),
        .twice_permille = itc_rng_below(rng, 2) * itc_rng_below(rng, 100)};
    set_all_weather(f, &w);
}

static void end_weather(struct itc_faults *f, struct itc_episode_slot *slot)
{
    (void)slot;
    set_all_weather(f, &f->calm);
}

static void partition(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)rng;
    f->side ^= slot->victims;
    cut_and_mend(f);
}

static void reset(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)slot;
    uint32_t nodes = itc_net_count(f->net), a = itc_rng_below(rng, nodes);
    uint32_t b = (a + 1 + itc_rng_below(rng, nodes - 1)) % nodes;
    if (itc_net_is_cut(f->net, a, b))
        return;
    itc_net_cut(f->net, a, b);
    itc_net_mend(f->net, a, b);
}

/* Towards the victims, or from them, nothing arrives; the other way all is well. */
static void half_deaf(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    bool towards = itc_rng_below(rng, 2);
    uint32_t nodes = itc_net_count(f->net);
    for (uint32_t v = 0; v < nodes; v++)
        for (uint32_t o = 0; o < nodes; o++)
            if (is_victim(slot, v) && !is_victim(slot, o)) {
                uint32_t from = towards ? o : v, to = towards ? v : o;
                itc_net_weather(f->net, from, to)->clogged_until_ms = slot->until_ms;
            }
}

static void narrow(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    uint32_t nodes = itc_net_count(f->net);
    for (uint32_t v = 0; v < nodes; v++)
        for (uint32_t o = 0; o < nodes; o++)
            if (is_victim(slot, v) && o != v) {
                itc_net_weather(f->net, v, o)->bytes_per_ms = 4 + itc_rng_below(rng, 60);
                itc_net_weather(f->net, v, o)->latency_ms += itc_rng_below(rng, 200);
            }
}

/* --- disk ------------------------------------------------------------------------------------- */

static void slow_disk(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i))
            itc_net_machine(f->net, i)->sync_ms = 20 + itc_rng_below(rng, 300);
}

static void full_disk(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)rng;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i))
            itc_net_machine(f->net, i)->disk_full = true;
}

/* The disk says no to a sync and stops the process; what it has kept is anybody's guess. */
static void disk_error(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)rng;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i) && itc_net_node(f->net, i)) {
            itc_net_machine(f->net, i)->keeps_unsynced = true;
            itc_net_kill(f->net, i);
        }
}

/* --- time ------------------------------------------------------------------------------------- */

static void jump(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i))
            itc_net_machine(f->net, i)->clock_ms =
                (int64_t)itc_rng_below(rng, 2 * JUMP_MOST_MS) - JUMP_MOST_MS;
}

static void drift(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)slot;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        itc_net_machine(f->net, i)->drift_ppm = (int32_t)itc_rng_below(rng, 1000) - 500;
}

static void stall(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i)) {
            itc_net_machine(f->net, i)->stall_permille = 1 + itc_rng_below(rng, 50);
            itc_net_machine(f->net, i)->stall_ms = 1 + itc_rng_below(rng, 50);
        }
}

static void stop(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)rng;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i))
            itc_net_stop(f->net, i, slot->until_ms);
}

/* --- crash ------------------------------------------------------------------------------------ */

static void crash(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i)) {
            itc_net_machine(f->net, i)->keeps_unsynced = itc_rng_below(rng, 2);
            itc_net_machine(f->net, i)->crash_after = 1 + itc_rng_below(rng, 300);
        }
}

/* --- ambush ----------------------------------------------------------------------------------- */

/* Some lines of the victims clog with the first vote of a kind, and so do not bring it. */
static void clog_at(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    enum itc_net_moment moment = 1 + itc_rng_below(rng, ITC_NET_MOMENTS - 1);
    uint32_t nodes = itc_net_count(f->net);
    for (uint32_t a = 0; a < nodes; a++)
        for (uint32_t b = 0; b < nodes; b++)
            if (a != b && (is_victim(slot, a) || is_victim(slot, b)) && itc_rng_below(rng, 2)) {
                itc_net_weather(f->net, a, b)->clogs_at = moment;
                itc_net_weather(f->net, a, b)->clogs_until_ms = slot->until_ms;
            }
}

/* Each victim's power fails when it has sent a vote of a kind to one node. */
static void crash_at(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i)) {
            itc_net_machine(f->net, i)->keeps_unsynced = itc_rng_below(rng, 2);
            itc_net_machine(f->net, i)->crashes_at = 1 + itc_rng_below(rng, ITC_NET_MOMENTS - 1);
        }
}

/* Long enough for either half to leave views, and to decide if it wrongly can. */
static void halve(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    slot->until_ms += itc_rng_below(rng, HALVES_MOST_MS);
    partition(f, rng, slot);
}

/* --- memory ----------------------------------------------------------------------------------- */

static bool is_forgetful(struct itc_faults *f, uint32_t i)
{
    const struct itc_node *n = itc_net_node(f->net, i);
    struct itc_memory memory;
    struct itc_hash id;
    if (!(f->forgetful >> i & 1) || !n)
        return f->forgetful >> i & 1;
    itc_node_memory(n, &memory);
    if (!memory.asking && memory.why == ITC_DOUBT_NONE &&
        itc_node_head(n, &id)->index >= f->forgetful_until[i])
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

/* Until it comes, wallets ask others, and what it acknowledged goes round. */
static void await_loss(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    slot->until_ms += RETIRED_MS;
    slot->chance = (uint32_t)itc_rng_next(rng);
    f->forgetful |= slot->victims;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i)) {
            f->forgetful_until[i] = UINT64_MAX;
            itc_net_machine(f->net, i)->retires = true;
        }
}

static void lose_disk(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    await_loss(f, rng, slot);
}

static void copy_disk(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    await_loss(f, rng, slot);
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i))
            itc_net_keep_image(f->net, i);
}

static void rot(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    await_loss(f, rng, slot);
}

/* Payments that it acknowledged may be nowhere else, if it was cut off until now. */
static bool owes(const struct itc_faults *f, uint32_t i)
{
    return itc_mem_store_count(&itc_net_disk(f->net, i)->live, ITC_CF_POOL) > 0;
}

/* It votes for the height after its head at most. */
static void forget(struct itc_faults *f, const struct itc_episode_slot *slot, uint32_t i)
{
    struct itc_hash id;
    f->forgetful_until[i] = itc_node_head(itc_net_node(f->net, i), &id)->index + 1;
    itc_net_kill(f->net, i);
    bool stays = slot->what->begin == copy_disk && itc_net_put_back(f->net, i);
    if (slot->what->begin == rot && slot->chance % 2)
        stays = itc_net_rot(f->net, i, slot->chance / 2);
    if (!stays)
        itc_net_replace_disk(f->net, i);
}

/* Now it befalls them; unless all is made well before its time, or they have found no time to send on what they owe. */
static void end_memory(struct itc_faults *f, struct itc_episode_slot *slot)
{
    bool due = slot->until_ms <= itc_net_now(f->net);
    for (uint32_t i = 0; i < itc_net_count(f->net); i++) {
        if (is_victim(slot, i) && due && itc_net_node(f->net, i) && !owes(f, i))
            forget(f, slot, i);
        else if (is_victim(slot, i))
            f->forgetful &= ~(1u << i);
    }
}

/* --- traitor ---------------------------------------------------------------------------------- */

static void betray_anew(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    char text[64];
    (void)slot;
    itc_traitors_change(f->traitors, rng);
    for (uint32_t k = 0; k < f->traitors->count; k++) {
        itc_traitors_text(f->traitors, k, text, sizeof text);
        itc_trace_fault(f->trace, itc_net_now(f->net), "traitor %s", text);
    }
}

static void part_twins(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)slot;
    itc_traitors_part(f->traitors, rng, f->apart);
    cut_and_mend(f);
}

static const struct itc_episode episodes[] = {
    {"weather", ITC_FAULT_NET, false, false, weather, end_weather},
    {"partition", ITC_FAULT_NET, true, false, partition, NULL},
    {"link reset", ITC_FAULT_NET, false, false, reset, NULL},
    {"clogged one way", ITC_FAULT_NET, true, false, half_deaf, NULL},
    {"narrow line", ITC_FAULT_NET, true, false, narrow, NULL},
    {"slow disk", ITC_FAULT_DISK, true, false, slow_disk, NULL},
    {"full disk", ITC_FAULT_DISK, true, false, full_disk, NULL},
    {"disk error", ITC_FAULT_DISK, true, false, disk_error, NULL},
    {"clock jump", ITC_FAULT_TIME, true, false, jump, NULL},
    {"clock drift", ITC_FAULT_TIME, false, false, drift, NULL},
    {"slow processor", ITC_FAULT_TIME, true, false, stall, NULL},
    {"stopped", ITC_FAULT_TIME, true, false, stop, NULL},
    {"crash", ITC_FAULT_CRASH, true, false, crash, NULL},
    {"clogged at a vote", ITC_FAULT_AMBUSH, true, false, clog_at, NULL},
    {"crash at a vote", ITC_FAULT_AMBUSH, true, false, crash_at, NULL},
    {"two halves", ITC_FAULT_AMBUSH, true, true, halve, NULL},
    {"lost disk", ITC_FAULT_MEMORY, true, false, lose_disk, end_memory},
    {"old disk", ITC_FAULT_MEMORY, true, false, copy_disk, end_memory},
    {"bit rot", ITC_FAULT_MEMORY, true, false, rot, end_memory},
    {"other treasons", ITC_FAULT_TRAITOR, false, false, betray_anew, NULL},
    {"twins part", ITC_FAULT_TRAITOR, false, false, part_twins, NULL},
};
#define EPISODES (sizeof episodes / sizeof episodes[0])

/* --- victims ---------------------------------------------------------------------------------- */

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
    return forgetful != 0 && (f->config.safety || !is_borne_by(now, forgetful | traitors));
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
    const struct itc_episode *of_kind[EPISODES];
    uint32_t count = 0, k = 0;
    for (size_t i = 0; i < EPISODES; i++)
        if (episodes[i].kind == kind)
            of_kind[count++] = &episodes[i];
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
    cut_and_mend(f);
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (is_victim(slot, i))
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
        part_twins(f, &f->rngs[ITC_FAULT_TRAITOR], NULL);
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
    set_all_weather(f, &f->calm);
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
