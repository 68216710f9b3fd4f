/* admission.c - see admission.h. */
#include "node/core.h"

#include <string.h>

#define ANCESTORS_MAX 1024
#define ANCESTORS_PARTS 4
#define IDLE_PARTS 2
#define IDLE_AT_ONCE 4

/* --- flows ----------------------------------------------------------------------------------------------- */

/* Keys of flows that are no issuer's: no point of the curve has such an x. */
static const struct itc_key unfunded;

static struct itc_key link_key(uint32_t peer)
{
    struct itc_key key;
    memset(key.b, 0xff, sizeof(key.b));
    memcpy(key.b, &peer, sizeof(peer));
    return key;
}

static bool attached_before(struct itc_node *n, const struct itc_hash *tx_id)
{
    return itc_open_txs_find(&n->open_txs, tx_id) != ITC_NONE || itc_issue_is_final(n, tx_id);
}

static enum itc_err join_flow(struct itc_node *n, uint32_t site)
{
    struct itc_site s;
    struct itc_hash tx_id;
    const uint8_t *bytes;
    size_t len;
    uint64_t weight = 1;
    struct itc_key key = unfunded;
    itc_pending_decode(&n->pending, site, &s, &bytes, &len);
    itc_tx_id(&tx_id, &n->chain.id, s.tx_bytes, s.tx_len);
    const struct itc_account *a = itc_ledger_find(&n->ledger, &s.tx.issuer);
    if (attached_before(n, &tx_id)) {
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

/* The next parent of `at` that waits too and was not seen yet, or ITC_NONE. */
static uint32_t next_ancestor(struct itc_node *n, uint32_t at, bool needed)
{
    struct itc_pending *p = &n->pending;
    struct itc_site s;
    const uint8_t *bytes;
    size_t len;
    itc_pending_decode(p, at, &s, &bytes, &len);
    while (p->sites[at].cursor < s.parent_count) {
        uint32_t found = itc_pending_find(p, &s.parents[p->sites[at].cursor++]);
        if (found == ITC_NONE || p->sites[found].mark == p->stamp)
            continue;
        enum itc_pending_state state = p->sites[found].state;
        if (state == ITC_PENDING_QUEUED || (needed && state == ITC_PENDING_PARENTS))
            return found;
    }
    return ITC_NONE;
}

/* `site` and its ancestors that wait, parents first, behind the first `count` of p->order; how many are there then, or 0 if
 * they are more than `max`. A walk in depth; each site remembers how many of its parents it has looked at. */
static uint32_t gather(struct itc_node *n, uint32_t site, uint32_t count, uint32_t max, bool needed)
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
        next = depth > 0 ? next_ancestor(n, p->path[depth - 1], needed) : ITC_NONE;
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

/* What one site costs a ration of one part in so many of what a milestone takes, in each interval. */
static uint64_t cost_us(const struct itc_node *n, uint32_t parts)
{
    uint64_t cost = (uint64_t)n->chain.params.interval_ms * 1000 * parts / itc_propose_sites_max(n);
    return cost > 0 ? cost : 1;
}

/* Whether a peer bears so many ancestors more: a quarter of a milestone in each interval, half of one at once. */
static bool bears(struct itc_node *n, uint32_t peer, uint32_t count)
{
    uint32_t burst = itc_propose_sites_max(n) / 2;
    uint64_t each_us = cost_us(n, ANCESTORS_PARTS);
    if (burst > ANCESTORS_MAX)
        burst = ANCESTORS_MAX;
    bool all =
        peer != ITC_NONE && itc_room_ancestors(n) &&
        itc_ration_take(&n->peers[peer].ancestors, n->mono_ms, count * each_us, burst * each_us);
    n->ancestors += all ? count : 0;
    return all;
}

/* Whether one may be let in beside the turns: half a milestone in each interval, spread over it, or a crowd would have taken
 * all by the time somebody else comes. */
static bool spare(struct itc_node *n)
{
    uint64_t each_us = cost_us(n, IDLE_PARTS);
    bool left = itc_room_idle(n) &&
                itc_ration_take(&n->idle_ration, n->mono_ms, each_us, IDLE_AT_ONCE * each_us);
    n->idle += left;
    return left;
}

/* Its turn has come. Without an ancestor that waits, or with all of them, it is attached; otherwise it waits for its parents. */
static void admit(struct itc_node *n, uint32_t site)
{
    struct itc_pending *p = &n->pending;
    p->stamp++;
    p->sites[site].turn = true;
    uint32_t count = gather(n, site, 0, 1 + ANCESTORS_MAX, false);
    if (count > 1 && bears(n, p->sites[site].peer, count - 1))
        (void)attach_all(n, count - 1);
    itc_intake_attach(n, site);
}

/* --- what a proposal needs ------------------------------------------------------------------------------- */

static bool swept(const struct itc_node *n, const struct itc_round *r)
{
    return r->state != ITC_ROUND_PROPOSED ||
           (n->swept.index == r->slot.index && n->swept.view == r->slot.view);
}

/* Takes in all that waits and that the open proposal names or that stands below. Once: what comes later is known to
 * be needed when it is ready. False: the step has no room for more. */
static bool sweep(struct itc_node *n, const struct itc_round *r)
{
    struct itc_pending *p = &n->pending;
    struct itc_body body;
    uint32_t count = 0;
    enum itc_err e = itc_body_decode(&body, r->body, r->body_len);
    p->stamp++;
    for (uint32_t i = 0; e == ITC_OK && i < body.count; i++) {
        struct itc_hash id;
        memcpy(id.b, body.ids + (size_t)i * sizeof(id.b), sizeof(id.b));
        uint32_t site = itc_pending_find(p, &id);
        if (site == ITC_NONE || p->sites[site].mark == p->stamp ||
            (p->sites[site].state != ITC_PENDING_QUEUED &&
                p->sites[site].state != ITC_PENDING_PARENTS))
            continue;
        count = gather(n, site, count, p->capacity + 1, true);
    }
    for (uint32_t i = 0; i < count; i++)
        p->sites[p->order[i]].needed = true;
    if (!attach_all(n, count))
        return false;
    n->swept = r->slot;
    return true;
}

/* What waits below a site that is needed is needed too; what of it waits for its turn is attached. */
static void bring_needed(struct itc_node *n, uint32_t site)
{
    struct itc_pending *p = &n->pending;
    p->stamp++;
    uint32_t count = gather(n, site, 0, p->capacity + 1, true);
    for (uint32_t i = 0; i < count; i++)
        p->sites[p->order[i]].needed = true;
    (void)attach_all(n, count - 1);
}

bool itc_admission_open(struct itc_node *n)
{
    bool open = n->fair.count == 0 && itc_room_turn(n);
    n->admitted += open;
    return open;
}

/* Whether who waits for it has had its turn, and the peer that brought that one bears the cost. */
static bool claimed(struct itc_node *n, const struct itc_hash *id)
{
    uint32_t waiter = heir(n, id);
    return waiter != ITC_NONE && bears(n, n->pending.sites[waiter].peer, 1);
}

void itc_admission_checked(struct itc_node *n, uint32_t site)
{
    struct itc_pending_site *s = &n->pending.sites[site];
    if (s->needed)
        bring_needed(n, site);
    else
        s->turn = claimed(n, &s->id);
}

void itc_admission_ready(struct itc_node *n, uint32_t site)
{
    const struct itc_pending_site *s = &n->pending.sites[site];
    if (itc_admission_open(n)) {
        itc_intake_attach(n, site);
    } else if (s->needed || itc_room_needed(n, &s->id)) {
        bring_needed(n, site);
        itc_intake_attach(n, site);
    } else if (s->turn || claimed(n, &s->id)) {
        admit(n, site);
    } else {
        queue_up(n, site);
    }
}

bool itc_admission_turn(struct itc_node *n)
{
    const struct itc_round *r = &n->pbft.rounds[0];
    if (n->fair.count == 0)
        return false;
    if (!swept(n, r))
        return sweep(n, r);
    uint32_t site = ITC_NONE;
    bool turn = itc_room_turn(n);
    if (turn)
        site = itc_fair_next(&n->fair);
    else
        site = itc_fair_next_idle(&n->fair);
    if (site == ITC_NONE || (!turn && !spare(n)))
        return false;
    n->admitted += turn;
    itc_fair_serve(&n->fair, site);
    admit(n, site);
    return true;
}
