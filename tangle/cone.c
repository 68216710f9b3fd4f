#include "tangle/cone.h"

#include <string.h>

#include "tangle/key_sort.h"

_Static_assert(2 * sizeof(struct itc_key_item) <= ITC_EXACT_COLUMNS / 8,
    "the sort's items and their copy fit the rows");

static size_t entries(size_t count)
{
    return count * sizeof(uint32_t);
}

size_t itc_cone_size(uint32_t capacity, uint32_t window_capacity)
{
    return 3 * itc_mem_rounded(entries(capacity)) + itc_mem_rounded(entries((size_t)capacity + 1)) +
           itc_mem_rounded(entries((size_t)capacity * ITC_SITE_PARENTS_MAX)) +
           itc_mem_rounded(entries(window_capacity)) +
           itc_mem_rounded(itc_exact_rows_size(capacity));
}

void itc_cone_init(
    struct itc_cone *c, struct itc_mem *mem, uint32_t capacity, uint32_t window_capacity)
{
    *c = (struct itc_cone){.capacity = capacity};
    c->sites = itc_mem_take(mem, entries(capacity));
    c->weights = itc_mem_take(mem, entries(capacity));
    c->stack = itc_mem_take(mem, entries(capacity));
    c->first = itc_mem_take(mem, entries((size_t)capacity + 1));
    c->parents = itc_mem_take(mem, entries((size_t)capacity * ITC_SITE_PARENTS_MAX));
    c->number = itc_mem_take(mem, entries(window_capacity));
    c->rows = itc_mem_take(mem, itc_exact_rows_size(capacity));
}

void itc_cone_clear(struct itc_cone *c)
{
    c->count = 0;
    c->bytes = 0;
}

/* `number` is never cleared: what it says of a site holds only if `sites` says the same (Briggs and Torczon,
 * "An efficient representation for sparse sets", 1993). */
uint32_t itc_cone_find(const struct itc_cone *c, uint32_t site)
{
    uint32_t position = c->number[site];
    return position < c->count && c->sites[position] == site ? position : ITC_NONE;
}

/* The walk's state: a path of sites, each a parent of the one below; number[site] of those is the next of
 * their parents to look at. A site joins the cone when all its parents have. */
struct walk {
    uint32_t height;
    uint32_t sites_max;
    uint64_t bytes_max;
    uint64_t bytes;        /* of cone and path */
    uint64_t least_anchor; /* 0: no open site is too old */
};

static enum itc_err push(
    struct itc_cone *c, const struct itc_window *w, struct walk *k, uint32_t site)
{
    uint32_t size = w->vertices[site].size;
    if (k->least_anchor > 0 && w->infos[site].anchor < k->least_anchor)
        return ITC_E_ANCHOR;
    if (k->height >= k->sites_max - c->count || size > k->bytes_max - k->bytes)
        return ITC_E_TOO_LARGE;
    c->number[site] = 0;
    c->stack[k->height++] = site;
    k->bytes += size;
    return ITC_OK;
}

/* The next parent of `site` that is not in the cone yet, or ITC_NONE. */
static uint32_t next_parent(struct itc_cone *c, const struct itc_window *w, uint32_t site)
{
    const struct itc_vertex *v = &w->vertices[site];
    while (c->number[site] < v->parent_count) {
        uint32_t parent = v->parents[c->number[site]++];
        if (itc_cone_find(c, parent) == ITC_NONE)
            return parent;
    }
    return ITC_NONE;
}

enum itc_err itc_cone_add(struct itc_cone *c, const struct itc_window *w, uint32_t head,
    uint32_t sites_max, uint64_t bytes_max, uint64_t least_anchor)
{
    ITC_ASSERT(sites_max <= c->capacity);
    if (itc_cone_find(c, head) != ITC_NONE)
        return ITC_OK;
    if (c->count > sites_max || c->bytes > bytes_max)
        return ITC_E_TOO_LARGE;
    uint32_t before = c->count;
    struct walk k = {.sites_max = sites_max, .bytes_max = bytes_max, .bytes = c->bytes};
    if (w->least_anchor < least_anchor)
        k.least_anchor = least_anchor;
    enum itc_err e = push(c, w, &k, head);
    while (e == ITC_OK && k.height > 0) {
        uint32_t site = c->stack[k.height - 1];
        uint32_t parent = next_parent(c, w, site);
        if (parent != ITC_NONE) {
            e = push(c, w, &k, parent);
        } else {
            k.height--;
            c->number[site] = c->count;
            c->sites[c->count++] = site;
        }
    }
    if (e != ITC_OK) {
        c->count = before;
        return e;
    }
    c->bytes = k.bytes;
    return ITC_OK;
}

void itc_cone_order_init(struct itc_cone *c, const struct itc_window *w)
{
    uint32_t edges = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct itc_vertex *v = &w->vertices[c->sites[i]];
        c->first[i] = edges;
        for (uint32_t k = 0; k < v->parent_count; k++)
            c->parents[edges++] = c->number[v->parents[k]];
    }
    c->first[c->count] = edges;
    struct itc_graph graph = {.count = c->count, .first = c->first, .parents = c->parents};
    itc_exact_init(&c->exact, &graph, c->weights, c->rows);
}

/* The positions' sites by ascending id, in the rows, which the weights need no more. */
static const struct itc_key_item *sort_by_id(struct itc_cone *c, const struct itc_window *w)
{
    struct itc_key_item *items = (struct itc_key_item *)(void *)c->rows;
    for (uint32_t i = 0; i < c->count; i++)
        items[i] = itc_key_item_of(&w->infos[c->sites[i]].id, c->sites[i]);
    itc_key_sort(items, items + c->count, c->count, &w->infos[0].id, sizeof w->infos[0]);
    return items;
}

/* A stable counting sort over weights 1 .. count, heaviest first, of what is sorted by id. */
static void sort_by_weight(struct itc_cone *c, const struct itc_key_item *items)
{
    uint32_t *at = c->first, *weight_of = c->parents; /* the graph is needed no more */
    memcpy(weight_of, c->weights, entries(c->count));
    memset(at, 0, entries((size_t)c->count + 1));
    for (uint32_t i = 0; i < c->count; i++)
        at[c->count - weight_of[i] + 1]++;
    for (uint32_t i = 0; i < c->count; i++)
        at[i + 1] += at[i];
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t site = items[i].number;
        uint32_t weight = weight_of[c->number[site]];
        uint32_t to = at[c->count - weight]++;
        c->sites[to] = site;
        c->weights[to] = weight;
    }
}

bool itc_cone_order(struct itc_cone *c, const struct itc_window *w, uint64_t rows)
{
    if (!itc_exact_step(&c->exact, rows))
        return false;
    sort_by_weight(c, sort_by_id(c, w));
    return true;
}
