/* prop_weight.c - exact weights by every kernel, and running weights up to a threshold, against reachability found
 * site by site, on random graphs of 0 to 2,000 sites and on unkind shapes. */
#include "tests/prop/prop.h"

#include <stdlib.h>
#include <string.h>

#include "tangle/rng.h"
#include "tangle/weight_kernels.h"

#define SITES_MAX 2000
#define GRAPHS 1000

struct graph {
    uint32_t count;
    uint32_t first[SITES_MAX + 1];
    uint32_t parents[SITES_MAX * ITC_SITE_PARENTS_MAX];
    uint32_t weights[SITES_MAX]; /* naive */
};

/* Site i has up to `parents_max` distinct parents among the `reach` sites before it. */
static void make(struct graph *g, struct itc_rng *rng, uint32_t parents_max, uint32_t reach)
{
    uint32_t edges = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        g->first[i] = edges;
        uint32_t tries = itc_rng_below(rng, parents_max + 1);
        uint32_t range = i < reach ? i : reach;
        for (; tries > 0 && range > 0; tries--) {
            uint32_t parent = i - 1 - itc_rng_below(rng, range);
            bool taken = false;
            for (uint32_t k = g->first[i]; k < edges; k++)
                taken = taken || g->parents[k] == parent;
            if (!taken)
                g->parents[edges++] = parent;
        }
    }
    g->first[g->count] = edges;
}

enum shape {
    LINE,
    COMB,
    FAR,
    SHAPES
};

/* A line, whose rows become all ones; a comb, whose teeth nobody approves; and eight parents each, far apart. */
static void make_shape(struct graph *g, enum shape shape)
{
    uint32_t edges = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        g->first[i] = edges;
        uint32_t parents = shape == FAR ? ITC_SITE_PARENTS_MAX : 1;
        uint32_t back = shape == COMB && i % 2 == 0 ? 2 : 1;
        for (uint32_t k = 0; k < parents && back <= i; k++, back += 71)
            g->parents[edges++] = i - back;
    }
    g->first[g->count] = edges;
}

/* One search through the past of each site. */
static void weigh(struct graph *g)
{
    static bool seen[SITES_MAX];
    memset(g->weights, 0, sizeof g->weights);
    for (uint32_t site = 0; site < g->count; site++) {
        memset(seen, 0, sizeof seen);
        seen[site] = true;
        for (uint32_t i = site + 1; i-- > 0;) {
            if (!seen[i])
                continue;
            g->weights[i]++;
            for (uint32_t k = g->first[i]; k < g->first[i + 1]; k++)
                seen[g->parents[k]] = true;
        }
    }
}

static void compare(const struct graph *g, const uint32_t *weights, const char *what)
{
    for (uint32_t i = 0; i < g->count; i++) {
        if (weights[i] != g->weights[i])
            itc_assert_fail(__FILE__, __LINE__, what);
    }
}

/* The kernel block by block, on rows that were not cleared. */
static void check_kernel(const struct graph *g, uint64_t *rows, const struct itc_weight_kernel *k)
{
    uint32_t weights[SITES_MAX] = {0};
    struct itc_exact e;
    struct itc_graph graph = {.count = g->count, .first = g->first, .parents = g->parents};
    itc_exact_init(&e, &graph, weights, rows);
    memset(rows, 0, itc_exact_rows_size(g->count));
    for (uint32_t begin = 0; begin < g->count; begin += ITC_EXACT_COLUMNS) {
        uint32_t left = g->count - begin;
        k->pass(&e, begin, begin + (left < ITC_EXACT_COLUMNS ? left : ITC_EXACT_COLUMNS));
    }
    compare(g, weights, k->name);
    for (size_t i = 0; i < (size_t)g->count * ITC_EXACT_WORDS; i++)
        ITC_ASSERT(rows[i] == 0);
}

/* How many calls it takes, if each may touch so many rows and works through a block at least. */
static uint32_t steps_needed(const struct graph *g, uint64_t touched_max)
{
    uint32_t steps = 1;
    uint64_t touched = 0;
    for (uint32_t end = 0; end < g->count;) {
        end += g->count - end < ITC_EXACT_COLUMNS ? g->count - end : ITC_EXACT_COLUMNS;
        uint64_t more = (uint64_t)end + g->first[end];
        if (touched > 0 && touched + more > touched_max) {
            steps++;
            touched = 0;
        }
        touched += more;
    }
    return steps;
}

static void check_steps(const struct graph *g, uint64_t *rows, uint64_t touched_max)
{
    uint32_t weights[SITES_MAX];
    struct itc_exact e;
    struct itc_graph graph = {.count = g->count, .first = g->first, .parents = g->parents};
    memset(rows, 0xa5, itc_exact_rows_size(g->count));
    memset(weights, 0xa5, sizeof weights);
    itc_exact_init(&e, &graph, weights, rows);
    uint32_t steps = 1;
    while (!itc_exact_step(&e, touched_max))
        steps++;
    ITC_ASSERT(steps == steps_needed(g, touched_max));
    compare(g, weights, "weights of itc_exact_step");
}

static void count_call(void *ctx, uint32_t site)
{
    uint32_t *calls = ctx;
    calls[site]++;
}

static void check_attach(const struct graph *g, uint32_t threshold)
{
    size_t size = itc_window_size(g->count, (size_t)g->count * 256);
    struct itc_mem mem = {calloc(1, size), size};
    void *block = mem.at;
    uint32_t *stack = calloc(g->count + 1, sizeof *stack);
    uint32_t *calls = calloc(g->count + 1, sizeof *calls);
    ITC_ASSERT(block && stack && calls);
    struct itc_window w;
    itc_window_init(&w, &mem, g->count, (size_t)g->count * 256, 1);
    for (uint32_t i = 0; i < g->count; i++) {
        struct itc_hash id = {{0}};
        memcpy(id.b, &i, sizeof i);
        struct itc_arrival a = {.id = &id,
            .bytes = id.b,
            .len = sizeof id,
            .arrival = i,
            .parents = g->parents + g->first[i],
            .parent_count = g->first[i + 1] - g->first[i]};
        uint32_t index;
        enum itc_err err = itc_window_add(&w, &index, &a);
        ITC_ASSERT(err == ITC_OK && index == i);
        itc_weight_attach(&w, i, threshold, stack, count_call, calls);
    }
    for (uint32_t i = 0; i < g->count; i++) {
        bool reached = g->weights[i] >= threshold;
        ITC_ASSERT(w.vertices[i].weight == (reached ? threshold : g->weights[i]));
        ITC_ASSERT(calls[i] == reached);
    }
    free(block);
    free(stack);
    free(calls);
}

static void check_graph(struct itc_rng *rng, struct graph *g, uint64_t *rows)
{
    weigh(g);
    for (size_t i = 0; i < itc_weight_kernel_count; i++) {
        if (itc_weight_kernels[i].available())
            check_kernel(g, rows, &itc_weight_kernels[i]);
    }
    check_steps(g, rows, itc_rng_below(rng, 20000));
    check_attach(g, 2 + itc_rng_below(rng, 200));
}

static void check_random(struct itc_rng *rng, struct graph *g, uint64_t *rows)
{
    static const uint32_t edge_counts[] = {0, 1, 511, 512, 513, 1024};
    uint32_t dice = itc_rng_below(rng, 16);
    g->count = dice < 6 ? edge_counts[dice] : itc_rng_below(rng, SITES_MAX + 1);
    make(g, rng, itc_rng_below(rng, ITC_SITE_PARENTS_MAX + 1), 1 + itc_rng_below(rng, 700));
    check_graph(rng, g, rows);
}

int main(int argc, char **argv)
{
    static struct graph g;
    struct itc_rng rng;
    itc_rng_init(&rng, prop_seed(argc, argv));
    uint64_t *rows = aligned_alloc(64, itc_exact_rows_size(SITES_MAX));
    ITC_ASSERT(rows != NULL);
    for (uint32_t i = 0; i < GRAPHS; i++) {
        if (i % 2 == 1)
            itc_weight_use_best();
        check_random(&rng, &g, rows);
    }
    for (uint32_t i = 0; i < SHAPES; i++) {
        g.count = SITES_MAX;
        make_shape(&g, (enum shape)i);
        check_graph(&rng, &g, rows);
    }
    free(rows);
    return 0;
}
