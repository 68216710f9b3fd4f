/* place.h - places for sites that wait (pending.h), where there are none left. Pure.
 *
 *     full --- a link is gone, and sites of its are left -----------> one of those
 *          \-- a link holds more than the sender would -------------> one of the link that holds most
 *           \-- an open proposal needs it -------------------------> whichever is not needed
 *            \-> ITC_E_FULL
 *
 * So nobody's quota, nor two together, keep out who brings little. What waits for its turn counts in no quota and has places of its
 * own (fair.h). */
#ifndef ITC_NODE_PLACE_H
#define ITC_NODE_PLACE_H

#include "spv/base.h"

struct itc_node;

/* As itc_pending_add, but where all is full in the place of others. `peer` is ITC_NONE for what is made here. */
ITC_MUST enum itc_err itc_place_add(struct itc_node *n, uint32_t *site, const struct itc_hash *id,
    const uint8_t *bytes, size_t len, uint64_t anchor, uint32_t peer, bool needed);
/* Lets go of one that is not needed, whichever, for what is; `wants`: one that waits for parents. False: there is none. */
bool itc_place_make(struct itc_node *n, bool wants);

#endif
