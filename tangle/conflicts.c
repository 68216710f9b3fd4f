#include "tangle/conflicts.h"

size_t itc_conflicts_size(uint32_t window_capacity)
{
    return itc_mem_rounded((size_t)window_capacity * sizeof(struct itc_sides));
}

void itc_conflicts_init(struct itc_conflicts *c, struct itc_mem *mem, uint32_t window_capacity,
    uint64_t interval_ms, uint32_t late_weight)
{
    *c = (struct itc_conflicts){
        .spread_at = ITC_NONE, .interval_ms = interval_ms, .late_weight = late_weight};
    c->sides = itc_mem_take(mem, (size_t)window_capacity * sizeof(struct itc_sides));
}

static void inherit(struct itc_conflicts *c, const struct itc_window *w, uint32_t site)
{
    const struct itc_vertex *v = &w->vertices[site];
    struct itc_sides *s = &c->sides[site];
    for (uint32_t i = 0; i < v->parent_count; i++) {
        s->first |= c->sides[v->parents[i]].first;
        s->other |= c->sides[v->parents[i]].other;
    }
}

static void take_side(struct itc_conflicts *c, uint32_t slot, uint32_t entry, uint32_t site)
{
    uint64_t bit = UINT64_C(1) << slot;
    if (c->tracked[slot].first == entry)
        c->sides[site].first |= bit;
    else
        c->sides[site].other |= bit;
}

static void spread_from(struct itc_conflicts *c, const struct itc_window *w, uint32_t site)
{
    if (c->spread_at == ITC_NONE || w->infos[site].arrival < w->infos[c->spread_at].arrival)
        c->spread_at = site;
}

/* `first` heads its chain of rivals; each site of theirs takes its side. */
static void open(struct itc_conflicts *c, struct itc_open_txs *o, const struct itc_window *w,
    uint32_t first, uint64_t now_ms)
{
    if (c->used == UINT64_MAX)
        return; /* the milestone's order decides it alone */
    uint32_t slot = (uint32_t)__builtin_ctzll(~c->used);
    uint64_t bit = UINT64_C(1) << slot;
    c->tracked[slot] = (struct itc_conflict){.first = first, .until_ms = now_ms + c->interval_ms};
    c->used |= bit;
    c->unspread |= bit;
    for (uint32_t e = first; e != ITC_NONE; e = o->entries[e].rival) {
        o->entries[e].conflict = slot;
        for (uint32_t s = o->entries[e].site; s != ITC_NONE; s = w->infos[s].tx_next) {
            take_side(c, slot, e, s);
            spread_from(c, w, s);
        }
    }
}

/* `entry` was not seen before; `first` heads its chain of rivals. */
static void judge_late(struct itc_conflicts *c, struct itc_open_txs *o, const struct itc_window *w,
    uint32_t first, uint32_t entry, uint64_t now_ms)
{
    if (entry == first || w->vertices[o->entries[first].oldest_site].weight < c->late_weight)
        return;
    c->late_until_ms = now_ms + 2 * c->interval_ms;
    o->entries[entry].late_until_ms = c->late_until_ms;
}

void itc_conflicts_attach(struct itc_conflicts *c, struct itc_open_txs *o,
    const struct itc_window *w, uint32_t site, uint64_t now_ms)
{
    uint32_t entry = w->infos[site].tx;
    struct itc_open_tx *t = &o->entries[entry];
    c->sides[site] = (struct itc_sides){0};
    inherit(c, w, site);
    if (!t->contested)
        return;
    uint32_t first = itc_open_txs_spender(o, &t->issuer, t->seq);
    if (w->infos[site].tx_next == ITC_NONE)
        judge_late(c, o, w, first, entry, now_ms);
    if (o->entries[first].conflict != ITC_NONE) {
        t->conflict = o->entries[first].conflict;
        take_side(c, t->conflict, entry, site);
    } else if (o->entries[first].rival != ITC_NONE) {
        open(c, o, w, first, now_ms);
    }
}

/* Arrival order has parents before children, so one walk is enough. */
static void spread(struct itc_conflicts *c, const struct itc_window *w)
{
    for (uint32_t at = c->unspread ? c->spread_at : ITC_NONE; at != ITC_NONE;
         at = w->vertices[at].newer)
        inherit(c, w, at);
    c->unspread = 0;
    c->spread_at = ITC_NONE;
}

static void forget(struct itc_conflicts *c, struct itc_open_txs *o, uint32_t slot)
{
    for (uint32_t e = c->tracked[slot].first; e != ITC_NONE; e = o->entries[e].rival)
        o->entries[e].conflict = ITC_NONE;
}

void itc_conflicts_remove(struct itc_conflicts *c, struct itc_open_txs *o,
    const struct itc_window *w, const uint32_t *sites, uint32_t count)
{
    uint64_t over = 0;
    if (c->used == 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = o->entries[w->infos[sites[i]].tx].conflict;
        if (slot != ITC_NONE)
            over |= UINT64_C(1) << slot;
    }
    if (over == 0)
        return;
    spread(c, w); /* while the site it begins at is there */
    for (uint64_t left = over; left != 0; left &= left - 1)
        forget(c, o, (uint32_t)__builtin_ctzll(left));
    for (uint32_t i = 0; i < w->fresh; i++) { /* by index, not by arrival: memory in one stream */
        c->sides[i].first &= ~over;
        c->sides[i].other &= ~over;
    }
    c->used &= ~over;
    c->counted &= ~over;
}

static bool first_is_heavier(
    const struct itc_open_txs *o, const struct itc_window *w, uint32_t first)
{
    uint32_t weight = itc_open_txs_weight(o, w, first);
    for (uint32_t e = o->entries[first].rival; e != ITC_NONE; e = o->entries[e].rival) {
        if (itc_open_txs_weight(o, w, e) > weight)
            return false;
    }
    return true;
}

bool itc_conflicts_refresh(struct itc_conflicts *c, const struct itc_open_txs *o,
    const struct itc_window *w, uint64_t now_ms)
{
    uint64_t first_wins = 0, counted = 0;
    bool changed = c->unspread != 0;
    spread(c, w);
    for (uint64_t left = c->used; left != 0; left &= left - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(left);
        uint64_t bit = UINT64_C(1) << slot;
        if (now_ms >= c->tracked[slot].until_ms)
            continue;
        counted |= bit;
        if (first_is_heavier(o, w, c->tracked[slot].first))
            first_wins |= bit;
    }
    changed = changed || first_wins != c->first_wins || counted != c->counted;
    c->first_wins = first_wins;
    c->counted = counted;
    return changed;
}

/* What was first is final or gone: nothing is left to wait for. */
static bool is_late(const struct itc_open_txs *o, const struct itc_open_tx *t, uint64_t now_ms)
{
    if (t->late_until_ms <= now_ms)
        return false;
    uint32_t first = itc_open_txs_spender(o, &t->issuer, t->seq);
    return o->entries[first].late_until_ms == 0;
}

bool itc_conflicts_mark_late(const struct itc_conflicts *c, const struct itc_open_txs *o,
    struct itc_window *w, uint64_t now_ms)
{
    if (now_ms >= c->late_until_ms)
        return false;
    for (uint32_t at = w->oldest; at != ITC_NONE; at = w->vertices[at].newer) {
        struct itc_vertex *v = &w->vertices[at];
        bool late = is_late(o, &o->entries[w->infos[at].tx], now_ms);
        for (uint32_t i = 0; i < v->parent_count; i++)
            late = late || (w->vertices[v->parents[i]].flags & ITC_VERTEX_LATE) != 0;
        v->flags = (uint8_t)(late ? v->flags | ITC_VERTEX_LATE : v->flags & ~ITC_VERTEX_LATE);
    }
    return true;
}
