/* admission.h - which checked sites are attached now, and which wait for their turn. Pure.
 *
 *     ready --- room, nobody waits --------------------------------------------------> attached, passed on
 *       |  \--- an open proposal needs it; who waits for it has had its turn ----------^
 *       |                                                                              |
 *       '----> its issuer's flow (fair.h) ---- its turn, with what it stands on -------'
 *                    | the newest of who is furthest ahead, when the queue is full: dropped
 *
 * There is room for turns while less is open than the next milestone takes (limits.h, room.h): a quarter of it at first, more and
 * more as the next proposal comes near, so that who was idle still finds a place in it. Beside the turns whoever has been
 * idle, or as good as (fair.h), is let in, half a milestone in each interval: so a slow device does not wait for the next
 * milestone, and is in it or in the one after. Without congestion nothing of this is seen: a site is attached in the step
 * that made it ready.
 *
 * Flows: an issuer with an account has one of its own, as heavy as its final balance; all others share one, as heavy as
 * dust. So do the re-attachments that one link brings (their tx is open or waits for its turn already, or can no longer apply):
 * they are no fault of the issuer's. Bits of work beyond what a site's anchor asks for count for nothing: chance gives some to
 * everybody, and they would put a crowd of equals in an order of luck, in which no two nodes let in the same sites.
 *
 * A parent that waits for its own turn does not keep a site out of its flow: when that has its turn, the ancestors that
 * wait (at most 1,024) are attached before it, at the expense of the peer that brought it (ration.h); and so are those that
 * it lacks, when they come. Where that peer has had its share nobody looks, and the site waits for the turns of its parents.
 *
 * What the open proposal needs is taken in at once, whatever waits or is full; what is certified does not come this way. */
#ifndef ITC_NODE_ADMISSION_H
#define ITC_NODE_ADMISSION_H

#include "spv/site.h"

struct itc_node;

/* Whether a site may be attached at once: there is room, and nobody waits; or it needs none of what is short (room.h). */
bool itc_admission_open(const struct itc_node *n, const struct itc_site *s);
/* The signature of a pending site is good: what is below one that is needed is needed too; and the turn of one that waits
 * for it is its own, and its parents'. */
void itc_admission_checked(struct itc_node *n, uint32_t site);
/* Pending site `site` is good, and all its parents are attached or wait for their turn. It may be gone afterwards. */
void itc_admission_ready(struct itc_node *n, uint32_t site);
/* Takes in what waits and a new proposal needs. False: the step has no room for more of it. Before anything that may drop
 * what waits. */
ITC_MUST bool itc_admission_sweep(struct itc_node *n);
/* One turn; *left, which is not 0, is less by the sites looked at. False: nobody is to be let in now. */
bool itc_admission_turn(struct itc_node *n, uint32_t *left);

#endif
