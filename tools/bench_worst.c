/* bench_worst.c - itc-bench: cones of the largest size and of unkind shapes. A line, a comb, and the worst that a search
 * over random ones finds: what a node does with them in one go, between two looks at its links, stays short. */
#include "tools/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/core.h"
#include "tangle/cone.h"
#include "tangle/tips.h"

#define SITES 65536 /* the most that genesis may allow */
#define TRIES 24

/* Site i has `parents` among the `reach` sites before i - skip; the rest of its shape is fixed. */
struct shape {
    const char *name;
    uint32_t parents, reach, skip;
    bool comb; /* every other site is a tooth */
};

struct worst {
    void *block;
    struct itc_window window;
    struct itc_tips tips;
    struct itc_cone cone;
    struct itc_rng rng;
    double total_ms, longest_ms;
};

static void init(struct worst *w, uint64_t seed)
{
    size_t bodies = (size_t)SITES * 512;
    size_t size =
        itc_window_size(SITES, bodies) + itc_tips_size(SITES) + itc_cone_size(SITES, SITES);
    w->block = bench_alloc(size);
    struct itc_mem mem = {w->block, size};
    itc_window_init(&w->window, &mem, SITES, bodies, seed);
    itc_tips_init(&w->tips, &mem, SITES);
    itc_cone_init(&w->cone, &mem, SITES, SITES);
    itc_rng_init(&w->rng, seed);
}

static uint32_t choose_parents(
    struct worst *w, const struct shape *s, uint32_t i, uint32_t out[ITC_SITE_PARENTS_MAX])
{
    uint32_t back = s->skip + (s->comb && i % 2 == 0), count = 0;
    uint32_t range = i < back ? 0 : i - back;
    for (uint32_t k = 0; k < s->parents && range > 0; k++) {
        uint32_t parent = range - 1 - itc_rng_below(&w->rng, range < s->reach ? range : s->reach);
        bool taken = false;
        for (uint32_t j = 0; j < count; j++)
            taken = taken || out[j] == parent;
        if (!taken)
            out[count++] = parent;
    }
    return count;
}

/* `numbers`: the window's index of each site. */
static void grow(struct worst *w, const struct shape *s, uint32_t *numbers)
{
    for (uint32_t i = 0; i < SITES; i++) {
        uint32_t parents[ITC_SITE_PARENTS_MAX], count = choose_parents(w, s, i, parents);
        struct itc_hash id;
        for (size_t k = 0; k < sizeof id.b; k++)
            id.b[k] = (uint8_t)itc_rng_next(&w->rng);
        for (uint32_t k = 0; k < count; k++)
            parents[k] = numbers[parents[k]];
        const struct itc_arrival a = {.id = &id,
            .bytes = (const uint8_t *)"x",
            .len = 1,
            .arrival = i + 1,
            .parents = parents,
            .parent_count = count};
        enum itc_err e = itc_window_add(&w->window, &numbers[i], &a);
        ITC_ASSERT(e == ITC_OK);
        itc_tips_attach(&w->tips, &w->window, numbers[i]);
    }
}

static double lap_ms(struct worst *w, double began_s)
{
    double now_s = bench_thread_s(), ms = 1e3 * (now_s - began_s);
    w->total_ms += ms;
    w->longest_ms = ms > w->longest_ms ? ms : w->longest_ms;
    return bench_thread_s();
}

/* As a node does it: collected in one go, weighed in slices, and removed in one go. */
static void finish(struct worst *w)
{
    struct itc_cone *c = &w->cone;
    w->total_ms = w->longest_ms = 0;
    itc_cone_clear(c);
    double at_s = bench_thread_s();
    for (uint32_t i = 0; i < w->tips.count; i++) {
        enum itc_err e = itc_cone_add(c, &w->window, w->tips.pool[i], SITES, UINT64_MAX, 0);
        ITC_ASSERT(e == ITC_OK);
    }
    ITC_ASSERT(c->count == SITES);
    at_s = lap_ms(w, at_s);
    itc_cone_order_init(c, &w->window);
    for (bool done = false; !done; at_s = lap_ms(w, at_s))
        done = itc_cone_order(c, &w->window, ITC_EVALUATION_ORDER_ROWS);
    itc_tips_remove(&w->tips, &w->window, c->sites, c->count);
    itc_window_remove(&w->window, c->sites, c->count);
    (void)lap_ms(w, at_s);
}

static void measure(struct worst *w, const struct shape *s, uint32_t *numbers)
{
    grow(w, s, numbers);
    finish(w);
}

static void print_row(const char *metric, double ms, const char *shape, const char *note)
{
    bench_print(&(struct bench_row){.metric = metric,
        .value = ms,
        .unit = "ms",
        .n = SITES,
        .field = "shape",
        .field_value = shape,
        .note = note});
}

static void print(const struct worst *w, const struct shape *s)
{
    char about[64];
    snprintf(about, sizeof about, "%s: %u parents among %u", s->name, s->parents, s->reach);
    print_row("longest_ms", w->longest_ms, about,
        "CPU time; longest piece: collecting, a slice of weighing, or leaving the window");
    print_row("ms", w->total_ms, about, "CPU time; collected, weighed, sorted, removed");
}

static struct shape change(struct itc_rng *rng, struct shape s)
{
    s.parents = 1 + itc_rng_below(rng, ITC_SITE_PARENTS_MAX);
    s.reach = 1u << itc_rng_below(rng, 17);
    s.skip = itc_rng_below(rng, 2) ? 0 : 1u << itc_rng_below(rng, 15);
    return s;
}

/* Keeps the worst, and looks for a worse one near it and anywhere, by turns. */
static struct shape search(struct worst *w, uint32_t *numbers)
{
    struct shape worst = {.name = "found", .parents = 2, .reach = 256};
    double worst_ms = 0;
    for (uint32_t i = 0; i < TRIES; i++) {
        struct shape s = worst, other = change(&w->rng, s);
        uint32_t which = itc_rng_below(&w->rng, 4);
        s.parents = which % 3 == 0 ? other.parents : s.parents;
        s.reach = which == 1 || which == 3 ? other.reach : s.reach;
        s.skip = which >= 2 ? other.skip : s.skip;
        measure(w, &s, numbers);
        if (w->total_ms > worst_ms) {
            worst_ms = w->total_ms;
            worst = s;
        }
    }
    return worst;
}

void bench_worst(const struct bench_options *o)
{
    static const struct shape known[] = {
        {.name = "line", .parents = 1, .reach = 1},
        {.name = "comb", .parents = 1, .reach = 1, .comb = true},
        {.name = "theory", .parents = 2, .reach = 200},
    };
    struct worst w;
    uint32_t *numbers = bench_alloc(SITES * sizeof *numbers);
    init(&w, o->seed);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        measure(&w, &known[i], numbers);
        print(&w, &known[i]);
    }
    const struct shape found = search(&w, numbers);
    measure(&w, &found, numbers);
    print(&w, &found);
    free(numbers);
    free(w.block);
}
