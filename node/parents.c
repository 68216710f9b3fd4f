/* parents.c - see parents.h. */
#include "node/core.h"

#define ASK_AGAIN_MS 500
#define ASK_TRIES 10
#define PLACE_TRIES 16

static void ask(struct itc_node *n, uint32_t wanted, uint32_t peer)
{
    struct itc_wanted *w = &n->pending.wanted[wanted];
    if (!itc_actions_has_room(&n->actions))
        return; /* the next tick asks */
    w->peer = peer;
    w->asked_ms = n->mono_ms;
    w->tries++;
    struct itc_message m = {
        .type = ITC_MESSAGE_GET_SITES, .u.get_sites = {.count = 1, .ids = w->id.b}};
    itc_node_send(n, peer, ITC_CHANNEL_BULK, &m, 0);
}

/* Wants the missing one of a site's parents, and asks for it. */
static enum itc_err want(
    struct itc_node *n, uint32_t site, uint32_t slot, const struct itc_hash *id)
{
    uint32_t wanted;
    bool fresh;
    uint32_t peer = n->pending.sites[site].peer;
    if (itc_bad_ids_has(&n->bad_ids, id))
        return ITC_E_PARENT;
    enum itc_err e = itc_pending_want(&n->pending, site, slot, id, &wanted, &fresh);
    for (uint32_t i = 0; e == ITC_E_FULL && n->pending.sites[site].needed && i < PLACE_TRIES &&
                         itc_place_make(n, true);
         i++)
        e = itc_pending_want(&n->pending, site, slot, id, &wanted, &fresh);
    if (e == ITC_OK && fresh && peer != ITC_NONE && itc_pending_find(&n->pending, id) == ITC_NONE)
        ask(n, wanted, peer);
    return e;
}

/* Whether a parent is there. One that waits for its turn will do until the site has had its own. */
static bool parent_there(
    const struct itc_node *n, const struct itc_pending_site *s, const struct itc_hash *id)
{
    if (itc_attach_known(n, id))
        return true;
    uint32_t parent = s->waits_on ? ITC_NONE : itc_pending_find(&n->pending, id);
    return parent != ITC_NONE && n->pending.sites[parent].state == ITC_PENDING_QUEUED;
}

void itc_parents_look(struct itc_node *n, uint32_t site)
{
    struct itc_site s;
    const uint8_t *bytes;
    size_t len;
    itc_pending_decode(&n->pending, site, &s, &bytes, &len);
    n->pending.sites[site].state = ITC_PENDING_PARENTS;
    for (uint32_t i = 0; i < s.parent_count; i++)
        itc_window_expect(&n->window, &s.parents[i]);
    for (uint32_t i = 0; i < s.parent_count; i++) {
        enum itc_err e = parent_there(n, &n->pending.sites[site], &s.parents[i])
                             ? ITC_OK
                             : want(n, site, i, &s.parents[i]);
        if (e == ITC_E_PARENT) {
            itc_intake_condemn(n, site, e);
            return;
        }
        if (e != ITC_OK) {
            n->stats.peer_refused[e]++;
            itc_intake_let_go(n, site);
            return;
        }
    }
    if (n->pending.sites[site].missing == 0)
        itc_intake_make_ready(n, site);
}

void itc_parents_came(struct itc_node *n, const struct itc_hash *id)
{
    uint32_t waiter;
    while ((waiter = itc_pending_resolve(&n->pending, id)) != ITC_NONE) {
        const struct itc_pending_site *p = &n->pending.sites[waiter];
        if (p->missing == 0 && p->state == ITC_PENDING_PARENTS)
            itc_intake_make_ready(n, waiter);
    }
}

/* Nobody has it: what waits for it goes too, and is asked for again when it matters. */
static void give_up(struct itc_node *n, struct itc_hash id)
{
    uint32_t waiter;
    while ((waiter = itc_pending_resolve(&n->pending, &id)) != ITC_NONE) {
        n->stats.peer_refused[ITC_E_PARENT]++;
        itc_intake_let_go(n, waiter);
    }
}

void itc_parents_tick(struct itc_node *n)
{
    for (uint32_t i = 0; i < n->pending.wanted_fresh && itc_actions_has_room(&n->actions); i++) {
        struct itc_wanted *w = &n->pending.wanted[i];
        if (w->waiters == ITC_NONE || n->mono_ms - w->asked_ms < ASK_AGAIN_MS ||
            itc_pending_find(&n->pending, &w->id) != ITC_NONE)
            continue;
        uint32_t peer = itc_node_pick_peer(n, w->peer, 0);
        if (w->tries >= ASK_TRIES || peer == ITC_NONE)
            give_up(n, w->id);
        else
            ask(n, i, peer);
    }
}
