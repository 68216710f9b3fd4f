/* bench_store.c - see bench_store.h. */
#define _GNU_SOURCE
#include "tools/bench_store.h"

#include "node/limits.h"
#include "tools/bench.h"
#include "tools/scratch.h"

#include <stdio.h>
#include <stdlib.h>

#define CACHE_BYTES ((size_t)8 << 20) /* as itcd's */

static _Noreturn void die(const struct bench_store *s, const char *what)
{
    fprintf(stderr, "itc-bench: %s: %s\n", s->dir, what);
    exit(1);
}

static void open_rocks(struct bench_store *s)
{
    struct itc_rocks_config c = {.data_dir = s->dir, .cache_bytes = CACHE_BYTES};
    char why[256] = "";
    if (itc_rocks_open(&s->rocks, &c, why, sizeof why) != 0)
        die(s, why);
}

void bench_store_make(struct bench_store *s, const char *bench)
{
    struct itc_limits limits;
    itc_limits_default(&limits);
    size_t size = itc_actions_size(limits.arena_bytes);
    *s = (struct bench_store){.block = bench_alloc(size)};
    struct itc_mem mem = {s->block, size};
    itc_actions_init(&s->actions, &mem, limits.arena_bytes);
    snprintf(s->dir, sizeof s->dir, "itc-bench-%s-XXXXXX", bench);
    if (mkdtemp(s->dir) == NULL)
        die(s, "cannot make this folder here");
    open_rocks(s);
}

void bench_store_reopen(struct bench_store *s)
{
    itc_rocks_close(s->rocks);
    open_rocks(s);
}

void bench_store_write(struct bench_store *s)
{
    itc_rocks_apply(s->rocks, &s->actions);
    itc_actions_reset(&s->actions);
}

void bench_store_write_durably(struct bench_store *s)
{
    uint64_t batch = s->actions.batch;
    bench_store_write(s);
    itc_rocks_sync(s->rocks, batch);
    itc_rocks_wait(s->rocks, batch);
}

void bench_store_remove(struct bench_store *s)
{
    itc_rocks_close(s->rocks);
    itc_scratch_remove(s->dir);
    free(s->block);
}
