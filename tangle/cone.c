#include "tangle/cone.h"

#include <string.h>

/* What is sorted: ascending keys are descending weights, then ascending first bytes of the id. */
struct item {
    uint64_t key;
    uint32_t site;
    uint32_t weight;
};
_Static_assert(
    2 * sizeof(struct item) <= ITC_EXACT_COLUMNS / 8, "items and their copy fit the rows");

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
    uint64_t bytes; /* of cone and path */
};

static bool push(struct itc_cone *c, const struct itc_window *w, struct walk *k, uint32_t site)
{
    uint32_t size = w->vertices[site].size;
    if (k->height >= k->sites_max - c->count || size > k->bytes_max - k->bytes)
        return false;
    c->number[site] = 0;
    c->stack[k->height++] = site;
    k->bytes += size;
    return true;
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
    if (w->infos[head].oldest_anchor < least_anchor)
        return ITC_E_ANCHOR;
    if (itc_cone_find(c, head) != ITC_NONE)
        return ITC_OK;
    if (c->count > sites_max || c->bytes > bytes_max)
        return ITC_E_TOO_LARGE;
    uint32_t before = c->count;
    struct walk k = {.sites_max = sites_max, .bytes_max = bytes_max, .bytes = c->bytes};
    bool fits = push(c, w, &k, head);
    while (fits && k.height > 0) {
        uint32_t site = c->stack[k.height - 1];
        uint32_t parent = next_parent(c, w, site);
        if (parent != ITC_NONE) {
            fits = push(c, w, &k, parent);
        } else {
            k.height--;
            c->number[site] = c->count;
            c->sites[c->count++] = site;
        }
    }
    if (!fits) {
        c->count = before;
        return ITC_E_TOO_LARGE;
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

static void make_items(const struct itc_cone *c, const struct itc_window *w, struct item *items)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const uint8_t *id = w->infos[c->sites[i]].id.b;
        uint32_t prefix =
            (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
        items[i] = (struct item){.key = (uint64_t)(UINT32_MAX - c->weights[i]) << 32 | prefix,
            .site = c->sites[i],
            .weight = c->weights[i]};
    }
}

static bool comes_before(const struct itc_window *w, const struct item *a, const struct item *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    return itc_hash_compare(&w->infos[a->site].id, &w->infos[b->site].id) < 0;
}

/* Merges from[begin .. middle-1] and from[middle .. end-1] into `to`. */
static void merge(const struct itc_window *w, struct item *to, const struct item *from,
    uint32_t begin, uint32_t middle, uint32_t end)
{
    uint32_t left = begin, right = middle;
    for (uint32_t i = begin; i < end; i++) {
        bool take_right = left == middle;
        if (left < middle && right < end)
            take_right = comes_before(w, &from[right], &from[left]);
        to[i] = take_right ? from[right++] : from[left++];
    }
}

/* Merge sort, bottom up: whoever grinds ids cannot make it slow. Returns where the result stands. */
static const struct item *sort(
    const struct itc_window *w, struct item *items, struct item *spare, uint32_t count)
{
    for (uint32_t run = 1; run < count; run *= 2) {
        for (uint32_t begin = 0; begin < count; begin += 2 * run) {
            uint32_t middle = count - begin < run ? count : begin + run;
            uint32_t end = count - middle < run ? count : middle + run;
            merge(w, spare, items, begin, middle, end);
        }
        struct item *sorted = spare;
        spare = items;
        items = sorted;
    }
    return items;
}

bool itc_cone_order(struct itc_cone *c, const struct itc_window *w, uint32_t blocks)
{
    if (!itc_exact_step(&c->exact, blocks))
        return false;
    struct item *items = (struct item *)(void *)c->rows;
    make_items(c, w, items);
    const struct item *sorted = sort(w, items, items + c->count, c->count);
    for (uint32_t i = 0; i < c->count; i++) {
        c->sites[i] = sorted[i].site;
        c->weights[i] = sorted[i].weight;
    }
    return true;
}
