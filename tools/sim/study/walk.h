/* walk.h - tips found by a weighted random walk (Popov, The Tangle v1.4.3, section 4.1): from a site some way back,
 * towards its approvers, each taken with probability proportional to exp(alpha * its weight). For study: nodes choose from
 * the pool (tangle/tips.h). */
#ifndef ITC_SIM_STUDY_WALK_H
#define ITC_SIM_STUDY_WALK_H

#include "tangle/rng.h"
#include "tangle/window.h"

/* Who approves whom, the other way round than the window has it. */
struct itc_approvers {
    uint32_t *first; /* edge of a site, or ITC_NONE */
    uint32_t *next;  /* edge after an edge: an approver and which of its parents */
};

/* For window indices below `capacity`. The heap. */
void itc_approvers_init(struct itc_approvers *a, uint32_t capacity);
void itc_approvers_free(struct itc_approvers *a);
/* `site` was added to the window. */
void itc_approvers_attach(struct itc_approvers *a, const struct itc_window *w, uint32_t site);

/* A tip that can be reached from `start`. Weights are those of the window's vertices. */
uint32_t itc_walk(const struct itc_approvers *a, const struct itc_window *w, struct itc_rng *rng,
    double alpha, uint32_t start);

#endif
