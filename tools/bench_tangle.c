#include "tools/bench_tangle.h"

#include "tools/bench.h"

void bench_tangle_init(struct bench_tangle *t, uint32_t capacity, size_t site_bytes, uint64_t seed)
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

void bench_tangle_random(struct itc_rng *rng, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)itc_rng_next(rng);
}

struct bench_made bench_tangle_make(struct bench_tangle *t)
{
    struct bench_made m;
    m.parent_count = itc_tips_choose(&t->tips, &t->window, NULL, &t->rng, 2, m.parents);
    return m;
}

uint32_t bench_tangle_see(
    struct bench_tangle *t, const struct bench_made *m, const uint8_t *bytes, size_t len)
{
    struct itc_hash id;
    bench_tangle_random(&t->rng, id.b, sizeof id.b);
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

void bench_tangle_grow(struct bench_tangle *t, uint32_t count)
{
    struct bench_made waiting[BENCH_TANGLE_DELAY];
    for (uint32_t i = 0; i < BENCH_TANGLE_DELAY; i++)
        waiting[i] = (struct bench_made){.parent_count = 0};
    for (uint32_t i = 0; i < count; i++) {
        struct bench_made seen = waiting[i % BENCH_TANGLE_DELAY];
        waiting[i % BENCH_TANGLE_DELAY] = bench_tangle_make(t);
        (void)bench_tangle_see(t, &seen, (const uint8_t *)"x", 1);
    }
}
