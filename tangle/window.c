#include "tangle/window.h"

#include <string.h>

_Static_assert(sizeof(struct itc_vertex) == 64, "what walks touch is one cache line");
_Static_assert(sizeof(struct itc_vertex_info) == 64, "and the rest another");

size_t itc_window_size(uint32_t capacity, size_t body_bytes)
{
    return itc_mem_rounded((size_t)capacity * sizeof(struct itc_vertex)) +
           itc_mem_rounded((size_t)capacity * sizeof(struct itc_vertex_info)) +
           itc_index_size(capacity) + itc_slab_size(body_bytes);
}

void itc_window_init(
    struct itc_window *w, struct itc_mem *mem, uint32_t capacity, size_t body_bytes, uint64_t seed)
{
    *w = (struct itc_window){.capacity = capacity,
        .free_list = ITC_NONE,
        .oldest = ITC_NONE,
        .newest = ITC_NONE,
        .least_anchor = UINT64_MAX};
    w->vertices = itc_mem_take(mem, (size_t)capacity * sizeof(struct itc_vertex));
    w->infos = itc_mem_take(mem, (size_t)capacity * sizeof(struct itc_vertex_info));
    itc_index_init(
        &w->ids, mem, capacity, seed, &w->infos[0].id, sizeof w->infos[0], sizeof w->infos[0].id);
    itc_slab_init(&w->bodies, mem, body_bytes);
}

/* Freed indices form a list through `older`. */
static uint32_t take_index(struct itc_window *w)
{
    if (w->free_list == ITC_NONE)
        return w->fresh++;
    uint32_t index = w->free_list;
    w->free_list = w->vertices[index].older;
    return index;
}

static void append_arrival(struct itc_window *w, uint32_t index)
{
    struct itc_vertex *v = &w->vertices[index];
    v->older = w->newest;
    v->newer = ITC_NONE;
    if (w->newest == ITC_NONE) {
        w->oldest = index;
    } else {
        ITC_ASSERT(w->infos[index].arrival > w->infos[w->newest].arrival);
        w->vertices[w->newest].newer = index;
    }
    w->newest = index;
}

static void leave_arrivals(struct itc_window *w, const struct itc_vertex *v)
{
    if (v->older == ITC_NONE)
        w->oldest = v->newer;
    else
        w->vertices[v->older].newer = v->newer;
    if (v->newer == ITC_NONE)
        w->newest = v->older;
    else
        w->vertices[v->newer].older = v->older;
}

static void approve_parents(struct itc_window *w, struct itc_vertex *v, const struct itc_arrival *a)
{
    ITC_ASSERT(a->parent_count <= ITC_SITE_PARENTS_MAX);
    memset(v->parents, 0xff, sizeof v->parents); /* ITC_NONE */
    for (uint32_t i = 0; i < a->parent_count; i++) {
        uint32_t parent = a->parents[i];
        ITC_ASSERT(parent < w->fresh && w->vertices[parent].flags & ITC_VERTEX_USED);
        v->parents[i] = parent;
        w->vertices[parent].approvers++;
    }
    v->parent_count = (uint8_t)a->parent_count;
}

/* Its parents' flags are right. */
static bool is_old(const struct itc_window *w, uint32_t index)
{
    const struct itc_vertex *v = &w->vertices[index];
    bool old = w->infos[index].anchor < w->recent_anchor;
    for (uint32_t i = 0; i < v->parent_count; i++)
        old = old || (w->vertices[v->parents[i]].flags & ITC_VERTEX_OLD) != 0;
    return old;
}

static void set_old(struct itc_window *w, uint32_t index)
{
    struct itc_vertex *v = &w->vertices[index];
    v->flags = (uint8_t)(v->flags & ~ITC_VERTEX_OLD);
    if (is_old(w, index)) {
        v->flags |= ITC_VERTEX_OLD;
        w->any_old = true;
    }
    if (w->infos[index].anchor < w->least_anchor)
        w->least_anchor = w->infos[index].anchor;
}

enum itc_err itc_window_add(struct itc_window *w, uint32_t *index, const struct itc_arrival *a)
{
    if (itc_index_find(&w->ids, a->id) != ITC_NONE)
        return ITC_E_DUPLICATE;
    uint32_t body;
    if (w->count == w->capacity || itc_slab_put(&w->bodies, &body, a->bytes, a->len) != ITC_OK)
        return ITC_E_FULL;
    uint32_t at = take_index(w);
    struct itc_vertex *v = &w->vertices[at];
    *v = (struct itc_vertex){.flags = ITC_VERTEX_USED, .size = (uint16_t)a->len};
    w->infos[at] = (struct itc_vertex_info){.id = *a->id,
        .arrival = a->arrival,
        .anchor = a->anchor,
        .body = body,
        .tx = ITC_NONE,
        .tx_next = ITC_NONE};
    approve_parents(w, v, a);
    set_old(w, at);
    append_arrival(w, at);
    itc_index_add(&w->ids, at);
    w->count++;
    w->bytes += a->len;
    *index = at;
    return ITC_OK;
}

uint32_t itc_window_find(const struct itc_window *w, const struct itc_hash *id)
{
    return itc_index_find(&w->ids, id);
}

void itc_window_expect(const struct itc_window *w, const struct itc_hash *id)
{
    itc_index_prefetch(&w->ids, id);
}

const uint8_t *itc_window_bytes(const struct itc_window *w, uint32_t index, size_t *len)
{
    return itc_slab_get(&w->bodies, w->infos[index].body, len);
}

/* Takes out the parents that leave; returns how many. */
static uint32_t forget_parents(const struct itc_window *w, struct itc_vertex *v, uint32_t leaving)
{
    uint32_t count = v->parent_count, kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (w->vertices[v->parents[i]].mark != leaving)
            v->parents[kept++] = v->parents[i];
    }
    for (uint32_t i = kept; i < count; i++)
        v->parents[i] = ITC_NONE;
    v->parent_count = (uint8_t)kept;
    return count - kept;
}

/* Sites ahead whose memory is fetched while others are taken out of the tables. */
#define AHEAD 8

static void look_ahead(const struct itc_window *w, const uint32_t *sites, uint32_t left)
{
    if (left > 2 * AHEAD)
        __builtin_prefetch(&w->infos[sites[2 * AHEAD]]);
    if (left > AHEAD) {
        itc_slab_prefetch(&w->bodies, w->infos[sites[AHEAD]].body);
        itc_window_expect(w, &w->infos[sites[AHEAD]].id);
    }
}

/* Takes ids and bytes of those that leave out of the tables, and marks them. Returns the one that came first. */
static uint32_t begin_leaving(
    struct itc_window *w, const uint32_t *sites, uint32_t count, uint32_t leaving)
{
    uint32_t first = ITC_NONE;
    uint64_t first_arrival = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        look_ahead(w, sites + i, count - i);
        struct itc_vertex *v = &w->vertices[sites[i]];
        const struct itc_vertex_info *info = &w->infos[sites[i]];
        ITC_ASSERT(sites[i] < w->fresh && v->flags & ITC_VERTEX_USED && v->mark != leaving);
        v->mark = leaving;
        if (info->arrival < first_arrival) {
            first_arrival = info->arrival;
            first = sites[i];
        }
        itc_slab_free(&w->bodies, info->body);
        itc_index_remove(&w->ids, sites[i]);
    }
    return first;
}

/* Its parents that leave are forgotten already. */
static void end_leaving(struct itc_window *w, uint32_t index)
{
    struct itc_vertex *v = &w->vertices[index];
    leave_arrivals(w, v);
    for (uint32_t i = 0; i < v->parent_count; i++)
        w->vertices[v->parents[i]].approvers--;
    v->flags = 0;
    v->older = w->free_list;
    w->free_list = index;
    w->count--;
    w->bytes -= v->size;
}

void itc_window_remove(struct itc_window *w, const uint32_t *sites, uint32_t count)
{
    uint32_t leaving = itc_window_stamp(w);
    uint32_t at = begin_leaving(w, sites, count, leaving);
    /* Who approves a site comes after it: the edges that are left to cut lead to sites that were seen before. */
    for (uint64_t edges = 0; count > 0 || edges > 0;) {
        ITC_ASSERT(at != ITC_NONE);
        struct itc_vertex *v = &w->vertices[at];
        uint32_t newer = v->newer;
        edges -= forget_parents(w, v, leaving);
        if (v->mark == leaving) {
            edges += v->approvers;
            end_leaving(w, at);
            count--;
        }
        at = newer;
    }
}

void itc_window_age(struct itc_window *w, uint64_t recent_anchor)
{
    w->recent_anchor = recent_anchor;
    if (!w->any_old && w->least_anchor >= recent_anchor)
        return;
    w->any_old = false;
    w->least_anchor = UINT64_MAX;
    for (uint32_t at = w->oldest; at != ITC_NONE; at = w->vertices[at].newer)
        set_old(w, at);
}

uint32_t itc_window_outdated(struct itc_window *w, uint32_t *out, uint64_t least_anchor)
{
    uint32_t count = 0;
    if (w->least_anchor >= least_anchor)
        return 0;
    uint32_t outdated = itc_window_stamp(w);
    for (uint32_t at = w->oldest; at != ITC_NONE; at = w->vertices[at].newer) {
        struct itc_vertex *v = &w->vertices[at];
        bool is = w->infos[at].anchor < least_anchor;
        for (uint32_t i = 0; i < v->parent_count; i++)
            is = is || w->vertices[v->parents[i]].mark == outdated;
        if (is) {
            v->mark = outdated;
            out[count++] = at;
        }
    }
    return count;
}

uint32_t itc_window_stamp(struct itc_window *w)
{
    w->stamp++;
    if (w->stamp == 0) {
        for (uint32_t i = 0; i < w->fresh; i++)
            w->vertices[i].mark = 0;
        w->stamp = 1;
    }
    return w->stamp;
}
