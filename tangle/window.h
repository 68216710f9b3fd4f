/* window.h - the unconfirmed part of the tangle: open sites, held in arrays with dense 32-bit indices. Pure.
 *
 *     final | open (this window)                      id -> index: hash table
 *           |   4 <-- 7 <-- 9                         parents: indices; ITC_NONE where the parent is final
 *       o <-|-- 5 <---/                               arrival order: a list; parents come before children
 *           |     \-- 8
 *
 * A milestone makes its cone final: those sites leave, and their indices are used again; so the window's memory
 * follows the rate of sites, not the age of the ledger. An index is good until the next removal.
 * What a vertex's walks touch is one cache line (struct itc_vertex); the rest lies beside it, in another.
 *
 * Leaving costs what leaves and those that came between: the walk in arrival order begins at the first that leaves and
 * ends when all who approve one of them have forgotten it. Whether a site stands on an old one is a flag, and not a date
 * in each site, which would rise in all that stay whenever some leave: while no site is old, nobody looks. */
#ifndef ITC_TANGLE_WINDOW_H
#define ITC_TANGLE_WINDOW_H

#include "spv/site.h"
#include "tangle/index.h"
#include "tangle/slab.h"

struct itc_vertex {                         /* 64 bytes */
    uint32_t parents[ITC_SITE_PARENTS_MAX]; /* the open ones, packed to the front */
    uint32_t weight;                        /* weight.c: exact up to the threshold */
    uint32_t mark;      /* stamp of the last walk that was here; see itc_window_stamp */
    uint32_t tip_slot;  /* tips.c: place in the pool + 1; 0: not a tip */
    uint32_t approvers; /* open sites that approve this one directly */
    uint32_t older;     /* arrival list */
    uint32_t newer;
    uint8_t parent_count; /* open parents */
    uint8_t flags;        /* ITC_VERTEX_* */
    uint16_t size;        /* bytes of the site */
    uint32_t reserved;
};
#define ITC_VERTEX_USED 1u
#define ITC_VERTEX_LATE 2u /* conflicts.h: as of the last itc_conflicts_mark_late */
#define ITC_VERTEX_OLD                                                                             \
    4u /* it or its open past is anchored before recent_anchor; see itc_window_age */

struct itc_vertex_info { /* 64 bytes */
    struct itc_hash id;
    uint64_t arrival; /* store key of the bytes; ascending in arrival order */
    uint64_t anchor;
    uint32_t body;    /* slab handle */
    uint32_t tx;      /* open_tx.h entry; ITC_NONE until set by its owner */
    uint32_t tx_next; /* next open site with the same tx */
    uint32_t reserved;
};

struct itc_window {
    struct itc_vertex *vertices;
    struct itc_vertex_info *infos;
    struct itc_index ids;
    struct itc_slab bodies;
    uint32_t capacity;
    uint32_t count;
    uint32_t fresh; /* indices from here on were never used */
    uint32_t free_list;
    uint32_t oldest; /* ends of the arrival list; ITC_NONE if empty */
    uint32_t newest;
    uint32_t stamp;
    uint64_t bytes; /* of all open sites */
    uint64_t
        least_anchor; /* no open site is anchored before it; the least of them may be greater */
    uint64_t recent_anchor; /* set by itc_window_age */
    bool any_old;           /* some site has, or had before it left, ITC_VERTEX_OLD */
};

size_t itc_window_size(uint32_t capacity, size_t body_bytes);
void itc_window_init(
    struct itc_window *w, struct itc_mem *mem, uint32_t capacity, size_t body_bytes, uint64_t seed);

struct itc_arrival {
    const struct itc_hash *id;
    const uint8_t *bytes; /* of the site; copied */
    size_t len;
    uint64_t arrival; /* greater than every earlier one */
    uint64_t anchor;
    const uint32_t *parents; /* indices of the open parents, distinct; final parents are left out */
    uint32_t parent_count;
};
/* Adds a site. Weight, tips and open txs are accounted for by their own files.
 *   ITC_E_DUPLICATE  the id is in the window
 *   ITC_E_FULL       no index or no room for the bytes */
ITC_MUST enum itc_err itc_window_add(
    struct itc_window *w, uint32_t *index, const struct itc_arrival *a);
/* Index of `id`, or ITC_NONE. */
uint32_t itc_window_find(const struct itc_window *w, const struct itc_hash *id);
/* `id` will be looked for or added soon: its place is fetched into the caches meanwhile. */
void itc_window_expect(const struct itc_window *w, const struct itc_hash *id);
const uint8_t *itc_window_bytes(const struct itc_window *w, uint32_t index, size_t *len);

/* Removes `count` sites at once (a milestone's cone, or sites that grew too old). Survivors forget them as
 * parents; approver counts are made right again. Looks at no site that came before the first of them or after the last
 * that approves one of them. */
void itc_window_remove(struct itc_window *w, const uint32_t *sites, uint32_t count);

/* From now on, sites anchored before `recent_anchor` are old. ITC_VERTEX_OLD is right from here to the next removal,
 * after which this has to be called again. Walks the window only if some site is or was old, or least_anchor was too
 * low; it is right then. */
void itc_window_age(struct itc_window *w, uint64_t recent_anchor);

/* Every open site that is anchored before `least_anchor` or has such a site in its open past, in arrival
 * order. Returns how many; out holds `capacity` entries of the window. No walk if w->least_anchor says that none is. */
uint32_t itc_window_outdated(struct itc_window *w, uint32_t *out, uint64_t least_anchor);

/* A new stamp for a walk: vertices[i].mark == stamp means "seen in this walk". Clears all marks when the
 * counter wraps. */
uint32_t itc_window_stamp(struct itc_window *w);

#endif
