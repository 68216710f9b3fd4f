/* tips.h - the pool of tips: open sites that no open site approves. Pure.
 *
 *     pool:  chosen from | found too old        0 <= live <= count
 *            0 ...       | live ... count
 *
 * Choice is uniform and O(1). A tip is not chosen when it stands on an old site (ITC_VERTEX_OLD, window.h):
 * whoever approved it might be dropped with it. Nor when it loses a conflict (conflicts.h), unless all do. A tip that
 * is not to be chosen is set aside when it is found: until the next removal, which may have made its past final, or
 * until the conflicts say otherwise. So a crowd of such tips delays a choice once, not every choice. */
#ifndef ITC_TANGLE_TIPS_H
#define ITC_TANGLE_TIPS_H

#include "tangle/conflicts.h"
#include "tangle/rng.h"

struct itc_tips {
    uint32_t *pool;
    uint32_t count;
    uint32_t live;
    bool
        all_lose; /* none was left but losers: conflicts do not count until the next removal or itc_tips_review */
};

size_t itc_tips_size(uint32_t window_capacity);
void itc_tips_init(struct itc_tips *t, struct itc_mem *mem, uint32_t window_capacity);
/* `site` was added to the window: it becomes a tip, its parents cease to be. */
void itc_tips_attach(struct itc_tips *t, struct itc_window *w, uint32_t site);
/* `sites` are about to leave the window: they leave the pool. Call before every itc_window_remove. */
void itc_tips_remove(
    struct itc_tips *t, struct itc_window *w, const uint32_t *sites, uint32_t count);
/* After itc_window_remove of outdated sites: survivors that lost their last approver are tips again. */
void itc_tips_restore(struct itc_tips *t, struct itc_window *w);
/* What loses has changed: losers that were set aside may be chosen again. */
void itc_tips_review(struct itc_tips *t);
/* Up to `want` (<= ITC_SITE_PARENTS_MAX) distinct eligible tips, uniformly; returns how many: fewer only if
 * there are no more. What is old stays old between removals; `conflicts` are not refreshed between reviews. */
uint32_t itc_tips_choose(struct itc_tips *t, struct itc_window *w,
    const struct itc_conflicts *conflicts, struct itc_rng *rng, uint32_t want, uint32_t *out);
/* How many tips a new site approves: two, and one more each time that the pool has doubled from 256 tips on, up to
 * eight. With k parents and a share q of issuers who approve no tip, the pool swells without end where k (1 - q) <= 1
 * (measured and drawn by itc-sim tangle); so two are not enough against half, and eight are against seven eighths. */
uint32_t itc_tips_parents(const struct itc_tips *t);

#endif
