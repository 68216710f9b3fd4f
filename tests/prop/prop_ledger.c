/* prop_ledger.c - random milestones against the model: the same verdicts, accounts and roots, the supply kept, and
 * dropped milestones without a trace. The people are few, the ledger is small and the amounts are near the limits,
 * so that every rule decides often. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spv/sha256.h"
#include "tangle/ledger.h"
#include "tangle/rng.h"
#include "tests/prop/changes.h"
#include "tests/prop/prop.h"

#define CASES 1000
#define MILESTONES 40
#define TXS_MAX 60 /* in one milestone */
#define PEOPLE_MAX 24
#define OLD_TXS 16  /* remembered, to come again */
#define CHANGES 400 /* one tx in so many is a change of the committee */
#define CROWDS 100  /* one milestone in so many of a large committee is full of false ones */
#define LARGE 12

struct issued {
    struct itc_tx tx;
    struct itc_hash id;
};

struct world {
    struct itc_rng rng;
    struct itc_ledger ledger;
    struct itc_delta delta;
    void *block;
    struct ledger_model model;
    uint32_t people;
    struct itc_key keys[PEOPLE_MAX];
    struct issued old[OLD_TXS];
    struct change_draft drafts[OLD_TXS]; /* of these */
    struct itc_change crowd;             /* a false change that comes again and again */
    struct change_draft crowd_draft;
    bool crowded;
    uint64_t issued;
    uint64_t total;
    uint64_t verdicts[ITC_VERDICT_COUNT];
    uint64_t convictions;
};

static uint32_t below(struct world *w, uint32_t n)
{
    return itc_rng_below(&w->rng, n);
}

static struct change_makers makers;

static void seat(struct itc_ledger *l, const struct seats_model *m)
{
    struct itc_hash chain;
    const struct itc_committee present = change_committee(&m->present);
    const struct itc_committee next = change_committee(&m->next);
    memcpy(chain.b, m->chain, sizeof chain.b);
    itc_seats_init(&l->seats, &chain, m->epoch, &present, &next);
}

static void *ledger_new(struct itc_ledger *l, struct itc_delta *d, const struct ledger_model *m)
{
    size_t size = itc_ledger_size((uint32_t)m->accounts_max, TXS_MAX) + itc_delta_size(TXS_MAX);
    void *block = calloc(1, size);
    struct itc_mem mem = {block, size};
    itc_ledger_init(l, &mem, (uint32_t)m->accounts_max, TXS_MAX, (struct itc_amount){m->dust}, 5);
    itc_delta_init(d, &mem, TXS_MAX, 6);
    for (size_t i = 0; i < m->count; i++) {
        struct itc_key key;
        memcpy(key.b, m->accounts[i].key, 32);
        struct itc_account a = {{m->accounts[i].balance}, m->accounts[i].next_seq};
        ITC_ASSERT(itc_ledger_load(l, &key, &a) == ITC_OK);
    }
    itc_ledger_loaded(l);
    seat(l, &m->seats);
    return block;
}

static void world_init(struct world *w, uint64_t seed)
{
    uint64_t verdicts[ITC_VERDICT_COUNT], convictions = w->convictions;
    memcpy(verdicts, w->verdicts, sizeof verdicts);
    memset(w, 0, sizeof *w);
    memcpy(w->verdicts, verdicts, sizeof verdicts);
    w->convictions = convictions;
    itc_rng_init(&w->rng, seed);
    w->people = 2 + below(w, PEOPLE_MAX - 1);
    for (uint32_t i = 0; i < w->people; i++)
        for (unsigned j = 0; j < 32; j++)
            w->keys[i].b[j] = (uint8_t)itc_rng_next(&w->rng);
    w->model.dust = below(w, 3) ? 1 + below(w, 50) : below(w, 2);
    w->model.accounts_max = 1 + below(w, w->people + 2);
    size_t count = 1 + below(w, w->people);
    for (size_t i = 0; i < count && i < w->model.accounts_max; i++) {
        uint64_t balance = w->model.dust + 1 + below(w, 400);
        uint64_t next_seq = below(w, 20) ? below(w, 5) : UINT64_MAX - below(w, 4);
        ledger_model_load(&w->model, w->keys[i].b, balance, next_seq);
    }
    struct itc_committee first = {.n = below(w, 4) ? 4 + below(w, 4) : 16};
    memcpy(first.keys, makers.keys, sizeof first.keys);
    seats_model_init(&w->model.seats, &makers.chain.id, &first);
    w->total = ledger_model_total(&w->model);
    w->block = ledger_new(&w->ledger, &w->delta, &w->model);
}

static uint64_t random_amount(struct world *w, const struct ledger_model_account *issuer)
{
    uint64_t balance = issuer ? issuer->balance : 100, dust = w->model.dust;
    const uint64_t near[] = {
        balance, balance - dust, dust, below(w, 200), balance / 2, balance / 4};
    uint64_t amount = near[below(w, 6)] + below(w, 3) - 1;
    return amount == 0 || amount > ITC_SUPPLY_GRAINS ? 1 : amount;
}

static uint64_t random_seq(struct world *w, const struct ledger_model_account *issuer)
{
    uint64_t next = issuer ? issuer->next_seq : w->model.milestone << 20;
    switch (below(w, 12)) {
    case 0:
        return next - 1;
    case 1:
        return next + 1;
    case 2:
        return next + below(w, 4) - 2;
    default:
        return next;
    }
}

static void make_change(struct world *w, struct itc_change *out)
{
    enum change_flaw flaw = CHANGE_SOUND;
    if (w->crowded && below(w, 30)) {
        *out = w->crowd;
        return;
    }
    if (below(w, 2))
        flaw = (enum change_flaw)below(w, CHANGE_FLAWS);
    change_make(out, &w->drafts[w->issued % OLD_TXS], &w->rng, &makers, &w->model.seats,
        w->model.seats.present.n + 1 < 16 ? w->model.seats.present.n + 1 : 16, flaw);
}

static void make_tx(struct world *w, struct issued *out)
{
    uint32_t from = below(w, w->people);
    const struct ledger_model_account *issuer = ledger_model_find(&w->model, w->keys[from].b);
    for (unsigned tries = below(w, 10); tries > 0 && issuer == NULL; tries--) {
        from = below(w, w->people);
        issuer = ledger_model_find(&w->model, w->keys[from].b);
    }
    uint32_t to = (from + 1 + below(w, w->people - 1)) % w->people;
    memset(out, 0, sizeof *out);
    out->tx.issuer = w->keys[from];
    out->tx.seq = random_seq(w, issuer);
    if (below(w, 4) == 0)
        out->tx.valid_until = w->model.milestone + below(w, 4) - 2;
    out->tx.kind = below(w, 5) ? ITC_KIND_TRANSFER : ITC_KIND_DATA;
    if (out->tx.kind == ITC_KIND_TRANSFER) {
        uint64_t amount = random_amount(w, issuer);
        bool all = issuer && amount == issuer->balance;
        out->tx.u.transfer.to = w->keys[to];
        out->tx.u.transfer.amount.grains = amount;
        out->tx.u.transfer.close = below(w, 4) ? all : !all;
    }
    if (w->crowded && issuer) {
        out->tx.seq = issuer->next_seq;
        out->tx.valid_until = 0;
    }
    if (w->crowded || below(w, CHANGES) == 0) {
        out->tx.kind = ITC_KIND_COMMITTEE;
        make_change(w, &out->tx.u.change);
    }
    itc_sha256(&out->id, &w->issued, sizeof w->issued);
    w->old[w->issued++ % OLD_TXS] = *out;
}

/* Somebody is convicted, in both or in neither. */
static void convict(struct world *w)
{
    const struct itc_key *key = &makers.keys[below(w, w->model.seats.present.n + 2)];
    bool convicted = itc_seats_convict(&w->delta.seats, key) == ITC_OK;
    ITC_ASSERT(convicted == (seats_model_convict(&w->model.seats, key->b) == NULL));
    w->convictions += convicted;
}

/* Applies random txs to both; the verdicts agree one by one. */
static void apply_some(struct world *w, uint64_t milestone)
{
    itc_delta_begin(&w->delta, &w->ledger, milestone);
    ledger_model_begin(&w->model, milestone);
    if (below(w, 30) == 0)
        convict(w);
    w->crowded = w->model.seats.present.n >= LARGE && below(w, CROWDS) == 0;
    if (w->crowded)
        change_make(
            &w->crowd, &w->crowd_draft, &w->rng, &makers, &w->model.seats, 16, CHANGE_LAST_BAD);
    for (uint32_t left = below(w, TXS_MAX + 1); left > 0; left--) {
        struct issued next;
        if (w->issued > 0 && below(w, 8) == 0) {
            uint64_t held = w->issued < OLD_TXS ? w->issued : OLD_TXS;
            next = w->old[below(w, (uint32_t)held)];
        } else {
            make_tx(w, &next);
        }
        enum itc_verdict v = itc_delta_apply(&w->delta, &w->ledger, &next.tx, &next.id);
        ITC_ASSERT(v == ledger_model_apply(&w->model, &next.tx, next.id.b));
        w->verdicts[v]++;
    }
}

static bool is_list(const struct itc_committee *c, const struct seats_list *list)
{
    return c->n == list->n && memcmp(c->keys, list->keys, list->n * sizeof c->keys[0]) == 0;
}

static void check_same(struct world *w)
{
    uint8_t want[32];
    struct itc_hash root;
    ledger_model_root(&w->model, want);
    itc_ledger_root(&w->ledger, &root);
    ITC_ASSERT(memcmp(root.b, want, 32) == 0);
    ITC_ASSERT(w->ledger.count == w->model.count);
    ITC_ASSERT(w->ledger.seats.epoch == w->model.seats.epoch &&
               is_list(&w->ledger.seats.present, &w->model.seats.present) &&
               is_list(&w->ledger.seats.next, &w->model.seats.next));
    ITC_ASSERT(itc_ledger_total(&w->ledger).grains == w->total &&
               ledger_model_total(&w->model) == w->total);
    for (uint32_t i = 0; i < w->people; i++) {
        const struct itc_account *a = itc_ledger_find(&w->ledger, &w->keys[i]);
        const struct ledger_model_account *b = ledger_model_find(&w->model, w->keys[i].b);
        ITC_ASSERT((a == NULL) == (b == NULL));
        ITC_ASSERT(a == NULL || (a->balance.grains == b->balance && a->next_seq == b->next_seq));
    }
}

/* A milestone that a view change takes back, at any point. */
static void milestone_dropped(struct world *w, uint64_t milestone)
{
    struct ledger_model before = w->model;
    apply_some(w, milestone);
    struct itc_hash root;
    for (uint32_t steps = below(w, 6); steps > 0; steps--)
        if (itc_delta_settle(&w->delta, &w->ledger, 1 + below(w, 8), &root))
            break;
    itc_delta_drop(&w->delta, &w->ledger);
    w->model = before;
    check_same(w);
}

static void milestone_kept(struct world *w, uint64_t milestone)
{
    apply_some(w, milestone);
    struct itc_hash root, after;
    while (!itc_delta_settle(&w->delta, &w->ledger, 1 + below(w, 30), &root)) {
    }
    itc_delta_commit(&w->delta, &w->ledger);
    itc_ledger_root(&w->ledger, &after);
    ITC_ASSERT(itc_hash_equal(&root, &after));
    ledger_model_end(&w->model);
    check_same(w);
    if (below(w, 12) == 0) { /* it ended an epoch */
        itc_seats_turn(&w->ledger.seats);
        seats_model_turn(&w->model.seats);
    }
}

/* A node that starts from the rows has the same root. */
static void check_reload(const struct world *w)
{
    struct itc_ledger ledger;
    struct itc_delta delta;
    void *block = ledger_new(&ledger, &delta, &w->model);
    struct itc_hash a, b;
    itc_ledger_root(&w->ledger, &a);
    itc_ledger_root(&ledger, &b);
    ITC_ASSERT(itc_hash_equal(&a, &b));
    free(block);
}

int main(int argc, char **argv)
{
    static struct world w;
    uint64_t seed = prop_seed(argc, argv);
    itc_sha256_use_best();
    change_makers_init(&makers);
    uint64_t txs = 0;
    for (unsigned i = 0; i < CASES; i++) {
        world_init(&w, itc_rng_split(seed, i));
        check_same(&w);
        uint64_t milestone = 0;
        for (unsigned left = MILESTONES; left > 0; left--) {
            milestone += 1 + below(&w, 2);
            while (below(&w, 3) == 0)
                milestone_dropped(&w, milestone);
            milestone_kept(&w, milestone);
        }
        check_reload(&w);
        free(w.block);
    }
    for (int v = 0; v < ITC_VERDICT_COUNT; v++) {
        printf(
            "%s %llu\n", itc_verdict_name((enum itc_verdict)v), (unsigned long long)w.verdicts[v]);
        ITC_ASSERT(w.verdicts[v] > 100);
        txs += w.verdicts[v];
    }
    ITC_ASSERT(w.convictions > 100);
    printf("%llu transactions, seed %llu\n", (unsigned long long)txs, (unsigned long long)seed);
    return 0;
}
