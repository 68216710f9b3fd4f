#include "tangle/open_tx.h"

/* The key of the second index: two fields of an entry that stand side by side. */
struct spend {
    struct itc_key issuer;
    uint64_t seq;
};
_Static_assert(offsetof(struct itc_open_tx, seq) - offsetof(struct itc_open_tx, issuer) ==
                   offsetof(struct spend, seq),
    "issuer and seq stand together");

_Static_assert(sizeof(struct itc_open_tx) == 128, "an entry is two cache lines");

size_t itc_open_txs_size(uint32_t window_capacity)
{
    return itc_mem_rounded((size_t)window_capacity * sizeof(struct itc_open_tx)) +
           2 * itc_index_size(window_capacity);
}

void itc_open_txs_init(
    struct itc_open_txs *o, struct itc_mem *mem, uint32_t window_capacity, uint64_t seed)
{
    *o = (struct itc_open_txs){.free_list = ITC_NONE};
    o->entries = itc_mem_take(mem, (size_t)window_capacity * sizeof(struct itc_open_tx));
    itc_index_init(&o->ids, mem, window_capacity, seed, &o->entries[0].id, sizeof o->entries[0],
        sizeof o->entries[0].id);
    itc_index_init(&o->spends, mem, window_capacity, seed, &o->entries[0].issuer,
        sizeof o->entries[0], sizeof(struct spend));
}

uint32_t itc_open_txs_find(const struct itc_open_txs *o, const struct itc_hash *tx_id)
{
    return itc_index_find(&o->ids, tx_id);
}

uint32_t itc_open_txs_spender(
    const struct itc_open_txs *o, const struct itc_key *issuer, uint64_t seq)
{
    struct spend key = {.issuer = *issuer, .seq = seq};
    return itc_index_find(&o->spends, &key);
}

void itc_open_txs_expect(const struct itc_open_txs *o, const struct itc_hash *id,
    const struct itc_key *issuer, uint64_t seq)
{
    struct spend key = {.issuer = *issuer, .seq = seq};
    itc_index_prefetch(&o->ids, id);
    itc_index_prefetch(&o->spends, &key);
}

static struct itc_amount amount_of(const struct itc_tx *tx)
{
    switch (tx->kind) {
    case ITC_KIND_TRANSFER:
        return tx->u.transfer.amount;
    case ITC_KIND_DATA:
    case ITC_KIND_COMMITTEE:
        return (struct itc_amount){0};
    }
    ITC_ASSERT(false);
}

/* Behind the first of its rivals, so that the index keeps pointing to that one. */
static void join_rivals(struct itc_open_txs *o, uint32_t entry)
{
    struct itc_open_tx *t = &o->entries[entry];
    uint32_t first = itc_open_txs_spender(o, &t->issuer, t->seq);
    if (first == ITC_NONE) {
        t->rival = ITC_NONE;
        itc_index_add(&o->spends, entry);
    } else {
        t->rival = o->entries[first].rival;
        o->entries[first].rival = entry;
        o->entries[first].contested = t->contested = true;
    }
}

/* Freed entries form a list through `rival`. */
static uint32_t add_entry(
    struct itc_open_txs *o, const struct itc_tx *tx, const struct itc_hash *id)
{
    uint32_t entry = o->free_list;
    if (entry == ITC_NONE)
        entry = o->fresh++;
    else
        o->free_list = o->entries[entry].rival;
    o->entries[entry] = (struct itc_open_tx){.id = *id,
        .issuer = tx->issuer,
        .seq = tx->seq,
        .spends = amount_of(tx),
        .site = ITC_NONE,
        .anchored = ITC_NONE,
        .conflict = ITC_NONE};
    itc_index_add(&o->ids, entry);
    join_rivals(o, entry);
    return entry;
}

static void note_anchor(struct itc_open_tx *t, const struct itc_window *w, uint32_t site)
{
    if (t->anchored == ITC_NONE || w->infos[site].anchor > w->infos[t->anchored].anchor)
        t->anchored = site;
}

void itc_open_txs_attach(struct itc_open_txs *o, struct itc_window *w, uint32_t site,
    const struct itc_tx *tx, const struct itc_hash *id, uint64_t now_ms)
{
    uint32_t entry = itc_open_txs_find(o, id);
    if (entry == ITC_NONE) {
        entry = add_entry(o, tx, id);
        o->entries[entry].seen_ms = now_ms;
    }
    w->infos[site].tx = entry;
    w->infos[site].tx_next = o->entries[entry].site;
    if (o->entries[entry].site == ITC_NONE)
        o->entries[entry].oldest_site = site;
    o->entries[entry].site = site;
    note_anchor(&o->entries[entry], w, site);
}

/* Takes the marked sites out of an entry's list. */
static void filter_sites(struct itc_open_tx *t, struct itc_window *w, uint32_t leaving)
{
    uint32_t *link = &t->site;
    t->anchored = ITC_NONE;
    while (*link != ITC_NONE) {
        struct itc_vertex_info *info = &w->infos[*link];
        if (w->vertices[*link].mark == leaving) {
            *link = info->tx_next;
            info->tx = ITC_NONE;
            info->tx_next = ITC_NONE;
        } else {
            t->oldest_site = *link;
            note_anchor(t, w, *link);
            link = &info->tx_next;
        }
    }
}

/* Filters the lists of all rivals from `first` on, and frees those left without a site. Returns the first that
 * stays. */
static uint32_t filter_rivals(
    struct itc_open_txs *o, struct itc_window *w, uint32_t first, uint32_t leaving)
{
    uint32_t *link = &first;
    while (*link != ITC_NONE) {
        uint32_t entry = *link;
        struct itc_open_tx *t = &o->entries[entry];
        filter_sites(t, w, leaving);
        if (t->site != ITC_NONE) {
            link = &t->rival;
            continue;
        }
        itc_index_remove(&o->ids, entry);
        *link = t->rival;
        t->rival = o->free_list;
        o->free_list = entry;
    }
    return first;
}

/* Sites ahead whose memory is fetched while the lists of others are filtered. */
#define AHEAD 8

static void look_ahead(
    const struct itc_open_txs *o, const struct itc_window *w, const uint32_t *sites, uint32_t left)
{
    if (left > 3 * AHEAD)
        __builtin_prefetch(&w->infos[sites[3 * AHEAD]], 1);
    if (left > 2 * AHEAD && w->infos[sites[2 * AHEAD]].tx != ITC_NONE) {
        const struct itc_open_tx *t = &o->entries[w->infos[sites[2 * AHEAD]].tx];
        __builtin_prefetch(t, 1);
        __builtin_prefetch(&t->site, 1);
    }
    if (left > AHEAD && w->infos[sites[AHEAD]].tx != ITC_NONE) {
        const struct itc_open_tx *t = &o->entries[w->infos[sites[AHEAD]].tx];
        itc_open_txs_expect(o, &t->id, &t->issuer, t->seq);
    }
}

/* List by list rather than site by site: each list is walked once however many of its sites leave, since an
 * issuer may have made it as long as the window. */
void itc_open_txs_remove(
    struct itc_open_txs *o, struct itc_window *w, const uint32_t *sites, uint32_t count)
{
    uint32_t leaving = itc_window_stamp(w);
    for (uint32_t i = 0; i < count; i++)
        w->vertices[sites[i]].mark = leaving;
    for (uint32_t i = 0; i < count; i++) {
        look_ahead(o, w, sites + i, count - i);
        uint32_t entry = w->infos[sites[i]].tx;
        if (entry == ITC_NONE)
            continue; /* left with an earlier one of its list */
        const struct itc_open_tx *t = &o->entries[entry];
        uint32_t first = t->contested ? itc_open_txs_spender(o, &t->issuer, t->seq) : entry;
        itc_index_remove(&o->spends, first);
        first = filter_rivals(o, w, first, leaving);
        if (first != ITC_NONE)
            itc_index_add(&o->spends, first);
    }
}

uint32_t itc_open_txs_weight(
    const struct itc_open_txs *o, const struct itc_window *w, uint32_t entry)
{
    uint32_t greatest = 0;
    for (uint32_t s = o->entries[entry].site; s != ITC_NONE; s = w->infos[s].tx_next) {
        if (w->vertices[s].weight > greatest)
            greatest = w->vertices[s].weight;
    }
    return greatest;
}

uint32_t itc_open_txs_hint(const struct itc_open_txs *o, const struct itc_window *w, uint32_t entry)
{
    const struct itc_open_tx *t = &o->entries[entry];
    uint32_t greatest = w->vertices[t->oldest_site].weight;
    uint32_t s = t->site;
    for (uint32_t i = 0; i < ITC_OPEN_TX_LOOK && s != ITC_NONE; i++, s = w->infos[s].tx_next) {
        if (w->vertices[s].weight > greatest)
            greatest = w->vertices[s].weight;
    }
    return greatest;
}

bool itc_open_txs_confirmed(const struct itc_open_txs *o, const struct itc_window *w,
    uint32_t entry, uint32_t threshold, uint64_t now_ms)
{
    const struct itc_open_tx *t = &o->entries[entry];
    uint32_t first = itc_open_txs_spender(o, &t->issuer, t->seq);
    return first == entry && t->rival == ITC_NONE && now_ms - t->seen_ms >= ITC_CONFIRM_SEEN_MS &&
           itc_open_txs_hint(o, w, entry) >= threshold;
}
