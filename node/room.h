/* room.h - whether a site is let in while the node's bounds are near. Pure.
 *
 *     window    |  gossip and own sites: up to three quarters  |  reserve: a proposal's and a certified body's  |
 *
 * The reserve holds a whole cone; or a height could not end while the window is full, and until it ends nothing
 * leaves the window. */
#ifndef ITC_NODE_ROOM_H
#define ITC_NODE_ROOM_H

#include "spv/site.h"

struct itc_node;

/* Whether gossip and own sites are taken in, to be checked and to wait. */
bool itc_room_left(const struct itc_node *n);
/* Places of the next milestone: the sites that a primary puts into it (propose.h), at least one. */
uint32_t itc_room_milestone(const struct itc_node *n);
/* The places, of those that a milestone has, that a site of so many bytes takes. */
uint32_t itc_room_places(const struct itc_node *n, size_t len);
/* The same, if it becomes a tip: a body has only so many names, and a site that approves no tip takes one more. */
uint32_t itc_room_places_of_tip(const struct itc_node *n, const struct itc_site *s, size_t len);
/* Whether the next turn may be taken: less is open than limits.open_milestones take, but for what is kept for those who
 * were idle: three quarters of one at first, an eighth when the next proposal is due; and there are fewer tips than seven
 * eighths of the names of as many bodies. Or less came since the last milestone than an eighth of one takes, for what no
 * primary ever proposes must not shut the door. */
bool itc_room_turn(const struct itc_node *n);
/* Whether names alone keep turns back, of places there are as many as right after a milestone, and this site needs no name
 * more: it approves a tip, and its parents are here. Then it waits for nobody, or honest sites would, and there would be ever
 * more tips. */
bool itc_room_passes(const struct itc_node *n, const struct itc_site *s);
/* Whether a whole milestone more is open than that: primaries have other sites than this node, and leave its own. */
bool itc_room_behind(const struct itc_node *n);
/* What those who were idle may take beside the turns: a half of a milestone, or an eighth while behind; one part in so many. In
 * each interval, and, which is the second one, since the last milestone. Then what ancestors of who had its turn
 * may, a quarter. With the door this is less than a milestone takes away: so the window does not fill up. */
uint32_t itc_room_idle_parts(const struct itc_node *n);
bool itc_room_idle(const struct itc_node *n);
bool itc_room_ancestors(const struct itc_node *n);
/* Whether the open proposal lacks this site: its body names it, or what it lacks waits for it. Such a site is exempt
 * from the limits on gossip. */
bool itc_room_needed(const struct itc_node *n, const struct itc_hash *id);

#endif
