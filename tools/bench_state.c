/* bench_state.c - itc-bench: a ledger of a million accounts: to start with it, to prove one of them, to keep them.
 *
 *     rows in RocksDB --scan--> ledger and state tree --> proofs        as at the start of a node
 *
 * Memory comes from the system page by page, as a node's does, so its pages are part of the time. */
#define _GNU_SOURCE
#include "tools/bench.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tangle/ledger.h"
#include "tangle/rng.h"
#include "tools/bench_store.h"

#define ACCOUNTS 1000000u
#define CONE_SITES 10000u
#define ROWS_AT_ONCE 1000u
#define PROOFS 4001u /* of different accounts */

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "itc-bench: state-tree: %s\n", what);
    exit(1);
}

static struct itc_key key_of(uint64_t seed, uint64_t number)
{
    struct itc_key key;
    uint64_t own = itc_rng_split(seed, number);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t word = itc_rng_split(own, i);
        memcpy(key.b + 8 * i, &word, sizeof word);
    }
    return key;
}

static struct itc_account account_of(uint64_t number)
{
    return (struct itc_account){.balance = {1000000 + number}, .next_seq = number};
}

/* ---- the ledger in memory ---- */

struct scene {
    void *block;
    size_t size;
    struct itc_ledger ledger;
};

static void scene_init(struct scene *s, uint64_t seed)
{
    s->size = itc_ledger_size(ACCOUNTS, CONE_SITES);
    s->block = mmap(
        NULL, s->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->block == MAP_FAILED)
        die("no memory");
    struct itc_mem mem = {s->block, s->size};
    itc_ledger_init(&s->ledger, &mem, ACCOUNTS, CONE_SITES, (struct itc_amount){1}, seed);
}

static void scene_free(struct scene *s)
{
    munmap(s->block, s->size);
}

/* Bytes of this process in memory. */
static double resident(void)
{
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%*u %llu", &pages) != 1)
        die("cannot read /proc/self/statm");
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void load_all(struct itc_ledger *l, const struct itc_key *keys)
{
    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        struct itc_account account = account_of(i);
        enum itc_err e = itc_ledger_load(l, &keys[i], &account);
        ITC_ASSERT(e == ITC_OK);
    }
    itc_ledger_loaded(l);
}

static void print_proofs(const struct itc_ledger *l, const struct itc_key *keys, uint64_t seed)
{
    struct itc_rng rng;
    struct bench_samples us = {.count = 0};
    itc_rng_init(&rng, seed);
    for (uint32_t i = 0; i < PROOFS; i++) {
        const struct itc_key *key = &keys[itc_rng_below(&rng, ACCOUNTS)];
        uint8_t proof[ITC_SMT_PROOF_MAX];
        struct itc_hash state_key;
        size_t len;
        double start = bench_now_s();
        itc_ledger_state_key(&state_key, key);
        enum itc_err e = itc_state_tree_prove(&l->tree, &state_key, proof, sizeof proof, &len);
        bench_samples_add(&us, 1e6 * (bench_now_s() - start));
        ITC_ASSERT(e == ITC_OK);
        bench_use(proof[len - 1]);
    }
    static const struct {
        const char *metric;
        double share;
    } rows[] = {{"proof_p50_us", 0.5}, {"proof_p99_us", 0.99}};
    for (size_t i = 0; i < 2; i++)
        bench_print(&(struct bench_row){.metric = rows[i].metric,
            .value = bench_samples_quantile(&us, rows[i].share),
            .unit = "us",
            .n = PROOFS,
            .note = "proof of one of 1 M accounts, made by the node; each of another account"});
}

static void in_memory(uint64_t seed)
{
    struct scene s;
    struct itc_key *keys = bench_alloc(ACCOUNTS * sizeof *keys);
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        keys[i] = key_of(seed, i);
    scene_init(&s, seed);
    double before = resident(), start = bench_now_s();
    load_all(&s.ledger, keys);
    double ms = 1e3 * (bench_now_s() - start);
    bench_print(&(struct bench_row){.metric = "load_ms",
        .value = ms,
        .unit = "ms",
        .n = ACCOUNTS,
        .note = "accounts from memory into ledger and state tree"});
    bench_print(&(struct bench_row){.metric = "memory_bytes_per_account",
        .value = (resident() - before) / ACCOUNTS,
        .unit = "bytes",
        .n = ACCOUNTS,
        .note = "resident after the start: ledger, its index and the state tree"});
    print_proofs(&s.ledger, keys, seed);
    scene_free(&s);
    free(keys);
}

/* ---- the ledger on disk ---- */

static void write_rows(struct bench_store *store, uint64_t seed)
{
    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        uint8_t value[ITC_ACCOUNT_VALUE];
        struct itc_account account = account_of(i);
        struct itc_key key = key_of(seed, i);
        struct itc_store_key row = itc_key_account(&key);
        itc_account_encode(value, &account);
        itc_actions_put(&store->actions, ITC_CF_ACCOUNT, &row, value, sizeof value);
        if ((i + 1) % ROWS_AT_ONCE == 0)
            bench_store_write(store);
    }
}

static bool load_row(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct itc_account account;
    struct itc_key account_key;
    ITC_ASSERT(key_len == sizeof account_key.b);
    memcpy(account_key.b, key, sizeof account_key.b);
    enum itc_err e = itc_account_decode(&account, value, value_len);
    if (e == ITC_OK)
        e = itc_ledger_load(ctx, &account_key, &account);
    ITC_ASSERT(e == ITC_OK);
    return true;
}

static bool count_row(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    uint64_t *sum = ctx;
    *sum += key[key_len - 1] + value[value_len - 1];
    return true;
}

static void scan(struct bench_store *s, itc_store_row_fn *fn, void *ctx)
{
    struct itc_store store = itc_rocks_store(s->rocks);
    store.scan(store.ctx, ITC_CF_ACCOUNT, NULL, 0, fn, ctx);
}

/* Each on a store that was just opened. */
static double scan_ms(struct bench_store *store)
{
    uint64_t sum = 0;
    bench_store_reopen(store);
    double start = bench_now_s();
    scan(store, count_row, &sum);
    double ms = 1e3 * (bench_now_s() - start);
    bench_use(sum);
    return ms;
}

static double start_ms(struct bench_store *store, uint64_t seed)
{
    struct scene s;
    bench_store_reopen(store);
    scene_init(&s, seed);
    double start = bench_now_s();
    scan(store, load_row, &s.ledger);
    itc_ledger_loaded(&s.ledger);
    double ms = 1e3 * (bench_now_s() - start);
    ITC_ASSERT(s.ledger.count == ACCOUNTS);
    scene_free(&s);
    return ms;
}

static double disk_bytes;

static int add_up(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)path;
    (void)ftw;
    if (type == FTW_F)
        disk_bytes += 512.0 * (double)st->st_blocks;
    return 0;
}

static void on_disk(uint64_t seed)
{
    struct bench_store store;
    bench_store_make(&store, "state");
    write_rows(&store, seed);
    double limit = scan_ms(&store), ms = start_ms(&store, seed);
    bench_store_reopen(&store);
    nftw(store.dir, add_up, 16, FTW_PHYS);
    bench_store_remove(&store);
    bench_print(&(struct bench_row){.metric = "start_ms",
        .value = ms,
        .unit = "ms",
        .limit = limit,
        .n = ACCOUNTS,
        .note = "accounts from RocksDB into ledger and state tree; limit: the scan alone"});
    bench_print(&(struct bench_row){.metric = "disk_bytes_per_account",
        .value = disk_bytes / ACCOUNTS,
        .unit = "bytes",
        .n = ACCOUNTS,
        .note = "the store's folder, log files included"});
}

void bench_state(const struct bench_options *o)
{
    in_memory(o->seed);
    on_disk(o->seed);
}
