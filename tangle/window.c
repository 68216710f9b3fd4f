#include "tangle/window.h"

#include <string.h>

_Static_assert(sizeof(struct itc_vertex) == 64, "what walks touch is one cache line");

size_t itc_window_size(uint32_t capacity, size_t body_bytes)
{
    return itc_mem_rounded((size_t)capacity * sizeof(struct itc_vertex)) +
           itc_mem_rounded((size_t)capacity * sizeof(struct itc_vertex_info)) +
           itc_index_size(capacity) + itc_slab_size(body_bytes);
}

void itc_window_init(
    struct itc_window *w, struct itc_mem *mem, uint32_t capacity, size_t body_bytes, uint64_t seed)
{
    *w = (struct itc_window){
        .capacity = capacity, .free_list = ITC_NONE, .oldest = ITC_NONE, .newest = ITC_NONE};
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

static uint64_t oldest_anchor(const struct itc_window *w, uint32_t index)
{
    const struct itc_vertex *v = &w->vertices[index];
    uint64_t oldest = w->infos[index].anchor;
    for (uint32_t i = 0; i < v->parent_count; i++) {
        uint64_t inherited = w->infos[v->parents[i]].oldest_anchor;
        if (inherited < oldest)
            oldest = inherited;
    }
    return oldest;
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
    w->infos[at].oldest_anchor = oldest_anchor(w, at);
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

const uint8_t *itc_window_bytes(const struct itc_window *w, uint32_t index, size_t *len)
{
    return itc_slab_get(&w->bodies, w->infos[index].body, len);
}

static void remove_one(struct itc_window *w, uint32_t index)
{
    struct itc_vertex *v = &w->vertices[index];
    itc_slab_free(&w->bodies, w->infos[index].body);
    itc_index_remove(&w->ids, index);
    leave_arrivals(w, v);
    for (uint32_t i = 0; i < v->parent_count; i++)
        w->vertices[v->parents[i]].approvers--;
    v->flags = 0;
    v->older = w->free_list;
    w->free_list = index;
    w->count--;
    w->bytes -= v->size;
}

static void forget_parents(const struct itc_window *w, struct itc_vertex *v, uint32_t removed)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < v->parent_count; i++) {
        if (w->vertices[v->parents[i]].mark != removed)
            v->parents[kept++] = v->parents[i];
    }
    for (uint32_t i = kept; i < v->parent_count; i++)
        v->parents[i] = ITC_NONE;
    v->parent_count = (uint8_t)kept;
}

void itc_window_remove(struct itc_window *w, const uint32_t *sites, uint32_t count)
{
    uint32_t removed = itc_window_stamp(w);
    for (uint32_t i = 0; i < count; i++) {
        struct itc_vertex *v = &w->vertices[sites[i]];
        ITC_ASSERT(sites[i] < w->fresh && v->flags & ITC_VERTEX_USED);
        v->mark = removed;
        remove_one(w, sites[i]);
    }
    /* In arrival order, so that a parent's oldest anchor is right before its approvers' is taken from it. */
    for (uint32_t at = w->oldest; at != ITC_NONE; at = w->vertices[at].newer) {
        forget_parents(w, &w->vertices[at], removed);
        w->infos[at].oldest_anchor = oldest_anchor(w, at);
    }
}

uint32_t itc_window_outdated(const struct itc_window *w, uint32_t *out, uint64_t least_anchor)
{
    uint32_t count = 0;
    for (uint32_t at = w->oldest; at != ITC_NONE; at = w->vertices[at].newer) {
        if (w->infos[at].oldest_anchor < least_anchor)
            out[count++] = at;
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
