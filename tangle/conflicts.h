/* conflicts.h - which open sites stand on the losing side of an open conflict, so that new sites need not. Pure.
 *
 *     conflict: two or more open txs of one issuer and seq      first = seen first     other = any of the rest
 *
 *         a(first) <- c          c: first        loses while `other` is heavier
 *         b(other) <- d          d: other        loses while it is not
 *              c, d <- e         e: first, other    has merged both: never loses
 *
 * Up to 64 conflicts are tracked, by two masks a site: those whose first, and whose other side its open past
 * holds, itself included; a mask is the OR of the parents' masks. More conflicts are left to the milestone's order.
 * The lighter side loses; on equal weight, the one seen later. It does so for at most one `interval`: this only keeps
 * honest sites from dividing themselves between both, the milestone decides. A conflict ends when one of its sites
 * leaves the window.
 *
 * A tx is *late* if the tx seen first had a weight of `late_weight` by then: somebody hid it, or made it to undo the
 * other. While that one is open, for two intervals at most, an honest proposer leaves it out with all that approves it
 * (itc_conflicts_mark_late), so that the other is final by then: however heavy what was hidden with it. This is a
 * proposer's choice and no rule of validity.
 *
 * What a stranger's conflict costs: one walk over what came after its first side for all that opened since the last
 * refresh, and one visit of each site of a tracked tx a refresh. */
#ifndef ITC_TANGLE_CONFLICTS_H
#define ITC_TANGLE_CONFLICTS_H

#include "tangle/open_tx.h"

#define ITC_CONFLICTS 64

struct itc_conflict {
    uint32_t first; /* open_tx.h entry */
    uint64_t until_ms;
};

struct itc_sides {
    uint64_t first, other; /* bit c: conflict c */
};

struct itc_conflicts {
    struct itc_sides *sides; /* by window index */
    struct itc_conflict tracked[ITC_CONFLICTS];
    uint64_t used;       /* conflicts that are tracked */
    uint64_t unspread;   /* of these: not known yet to the sites that came before them */
    uint32_t spread_at;  /* the oldest site that stands in one of the unspread */
    uint64_t first_wins; /* as of the last refresh */
    uint64_t counted;    /* whose interval is not over, as of the last refresh */
    uint64_t interval_ms;
    uint32_t late_weight;
    uint64_t late_until_ms; /* of the latest late tx */
};

size_t itc_conflicts_size(uint32_t window_capacity);
void itc_conflicts_init(struct itc_conflicts *c, struct itc_mem *mem, uint32_t window_capacity,
    uint64_t interval_ms, uint32_t late_weight);
/* `site` was added to the window and to the open txs. `now_ms` never falls. */
void itc_conflicts_attach(struct itc_conflicts *c, struct itc_open_txs *o,
    const struct itc_window *w, uint32_t site, uint64_t now_ms);
/* `sites` are about to leave. Call before itc_open_txs_remove. */
void itc_conflicts_remove(struct itc_conflicts *c, struct itc_open_txs *o,
    const struct itc_window *w, const uint32_t *sites, uint32_t count);
/* Weighs the sides anew. True if the answers of itc_conflicts_loses may have changed. */
bool itc_conflicts_refresh(struct itc_conflicts *c, const struct itc_open_txs *o,
    const struct itc_window *w, uint64_t now_ms);
/* Sets ITC_VERTEX_LATE on the open sites that carry a late tx or have such a site in their open past, and clears it on
 * the others. False, and nothing done: no tx is late. */
bool itc_conflicts_mark_late(const struct itc_conflicts *c, const struct itc_open_txs *o,
    struct itc_window *w, uint64_t now_ms);
/* Whether `site` stands on the losing side of a conflict and not on the winning one, as of the last refresh. */
static inline bool itc_conflicts_loses(const struct itc_conflicts *c, uint32_t site)
{
    uint64_t first = c->sides[site].first, other = c->sides[site].other;
    return (((first & ~other & ~c->first_wins) | (other & ~first & c->first_wins)) & c->counted) !=
           0;
}

#endif
