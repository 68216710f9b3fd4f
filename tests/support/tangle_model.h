/* tangle_model.h - a window with all that belongs to it, beside a naive model of the same tangle, and a checker that
 * compares the two: for tests. Model sites have numbers 0, 1, 2 ... in the order of arrival and are kept for ever. */
#ifndef ITC_TESTS_SUPPORT_TANGLE_MODEL_H
#define ITC_TESTS_SUPPORT_TANGLE_MODEL_H

#include "tangle/cone.h"
#include "tangle/open_tx.h"
#include "tangle/tips.h"

#define MODEL_INTERVAL_MS 100 /* for which a conflict counts */
#define MODEL_LATE_WEIGHT 3
#define MODEL_BODY_MAX 600 /* bytes of a model's site */

struct model_site {
    struct itc_hash id;
    uint32_t parents[ITC_SITE_PARENTS_MAX]; /* numbers; sites that have left stay */
    uint32_t parent_count;
    uint64_t anchor;
    uint64_t oldest_anchor; /* set by the checks, as is the next */
    uint32_t approvers;
    uint32_t tx;
    uint32_t weight; /* 1 + all sites that ever approved it, directly or not */
    uint32_t mark;
    bool open;
    uint32_t index; /* in the window, while open */
    size_t size;
};

struct model_tx {
    struct itc_hash id;
    struct itc_tx tx;
    uint64_t seen_ms; /* first open site that carries it */
};

struct tangle_model {
    void *block;
    struct itc_window window;
    struct itc_tips tips;
    struct itc_open_txs txs;
    struct itc_conflicts conflicts;
    uint64_t now_ms; /* grows by 1 with each site */
    struct itc_cone cone;
    uint32_t *stack;
    uint32_t *list;
    uint32_t threshold;
    uint32_t reached; /* calls of itc_weight_attach's callback */
    struct itc_rng rng;
    struct model_site *sites;
    uint32_t site_count;
    uint32_t sites_max;
    struct model_tx *txs_made;
    uint32_t tx_count;
    uint32_t stamp;
};

/* `capacity` of the window; `sites_max` sites in the model's life. */
void model_init(struct tangle_model *m, uint32_t capacity, uint32_t sites_max, uint32_t threshold,
    uint64_t seed);
void model_free(struct tangle_model *m);

/* A new data tx of an issuer; returns its number. */
uint32_t model_tx_make(struct tangle_model *m, uint32_t issuer, uint64_t seq);
/* Attaches a site to both; parents are numbers of open sites. The window has room. Returns its number. */
uint32_t model_attach(struct tangle_model *m, const uint32_t *parents, uint32_t parent_count,
    uint64_t anchor, uint32_t tx);
/* Attaches a copy of a site of `from`, with a tx of its own; number_there[its parent] is the parent in `to`. */
uint32_t model_copy_site(struct tangle_model *to, const struct tangle_model *from, uint32_t number,
    const uint32_t *number_there);
/* Attaches a site with up to `parents_max` random open parents, its anchor between the parents' newest and
 * `anchor_max`; its tx is new, a rival, or one attached before. */
uint32_t model_attach_random(struct tangle_model *m, uint32_t parents_max, uint64_t anchor_max);

/* Marks the open sites reachable from `head`, itself included, with a new stamp, which it returns. */
uint32_t model_mark_cone(struct tangle_model *m, uint32_t head);
/* Removes marked sites from the model and, as the node does, from everything else. */
void model_remove_marked(struct tangle_model *m, uint32_t stamp, bool restore_tips);
/* Removes the outdated as itc_window_outdated names them, after comparing with the model. */
void model_remove_outdated(struct tangle_model *m, uint64_t least_anchor);

/* Collects the cone of `head` into m->cone, orders it and compares with the model: set, weights and order. */
void model_check_cone(struct tangle_model *m, uint32_t head);
/* Compares everything; ends the program at the first difference. */
void model_check(struct tangle_model *m);

#endif
