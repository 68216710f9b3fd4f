/* pending.h - sites that cannot be attached yet, and what they wait for. Pure.
 *
 *     arrived --> ANCHOR (newer than our head) --> CHECKING (signature) --> PARENTS (some unknown) --> READY --> QUEUED
 *
 *     wanted: a missing parent's id --> the sites that wait for it (a list through `links`)
 *
 *         wanted A --> site 7, parent slot 0 --> site 9, parent slot 1
 *
 * A parent that is itself pending is wanted too, but not asked for. Bounded in sites, bytes and wanted ids, and in
 * sites and wanted ids per peer; what does not fit is refused, and solidification asks for it again when it matters. */
#ifndef ITC_NODE_PENDING_H
#define ITC_NODE_PENDING_H

#include "node/limits.h"
#include "spv/site.h"
#include "tangle/index.h"
#include "tangle/slab.h"

enum itc_pending_state {
    ITC_PENDING_FREE = 0,
    ITC_PENDING_ANCHOR,
    ITC_PENDING_CHECKING,
    ITC_PENDING_PARENTS,
    ITC_PENDING_READY,
    ITC_PENDING_QUEUED
};

struct itc_pending_site {
    struct itc_hash id;
    struct itc_hash
        tx; /* if it claims it: of several that carry a tx, the one in the flow of its issuer */
    uint64_t anchor;
    uint64_t job;      /* of the signature check */
    uint64_t since_ms; /* monotonic */
    uint32_t body;     /* slab handle */
    uint32_t peer;     /* who sent it; ITC_NONE: nobody's account */
    uint32_t link;     /* number of the link it came over, whoever has that now */
    enum itc_pending_state state;
    bool needed;  /* by the open proposal */
    bool charged; /* counts in the quota of its peer */
    bool claims;
    bool turn;        /* has come: attached as soon as its parents are */
    bool waits_on;    /* not even a parent that waits for its turn will do any more */
    uint8_t cursor;   /* admission.c: parents looked at in this walk */
    uint64_t mark;    /* admission.c: the last walk that was here */
    uint32_t missing; /* distinct parents still wanted */
    uint32_t links
        [ITC_SITE_PARENTS_MAX]; /* link k: next waiter of the same wanted id (site * 8 + slot) */
    uint32_t
        before[ITC_SITE_PARENTS_MAX];     /* link k: the waiter before; ITC_NONE: it is the first */
    uint32_t wants[ITC_SITE_PARENTS_MAX]; /* link k: wanted entry, or ITC_NONE */
};

struct itc_wanted {
    struct itc_hash id;
    uint32_t waiters;  /* first link (site * 8 + slot); ITC_NONE: entry is free */
    uint32_t peer;     /* asked last */
    uint32_t link;     /* in whose share it counts; ITC_NONE: nobody's */
    uint64_t asked_ms; /* monotonic; 0: not asked (it is pending here) */
    uint32_t tries;
    bool needed; /* by a site that waits for it and is needed */
};

struct itc_pending {
    struct itc_pending_site *sites;
    struct itc_index ids, txs;
    struct itc_slab bodies;
    struct itc_wanted *wanted;
    struct itc_index wanted_ids;
    uint32_t capacity, fresh, free_list, count;
    uint32_t *ready; /* sites that may be attached; entries whose state is another are void */
    uint32_t ready_count;
    bool anchors_left; /* sites in state ANCHOR are to be looked at again */
    uint32_t early;    /* sites in state ANCHOR */
    uint32_t hand;     /* place.c: who was last asked to make room */
    uint32_t orphans;  /* sites that count in the quota of a link that is gone */
    uint32_t wanted_capacity, wanted_fresh, wanted_free;
    uint32_t wanted_per_peer;
    uint32_t *order, *path; /* admission.c: of one walk; a place for each site */
    uint64_t stamp;
    uint32_t *shares; /* wanted entries, by link number: who hangs up and comes back has no other */
};

size_t itc_pending_size(const struct itc_limits *l);
void itc_pending_init(
    struct itc_pending *p, struct itc_mem *mem, const struct itc_limits *l, uint64_t seed);
/* Takes a site in, in state CHECKING (the caller moves it).  ITC_E_FULL: a bound is reached. */
ITC_MUST enum itc_err itc_pending_add(struct itc_pending *p, uint32_t *out,
    const struct itc_hash *id, const uint8_t *bytes, size_t len, uint64_t anchor, uint32_t peer,
    uint64_t now_ms);
uint32_t itc_pending_find(const struct itc_pending *p, const struct itc_hash *id);
/* The open proposal needs it, and what it waits for. */
void itc_pending_need(struct itc_pending *p, uint32_t site);
/* The site, which decoded before; *bytes stays in the pending's slab. */
void itc_pending_decode(const struct itc_pending *p, uint32_t site, struct itc_site *out,
    const uint8_t **bytes, size_t *len);
/* The site that claims this tx until it gives that up or is let go of: `site`, or the one that came before it. */
uint32_t itc_pending_claim(struct itc_pending *p, uint32_t site, const struct itc_hash *tx);
/* Gives up what it claims, if it does. */
void itc_pending_disclaim(struct itc_pending *p, uint32_t site);
/* Makes `site` wait for parent `slot`, whose id is `id`. *fresh tells whether nobody waited for it before;
 * *wanted is its entry.
 *   ITC_E_FULL  no more ids can be wanted, or none by this site's sender, unless the site is needed */
ITC_MUST enum itc_err itc_pending_want(struct itc_pending *p, uint32_t site, uint32_t slot,
    const struct itc_hash *id, uint32_t *wanted, bool *fresh);
/* Lets go of a site: its waits end (an id that nobody waits for any longer is not wanted). */
void itc_pending_remove(struct itc_pending *p, uint32_t site);
/* `id` has become known: takes one site that waited for it off its list, or ITC_NONE when none is left. The
 * site's `missing` is one less. */
uint32_t itc_pending_resolve(struct itc_pending *p, const struct itc_hash *id);

#endif
