/* room.c - see room.h. */
#include "node/core.h"

#include <string.h>

/* Parts, one in so many, of what a milestone takes: */
#define START_SHARE 4     /* turns, right after a milestone */
#define RESERVE_SHARE 8   /* what they leave free at the end */
#define DOOR_SHARE 8      /* turns in any case */
#define IDLE_SHARE 2      /* beside the turns */
#define BEHIND_SHARE 8    /* the same, while more is open than should be */
#define ANCESTORS_SHARE 4 /* the same, of ancestors */

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

uint32_t itc_room_milestone(const struct itc_node *n)
{
    uint32_t sites = itc_propose_sites_max(n);
    return sites > 0 ? sites : 1;
}

/* A part of what a milestone takes. */
static uint32_t share(const struct itc_node *n, uint32_t parts)
{
    uint32_t sites = itc_room_milestone(n) / parts;
    return sites > 0 ? sites : 1;
}

static bool window_left(const struct itc_node *n)
{
    return below_reserve(n, n->window.count, itc_slab_used_bytes(&n->window.bodies));
}

/* A milestone is full of sites or of bytes: what is longer than its part of the bytes counts as several. */
uint32_t itc_room_places(const struct itc_node *n, size_t len)
{
    uint32_t each = n->chain.params.cone_bytes_max / itc_room_milestone(n);
    return ((uint32_t)len + each - 1) / each;
}

static bool approves_tip(const struct itc_node *n, const struct itc_site *s)
{
    for (uint32_t i = 0; i < s->parent_count; i++) {
        uint32_t parent = itc_window_find(&n->window, &s->parents[i]);
        if (parent != ITC_NONE && n->window.vertices[parent].tip_slot != 0)
            return true;
    }
    return false;
}

uint32_t itc_room_places_of_tip(const struct itc_node *n, const struct itc_site *s, size_t len)
{
    uint32_t places = itc_room_places(n, len);
    uint32_t name = itc_room_milestone(n) / n->chain.params.body_sites_max;
    return places >= name || approves_tip(n, s) ? places : name;
}

/* What turns leave free of so much: ever less in the first three quarters of an interval, for the next proposal is made an
 * interval after the last one, not after its milestone. */
static uint64_t kept(const struct itc_node *n, uint64_t of)
{
    uint64_t while_ms = n->chain.params.interval_ms / 4 * 3;
    uint64_t since_ms = n->mono_ms - n->head_moved_ms;
    uint64_t least = of / RESERVE_SHARE, most = of - of / START_SHARE;
    return since_ms >= while_ms ? least : most - (most - least) * since_ms / while_ms;
}

/* Names are kept short like places: so that a tip is named in the next body, or in the one after. */
static bool names_left(const struct itc_node *n)
{
    uint64_t names = n->chain.params.body_sites_max;
    return n->tips.count < n->config.limits.open_milestones * names - names / RESERVE_SHARE;
}

bool itc_room_turn(const struct itc_node *n)
{
    uint64_t milestones = n->config.limits.open_milestones;
    uint64_t sites = itc_room_milestone(n), bytes = n->chain.params.cone_bytes_max;
    bool open = n->window.count < milestones * sites - kept(n, sites) &&
                n->window.bytes < milestones * bytes - kept(n, bytes) && names_left(n);
    return window_left(n) && (open || n->admitted < share(n, DOOR_SHARE));
}

bool itc_room_passes(const struct itc_node *n, const struct itc_site *s)
{
    return window_left(n) && !names_left(n) && n->window.count < share(n, START_SHARE) &&
           n->window.bytes < n->chain.params.cone_bytes_max / START_SHARE && approves_tip(n, s) &&
           itc_attach_check_parents(n, s) == ITC_OK;
}

bool itc_room_behind(const struct itc_node *n)
{
    uint64_t milestones = n->config.limits.open_milestones + 1;
    return n->window.count >= milestones * itc_room_milestone(n) ||
           n->window.bytes >= milestones * n->chain.params.cone_bytes_max;
}

uint32_t itc_room_idle_parts(const struct itc_node *n)
{
    return itc_room_behind(n) ? BEHIND_SHARE : IDLE_SHARE;
}

bool itc_room_idle(const struct itc_node *n)
{
    return window_left(n) && n->idle < share(n, itc_room_idle_parts(n));
}

bool itc_room_ancestors(const struct itc_node *n)
{
    return window_left(n) && n->ancestors < share(n, ANCESTORS_SHARE);
}

bool itc_room_needed(const struct itc_node *n, const struct itc_hash *id)
{
    const struct itc_round *r = &n->pbft.rounds[0];
    const struct itc_pending *p = &n->pending;
    if (r->state != ITC_ROUND_PROPOSED)
        return false;
    if (itc_body_names(r->body, id))
        return true;
    uint32_t wanted = itc_index_find(&p->wanted_ids, id);
    return wanted != ITC_NONE && p->wanted[wanted].needed;
}
