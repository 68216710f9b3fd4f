/* parents.h - what a site lacks: wanted, asked for, and come or given up. Pure.
 *
 *     signature good --> all there -----------------------------> ready (admission.h)
 *                  \--> some missing: asked for, again and again ---^
 *                                                    \--> nobody has it: let go
 *
 * A missing parent is asked for first from the peer that sent the site, then from others. One that waits for its own turn
 * is there, until the site has had its own. */
#ifndef ITC_NODE_PARENTS_H
#define ITC_NODE_PARENTS_H

#include "spv/base.h"

struct itc_node;

/* The signature of a pending site is good: it is ready, or waits for what it lacks; or there is no place for it to wait, and it
 * is let go; or a parent is bad, and so is it. */
void itc_parents_look(struct itc_node *n, uint32_t site);
/* `id` is attached, or waits for its turn: who waited for it goes on. */
void itc_parents_came(struct itc_node *n, const struct itc_hash *id);
/* Asks again for parents that did not come; called every 100 ms or so. */
void itc_parents_tick(struct itc_node *n);

#endif
