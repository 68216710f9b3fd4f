/* room.h - whether a site is let in while the node's bounds are near. Pure.
 *
 *     window    |  gossip and own sites: up to three quarters  |  reserve: a proposal's and a certified body's  |
 *
 * The reserve holds a whole cone; or a height could not end while the window is full, and until it ends nothing
 * leaves the window. */
#ifndef ITC_NODE_ROOM_H
#define ITC_NODE_ROOM_H

#include "spv/base.h"

struct itc_node;

/* Whether gossip and own sites are taken in, to be checked and to wait. */
bool itc_room_left(const struct itc_node *n);
/* Whether the next turn may be taken: less is open than limits.open_milestones take, but for an eighth of one, which is kept
 * for those who were idle; or fewer came since the last milestone than a quarter of one takes, for what no primary
 * ever proposes must not shut the door. */
bool itc_room_turn(const struct itc_node *n);
/* Whether one who was idle may be let in beside the turns; and whether ancestors of who had its turn may. Since the last
 * milestone up to what one takes, and up to half of that. */
bool itc_room_idle(const struct itc_node *n);
bool itc_room_ancestors(const struct itc_node *n);
/* Whether the open proposal lacks this site: its body names it, or what it lacks waits for it. Such a site is exempt
 * from the limits on gossip. */
bool itc_room_needed(const struct itc_node *n, const struct itc_hash *id);

#endif
