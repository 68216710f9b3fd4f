#include "tools/sim/episodes.h"

#define HALVES_MOST_MS 10000
#define RETIRED_MS 3000 /* in which gossip has carried a payment to others */
#define JUMP_MOST_MS 30000

bool itc_episode_has_victim(const struct itc_episode_slot *slot, uint32_t i)
{
    return slot->victims >> i & 1;
}

/* --- net -------------------------------------------------------------------------------------- */

void itc_episodes_cut_and_mend(struct itc_faults *f)
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

void itc_episodes_set_weather(struct itc_faults *f, const struct itc_net_weather *weather)
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
    itc_episodes_set_weather(f, &w);
}

static void end_weather(struct itc_faults *f, struct itc_episode_slot *slot)
{
    (void)slot;
    itc_episodes_set_weather(f, &f->calm);
}

static void partition(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)rng;
    f->side ^= slot->victims;
    itc_episodes_cut_and_mend(f);
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
            if (itc_episode_has_victim(slot, v) && !itc_episode_has_victim(slot, o)) {
                uint32_t from = towards ? o : v, to = towards ? v : o;
                itc_net_weather(f->net, from, to)->clogged_until_ms = slot->until_ms;
            }
}

static void narrow(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    uint32_t nodes = itc_net_count(f->net);
    for (uint32_t v = 0; v < nodes; v++)
        for (uint32_t o = 0; o < nodes; o++)
            if (itc_episode_has_victim(slot, v) && o != v) {
                itc_net_weather(f->net, v, o)->bytes_per_ms = 4 + itc_rng_below(rng, 60);
                itc_net_weather(f->net, v, o)->latency_ms += itc_rng_below(rng, 200);
            }
}

/* --- disk ------------------------------------------------------------------------------------- */

static void slow_disk(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (itc_episode_has_victim(slot, i))
            itc_net_machine(f->net, i)->sync_ms = 20 + itc_rng_below(rng, 300);
}

static void full_disk(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)rng;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (itc_episode_has_victim(slot, i))
            itc_net_machine(f->net, i)->disk_full = true;
}

/* The disk says no to a sync and stops the process; what it has kept is anybody's guess. */
static void disk_error(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)rng;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (itc_episode_has_victim(slot, i) && itc_net_node(f->net, i)) {
            itc_net_machine(f->net, i)->keeps_unsynced = true;
            itc_net_kill(f->net, i);
        }
}

/* --- time ------------------------------------------------------------------------------------- */

static void jump(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (itc_episode_has_victim(slot, i))
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
        if (itc_episode_has_victim(slot, i)) {
            itc_net_machine(f->net, i)->stall_permille = 1 + itc_rng_below(rng, 50);
            itc_net_machine(f->net, i)->stall_ms = 1 + itc_rng_below(rng, 50);
        }
}

static void stop(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)rng;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (itc_episode_has_victim(slot, i))
            itc_net_stop(f->net, i, slot->until_ms);
}

/* --- crash ------------------------------------------------------------------------------------ */

static void crash(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (itc_episode_has_victim(slot, i)) {
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
            if (a != b && (itc_episode_has_victim(slot, a) || itc_episode_has_victim(slot, b)) &&
                itc_rng_below(rng, 2)) {
                itc_net_weather(f->net, a, b)->clogs_at = moment;
                itc_net_weather(f->net, a, b)->clogs_until_ms = slot->until_ms;
            }
}

/* Each victim's power fails when it has sent a vote of a kind to one node. */
static void crash_at(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (itc_episode_has_victim(slot, i)) {
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

/* Until it comes, wallets ask others, and what it acknowledged goes round. */
static void await_loss(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    slot->until_ms += RETIRED_MS;
    slot->chance = (uint32_t)itc_rng_next(rng);
    f->forgetful |= slot->victims;
    for (uint32_t i = 0; i < itc_net_count(f->net); i++)
        if (itc_episode_has_victim(slot, i)) {
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
        if (itc_episode_has_victim(slot, i))
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
        if (itc_episode_has_victim(slot, i) && due && itc_net_node(f->net, i) && !owes(f, i))
            forget(f, slot, i);
        else if (itc_episode_has_victim(slot, i))
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

void itc_episodes_part_twins(struct itc_faults *f, struct itc_rng *rng)
{
    itc_traitors_part(f->traitors, rng, f->apart);
    itc_episodes_cut_and_mend(f);
}

static void part_twins(struct itc_faults *f, struct itc_rng *rng, struct itc_episode_slot *slot)
{
    (void)slot;
    itc_episodes_part_twins(f, rng);
}

const struct itc_episode itc_episodes[ITC_EPISODES] = {
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
