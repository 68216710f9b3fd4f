/* stats.h - what a node counts. Pure. The shell prints them as Prometheus text: itc_<name>_total. */
#ifndef ITC_NODE_STATS_H
#define ITC_NODE_STATS_H

#include "spv/base.h"

enum itc_counter {
    ITC_COUNT_SITES_ATTACHED,
    ITC_COUNT_SITES_ISSUED,    /* of these, attached for own clients */
    ITC_COUNT_SITES_DUPLICATE, /* gossip that was here already */
    ITC_COUNT_SITES_OUTDATED,  /* open sites dropped because their anchor grew too old */
    ITC_COUNT_TXS_SUBMITTED,
    ITC_COUNT_TXS_REFUSED,
    ITC_COUNT_TXS_APPLIED,
    ITC_COUNT_TXS_REJECTED, /* in a milestone, with a verdict other than applied */
    ITC_COUNT_TXS_REATTACHED,
    ITC_COUNT_MILESTONES,
    ITC_COUNT_PROPOSALS, /* own */
    ITC_COUNT_VOTES_SENT,
    ITC_COUNT_VOTES_RECEIVED,
    ITC_COUNT_VIEW_CHANGES,   /* own votes for a new view */
    ITC_COUNT_PROPOSALS_LATE, /* of others, see complaint.h */
    ITC_COUNT_PROPOSALS_UNFAIR,
    ITC_COUNT_COMPLAINTS,        /* own, one a height */
    ITC_COUNT_EVIDENCE,          /* of double votes, found or received */
    ITC_COUNT_CONVICTIONS,       /* in milestones */
    ITC_COUNT_MILESTONES_SYNCED, /* learnt by certificate from a peer */
    ITC_COUNT_SIGNATURES_CHECKED,
    ITC_COUNT_PEERS_DROPPED,
    ITC_COUNTERS
};
const char *itc_counter_name(enum itc_counter c); /* "sites_attached", ... */

struct itc_stats {
    uint64_t counts[ITC_COUNTERS];
    /* Input refused, by reason: messages and sites from peers, requests from clients. */
    uint64_t peer_refused[ITC_ERR_COUNT];
    uint64_t client_refused[ITC_ERR_COUNT];
};

#endif
