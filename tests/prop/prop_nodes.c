/* prop_nodes.c - two nodes are fed the same random tangles, each in an order of its own that puts parents first,
 * and with other sites in their windows; they compute the same order, weights, verdicts and roots, milestone
 * after milestone, equal to a naive reading of the protocol, and the supply is conserved. Rivals for one seq,
 * re-attached txs, sites on final parents, sites that arrive milestones late and changes of the committee are among
 * them. */
#include "tests/prop/changes.h"
#include "tests/prop/prop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spv/merkle.h"
#include "tangle/cone.h"
#include "tangle/ledger.h"
#include "tangle/rng.h"
#include "tools/sim/naive.h"

#define TANGLES 3000
#define SITES_MAX 200
#define PEOPLE 10
#define ACCOUNTS_MAX 8
#define SITE_BYTES 1536 /* of one encoded: 8 parents and a change of a small committee */
#define MEMBERS_MOST 6
#define CHANGES 30 /* one tx in so many is a change of the committee */
#define EPOCH 3    /* milestones */
#define DUST 5

struct site {
    uint8_t bytes[SITE_BYTES];
    size_t len;
    struct itc_hash id;
    uint32_t parents[ITC_SITE_PARENTS_MAX]; /* numbers of sites */
    uint32_t parent_count;
    struct itc_tx tx; /* borrows the bytes */
    struct itc_hash tx_id;
    bool final;
};

struct node {
    void *block;
    struct itc_window window;
    struct itc_cone cone;
    struct itc_ledger ledger;
    struct itc_delta delta;
    struct itc_rng rng; /* its own luck with the network */
    bool fed[SITES_MAX];
    uint64_t arrivals;
};

/* What a milestone comes to. */
struct outcome {
    uint32_t count;
    struct itc_hash ids[SITES_MAX]; /* in order */
    uint32_t weights[SITES_MAX];
    enum itc_verdict verdicts[SITES_MAX];
    struct itc_hash tx_root;
    struct itc_hash state_root;
    struct itc_hash next_committee;
};

struct world {
    struct itc_rng rng;
    struct itc_hash chain;
    struct itc_key people[PEOPLE];
    struct site sites[SITES_MAX];
    uint32_t count;
    struct ledger_model ledger;
    struct node nodes[2];
    uint64_t total;
    uint64_t milestones;
    uint64_t verdicts[ITC_VERDICT_COUNT];
};

static struct change_makers makers;

static uint32_t below(struct world *w, uint32_t n)
{
    return itc_rng_below(&w->rng, n);
}

/* --- random sites --- */

static void make_tx(
    struct world *w, struct itc_tx *tx, struct change_draft *draft, uint64_t milestone)
{
    uint32_t from = below(w, PEOPLE);
    const struct ledger_model_account *a = ledger_model_find(&w->ledger, w->people[from].b);
    for (uint32_t tries = below(w, 8); tries > 0 && a == NULL; tries--) {
        from = below(w, PEOPLE);
        a = ledger_model_find(&w->ledger, w->people[from].b);
    }
    memset(tx, 0, sizeof *tx);
    tx->kind = ITC_KIND_TRANSFER;
    tx->issuer = w->people[from];
    tx->seq = (a ? a->next_seq : milestone << 20) + (below(w, 3) ? 0 : below(w, 3));
    tx->valid_until = below(w, 6) ? 0 : 1 + below(w, (uint32_t)milestone + 2);
    tx->u.transfer.to = w->people[(from + 1 + below(w, PEOPLE - 1)) % PEOPLE];
    tx->u.transfer.amount.grains = 1 + below(w, 60);
    if (below(w, CHANGES) == 0) {
        tx->kind = ITC_KIND_COMMITTEE;
        change_make(&tx->u.change, draft, &w->rng, &makers, &w->ledger.seats, MEMBERS_MOST,
            below(w, 4) ? CHANGE_SOUND : (enum change_flaw)below(w, CHANGE_FLAWS));
    } else if (a && below(w, 5) == 0) {
        tx->u.transfer.amount = (struct itc_amount){a->balance};
        tx->u.transfer.close = true;
    }
}

/* Up to `parents_max` of the last sites, and sometimes of all, in ascending order of ids. */
static void choose_parents(struct world *w, struct site *s, uint32_t parents_max)
{
    uint32_t want = below(w, parents_max + 1), span = below(w, 4) ? 12 : w->count;
    span = span < w->count ? span : w->count;
    for (s->parent_count = 0; want > 0 && span > 0; want--) {
        uint32_t parent = w->count - 1 - below(w, span), at = 0;
        while (at < s->parent_count &&
               itc_hash_compare(&w->sites[s->parents[at]].id, &w->sites[parent].id) < 0)
            at++;
        if (at < s->parent_count && s->parents[at] == parent)
            continue;
        memmove(
            &s->parents[at + 1], &s->parents[at], (s->parent_count - at) * sizeof s->parents[0]);
        s->parents[at] = parent;
        s->parent_count++;
    }
}

static void make_site(struct world *w, uint32_t parents_max, uint64_t milestone)
{
    struct site *s = &w->sites[w->count];
    uint8_t tx_bytes[SITE_BYTES];
    struct change_draft draft;
    struct itc_site site = {.tx_bytes = tx_bytes, .nonce = itc_rng_next(&w->rng)};
    memset(s, 0, sizeof *s);
    if (w->count > 0 && below(w, 8) == 0)
        s->tx = w->sites[below(w, w->count)].tx; /* attached again */
    else
        make_tx(w, &s->tx, &draft, milestone);
    choose_parents(w, s, parents_max);
    enum itc_err e = itc_tx_encode(tx_bytes, sizeof tx_bytes, &site.tx_len, &s->tx);
    ITC_ASSERT(!e);
    itc_tx_id(&s->tx_id, &w->chain, tx_bytes, site.tx_len);
    site.parent_count = s->parent_count;
    for (uint32_t i = 0; i < s->parent_count; i++)
        site.parents[i] = w->sites[s->parents[i]].id;
    e = itc_site_encode(s->bytes, sizeof s->bytes, &s->len, &site);
    ITC_ASSERT(!e);
    itc_site_id(&s->id, &w->chain, s->bytes, s->len);
    e = itc_site_decode(&site, s->bytes, s->len);
    ITC_ASSERT(!e);
    s->tx = site.tx;
    w->count++;
}

/* --- the naive reading --- */

static void mark_past(const struct world *w, uint32_t number, bool *in)
{
    const struct site *s = &w->sites[number];
    if (s->final || in[number])
        return;
    in[number] = true;
    for (uint32_t i = 0; i < s->parent_count; i++)
        mark_past(w, s->parents[i], in);
}

/* 1 + the sites of the cone from which `number` can be reached. */
static uint32_t naive_weight(const struct world *w, const bool *cone, uint32_t number)
{
    uint32_t weight = 0;
    for (uint32_t from = 0; from < w->count; from++) {
        bool past[SITES_MAX] = {false};
        if (cone[from])
            mark_past(w, from, past);
        weight += past[number];
    }
    return weight;
}

static void naive_order(
    const struct world *w, const bool *cone, uint32_t *order, struct outcome *out)
{
    out->count = 0;
    for (uint32_t number = 0; number < w->count; number++) {
        if (!cone[number])
            continue;
        uint32_t weight = naive_weight(w, cone, number), at = out->count++;
        const struct itc_hash *id = &w->sites[number].id;
        for (; at > 0; at--) {
            uint32_t above = out->weights[at - 1];
            if (above > weight || (above == weight && memcmp(out->ids[at - 1].b, id->b, 32) < 0))
                break;
            order[at] = order[at - 1];
            out->weights[at] = above;
            out->ids[at] = out->ids[at - 1];
        }
        order[at] = number;
        out->weights[at] = weight;
        out->ids[at] = *id;
    }
}

static void naive_milestone(
    struct world *w, const bool *cone, uint64_t milestone, struct outcome *out)
{
    uint32_t order[SITES_MAX];
    uint8_t leaves[SITES_MAX][32];
    naive_order(w, cone, order, out);
    ledger_model_begin(&w->ledger, milestone);
    for (uint32_t i = 0; i < out->count; i++) {
        const struct site *s = &w->sites[order[i]];
        out->verdicts[i] = ledger_model_apply(&w->ledger, &s->tx, s->tx_id.b);
        uint8_t leaf[66] = {0};
        memcpy(leaf + 1, s->id.b, 32);
        memcpy(leaf + 33, s->tx_id.b, 32);
        leaf[65] = (uint8_t)out->verdicts[i];
        naive_hash(leaves[i], leaf, sizeof leaf);
    }
    ledger_model_end(&w->ledger);
    naive_list_root(out->tx_root.b, (const uint8_t(*)[32])leaves, out->count);
    ledger_model_root(&w->ledger, out->state_root.b);
    seats_model_hash(&w->ledger.seats, out->next_committee.b, &w->ledger.seats.next);
}

/* --- a node --- */

static void node_init(struct node *n, const struct world *w, uint64_t seed)
{
    size_t body_bytes = SITES_MAX * 2048;
    size_t size = itc_window_size(SITES_MAX, body_bytes) + itc_cone_size(SITES_MAX, SITES_MAX) +
                  itc_ledger_size(ACCOUNTS_MAX, SITES_MAX) + itc_delta_size(SITES_MAX);
    memset(n, 0, sizeof *n);
    n->block = aligned_alloc(64, itc_mem_rounded(size));
    memset(n->block, 0, size);
    struct itc_mem mem = {n->block, size};
    itc_window_init(&n->window, &mem, SITES_MAX, body_bytes, seed);
    itc_cone_init(&n->cone, &mem, SITES_MAX, SITES_MAX);
    itc_ledger_init(
        &n->ledger, &mem, ACCOUNTS_MAX, SITES_MAX, (struct itc_amount){w->ledger.dust}, seed);
    itc_delta_init(&n->delta, &mem, SITES_MAX, seed);
    itc_rng_init(&n->rng, seed);
    for (size_t i = 0; i < w->ledger.count; i++) {
        const struct ledger_model_account *a = &w->ledger.accounts[i];
        struct itc_key key;
        memcpy(key.b, a->key, sizeof key.b);
        enum itc_err e =
            itc_ledger_load(&n->ledger, &key, &(struct itc_account){{a->balance}, a->next_seq});
        ITC_ASSERT(!e);
    }
    itc_ledger_loaded(&n->ledger);
    const struct itc_committee first = change_committee(&w->ledger.seats.present);
    itc_seats_init(&n->ledger.seats, &w->chain, 0, &first, &first);
}

static bool ready(const struct node *n, const struct world *w, uint32_t number)
{
    const struct site *s = &w->sites[number];
    bool ready = !n->fed[number] && !s->final;
    for (uint32_t i = 0; i < s->parent_count; i++)
        ready = ready && (n->fed[s->parents[i]] || w->sites[s->parents[i]].final);
    return ready;
}

static void feed(struct node *n, const struct world *w, uint32_t number)
{
    const struct site *s = &w->sites[number];
    uint32_t parents[ITC_SITE_PARENTS_MAX], count = 0, index;
    for (uint32_t i = 0; i < s->parent_count; i++)
        if (!w->sites[s->parents[i]].final)
            parents[count++] = itc_window_find(&n->window, &w->sites[s->parents[i]].id);
    struct itc_arrival a = {.id = &s->id,
        .bytes = s->bytes,
        .len = s->len,
        .arrival = ++n->arrivals,
        .parents = parents,
        .parent_count = count};
    enum itc_err e = itc_window_add(&n->window, &index, &a);
    ITC_ASSERT(!e);
    n->fed[number] = true;
}

/* Sites come in a random order, until all of `needed` are there; some others come, too. */
static void feed_randomly(struct node *n, const struct world *w, const bool *needed)
{
    for (;;) {
        uint32_t ready_sites[SITES_MAX], count = 0;
        bool lacking = false;
        for (uint32_t i = 0; i < w->count; i++) {
            lacking = lacking || (needed[i] && !n->fed[i]);
            if (ready(n, w, i))
                ready_sites[count++] = i;
        }
        if (count == 0 || (!lacking && itc_rng_below(&n->rng, 3) == 0)) {
            ITC_ASSERT(!lacking);
            return;
        }
        feed(n, w, ready_sites[itc_rng_below(&n->rng, count)]);
    }
}

static void node_apply(
    struct node *n, const struct world *w, uint64_t milestone, struct outcome *out)
{
    struct itc_merkle list;
    itc_merkle_init(&list);
    itc_delta_begin(&n->delta, &n->ledger, milestone);
    for (uint32_t i = 0; i < n->cone.count; i++) {
        size_t len;
        const uint8_t *bytes = itc_window_bytes(&n->window, n->cone.sites[i], &len);
        struct itc_site site;
        struct itc_hash tx_id, leaf;
        enum itc_err e = itc_site_decode(&site, bytes, len);
        ITC_ASSERT(!e);
        itc_tx_id(&tx_id, &w->chain, site.tx_bytes, site.tx_len);
        out->ids[i] = n->window.infos[n->cone.sites[i]].id;
        out->weights[i] = n->cone.weights[i];
        out->verdicts[i] = itc_delta_apply(&n->delta, &n->ledger, &site.tx, &tx_id);
        itc_tx_leaf(&leaf, &out->ids[i], &tx_id, out->verdicts[i]);
        itc_merkle_add(&list, &leaf);
    }
    out->count = n->cone.count;
    itc_merkle_root(&list, &out->tx_root);
    while (
        !itc_delta_settle(&n->delta, &n->ledger, 1 + itc_rng_below(&n->rng, 5), &out->state_root)) {
    }
}

/* Orders and applies the cone of `heads`; now and then a view change makes it do so twice. */
static void node_milestone(struct node *n, const struct world *w, const uint32_t *heads,
    uint32_t head_count, uint64_t milestone, struct outcome *out)
{
    itc_cone_clear(&n->cone);
    uint32_t first = itc_rng_below(&n->rng, head_count);
    for (uint32_t i = 0; i < head_count; i++) {
        const struct itc_hash *id = &w->sites[heads[(first + i) % head_count]].id;
        uint32_t index = itc_window_find(&n->window, id);
        ITC_ASSERT(index != ITC_NONE);
        enum itc_err e = itc_cone_add(&n->cone, &n->window, index, SITES_MAX, UINT64_MAX, 0);
        ITC_ASSERT(!e);
    }
    itc_cone_order_init(&n->cone, &n->window);
    while (!itc_cone_order(&n->cone, &n->window, 1)) {
    }
    while (itc_rng_below(&n->rng, 4) == 0) {
        node_apply(n, w, milestone, out);
        itc_delta_drop(&n->delta, &n->ledger);
    }
    node_apply(n, w, milestone, out);
    itc_delta_commit(&n->delta, &n->ledger);
    out->next_committee = n->ledger.seats.next_hash;
    if (milestone % EPOCH == 0)
        itc_seats_turn(&n->ledger.seats);
    itc_window_remove(&n->window, n->cone.sites, n->cone.count);
}

/* --- both --- */

static void check_same(const struct outcome *a, const struct outcome *b)
{
    ITC_ASSERT(a->count == b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        ITC_ASSERT(itc_hash_equal(&a->ids[i], &b->ids[i]));
        ITC_ASSERT(a->weights[i] == b->weights[i]);
        ITC_ASSERT(a->verdicts[i] == b->verdicts[i]);
    }
    ITC_ASSERT(itc_hash_equal(&a->tx_root, &b->tx_root));
    ITC_ASSERT(itc_hash_equal(&a->state_root, &b->state_root));
    ITC_ASSERT(itc_hash_equal(&a->next_committee, &b->next_committee));
}

/* Up to four open sites; none if none is open. */
static uint32_t choose_heads(struct world *w, uint32_t *heads)
{
    uint32_t want = 1 + below(w, 4), count = 0;
    for (uint32_t tries = 0; count < want && tries < 50; tries++) {
        uint32_t number = below(w, w->count);
        bool taken = w->sites[number].final;
        for (uint32_t i = 0; i < count; i++)
            taken = taken || heads[i] == number;
        if (!taken)
            heads[count++] = number;
    }
    return count;
}

static void milestone(struct world *w, uint64_t index)
{
    static struct outcome want, got;
    uint32_t heads[4];
    uint32_t head_count = choose_heads(w, heads);
    if (head_count == 0)
        return;
    bool cone[SITES_MAX] = {false};
    for (uint32_t i = 0; i < head_count; i++)
        mark_past(w, heads[i], cone);
    naive_milestone(w, cone, index, &want);
    for (unsigned i = 0; i < 2; i++) {
        struct node *n = &w->nodes[i];
        feed_randomly(n, w, cone);
        node_milestone(n, w, heads, head_count, index, &got);
        check_same(&want, &got);
        ITC_ASSERT(itc_ledger_total(&n->ledger).grains == w->total);
    }
    if (index % EPOCH == 0)
        seats_model_turn(&w->ledger.seats);
    for (uint32_t i = 0; i < w->count; i++)
        w->sites[i].final = w->sites[i].final || cone[i];
    w->milestones++;
    for (uint32_t i = 0; i < want.count; i++)
        w->verdicts[want.verdicts[i]]++;
}

static void world_init(struct world *w, uint64_t seed)
{
    w->count = 0;
    itc_rng_init(&w->rng, seed);
    itc_sha256(&w->chain, &seed, sizeof seed);
    memset(&w->ledger, 0, sizeof w->ledger);
    w->ledger.dust = DUST;
    w->ledger.accounts_max = ACCOUNTS_MAX;
    struct itc_committee first = {.n = 4};
    memcpy(first.keys, makers.keys, 4 * sizeof first.keys[0]);
    seats_model_init(&w->ledger.seats, &w->chain, &first);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        uint64_t name[2] = {seed, i};
        struct itc_hash h;
        itc_sha256(&h, name, sizeof name);
        memcpy(w->people[i].b, h.b, sizeof h.b);
        if (i < ACCOUNTS_MAX / 2)
            ledger_model_load(&w->ledger, h.b, 100, 0);
    }
    w->total = ledger_model_total(&w->ledger);
    for (unsigned i = 0; i < 2; i++)
        node_init(&w->nodes[i], w, itc_rng_next(&w->rng));
}

int main(int argc, char **argv)
{
    static struct world w;
    uint64_t seed = prop_seed(argc, argv);
    itc_sha256_use_best();
    change_makers_init(&makers);
    for (uint32_t i = 0; i < TANGLES; i++) {
        world_init(&w, itc_rng_split(seed, i));
        /* Mostly small, a few at the bound. */
        uint32_t size = 1 + below(&w, i % 50 ? 40 : SITES_MAX);
        uint32_t parents_max = below(&w, 4) ? 2 : below(&w, ITC_SITE_PARENTS_MAX + 1);
        for (uint64_t index = 1; w.count < size; index++) {
            for (uint32_t more = 1 + below(&w, 1 + size / 3); more > 0 && w.count < size; more--)
                make_site(&w, parents_max, index);
            milestone(&w, index);
        }
        free(w.nodes[0].block);
        free(w.nodes[1].block);
    }
    printf("%u tangles, %llu milestones, seed %llu\n", TANGLES, (unsigned long long)w.milestones,
        (unsigned long long)seed);
    for (int v = 0; v < ITC_VERDICT_COUNT; v++) {
        printf(
            "%s %llu\n", itc_verdict_name((enum itc_verdict)v), (unsigned long long)w.verdicts[v]);
        ITC_ASSERT(w.verdicts[v] > 0);
    }
    return 0;
}
