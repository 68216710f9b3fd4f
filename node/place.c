/* place.c - see place.h. */
#include "node/core.h"

#define PLACE_TRIES 16 /* a longer site may take the places of several */

bool itc_place_make(struct itc_node *n, bool wants)
{
    struct itc_pending *p = &n->pending;
    for (uint32_t i = 0; i < p->fresh; i++) {
        p->hand = p->hand + 1 < p->fresh ? p->hand + 1 : 0;
        const struct itc_pending_site *s = &p->sites[p->hand];
        if (s->state == ITC_PENDING_FREE || s->needed || (wants && s->missing == 0))
            continue;
        itc_intake_let_go(n, p->hand);
        n->stats.peer_refused[ITC_E_FULL]++;
        return true;
    }
    return false;
}

/* The link that holds most, if that is more than one of `peer`'s would be; or ITC_NONE. */
static uint32_t greediest(const struct itc_node *n, uint32_t peer)
{
    uint32_t most = ITC_NONE, held = peer == ITC_NONE ? 0 : n->peers[peer].pending + 1;
    for (uint32_t i = 0; i < n->config.limits.peers; i++) {
        if (n->peers[i].pending > held) {
            most = i;
            held = n->peers[i].pending;
        }
    }
    return most;
}

/* Lets go of one site of a link that is gone, or of the link that holds most: so nobody's quota keeps others out. */
static bool push_out(struct itc_node *n, uint32_t peer)
{
    struct itc_pending *p = &n->pending;
    uint32_t whose = p->orphans > 0 ? ITC_NONE : greediest(n, peer);
    if (p->orphans == 0 && whose == ITC_NONE)
        return false;
    for (uint32_t i = 0; i < p->fresh; i++) {
        p->hand = p->hand + 1 < p->fresh ? p->hand + 1 : 0;
        const struct itc_pending_site *s = &p->sites[p->hand];
        if (s->state == ITC_PENDING_FREE || s->needed || !s->charged || s->peer != whose)
            continue;
        itc_intake_let_go(n, p->hand);
        n->stats.peer_refused[ITC_E_FULL]++;
        return true;
    }
    return false;
}

enum itc_err itc_place_add(struct itc_node *n, uint32_t *site, const struct itc_hash *id,
    const uint8_t *bytes, size_t len, uint64_t anchor, uint32_t peer, bool needed)
{
    enum itc_err e = ITC_E_FULL;
    for (uint32_t tries = 0; e == ITC_E_FULL && tries <= PLACE_TRIES; tries++) {
        e = itc_pending_add(&n->pending, site, id, bytes, len, anchor, peer, n->mono_ms);
        if (e == ITC_E_FULL && !push_out(n, peer) && !(needed && itc_place_make(n, false)))
            break;
    }
    return e;
}
