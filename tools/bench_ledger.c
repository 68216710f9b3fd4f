/* bench_ledger.c - itc-bench: what a milestone costs the ledger and its tree. */
#include "tools/bench.h"

#include <stdlib.h>
#include <string.h>

#include "spv/sha256.h"
#include "tangle/ledger.h"
#include "tangle/rng.h"
#include "tools/bench_store.h"

#define ACCOUNTS 1000000
#define TRANSFERS 10000 /* in a milestone, between accounts chosen uniformly */
#define BALANCE 1000000 /* grains; enough for all that an account will pay */
#define SETTLE_BATCH 4096
#define MILESTONES 15
#define CONE_ROW (ITC_CONE_CHUNK * ITC_CONE_ENTRY)

struct transfer {
    struct itc_tx tx;
    struct itc_hash id;
};

struct ledger_case {
    void *block;
    struct itc_ledger ledger;
    struct itc_delta delta;
    struct itc_rng rng;
    uint64_t seed;
    uint64_t *next_seqs; /* by account number */
    struct transfer *transfers;
    uint64_t milestone;
};

static struct itc_key key_of(const struct ledger_case *c, uint64_t number)
{
    struct itc_key key;
    uint64_t seed = itc_rng_split(c->seed, number);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t word = itc_rng_split(seed, i);
        memcpy(key.b + 8 * i, &word, sizeof word);
    }
    return key;
}

static void case_init(struct ledger_case *c, uint64_t seed)
{
    size_t size = itc_ledger_size(ACCOUNTS, TRANSFERS) + itc_delta_size(TRANSFERS);
    *c = (struct ledger_case){.block = bench_alloc(size), .seed = seed};
    struct itc_mem mem = {c->block, size};
    itc_ledger_init(&c->ledger, &mem, ACCOUNTS, TRANSFERS, (struct itc_amount){1}, seed);
    itc_delta_init(&c->delta, &mem, TRANSFERS, seed);
    itc_rng_init(&c->rng, seed);
    c->next_seqs = bench_alloc(ACCOUNTS * sizeof *c->next_seqs);
    c->transfers = bench_alloc(TRANSFERS * sizeof *c->transfers);
}

static void load(struct ledger_case *c)
{
    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        struct itc_key key = key_of(c, i);
        struct itc_account account = {{BALANCE}, 0};
        enum itc_err err = itc_ledger_load(&c->ledger, &key, &account);
        ITC_ASSERT(err == ITC_OK);
    }
    itc_ledger_loaded(&c->ledger);
}

static void make_transfers(struct ledger_case *c)
{
    for (uint32_t i = 0; i < TRANSFERS; i++) {
        uint32_t from = itc_rng_below(&c->rng, ACCOUNTS);
        uint32_t to = (from + 1 + itc_rng_below(&c->rng, ACCOUNTS - 1)) % ACCOUNTS;
        struct transfer *t = &c->transfers[i];
        t->tx = (struct itc_tx){
            .kind = ITC_KIND_TRANSFER, .issuer = key_of(c, from), .seq = c->next_seqs[from]++};
        t->tx.u.transfer = (struct itc_transfer){.to = key_of(c, to), .amount = {1}};
        for (size_t k = 0; k < sizeof t->id.b; k++)
            t->id.b[k] = (uint8_t)itc_rng_next(&c->rng);
    }
}

/* From txs to the state root: what happens before a vote. After it c->delta.touched has the rows to write. */
static void apply_milestone(struct ledger_case *c)
{
    struct itc_hash root;
    itc_delta_begin(&c->delta, &c->ledger, ++c->milestone);
    for (uint32_t i = 0; i < TRANSFERS; i++) {
        const struct transfer *t = &c->transfers[i];
        enum itc_verdict v = itc_delta_apply(&c->delta, &c->ledger, &t->tx, &t->id);
        ITC_ASSERT(v == ITC_VERDICT_APPLIED);
    }
    while (!itc_delta_settle(&c->delta, &c->ledger, SETTLE_BATCH, &root))
        continue;
    bench_use(root.b[0]);
}

/* The rows that a node writes: of each transfer, of the cone, of each account that changed (node/chain.c). */
static void put_rows(struct ledger_case *c, struct itc_actions *a)
{
    static const uint8_t cone[CONE_ROW];
    for (uint32_t i = 0; i < TRANSFERS; i++) {
        const struct transfer *t = &c->transfers[i];
        uint8_t row[ITC_TX_AT_ROW];
        struct itc_store_key key = itc_key_paid(&t->tx.u.transfer.to, c->milestone, i);
        itc_actions_put(a, ITC_CF_PAID, &key, t->id.b, sizeof t->id.b);
        itc_tx_at_encode(row, &(struct itc_tx_at){.milestone = c->milestone, .position = i});
        key = itc_key_tx_at(&t->id, true);
        itc_actions_put(a, ITC_CF_TX_AT, &key, row, sizeof row);
    }
    for (uint32_t at = 0; at < TRANSFERS; at += ITC_CONE_CHUNK) {
        struct itc_store_key key = itc_key_cone(c->milestone, at / ITC_CONE_CHUNK);
        itc_actions_put(a, ITC_CF_CONE, &key, cone, CONE_ROW);
    }
    for (uint32_t i = 0; i < c->delta.touched_count; i++) {
        uint8_t value[ITC_ACCOUNT_VALUE];
        struct itc_store_key key = itc_key_account(&c->delta.touched[i].key);
        itc_account_encode(value, &c->delta.touched[i].account);
        itc_actions_put(a, ITC_CF_ACCOUNT, &key, value, sizeof value);
    }
}

/* Milliseconds of as many compressions as the milestone needs: two for each node of the tree that was hashed, one
 * for the tree's key of each account, one for its value. */
static double compressions_ms(uint64_t nodes, uint64_t accounts)
{
    static uint8_t blocks[128];
    uint32_t state[8] = {0};
    double start = bench_now_s();
    for (uint64_t i = 0; i < nodes + accounts; i++)
        itc_sha256_compress(state, blocks, 2);
    bench_use(state[0]);
    return 1e3 * (bench_now_s() - start);
}

/* Milliseconds of one milestone, of its rows alone, and of the compressions that it needs. */
struct apply_ms {
    struct bench_samples all, rows, compressions;
};

static void measure_milestone(
    struct ledger_case *c, struct bench_store *store, struct apply_ms *out)
{
    make_transfers(c);
    uint64_t hashed = c->ledger.tree.hashed;
    double start = bench_now_s();
    apply_milestone(c);
    itc_delta_commit(&c->delta, &c->ledger);
    put_rows(c, &store->actions);
    bench_store_write_durably(store);
    bench_samples_add(&out->all, 1e3 * (bench_now_s() - start));
    put_rows(c, &store->actions); /* the same once more */
    start = bench_now_s();
    bench_store_write_durably(store);
    bench_samples_add(&out->rows, 1e3 * (bench_now_s() - start));
    hashed = c->ledger.tree.hashed - hashed;
    bench_samples_add(&out->compressions, compressions_ms(hashed, c->delta.touched_count));
}

static void print(const char *metric, struct bench_samples *value, double limit, const char *note)
{
    bench_print(&(struct bench_row){.metric = metric,
        .value = bench_samples_quantile(value, 0.5),
        .unit = "ms",
        .limit = limit,
        .n = TRANSFERS,
        .note = note});
}

void bench_apply(const struct bench_options *o)
{
    static struct apply_ms ms;
    struct ledger_case c;
    struct bench_store store;
    case_init(&c, o->seed);
    load(&c);
    bench_store_make(&store, "apply");
    for (unsigned i = 0; i < MILESTONES; i++)
        measure_milestone(&c, &store, &ms);
    bench_store_remove(&store);
    print("ms", &ms.all, bench_samples_quantile(&ms.compressions, 0.5),
        "ledger and state tree of 1 M accounts, and all rows in RocksDB, durable; limit: SHA-256 "
        "compressions alone");
    print("synced_write_ms", &ms.rows, 0, "of these: the rows alone, written and made durable");
    free(c.transfers);
    free(c.next_seqs);
    free(c.block);
}
