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
    itc_tips_review(t);
}

void itc_tips_review(struct itc_tips *t)
{
    t->live = t->count;
    t->all_lose = false;
}

void itc_tips_restore(struct itc_tips *t, struct itc_window *w)
{
    for (uint32_t at = w->oldest; at != ITC_NONE; at = w->vertices[at].newer) {
        const struct itc_vertex *v = &w->vertices[at];
        if (v->approvers == 0 && v->tip_slot == 0)
            add(t, w, at);
    }
}

static bool contains(const uint32_t *slots, uint32_t count, uint32_t slot)
{
    for (uint32_t i = 0; i < count; i++) {
        if (slots[i] == slot)
            return true;
    }
    return false;
}

/* What a tip must be to be chosen. */
struct eligible {
    const struct itc_window *window;
    const struct itc_conflicts *conflicts; /* NULL: they do not count */
};

static bool is_eligible(const struct eligible *e, uint32_t tip)
{
    return (e->window->vertices[tip].flags & ITC_VERTEX_OLD) == 0 &&
           (e->conflicts == NULL || !itc_conflicts_loses(e->conflicts, tip));
}

/* Draws `count` distinct slots of the live part, each set of them as likely as any other (Floyd's algorithm; Bentley
 * and Floyd, "A sample of brilliance", 1987). Stops at the slot of a tip that is not eligible, and says how many came
 * before it. */
static uint32_t draw(const struct itc_tips *t, const struct eligible *e, struct itc_rng *rng,
    uint32_t count, uint32_t *slots)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t last = t->live - count + i;
        slots[i] = itc_rng_below(rng, last + 1);
        if (contains(slots, i, slots[i]))
            slots[i] = last;
        if (!is_eligible(e, t->pool[slots[i]]))
            return i;
    }
    return count;
}

uint32_t itc_tips_choose(struct itc_tips *t, struct itc_window *w,
    const struct itc_conflicts *conflicts, struct itc_rng *rng, uint32_t want, uint32_t *out)
{
    ITC_ASSERT(want <= ITC_SITE_PARENTS_MAX);
    uint32_t slots[ITC_SITE_PARENTS_MAX];
    struct eligible e = {.window = w, .conflicts = t->all_lose ? NULL : conflicts};
    for (;;) {
        if (t->live == 0 && e.conflicts != NULL) {
            t->live = t->count;
            t->all_lose = true;
            e.conflicts = NULL;
        }
        uint32_t count = t->live < want ? t->live : want;
        uint32_t drawn = draw(t, &e, rng, count, slots);
        if (drawn == count) {
            for (uint32_t i = 0; i < count; i++)
                out[i] = t->pool[slots[i]];
            return count;
        }
        set_aside(t, w, slots[drawn]);
    }
}

uint32_t itc_tips_parents(const struct itc_tips *t)
{
    uint32_t parents = 2;
    for (uint32_t tips = t->count; tips > 256 && parents < ITC_SITE_PARENTS_MAX; tips /= 2)
        parents++;
    return parents;
}
