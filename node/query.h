/* query.h - answers to wallets, lamps and the HTTP API (spv/service.h). Pure.
 *
 * Everything is answered at the head. A request that waits (for a tx to become final, for a payment to come)
 * stands in a bounded table until its event or its time; when the table is full it is answered at once.
 *
 * A payment's proof needs the hashes of its whole milestone, up to 65,536 sites: 20 ms. The last milestone's are kept, so
 * that many who ask for one after the other pay once; and trees of more than 1,024 sites are rationed, so that proofs of
 * ever another milestone, whoever asks for them, take a quarter of the core thread at most. */
#ifndef ITC_NODE_QUERY_H
#define ITC_NODE_QUERY_H

#include "node/ration.h"
#include "spv/service.h"
#include "tangle/mem.h"

struct itc_node;

struct itc_wait {
    uint64_t token;             /* 0: free */
    uint64_t until_ms;          /* monotonic */
    struct itc_request request; /* ITC_OP_TX or ITC_OP_PAYMENTS */
};

struct itc_query {
    struct itc_wait *waits;
    uint32_t waits_max;
    uint32_t waits_count;
    struct itc_hash *tree;   /* of one milestone's sites, for their paths */
    uint64_t tree_of;        /* which; 0: none */
    struct itc_ration trees; /* for making such trees: of all clients together */
    uint8_t *reply;          /* ITC_REPLY_MAX */
};

size_t itc_query_size(uint32_t waits, uint32_t cone_sites_max);
void itc_query_init(
    struct itc_query *q, struct itc_mem *mem, uint32_t waits, uint32_t cone_sites_max);
/* Every request gets exactly one reply, now or later. */
void itc_query_request(struct itc_node *n, uint64_t token, const uint8_t *bytes, size_t len);
/* The head moved in the step before, and its rows can be read now. */
void itc_query_head_moved(struct itc_node *n);
/* ITC_OP_HOP and ITC_OP_COMMITTEE, from the header at index `trusted`: query_hop.c. */
void itc_query_hop(struct itc_node *n, uint64_t token, uint64_t trusted);
void itc_query_committee(struct itc_node *n, uint64_t token, uint64_t trusted);
/* Answers the waits whose time is over. */
void itc_query_tick(struct itc_node *n);
/* An error reply, counted. */
void itc_query_refuse(struct itc_node *n, uint64_t token, enum itc_err e, const char *text);

#endif
