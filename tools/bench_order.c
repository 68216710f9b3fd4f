/* bench_order.c - itc-bench: the order of a cone, its verdicts, and what it costs when it leaves the window. */
#include "tools/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tangle/cone.h"
#include "tangle/ledger.h"
#include "tools/bench_tangle.h"

#define CONE_SITES 50000
#define ISSUERS 10000
#define REPETITIONS 9

struct order_case {
    struct bench_tangle tangle;
    struct itc_cone cone;
    struct itc_ledger ledger;
    struct itc_delta delta;
    uint32_t applied;
};

/* Transfer number `i` of the chain of issuers; its signature is not looked at here. */
static size_t encode_site(
    uint8_t out[ITC_SITE_MAX], struct itc_tx *tx, const struct bench_made *m, uint32_t i)
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

static void grow_with_transfers(struct bench_tangle *t, uint32_t count)
{
    struct bench_made waiting[BENCH_TANGLE_DELAY];
    for (uint32_t i = 0; i < BENCH_TANGLE_DELAY; i++)
        waiting[i] = (struct bench_made){.parent_count = 0};
    for (uint32_t i = 0; i < count; i++) {
        struct bench_made seen = waiting[i % BENCH_TANGLE_DELAY];
        waiting[i % BENCH_TANGLE_DELAY] = bench_tangle_make(t);
        uint8_t bytes[ITC_SITE_MAX];
        struct itc_tx tx;
        size_t len = encode_site(bytes, &tx, &seen, t->seen);
        uint32_t site = bench_tangle_see(t, &seen, bytes, len);
        struct itc_hash tx_id;
        bench_tangle_random(&t->rng, tx_id.b, sizeof tx_id.b);
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
static double remove_ms(struct bench_tangle *t, struct itc_cone *c)
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
    struct bench_tangle t;
    struct itc_cone c;
    struct bench_samples samples = {.count = 0};
    bench_tangle_init(&t, window, 256, seed);
    size_t size = itc_cone_size(CONE_SITES, window);
    void *block = bench_alloc(size);
    itc_cone_init(&c, &(struct itc_mem){block, size}, CONE_SITES, window);
    for (size_t r = 0; r < REPETITIONS; r++) {
        grow_with_transfers(&t, window - t.window.count);
        bench_samples_add(&samples, remove_ms(&t, &c));
    }
    char sites[16];
    snprintf(sites, sizeof sites, "%u", window);
    bench_print(&(struct bench_row){.metric = "remove_ms",
        .value = bench_samples_quantile(&samples, 0.5),
        .unit = "ms",
        .n = CONE_SITES,
        .field = "window",
        .field_value = sites,
        .note = "CPU time; 50,000 sites leave a full window"});
    free(block);
    free(t.block);
}

void bench_order(const struct bench_options *o)
{
    struct order_case c;
    bench_tangle_init(&c.tangle, CONE_SITES, ITC_SITE_MAX, o->seed);
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
