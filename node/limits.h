/* limits.h - every bound of a node's memory, in one place. Pure.
 *
 * "Full" is a result, not a crash: what happens at each bound stands beside it. No bound here can change
 * validity or a verdict (those are genesis parameters): a node with small limits is slower, never of another
 * opinion. The simulator gives each node a small block. */
#ifndef ITC_NODE_LIMITS_H
#define ITC_NODE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct itc_limits {
    uint32_t
        window_sites; /* open sites; gossip is dropped when fewer than a whole cone's places are left */
    size_t window_bytes; /* of their bodies; the same */
    uint32_t
        open_milestones; /* while more is open than so many milestones take, who wants in waits for a
                                 turn (admission.h) */
    uint32_t
        pending_sites; /* sites waiting for a parent, an anchor, a signature check or, half of them at most, a
                          turn; then dropped */
    size_t pending_bytes;      /* of their bytes; the same */
    uint32_t pending_per_peer; /* of these, from one peer; then dropped */
    uint32_t wanted;           /* missing parents asked for; sites that need more are dropped */
    uint32_t wanted_per_peer;  /* of these, for the sites of one peer; the same */
    uint32_t bad_ids;          /* site ids remembered as invalid; the oldest is forgotten */
    uint32_t pool_txs; /* submissions acknowledged and not final; then refused with ITC_E_FULL */
    size_t pool_bytes; /* the same */
    uint32_t works;    /* proofs of work under way at once; the rest of the pool queues */
    uint32_t peers;    /* links; more are refused */
    uint32_t waits;    /* service requests that wait for an event; more are answered at once */
    size_t
        arena_bytes; /* what one step may write, send and reply; sized for the largest milestone */
};

/* For a server with 1 GiB to spare (pages are touched only when used). */
void itc_limits_default(struct itc_limits *out);
/* For tests and the simulator: a few MiB. */
void itc_limits_small(struct itc_limits *out);

#endif
