/* bench_ledger.c - itc-bench: what a milestone costs the ledger and its tree. */
#include "tools/bench.h"

#include <stdlib.h>
#include <string.h>

#include "spv/sha256.h"
#include "tangle/ledger.h"
#include "tangle/rng.h"

#define ACCOUNTS 1000000
#define TRANSFERS 10000 /* in a milestone, between accounts chosen uniformly */
#define BALANCE 1000000 /* grains; enough for all that an account will pay */
#define SETTLE_BATCH 4096
#define MILESTONES 15

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

void bench_apply(const struct bench_options *o)
{
    struct ledger_case c;
    case_init(&c, o->seed);
    load(&c);
    struct bench_samples apply = {.count = 0}, limit = {.count = 0};
    for (unsigned i = 0; i < MILESTONES; i++) {
        make_transfers(&c);
        uint64_t hashed = c.ledger.tree.hashed;
        double start = bench_now_s();
        apply_milestone(&c);
        itc_delta_commit(&c.delta, &c.ledger);
        bench_samples_add(&apply, 1e3 * (bench_now_s() - start));
        hashed = c.ledger.tree.hashed - hashed;
        bench_samples_add(&limit, compressions_ms(hashed, c.delta.touched_count));
    }
    bench_print(&(struct bench_row){.metric = "ms",
        .value = bench_samples_quantile(&apply, 0.5),
        .unit = "ms",
        .limit = bench_samples_quantile(&limit, 0.5),
        .n = TRANSFERS,
        .note = "ledger and state tree of 1 M accounts, without the store; limit: SHA-256 "
                "compressions alone"});
    free(c.transfers);
    free(c.next_seqs);
    free(c.block);
}
