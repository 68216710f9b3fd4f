/* propose.h - a primary's own proposal. Pure.
 *
 *     open sites, oldest first, within bounds --> cone --> its heads named in a body --> evaluated (evaluate.h) --> header
 *
 * In a view that others were voted out of, what their votes bind us to (view_change.h) goes first. */
#ifndef ITC_NODE_PROPOSE_H
#define ITC_NODE_PROPOSE_H

#include "spv/base.h"

struct itc_node;

/* Starts an own proposal if it is our turn and time; then n->pbft.own. */
void itc_propose_start(struct itc_node *n);
/* The own proposal's effect is known: it gets its header. */
void itc_propose_finish(struct itc_node *n);
/* How many sites a primary puts into the next proposal at most; 0 where nothing is left (chain.h). */
uint32_t itc_propose_sites_max(const struct itc_node *n);

#endif
