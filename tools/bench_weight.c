/* bench_weight.c - itc-bench: weights, all at once and running, and the choice of tips. */
#include "tools/bench.h"

#include <stdlib.h>

#include "tangle/weight.h"
#include "tangle/weight_kernels.h"
#include "tools/bench_tangle.h"

#define THRESHOLD 100 /* weight */
#define CONE_SITES 50000
#define REPETITIONS 9

/* ---- weight-exact */

struct exact_case {
    struct itc_graph graph;
    uint32_t *weights;
    uint64_t *rows;
};

/* Sites of a fresh window have the indices 0, 1, 2 ... in the order of arrival. */
static void exact_case_init(struct exact_case *c, const struct bench_tangle *t)
{
    uint32_t count = t->window.count, edges = 0;
    uint32_t *first = bench_alloc((count + 1) * sizeof *first);
    uint32_t *parents = bench_alloc(2 * count * sizeof *parents);
    for (uint32_t i = 0; i < count; i++) {
        const struct itc_vertex *v = &t->window.vertices[i];
        first[i] = edges;
        for (uint32_t k = 0; k < v->parent_count; k++)
            parents[edges++] = v->parents[k];
    }
    first[count] = edges;
    c->graph = (struct itc_graph){.count = count, .first = first, .parents = parents};
    c->weights = bench_alloc(count * sizeof *c->weights);
    c->rows = bench_alloc(itc_exact_rows_size(count));
}

static void exact_body(void *ctx)
{
    struct exact_case *c = ctx;
    struct itc_exact e;
    itc_exact_init(&e, &c->graph, c->weights, c->rows);
    bool done = itc_exact_step(&e, UINT64_MAX);
    ITC_ASSERT(done);
    bench_use(c->weights[0]);
}

/* Reads and writes the rows that the weights need, in the same blocks, without looking at parents. */
static void plain_pass_body(void *ctx)
{
    struct exact_case *c = ctx;
    for (uint32_t end = 0; end < c->graph.count;) {
        uint32_t left = c->graph.count - end;
        end += left < ITC_EXACT_COLUMNS ? left : ITC_EXACT_COLUMNS;
        for (size_t i = (size_t)end * 8; i-- > 0;)
            c->rows[i] += end;
    }
    bench_use(c->rows[0]);
}

/* The one that a node uses gives the figure; the others that this processor has come after it. */
static void print_kernels(struct exact_case *c)
{
    exact_body(c); /* all memory is there from now on */
    double limit = 1e3 * bench_median_s(plain_pass_body, c, REPETITIONS);
    const char *metric = "ms";
    for (size_t i = itc_weight_kernel_count; i-- > 0;) {
        const struct itc_weight_kernel *kernel = &itc_weight_kernels[i];
        if (!kernel->available())
            continue;
        itc_weight_use(kernel);
        bench_print(&(struct bench_row){.metric = metric,
            .value = 1e3 * bench_median_s(exact_body, c, REPETITIONS),
            .unit = "ms",
            .limit = limit,
            .n = CONE_SITES,
            .field = "kernel",
            .field_value = kernel->name,
            .note = "limit: a plain pass over the same bytes"});
        metric = "kernel_ms";
    }
    itc_weight_use_best();
}

void bench_weight_exact(const struct bench_options *o)
{
    struct bench_tangle t;
    struct exact_case c;
    bench_tangle_init(&t, CONE_SITES, 1, o->seed);
    bench_tangle_grow(&t, CONE_SITES);
    exact_case_init(&c, &t);
    print_kernels(&c);
    size_t bytes = itc_exact_rows_size(CONE_SITES) +
                   sizeof(uint32_t) * (2 * CONE_SITES + 1 + c.graph.first[CONE_SITES]);
    bench_print(&(struct bench_row){.metric = "peak_bytes",
        .value = (double)bytes,
        .unit = "B",
        .n = CONE_SITES,
        .note = "rows, weights and the graph"});
    free(c.weights);
    free(c.rows);
    free((void *)(uintptr_t)c.graph.first);
    free((void *)(uintptr_t)c.graph.parents);
    free(t.block);
}

/* ---- weight-attach */

#define ATTACHED 5000

/* A window of `window` sites, to which ATTACHED more come. Those that a fresh window begins with have few to count
 * for: a site costs what it does later, in a window of any age, only when as many stand above the threshold as come. */
struct attach_case {
    struct bench_tangle tangle;
    uint32_t window;
    uint32_t *stack;
    uint32_t *weights; /* when the window is full, and nobody has come yet */
};

/* All sites are there, newer ones too; but no walk goes to a newer one. */
static void attach(struct attach_case *c, uint32_t begin, uint32_t end)
{
    for (uint32_t i = begin; i < end; i++)
        itc_weight_attach(&c->tangle.window, i, THRESHOLD, c->stack, NULL, NULL);
}

static void attach_body(void *ctx)
{
    struct attach_case *c = ctx;
    attach(c, c->window, c->window + ATTACHED);
}

static void attach_case_init(struct attach_case *c, uint32_t window, uint64_t seed)
{
    uint32_t sites = window + ATTACHED;
    bench_tangle_init(&c->tangle, sites, 1, seed);
    bench_tangle_grow(&c->tangle, sites);
    c->window = window;
    c->stack = bench_alloc(sites * sizeof *c->stack);
    c->weights = bench_alloc(sites * sizeof *c->weights);
    attach(c, 0, window);
    for (uint32_t i = 0; i < window; i++)
        c->weights[i] = c->tangle.window.vertices[i].weight;
}

static double attach_us(struct attach_case *c)
{
    struct itc_window *w = &c->tangle.window;
    struct bench_samples samples = {.count = 0};
    for (size_t r = 0; r < 21; r++) {
        for (uint32_t i = 0; i < w->count; i++)
            w->vertices[i].weight = c->weights[i];
        bench_samples_add(&samples, 1e6 * bench_median_s(attach_body, c, 1) / ATTACHED);
    }
    return bench_samples_quantile(&samples, 0.5);
}

void bench_weight_attach(const struct bench_options *o)
{
    static const uint32_t sizes[] = {5000, 50000, 500000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct attach_case c;
        attach_case_init(&c, sizes[i], o->seed);
        bench_print(&(struct bench_row){.metric = "us_per_site",
            .value = attach_us(&c),
            .unit = "us",
            .n = sizes[i],
            .note = "up to a weight of 100; n is the window to which 5,000 sites come"});
        free(c.stack);
        free(c.weights);
        free(c.tangle.block);
    }
}

/* ---- tips */

#define CHOICES 100000

static void tips_body(void *ctx)
{
    struct bench_tangle *t = ctx;
    uint32_t out[2], sum = 0;
    for (uint32_t i = 0; i < CHOICES; i++) {
        uint32_t chosen = itc_tips_choose(&t->tips, &t->window, NULL, &t->rng, 2, out);
        sum += out[chosen - 1];
    }
    bench_use(sum);
}

void bench_tips(const struct bench_options *o)
{
    static const uint32_t sizes[] = {10, 10000, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bench_tangle t;
        bench_tangle_init(&t, sizes[i], 1, o->seed);
        const struct bench_made lone = {.parent_count = 0};
        for (uint32_t k = 0; k < sizes[i]; k++)
            (void)bench_tangle_see(&t, &lone, (const uint8_t *)"x", 1);
        bench_print(&(struct bench_row){.metric = "ns_per_choice",
            .value = 1e9 * bench_median_s(tips_body, &t, REPETITIONS) / CHOICES,
            .unit = "ns",
            .n = sizes[i],
            .note = "a choice is two tips; n is the pool"});
        free(t.block);
    }
}
