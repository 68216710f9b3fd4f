/* admission.c - see admission.h. */
#include "node/core.h"

#include <string.h>

#define ANCESTORS_MAX 1024
#define ANCESTORS_PARTS 16
#define ANCESTORS_AT_ONCE 8 /* parts */
#define IDLE_AT_ONCE 4      /* places */

/* --- flows ----------------------------------------------------------------------------------------------- */

/* Keys of flows that are no issuer's: no point of the curve has such an x (0, or beyond the field's prime). */
static const struct itc_key unfunded;

static struct itc_key link_key(uint32_t peer)
{
    struct itc_key key;
    memset(key.b, 0xff, sizeof(key.b));
    memcpy(key.b + sizeof(key.b) - sizeof(peer), &peer, sizeof(peer));
    return key;
}

/* Whether a site brings what is there without it, or will never be of use. */
static bool reattaches(
    struct itc_node *n, uint32_t site, const struct itc_site *s, const struct itc_account *a)
{
    struct itc_hash tx_id;
    itc_tx_id(&tx_id, &n->chain.id, s->tx_bytes, s->tx_len);
    return itc_pending_claim(&n->pending, site, &tx_id) != site ||
           itc_open_txs_find(&n->open_txs, &tx_id) != ITC_NONE ||
           (a != NULL && s->tx.seq < a->next_seq) ||
           (s->tx.valid_until != 0 && s->tx.valid_until <= n->chain.head.index);
}

static enum itc_err join_flow(struct itc_node *n, uint32_t site)
{
    struct itc_site s;
    const uint8_t *bytes;
    size_t len;
    uint64_t weight = 1;
    struct itc_key key = unfunded;
    itc_pending_decode(&n->pending, site, &s, &bytes, &len);
    const struct itc_account *a = itc_ledger_find(&n->ledger, &s.tx.issuer);
    if (reattaches(n, site, &s, a)) {
        key = link_key(n->pending.sites[site].peer);
    } else if (a != NULL) {
        key = s.tx.issuer;
        weight = itc_fair_weight(a->balance, n->chain.params.dust);
    }
    return itc_fair_push(&n->fair, site, &key, weight, (uint32_t)len);
}

static void refuse(struct itc_node *n, uint32_t site)
{
    n->stats.peer_refused[ITC_E_FULL]++;
    itc_intake_let_go(n, site);
}

/* A site that has had its turn and waits for this one, or ITC_NONE. */
static uint32_t heir(const struct itc_node *n, const struct itc_hash *id)
{
    const struct itc_pending *p = &n->pending;
    uint32_t wanted = itc_index_find(&p->wanted_ids, id);
    uint32_t link = wanted == ITC_NONE ? ITC_NONE : p->wanted[wanted].waiters;
    while (link != ITC_NONE && !p->sites[link / ITC_SITE_PARENTS_MAX].turn)
        link = p->sites[link / ITC_SITE_PARENTS_MAX].links[link % ITC_SITE_PARENTS_MAX];
    return link == ITC_NONE ? ITC_NONE : link / ITC_SITE_PARENTS_MAX;
}

/* Who waits for it takes its own place in the queue, even if there is none for this one: in its turn it asks again for what
 * it lacks. Only who has had its turn waits on, or it would ask without end. */
static void queue_up(struct itc_node *n, uint32_t site)
{
    struct itc_hash id = n->pending.sites[site].id;
    uint32_t out;
    itc_intake_uncharge(n, site); /* its flow bounds it from here on */
    if (join_flow(n, site) == ITC_OK)
        n->pending.sites[site].state = ITC_PENDING_QUEUED;
    else
        refuse(n, site);
    while ((out = itc_fair_overflow(&n->fair)) != ITC_NONE)
        refuse(n, out);
    if (itc_fair_waits(&n->fair, site) || heir(n, &id) == ITC_NONE)
        itc_parents_came(n, &id);
}

/* --- ancestors ------------------------------------------------------------------------------------------- */

/* What a walk goes through. Below what is needed and waits for parents all is known to be needed, until the next proposal. */
enum walk {
    WALK_QUEUED,
    WALK_NEEDED, /* QUEUED, and PARENTS that are not known to be needed */
    WALK_ALL     /* QUEUED and PARENTS */
};

static bool goes_through(const struct itc_pending_site *s, enum walk walk)
{
    if (s->state == ITC_PENDING_QUEUED)
        return true;
    return s->state == ITC_PENDING_PARENTS &&
           (walk == WALK_ALL || (walk == WALK_NEEDED && !s->needed));
}

/* The next parent of `at` that waits too and was not seen yet, or ITC_NONE. */
static uint32_t next_ancestor(struct itc_node *n, uint32_t at, enum walk walk)
{
    struct itc_pending *p = &n->pending;
    struct itc_site s;
    const uint8_t *bytes;
    size_t len;
    itc_pending_decode(p, at, &s, &bytes, &len);
    while (p->sites[at].cursor < s.parent_count) {
        uint32_t found = itc_pending_find(p, &s.parents[p->sites[at].cursor++]);
        if (found != ITC_NONE && p->sites[found].mark != p->stamp &&
            goes_through(&p->sites[found], walk))
            return found;
    }
    return ITC_NONE;
}

/* `site` and its ancestors that wait, parents first, behind the first `count` of p->order; how many are there then, or 0 if
 * they are more than `max`. A walk in depth; each site remembers how many of its parents it has looked at. */
static uint32_t gather(
    struct itc_node *n, uint32_t site, uint32_t count, uint32_t max, enum walk walk)
{
    struct itc_pending *p = &n->pending;
    uint32_t depth = 0, next = site;
    do {
        if (next != ITC_NONE) {
            if (count + depth >= max)
                return 0;
            p->sites[next].mark = p->stamp;
            p->sites[next].cursor = 0;
            p->path[depth++] = next;
        } else {
            p->order[count++] = p->path[--depth];
        }
        next = depth > 0 ? next_ancestor(n, p->path[depth - 1], walk) : ITC_NONE;
    } while (depth > 0);
    return count;
}

/* Attaches what was gathered. False: the step has no room for more. */
static bool attach_all(struct itc_node *n, uint32_t count)
{
    struct itc_pending *p = &n->pending;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t site = p->order[i];
        if (p->sites[site].state != ITC_PENDING_QUEUED)
            continue; /* waits for others, or was condemned with a parent */
        if (!itc_actions_has_room(&n->actions))
            return false;
        itc_intake_attach(n, site);
    }
    return true;
}

static uint32_t places(const struct itc_node *n, uint32_t site)
{
    size_t len;
    (void)itc_slab_get(&n->pending.bodies, n->pending.sites[site].body, &len);
    return itc_room_places(n, len);
}

/* The same, if it will be a tip. */
static uint32_t places_of_tip(const struct itc_node *n, uint32_t site)
{
    struct itc_site s;
    const uint8_t *bytes;
    size_t len;
    itc_pending_decode(&n->pending, site, &s, &bytes, &len);
    return itc_room_places_of_tip(n, &s, len);
}

static bool passes(const struct itc_node *n, uint32_t site)
{
    struct itc_site s;
    const uint8_t *bytes;
    size_t len;
    itc_pending_decode(&n->pending, site, &s, &bytes, &len);
    return itc_room_passes(n, &s);
}

/* What a place costs a ration of one part in so many of what a milestone takes, in each interval. */
static uint64_t place_us(const struct itc_node *n, uint32_t parts)
{
    uint64_t each_us = (uint64_t)n->chain.params.interval_ms * 1000 * parts / itc_room_milestone(n);
    return each_us > 0 ? each_us : 1;
}

/* Whether a peer may bring ancestors: a sixteenth of a milestone in each interval, an eighth at once. What comes last may
 * go beyond that, and is paid for like the rest. */
static bool bears(const struct itc_node *n, uint32_t peer)
{
    uint64_t burst_us = place_us(n, ANCESTORS_PARTS) * itc_room_milestone(n) / ANCESTORS_AT_ONCE;
    return peer != ITC_NONE && itc_room_ancestors(n) &&
           itc_ration_left(&n->peers[peer].ancestors, n->mono_ms, burst_us);
}

static void bear(struct itc_node *n, uint32_t peer, uint32_t taken)
{
    itc_ration_spend(&n->peers[peer].ancestors, n->mono_ms, taken * place_us(n, ANCESTORS_PARTS));
    n->ancestors += taken;
}

/* Whether one may be let in beside the turns: half a milestone in each interval, spread over it, or a crowd would have taken
 * all by the time somebody else comes. */
static bool spare(struct itc_node *n, uint32_t site)
{
    uint32_t taken = places_of_tip(n, site);
    uint64_t each_us = place_us(n, itc_room_idle_parts(n));
    bool left = itc_room_idle(n) && itc_ration_take(&n->idle_ration, n->mono_ms, taken * each_us,
                                        itc_room_behind(n) ? 0 : IDLE_AT_ONCE * each_us);
    n->idle += left ? taken : 0;
    return left;
}

/* Its turn has come. Without an ancestor that waits, or with all of them, it is attached; otherwise it waits for its parents.
 * Ancestors that are too many are paid for like those that are attached: they were looked at. How many sites were. */
static uint32_t admit(struct itc_node *n, uint32_t site)
{
    struct itc_pending *p = &n->pending;
    uint32_t peer = p->sites[site].peer, taken = 0;
    uint32_t max = bears(n, peer) ? ANCESTORS_MAX : 0;
    p->stamp++;
    p->sites[site].turn = true;
    uint32_t count = gather(n, site, 0, 1 + max, WALK_QUEUED);
    for (uint32_t i = 0; i + 1 < count; i++)
        taken += places(n, p->order[i]);
    if (max > 0 && count != 1)
        bear(n, peer, count > 0 ? taken : max);
    if (count > 1)
        (void)attach_all(n, count - 1);
    if (p->sites[site].state != ITC_PENDING_FREE) /* else it made place for what is needed */
        itc_intake_attach(n, site);
    return count > 0 ? count : 1 + max;
}

/* --- what a proposal needs ------------------------------------------------------------------------------- */

static bool swept(const struct itc_node *n, const struct itc_round *r)
{
    return r->state != ITC_ROUND_PROPOSED ||
           (n->swept.index == r->slot.index && n->swept.view == r->slot.view);
}

/* `site`, if it waits and was not seen yet, and what waits below. */
static uint32_t gather_below(struct itc_node *n, uint32_t site, uint32_t count)
{
    const struct itc_pending *p = &n->pending;
    if (site == ITC_NONE || p->sites[site].mark == p->stamp ||
        !goes_through(&p->sites[site], WALK_ALL))
        return count;
    return gather(n, site, count, p->capacity + 1, WALK_ALL);
}

bool itc_admission_sweep(struct itc_node *n)
{
    struct itc_pending *p = &n->pending;
    const struct itc_round *r = &n->pbft.rounds[0];
    struct itc_body body;
    uint32_t count = 0;
    if (p->count == 0 || swept(n, r))
        return true;
    enum itc_err e = itc_body_decode(&body, r->body, r->body_len);
    p->stamp++;
    for (uint32_t i = 0; e == ITC_OK && i < body.count; i++) {
        struct itc_hash id;
        memcpy(id.b, body.ids + (size_t)i * sizeof(id.b), sizeof(id.b));
        uint32_t site = itc_pending_find(p, &id);
        count = gather_below(n, site, count);
    }
    for (uint32_t i = 0; i < p->fresh; i++) { /* what an earlier step left */
        if (p->sites[i].state == ITC_PENDING_QUEUED && p->sites[i].needed)
            count = gather_below(n, i, count);
    }
    for (uint32_t i = 0; i < count; i++)
        itc_pending_need(p, p->order[i]);
    if (!attach_all(n, count))
        return false; /* all of it again, in the next step */
    n->swept = r->slot;
    return true;
}

/* What waits below a site that is needed is needed too; what of it waits for its turn is attached. */
static void bring_needed(struct itc_node *n, uint32_t site)
{
    struct itc_pending *p = &n->pending;
    p->stamp++;
    uint32_t count = gather(n, site, 0, p->capacity + 1, WALK_NEEDED);
    for (uint32_t i = 0; i < count; i++)
        itc_pending_need(p, p->order[i]);
    if (!attach_all(n, count - 1))
        n->swept = (struct itc_slot){0}; /* the rest in the next step */
}

/* --- the ways in ------------------------------------------------------------------------------------------ */

bool itc_admission_open(const struct itc_node *n, const struct itc_site *s)
{
    return (n->fair.count == 0 && itc_room_turn(n)) || itc_room_passes(n, s);
}

/* Whether who waits for it has had its turn, and the peer that brought that one bears the cost. */
static bool claimed(struct itc_node *n, uint32_t site)
{
    uint32_t waiter = heir(n, &n->pending.sites[site].id);
    if (waiter == ITC_NONE || !bears(n, n->pending.sites[waiter].peer))
        return false;
    bear(n, n->pending.sites[waiter].peer, places(n, site));
    return true;
}

void itc_admission_checked(struct itc_node *n, uint32_t site)
{
    struct itc_pending_site *s = &n->pending.sites[site];
    if (!s->needed &&
        (n->fair.count > 0 || itc_index_find(&n->pending.wanted_ids, &s->id) != ITC_NONE))
        s->needed = itc_room_needed(n, &s->id);
    if (s->needed)
        bring_needed(n, site);
    else if (n->fair.count > 0)
        s->turn = claimed(n, site);
}

void itc_admission_ready(struct itc_node *n, uint32_t site)
{
    const struct itc_pending_site *s = &n->pending.sites[site];
    if ((n->fair.count == 0 && itc_room_turn(n)) || passes(n, site)) {
        n->admitted += places_of_tip(n, site);
        itc_intake_attach(n, site);
    } else if (s->needed || itc_room_needed(n, &s->id)) {
        bring_needed(n, site);
        itc_intake_attach(n, site);
    } else if (s->turn || claimed(n, site)) {
        (void)admit(n, site);
    } else {
        queue_up(n, site);
    }
}

bool itc_admission_turn(struct itc_node *n, uint32_t *left)
{
    if (n->fair.count == 0)
        return false;
    uint32_t site = itc_fair_next(&n->fair);
    bool turn = itc_room_turn(n) || passes(n, site);
    if (!turn)
        site = itc_fair_next_idle(&n->fair, itc_room_behind(n));
    if (site == ITC_NONE || (!turn && !spare(n, site)))
        return false;
    n->admitted += turn ? places_of_tip(n, site) : 0;
    itc_fair_serve(&n->fair, site);
    uint32_t looked = admit(n, site);
    *left -= looked < *left ? looked : *left;
    return true;
}
