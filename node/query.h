/* query.h - answers to wallets, lamps and the HTTP API (spv/service.h). Pure.
 *
 * Everything is answered at the head. A request that waits (for a tx to become final, for a payment to come)
 * stands in a bounded table until its event or its time; when the table is full it is answered at once. While it stands there
 * nobody looks for weights: what it costs at a milestone does not depend on how often the tx was attached.
 * The hints of an account's open txs look at no more of them than its issuer may have waiting here (ITC_ISSUE_AHEAD, and one).
 *
 * A payment's proof costs alike in every milestone: the tree above its cone's groups of 64 sites is stored when it becomes
 * final (store.h), so it takes the 127 hashes of one group, and not the 131,071 of a cone of 65,536 sites. Nothing is
 * rationed: no ration could be fair here, for a client is a connection, or an address that many share, and a stranger has
 * any number of either. */
#ifndef ITC_NODE_QUERY_H
#define ITC_NODE_QUERY_H

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
    uint64_t weighed;      /* times that the weight of an open tx was looked for */
    struct itc_hash *tree; /* for a proof: of a group's leaves, then what is above the groups */
    size_t tree_bytes;
    uint8_t *reply; /* ITC_REPLY_MAX */
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
