/* intake.c - see intake.h.
 *
 * Two entrances, one attach. itc_intake_site takes strangers' bytes through every check; itc_intake_settled and
 * itc_intake_own take sites whose validity is settled. All end in itc_attach_site (attach.h), and wake the sites that waited. */
#include "node/core.h"

#define EARLY_SHARE                                                                                \
    8 /* one part in so many of the pending sites may wait for an anchor: their work is unseen */
#define TURNS_LOOK 1024 /* sites that turns may look at in a step: a few milliseconds */
#define ANCHOR_AHEAD 2  /* milestones that a site's anchor may be newer than our head */

/* Turned away, but nobody is to blame. */
static enum itc_err refuse(struct itc_node *n, enum itc_err e)
{
    n->stats.peer_refused[e]++;
    return e;
}

/* It counts in its peer's quota, or among those of links that are gone. False: the quota is used up; what is needed is
 * beyond it. */
static bool charge(struct itc_node *n, uint32_t site)
{
    struct itc_pending_site *s = &n->pending.sites[site];
    if (s->charged || s->link == ITC_NONE)
        return true;
    if (s->peer == ITC_NONE) {
        n->pending.orphans++;
        s->charged = true;
        return true;
    }
    struct itc_peer *peer = &n->peers[s->peer];
    if (!s->needed && peer->pending >= n->config.limits.pending_per_peer)
        return false;
    peer->pending++;
    s->charged = true;
    return true;
}

void itc_intake_uncharge(struct itc_node *n, uint32_t site)
{
    struct itc_pending_site *s = &n->pending.sites[site];
    if (s->charged && s->peer != ITC_NONE)
        n->peers[s->peer].pending--;
    n->pending.orphans -= s->charged && s->peer == ITC_NONE;
    s->charged = false;
}

void itc_intake_let_go(struct itc_node *n, uint32_t site)
{
    n->pending.early -= n->pending.sites[site].state == ITC_PENDING_ANCHOR;
    itc_intake_uncharge(n, site);
    if (itc_fair_waits(&n->fair, site))
        itc_fair_remove(&n->fair, site);
    itc_pending_remove(&n->pending, site);
}

/* An invalid site makes all that wait for it invalid. They are few: each waits under its sender's quota. */
void itc_intake_condemn(struct itc_node *n, uint32_t site, enum itc_err e)
{
    uint32_t *stack = n->scratch;
    uint32_t depth = 0;
    itc_node_blame(n, n->pending.sites[site].peer, e);
    stack[depth++] = site;
    while (depth > 0) {
        uint32_t at = stack[--depth];
        struct itc_hash id = n->pending.sites[at].id;
        uint32_t waiter;
        itc_bad_ids_add(&n->bad_ids, &id);
        while ((waiter = itc_pending_resolve(&n->pending, &id)) != ITC_NONE) {
            if (n->pending.sites[waiter].state == ITC_PENDING_FREE)
                continue;
            n->pending.sites[waiter].state = ITC_PENDING_FREE; /* on the stack once */
            stack[depth++] = waiter;
        }
        itc_intake_let_go(n, at);
    }
}

/* Starts the signature check. It comes before the parents are looked for: so checks run side by side, whatever the
 * order in which a tangle's sites come in. */
static void check_signature(struct itc_node *n, uint32_t site, const struct itc_site *s)
{
    struct itc_hash tx_id;
    itc_tx_id(&tx_id, &n->chain.id, s->tx_bytes, s->tx_len);
    n->pending.early -= n->pending.sites[site].state == ITC_PENDING_ANCHOR;
    n->pending.sites[site].state = ITC_PENDING_CHECKING;
    n->pending.sites[site].job =
        itc_node_verify(n, ITC_JOB_SITE, site, &s->tx.issuer, &tx_id, &s->tx.sig);
}

/* All its parents are known: admission sees it at the end of the step, or in one to come. */
void itc_intake_make_ready(struct itc_node *n, uint32_t site)
{
    struct itc_pending *p = &n->pending;
    if (p->ready_count == p->capacity) {
        itc_intake_let_go(n, site);
        return;
    }
    p->sites[site].state = ITC_PENDING_READY;
    p->ready[p->ready_count++] = site;
}

static enum itc_err check_work(const struct itc_node *n, const struct itc_site *s,
    const uint8_t *bytes, size_t len, const struct itc_recent *anchor)
{
    struct itc_hash stem;
    struct itc_pow pow;
    itc_site_stem(&stem, &n->chain.id, bytes, len);
    itc_pow_init(&pow, &n->chain.id, &anchor->id, &stem, itc_pow_bits(anchor->work_bits, len));
    return itc_pow_check(&pow, s->nonce);
}

/* Everything about a site's own bytes that needs no parents.  ITC_E_BUSY: its anchor is not known yet. */
static enum itc_err check_alone(
    const struct itc_node *n, const struct itc_site *s, const uint8_t *bytes, size_t len)
{
    const struct itc_chain *c = &n->chain;
    if (!itc_tx_fits(&s->tx, s->tx_len, c->params.tx_size_max))
        return ITC_E_TOO_LARGE;
    if (s->anchor > c->head.index)
        return s->anchor - c->head.index <= ANCHOR_AHEAD ? ITC_E_BUSY : ITC_E_ANCHOR;
    const struct itc_recent *anchor = itc_chain_recent(c, s->anchor);
    if (anchor == NULL || s->anchor < itc_chain_least_anchor(c, c->head.index + 1))
        return ITC_E_ANCHOR;
    return check_work(n, s, bytes, len, anchor);
}

static enum itc_err admit(struct itc_node *n, uint32_t peer, const struct itc_site *s,
    const struct itc_hash *id, const uint8_t *bytes, size_t len)
{
    uint32_t site;
    enum itc_err e = check_alone(n, s, bytes, len);
    if (e == ITC_E_WORK || e == ITC_E_TOO_LARGE) {
        itc_bad_ids_add(&n->bad_ids, id);
        itc_node_blame(n, peer, e);
        return e;
    }
    if (e != ITC_OK && e != ITC_E_BUSY)
        return refuse(n, e);
    bool wait = e == ITC_E_BUSY;
    bool needed = itc_room_needed(n, id);
    if (wait && n->pending.early >= n->pending.capacity / EARLY_SHARE)
        return refuse(n, ITC_E_FULL);
    if (!needed &&
        (!itc_room_left(n) || n->peers[peer].pending >= n->config.limits.pending_per_peer))
        return refuse(n, ITC_E_FULL);
    e = itc_place_add(n, &site, id, bytes, len, s->anchor, peer, needed);
    if (e != ITC_OK)
        return refuse(n, e);
    n->pending.sites[site].needed = needed;
    bool charged = charge(n, site);
    ITC_ASSERT(charged);
    if (wait) {
        n->pending.sites[site].state = ITC_PENDING_ANCHOR;
        n->pending.early++;
    } else {
        check_signature(n, site, s);
    }
    return ITC_OK;
}

enum itc_err itc_intake_site(struct itc_node *n, uint32_t peer, const uint8_t *bytes, size_t len)
{
    struct itc_site s;
    struct itc_hash id;
    enum itc_err e = itc_site_decode(&s, bytes, len);
    if (e != ITC_OK) {
        itc_node_blame(n, peer, e);
        return e;
    }
    itc_site_id(&id, &n->chain.id, bytes, len);
    if (itc_sync_expects(n, &id)) {
        e = itc_intake_settled(n, peer, bytes, len, 0);
        itc_sync_received(n, peer, e == ITC_OK);
        if (e == ITC_E_FULL)
            itc_node_halt(n,
                "a certified milestone does not fit limits.window_sites or window_bytes; "
                "raise them and start again");
        return e;
    }
    if (itc_attach_known(n, &id) || itc_pending_find(&n->pending, &id) != ITC_NONE ||
        itc_bad_ids_has(&n->bad_ids, &id)) {
        n->stats.counts[ITC_COUNT_SITES_DUPLICATE]++;
        return ITC_E_DUPLICATE;
    }
    return admit(n, peer, &s, &id, bytes, len);
}

enum itc_err itc_intake_settled(
    struct itc_node *n, uint32_t peer, const uint8_t *bytes, size_t len, uint64_t arrival)
{
    struct itc_site s;
    struct itc_hash id;
    enum itc_err e = itc_site_decode(&s, bytes, len);
    if (e != ITC_OK)
        return e;
    itc_site_id(&id, &n->chain.id, bytes, len);
    if (itc_attach_known(n, &id))
        return ITC_E_DUPLICATE;
    for (uint32_t i = 0; i < s.parent_count; i++) {
        if (!itc_attach_known(n, &s.parents[i]))
            return ITC_E_PARENT;
    }
    e = itc_attach_site(n, peer, &s, &id, bytes, len, arrival);
    if (e != ITC_OK)
        return e;
    uint32_t pending = itc_pending_find(&n->pending, &id);
    if (pending != ITC_NONE)
        itc_intake_let_go(n, pending);
    itc_parents_came(n, &id);
    return ITC_OK;
}

enum itc_err itc_intake_own(
    struct itc_node *n, struct itc_hash *id, const uint8_t *bytes, size_t len)
{
    struct itc_site s;
    uint32_t site;
    enum itc_err e = itc_site_decode(&s, bytes, len);
    if (e != ITC_OK)
        return e;
    itc_site_id(id, &n->chain.id, bytes, len);
    if (itc_admission_open(n, &s)) {
        n->admitted += itc_room_places_of_tip(n, &s, len);
        return itc_intake_settled(n, ITC_NONE, bytes, len, 0);
    }
    if (itc_attach_known(n, id) || itc_pending_find(&n->pending, id) != ITC_NONE)
        return ITC_E_DUPLICATE;
    e = itc_attach_check_parents(n, &s);
    if (e != ITC_OK)
        return e;
    e = itc_place_add(n, &site, id, bytes, len, s.anchor, ITC_NONE, false);
    if (e != ITC_OK)
        return e;
    itc_intake_make_ready(n, site);
    return ITC_E_BUSY;
}

void itc_intake_verified(struct itc_node *n, uint64_t job, bool good)
{
    uint32_t site = itc_job_owner(job);
    const struct itc_pending_site *p = &n->pending.sites[site];
    if (p->state != ITC_PENDING_CHECKING || p->job != job)
        return; /* let go meanwhile */
    if (good) {
        itc_admission_checked(n, site);
        itc_parents_look(n, site);
    } else {
        itc_intake_condemn(n, site, ITC_E_SIGNATURE);
    }
}

/* It has had its turn, and a parent is not attached. No queue bounds it any more, so its peer's quota does. The parent may
 * never come: so another site of its tx may have the place in the issuer's flow. */
static void wait_on(struct itc_node *n, uint32_t site)
{
    struct itc_pending_site *s = &n->pending.sites[site];
    s->turn = s->waits_on = true;
    itc_pending_disclaim(&n->pending, site);
    if (charge(n, site)) {
        itc_parents_look(n, site);
    } else {
        itc_intake_let_go(n, site);
        (void)refuse(n, ITC_E_FULL);
    }
}

/* Attaches what has passed all checks, and lets go of it here. */
static void attach_good(struct itc_node *n, uint32_t site, const struct itc_site *s,
    const struct itc_hash *id, const uint8_t *bytes, size_t len)
{
    bool own = n->pending.sites[site].link == ITC_NONE;
    struct itc_hash tx_id;
    if (own)
        itc_tx_id(&tx_id, &n->chain.id, s->tx_bytes, s->tx_len);
    enum itc_err e = itc_attach_site(n, n->pending.sites[site].peer, s, id, bytes, len, 0);
    itc_intake_let_go(n, site);
    if (e != ITC_OK) {
        n->stats.peer_refused[e]++;
        return;
    }
    if (own)
        itc_issue_attached(n, &tx_id);
    itc_parents_came(n, id);
}

void itc_intake_attach(struct itc_node *n, uint32_t site)
{
    struct itc_site s;
    const uint8_t *bytes;
    size_t len;
    struct itc_hash id = n->pending.sites[site].id;
    itc_pending_decode(&n->pending, site, &s, &bytes, &len);
    if (itc_fair_waits(&n->fair, site))
        itc_fair_remove(&n->fair, site);
    enum itc_err e = itc_attach_check_parents(n, &s);
    if (e == ITC_E_UNKNOWN)
        wait_on(n, site);
    else if (e != ITC_OK)
        itc_intake_condemn(n, site, e);
    else
        attach_good(n, site, &s, &id, bytes, len);
}

/* A site that waited for its anchor goes on from the check that needed it. */
static void anchor_came(struct itc_node *n, uint32_t site)
{
    struct itc_site s;
    const uint8_t *bytes;
    size_t len;
    if (!itc_actions_has_room(&n->actions)) {
        n->pending.anchors_left = true;
        return;
    }
    itc_pending_decode(&n->pending, site, &s, &bytes, &len);
    enum itc_err e = check_alone(n, &s, bytes, len);
    if (e == ITC_OK)
        check_signature(n, site, &s);
    else if (e != ITC_E_BUSY)
        itc_intake_condemn(n, site, e);
}

static void visit_anchors(struct itc_node *n)
{
    n->pending.anchors_left = false;
    for (uint32_t i = 0; i < n->pending.fresh; i++) {
        if (n->pending.sites[i].state == ITC_PENDING_ANCHOR)
            anchor_came(n, i);
    }
}

bool itc_intake_progress(struct itc_node *n)
{
    struct itc_pending *p = &n->pending;
    if (p->anchors_left)
        visit_anchors(n);
    bool room = itc_admission_sweep(n);
    uint32_t left = TURNS_LOOK;
    if (!room)
        return true;
    do {
        while ((room = itc_actions_has_room(&n->actions)) && p->ready_count > 0) {
            uint32_t site = p->ready[--p->ready_count];
            if (p->sites[site].state == ITC_PENDING_READY) /* else settled otherwise meanwhile */
                itc_admission_ready(n, site);
        }
        room = room && left > 0;
    } while (room && itc_admission_turn(n, &left));
    return p->ready_count > 0 || p->anchors_left || (!room && n->fair.count > 0);
}

void itc_intake_head_moved(struct itc_node *n)
{
    uint64_t least = itc_chain_least_anchor(&n->chain, n->chain.head.index + 1);
    n->admitted = n->idle = n->ancestors = 0;
    n->head_moved_ms = n->mono_ms;
    itc_fair_next_interval(&n->fair);
    if (n->pending.count == 0)
        return;
    for (uint32_t i = 0; i < n->pending.fresh; i++) {
        const struct itc_pending_site *p = &n->pending.sites[i];
        if (p->state != ITC_PENDING_FREE && p->state != ITC_PENDING_READY && p->anchor < least)
            itc_intake_let_go(n, i);
    }
    visit_anchors(n);
}

void itc_intake_peer_down(struct itc_node *n, uint32_t peer)
{
    for (uint32_t i = 0; i < n->pending.fresh; i++) {
        struct itc_pending_site *s = &n->pending.sites[i];
        if (s->state == ITC_PENDING_FREE || s->peer != peer)
            continue;
        s->peer = ITC_NONE;
        n->pending.orphans += s->charged;
    }
    n->peers[peer].pending = 0;
}
