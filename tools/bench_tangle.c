/* bench_tangle.c - itc-bench: weights, tips, the order of a cone and its leaving, on a tangle as the theory has it: uniform
 * choice of two tips, each site seen DELAY arrivals after it was made (so about 2 * DELAY tips). */
#include "tools/bench.h"

#include <stdlib.h>
#include <string.h>

#include "tangle/cone.h"
#include "tangle/ledger.h"
#include "tangle/open_tx.h"
#include "tangle/tips.h"

#define DELAY 100     /* arrivals */
#define THRESHOLD 100 /* weight */
#define CONE_SITES 50000
#define ISSUERS 10000
#define REPETITIONS 9

struct tangle {
    void *block;
    uint32_t capacity;
    struct itc_window window;
    struct itc_tips tips;
    struct itc_open_txs txs;
    struct itc_rng rng;
    uint32_t seen; /* sites, those that have left too */
};

/* A site that was made but not seen yet. */
struct made {
    uint32_t parents[2];
    uint32_t parent_count;
};

static void tangle_init(struct tangle *t, uint32_t capacity, size_t site_bytes, uint64_t seed)
{
    size_t bodies = capacity * (site_bytes + 512);
    size_t size =
        itc_window_size(capacity, bodies) + itc_tips_size(capacity) + itc_open_txs_size(capacity);
    t->block = bench_alloc(size);
    t->capacity = capacity;
    t->seen = 0;
    struct itc_mem mem = {t->block, size};
    itc_window_init(&t->window, &mem, capacity, bodies, seed);
    itc_tips_init(&t->tips, &mem, capacity);
    itc_open_txs_init(&t->txs, &mem, capacity, seed);
    itc_rng_init(&t->rng, seed);
}

static void random_bytes(struct itc_rng *rng, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)itc_rng_next(rng);
}

static struct made make_site(struct tangle *t)
{
    struct made m;
    m.parent_count = itc_tips_choose(&t->tips, &t->window, NULL, &t->rng, 2, m.parents);
    return m;
}

static uint32_t see_site(struct tangle *t, const struct made *m, const uint8_t *bytes, size_t len)
{
    struct itc_hash id;
    random_bytes(&t->rng, id.b, sizeof id.b);
    struct itc_arrival a = {.id = &id,
        .bytes = bytes,
        .len = len,
        .arrival = ++t->seen,
        .parents = m->parents,
        .parent_count = m->parent_count};
    uint32_t site;
    enum itc_err err = itc_window_add(&t->window, &site, &a);
    ITC_ASSERT(err == ITC_OK);
    itc_tips_attach(&t->tips, &t->window, site);
    return site;
}

/* Fills the window with sites of one byte; `next` is called for each, if given. */
static void tangle_grow(struct tangle *t, uint32_t count)
{
    struct made waiting[DELAY];
    for (uint32_t i = 0; i < DELAY; i++)
        waiting[i] = (struct made){.parent_count = 0};
    for (uint32_t i = 0; i < count; i++) {
        struct made seen = waiting[i % DELAY];
        waiting[i % DELAY] = make_site(t);
        (void)see_site(t, &seen, (const uint8_t *)"x", 1);
    }
}

/* ---- weight-exact */

struct exact_case {
    struct itc_graph graph;
    uint32_t *weights;
    uint64_t *rows;
};

/* Sites of a fresh window have the indices 0, 1, 2 ... in the order of arrival. */
static void exact_case_init(struct exact_case *c, const struct tangle *t)
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

void bench_weight_exact(const struct bench_options *o)
{
    struct tangle t;
    struct exact_case c;
    tangle_init(&t, CONE_SITES, 1, o->seed);
    tangle_grow(&t, CONE_SITES);
    exact_case_init(&c, &t);
    bench_print(&(struct bench_row){.metric = "ms",
        .value = 1e3 * bench_median_s(exact_body, &c, REPETITIONS),
        .unit = "ms",
        .limit = 1e3 * bench_median_s(plain_pass_body, &c, REPETITIONS),
        .n = CONE_SITES,
        .field = "kernel",
        .field_value = itc_weight_use_best(),
        .note = "limit: a plain pass over the same bytes"});
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

struct attach_case {
    struct tangle tangle;
    uint32_t *stack;
};

/* All sites are there, newer ones too; but no walk goes to a newer one. */
static void attach_body(void *ctx)
{
    struct attach_case *c = ctx;
    struct itc_window *w = &c->tangle.window;
    for (uint32_t i = 0; i < w->count; i++)
        itc_weight_attach(w, i, THRESHOLD, c->stack, NULL, NULL);
}

static double attach_us(struct attach_case *c, size_t times)
{
    struct itc_window *w = &c->tangle.window;
    struct bench_samples samples = {.count = 0};
    for (size_t r = 0; r < times; r++) {
        for (uint32_t i = 0; i < w->count; i++)
            w->vertices[i].weight = 0;
        bench_samples_add(&samples, 1e6 * bench_median_s(attach_body, c, 1) / w->count);
    }
    return bench_samples_quantile(&samples, 0.5);
}

void bench_weight_attach(const struct bench_options *o)
{
    static const uint32_t sizes[] = {5000, 50000, 500000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct attach_case c;
        tangle_init(&c.tangle, sizes[i], 1, o->seed);
        tangle_grow(&c.tangle, sizes[i]);
        c.stack = bench_alloc(sizes[i] * sizeof *c.stack);
        bench_print(&(struct bench_row){.metric = "us_per_site",
            .value = attach_us(&c, sizes[i] <= 50000 ? 21 : 5),
            .unit = "us",
            .n = sizes[i],
            .note = "up to a weight of 100; n is the window"});
        free(c.stack);
        free(c.tangle.block);
    }
}

/* ---- tips */

#define CHOICES 100000

static void tips_body(void *ctx)
{
    struct tangle *t = ctx;
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
        struct tangle t;
        tangle_init(&t, sizes[i], 1, o->seed);
        const struct made lone = {.parent_count = 0};
        for (uint32_t k = 0; k < sizes[i]; k++)
            (void)see_site(&t, &lone, (const uint8_t *)"x", 1);
        bench_print(&(struct bench_row){.metric = "ns_per_choice",
            .value = 1e9 * bench_median_s(tips_body, &t, REPETITIONS) / CHOICES,
            .unit = "ns",
            .n = sizes[i],
            .note = "a choice is two tips; n is the pool"});
        free(t.block);
    }
}

/* ---- order */

struct order_case {
    struct tangle tangle;
    struct itc_cone cone;
    struct itc_ledger ledger;
    struct itc_delta delta;
    uint32_t applied;
};

/* Transfer number `i` of the chain of issuers; its signature is not looked at here. */
static size_t encode_site(
    uint8_t out[ITC_SITE_MAX], struct itc_tx *tx, const struct made *m, uint32_t i)
{
    *tx = (struct itc_tx){.kind = ITC_KIND_TRANSFER, .seq = i / ISSUERS};
    memcpy(tx->issuer.b, &(uint32_t){i % ISSUERS + 1}, sizeof(uint32_t));
    memcpy(tx->u.transfer.to.b, &(uint32_t){(i + 1) % ISSUERS + 1}, sizeof(uint32_t));
    tx->u.transfer.amount.grains = 1;
    uint8_t tx_bytes[ITC_TX_MAX];
    struct itc_site site = {.tx_bytes = tx_bytes, .parent_count = m->parent_count};
    for (uint32_t k = 0; k < m->parent_count; k++)
        site.parents[k].b[0] = (uint8_t)(k + 1); /* the window knows them by index */
    size_t len = 0;
    enum itc_err err = itc_tx_encode(tx_bytes, sizeof tx_bytes, &site.tx_len, tx);
    ITC_ASSERT(err == ITC_OK);
    err = itc_site_encode(out, ITC_SITE_MAX, &len, &site);
    ITC_ASSERT(err == ITC_OK);
    return len;
}

static void grow_with_transfers(struct tangle *t, uint32_t count)
{
    struct made waiting[DELAY];
    for (uint32_t i = 0; i < DELAY; i++)
        waiting[i] = (struct made){.parent_count = 0};
    for (uint32_t i = 0; i < count; i++) {
        struct made seen = waiting[i % DELAY];
        waiting[i % DELAY] = make_site(t);
        uint8_t bytes[ITC_SITE_MAX];
        struct itc_tx tx;
        size_t len = encode_site(bytes, &tx, &seen, t->seen);
        uint32_t site = see_site(t, &seen, bytes, len);
        struct itc_hash tx_id;
        random_bytes(&t->rng, tx_id.b, sizeof tx_id.b);
        itc_open_txs_attach(&t->txs, &t->window, site, &tx, &tx_id, 0);
    }
}

static void *ledger_init(struct order_case *c, uint64_t seed)
{
    size_t size = itc_cone_size(CONE_SITES, CONE_SITES) + itc_ledger_size(ISSUERS, CONE_SITES) +
                  itc_delta_size(CONE_SITES);
    void *block = bench_alloc(size);
    struct itc_mem mem = {block, size};
    itc_cone_init(&c->cone, &mem, CONE_SITES, CONE_SITES);
    itc_ledger_init(&c->ledger, &mem, ISSUERS, CONE_SITES, (struct itc_amount){1}, seed);
    itc_delta_init(&c->delta, &mem, CONE_SITES, seed);
    for (uint32_t i = 0; i < ISSUERS; i++) {
        struct itc_key key = {{0}};
        memcpy(key.b, &(uint32_t){i + 1}, sizeof(uint32_t));
        const struct itc_account account = {.balance = {1000}};
        enum itc_err err = itc_ledger_load(&c->ledger, &key, &account);
        ITC_ASSERT(err == ITC_OK);
    }
    itc_ledger_loaded(&c->ledger);
    return block;
}

static void order_body(void *ctx)
{
    struct order_case *c = ctx;
    const struct itc_window *w = &c->tangle.window;
    itc_cone_clear(&c->cone);
    for (uint32_t i = 0; i < c->tangle.tips.count; i++) {
        enum itc_err err =
            itc_cone_add(&c->cone, w, c->tangle.tips.pool[i], CONE_SITES, UINT64_MAX, 0);
        ITC_ASSERT(err == ITC_OK);
    }
    itc_cone_order_init(&c->cone, w);
    bool done = itc_cone_order(&c->cone, w, UINT64_MAX);
    ITC_ASSERT(done);
}

static void verdicts_body(void *ctx)
{
    struct order_case *c = ctx;
    const struct itc_window *w = &c->tangle.window;
    order_body(c);
    itc_delta_begin(&c->delta, &c->ledger, 1);
    c->applied = 0;
    for (uint32_t i = 0; i < c->cone.count; i++) {
        uint32_t at = c->cone.sites[i];
        size_t len;
        const uint8_t *bytes = itc_window_bytes(w, at, &len);
        struct itc_site site;
        enum itc_err err = itc_site_decode(&site, bytes, len);
        ITC_ASSERT(err == ITC_OK);
        const struct itc_hash *id = &c->tangle.txs.entries[w->infos[at].tx].id;
        if (itc_delta_apply(&c->delta, &c->ledger, &site.tx, id) == ITC_VERDICT_APPLIED)
            c->applied++;
    }
    itc_delta_drop(&c->delta, &c->ledger);
}

/* The oldest CONE_SITES leave, in the order of a cone, as node/chain.c has it. */
static double remove_ms(struct tangle *t, struct itc_cone *c)
{
    struct itc_window *w = &t->window;
    itc_cone_clear(c);
    for (uint32_t at = w->oldest; c->count < CONE_SITES; at = w->vertices[at].newer) {
        enum itc_err err = itc_cone_add(c, w, at, CONE_SITES, UINT64_MAX, 0);
        ITC_ASSERT(err == ITC_OK);
    }
    itc_cone_order_init(c, w);
    bool done = itc_cone_order(c, w, UINT64_MAX);
    ITC_ASSERT(done);
    double start_s = bench_thread_s();
    itc_tips_remove(&t->tips, w, c->sites, c->count);
    itc_open_txs_remove(&t->txs, w, c->sites, c->count);
    itc_window_remove(w, c->sites, c->count);
    return 1e3 * (bench_thread_s() - start_s);
}

/* The window is full each time. */
static void print_removal(uint32_t window, uint64_t seed)
{
    struct tangle t;
    struct itc_cone c;
    struct bench_samples samples = {.count = 0};
    tangle_init(&t, window, 256, seed);
    size_t size = itc_cone_size(CONE_SITES, window);
    void *block = bench_alloc(size);
    itc_cone_init(&c, &(struct itc_mem){block, size}, CONE_SITES, window);
    for (size_t r = 0; r < REPETITIONS; r++) {
        grow_with_transfers(&t, window - t.window.count);
        bench_samples_add(&samples, remove_ms(&t, &c));
    }
    bench_print(&(struct bench_row){.metric = "remove_ms",
        .value = bench_samples_quantile(&samples, 0.5),
        .unit = "ms",
        .n = window,
        .note = "CPU time; 50,000 sites leave a full window of n"});
    free(block);
    free(t.block);
}

void bench_order(const struct bench_options *o)
{
    struct order_case c;
    tangle_init(&c.tangle, CONE_SITES, ITC_SITE_MAX, o->seed);
    grow_with_transfers(&c.tangle, CONE_SITES);
    void *block = ledger_init(&c, o->seed);
    double order_ms = 1e3 * bench_median_s(order_body, &c, REPETITIONS);
    double ms = 1e3 * bench_median_s(verdicts_body, &c, REPETITIONS);
    ITC_ASSERT(c.cone.count == CONE_SITES && c.applied == CONE_SITES);
    bench_print(&(struct bench_row){.metric = "ms",
        .value = ms,
        .unit = "ms",
        .n = CONE_SITES,
        .note = "collected, weighed, sorted, decoded, applied"});
    bench_print(&(struct bench_row){.metric = "order_ms",
        .value = order_ms,
        .unit = "ms",
        .n = CONE_SITES,
        .note = "of these: collected, weighed, sorted"});
    free(block);
    free(c.tangle.block);
    print_removal(65536, o->seed);
    print_removal(500000, o->seed);
}
