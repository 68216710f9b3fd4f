/* room.c - see room.h. */
#include "node/core.h"

#include <string.h>

/* Of what a milestone takes: */
#define IDLE_SHARE 8
#define DOOR_SHARE 4
#define ANCESTORS_SHARE 2

/* Bytes are counted as they are kept. */
static bool below_reserve(const struct itc_node *n, uint32_t sites, size_t bytes)
{
    const struct itc_limits *l = &n->config.limits;
    uint32_t reserve = n->chain.params.cone_sites_max;
    if (reserve > l->window_sites / 4)
        reserve = l->window_sites / 4;
    return sites < l->window_sites - reserve && bytes < l->window_bytes / 4 * 3;
}

/* What is pending was let in, and will come on top of what is open. */
bool itc_room_left(const struct itc_node *n)
{
    return below_reserve(n, n->window.count + n->pending.count,
        itc_slab_used_bytes(&n->window.bodies) + itc_slab_used_bytes(&n->pending.bodies));
}

/* A part of what a milestone takes. */
static uint32_t share(const struct itc_node *n, uint32_t parts)
{
    uint32_t sites = itc_propose_sites_max(n) / parts;
    return sites > 0 ? sites : 1;
}

static bool window_left(const struct itc_node *n)
{
    return below_reserve(n, n->window.count, itc_slab_used_bytes(&n->window.bodies));
}

bool itc_room_turn(const struct itc_node *n)
{
    uint64_t milestones = n->config.limits.open_milestones;
    uint64_t sites = itc_propose_sites_max(n), bytes = n->chain.params.cone_bytes_max;
    bool open = n->window.count < milestones * sites - sites / IDLE_SHARE &&
                n->window.bytes < milestones * bytes - bytes / IDLE_SHARE;
    return window_left(n) && (open || n->admitted < share(n, DOOR_SHARE));
}

bool itc_room_idle(const struct itc_node *n)
{
    return window_left(n) && n->idle < share(n, 1);
}

bool itc_room_ancestors(const struct itc_node *n)
{
    return window_left(n) && n->ancestors < share(n, ANCESTORS_SHARE);
}

static bool is_named(const struct itc_body *body, const struct itc_hash *id)
{
    for (uint32_t i = 0; i < body->count; i++) {
        if (memcmp(body->ids + (size_t)i * sizeof(id->b), id->b, sizeof(id->b)) == 0)
            return true;
    }
    return false;
}

bool itc_room_needed(const struct itc_node *n, const struct itc_hash *id)
{
    const struct itc_round *r = &n->pbft.rounds[0];
    const struct itc_pending *p = &n->pending;
    struct itc_body body;
    if (r->state != ITC_ROUND_PROPOSED || itc_body_decode(&body, r->body, r->body_len) != ITC_OK)
        return false;
    if (is_named(&body, id))
        return true;
    uint32_t wanted = itc_index_find(&p->wanted_ids, id);
    uint32_t link = wanted == ITC_NONE ? ITC_NONE : p->wanted[wanted].waiters;
    while (link != ITC_NONE) {
        const struct itc_pending_site *waiter = &p->sites[link / ITC_SITE_PARENTS_MAX];
        if (waiter->needed || is_named(&body, &waiter->id))
            return true;
        link = waiter->links[link % ITC_SITE_PARENTS_MAX];
    }
    return false;
}
