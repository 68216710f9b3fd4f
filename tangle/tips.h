/* tips.h - the pool of tips: open sites that no open site approves. Pure.
 *
 * Choice is uniform and O(1). A tip is not chosen when its open past holds an anchor older than `least_anchor`:
 * whoever approved it might be dropped with it. */
#ifndef ITC_TANGLE_TIPS_H
#define ITC_TANGLE_TIPS_H

#include "tangle/rng.h"
#include "tangle/window.h"

struct itc_tips {
    uint32_t *pool;
    uint32_t count;
};

size_t itc_tips_size(uint32_t window_capacity);
void itc_tips_init(struct itc_tips *t, struct itc_mem *mem, uint32_t window_capacity);
/* `site` was added to the window: it becomes a tip, its parents cease to be. */
void itc_tips_attach(struct itc_tips *t, struct itc_window *w, uint32_t site);
/* `sites` are about to leave the window: they leave the pool. Call before itc_window_remove. */
void itc_tips_remove(struct itc_tips *t, struct itc_window *w, const uint32_t *sites, uint32_t count);
/* After itc_window_remove of outdated sites: survivors that lost their last approver are tips again. */
void itc_tips_restore(struct itc_tips *t, struct itc_window *w);
/* Up to `want` (<= ITC_SITE_PARENTS_MAX) distinct eligible tips, uniformly; returns how many it found within
 * a bounded number of tries. */
uint32_t itc_tips_choose(const struct itc_tips *t, const struct itc_window *w, struct itc_rng *rng,
    uint64_t least_anchor, uint32_t want, uint32_t *out);

#endif
