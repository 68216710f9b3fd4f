#include "tangle/tips.h"

size_t itc_tips_size(uint32_t window_capacity)
{
    return itc_mem_rounded((size_t)window_capacity * sizeof(uint32_t));
}

void itc_tips_init(struct itc_tips *t, struct itc_mem *mem, uint32_t window_capacity)
{
    *t = (struct itc_tips){0};
    t->pool = itc_mem_take(mem, (size_t)window_capacity * sizeof(uint32_t));
}

static void put(struct itc_tips *t, struct itc_window *w, uint32_t slot, uint32_t site)
{
    t->pool[slot] = site;
    w->vertices[site].tip_slot = slot + 1;
}

static void swap(struct itc_tips *t, struct itc_window *w, uint32_t a, uint32_t b)
{
    uint32_t site = t->pool[a];
    put(t, w, a, t->pool[b]);
    put(t, w, b, site);
}

static void add(struct itc_tips *t, struct itc_window *w, uint32_t site)
{
    put(t, w, t->count, site);
    swap(t, w, t->live, t->count);
    t->live++;
    t->count++;
}

static void set_aside(struct itc_tips *t, struct itc_window *w, uint32_t slot)
{
    t->live--;
    swap(t, w, slot, t->live);
}

static void drop(struct itc_tips *t, struct itc_window *w, uint32_t site)
{
    uint32_t slot = w->vertices[site].tip_slot - 1;
    if (slot < t->live) {
        set_aside(t, w, slot);
        slot = t->live;
    }
    t->count--;
    swap(t, w, slot, t->count);
    w->vertices[site].tip_slot = 0;
}

void itc_tips_attach(struct itc_tips *t, struct itc_window *w, uint32_t site)
{
    const struct itc_vertex *v = &w->vertices[site];
    for (uint32_t i = 0; i < v->parent_count; i++) {
        if (w->vertices[v->parents[i]].tip_slot != 0)
            drop(t, w, v->parents[i]);
    }
    add(t, w, site);
}

void itc_tips_remove(
    struct itc_tips *t, struct itc_window *w, const uint32_t *sites, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (w->vertices[sites[i]].tip_slot != 0)
            drop(t, w, sites[i]);
    }
    t->live = t->count;
}

void itc_tips_restore(struct itc_tips *t, struct itc_window *w)
{
    for (uint32_t at = w->oldest; at != ITC_NONE; at = w->vertices[at].newer) {
        const struct itc_vertex *v = &w->vertices[at];
        if (v->approvers == 0 && v->tip_slot == 0)
            add(t, w, at);
    }
}

/* A shuffle of the live part, as far as it is needed (Fisher and Yates). */
uint32_t itc_tips_choose(struct itc_tips *t, struct itc_window *w, struct itc_rng *rng,
    uint64_t least_anchor, uint32_t want, uint32_t *out)
{
    ITC_ASSERT(want <= ITC_SITE_PARENTS_MAX);
    uint32_t chosen = 0;
    while (chosen < want && chosen < t->live) {
        uint32_t slot = chosen + itc_rng_below(rng, t->live - chosen);
        uint32_t site = t->pool[slot];
        if (w->infos[site].oldest_anchor < least_anchor) {
            set_aside(t, w, slot);
            continue;
        }
        swap(t, w, slot, chosen);
        out[chosen++] = site;
    }
    return chosen;
}
