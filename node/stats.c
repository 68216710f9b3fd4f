#include "node/stats.h"

static const char *const names[ITC_COUNTERS] = {
    [ITC_COUNT_SITES_ATTACHED] = "sites_attached",
    [ITC_COUNT_SITES_ISSUED] = "sites_issued",
    [ITC_COUNT_SITES_DUPLICATE] = "sites_duplicate",
    [ITC_COUNT_SITES_OUTDATED] = "sites_outdated",
    [ITC_COUNT_TXS_SUBMITTED] = "txs_submitted",
    [ITC_COUNT_TXS_REFUSED] = "txs_refused",
    [ITC_COUNT_TXS_APPLIED] = "txs_applied",
    [ITC_COUNT_TXS_REJECTED] = "txs_rejected",
    [ITC_COUNT_TXS_REATTACHED] = "txs_reattached",
    [ITC_COUNT_MILESTONES] = "milestones",
    [ITC_COUNT_PROPOSALS] = "proposals",
    [ITC_COUNT_VOTES_SENT] = "votes_sent",
    [ITC_COUNT_VOTES_RECEIVED] = "votes_received",
    [ITC_COUNT_VIEW_CHANGES] = "view_changes",
    [ITC_COUNT_PROPOSALS_LATE] = "proposals_late",
    [ITC_COUNT_PROPOSALS_UNFAIR] = "proposals_unfair",
    [ITC_COUNT_COMPLAINTS] = "complaints",
    [ITC_COUNT_EVIDENCE] = "evidence",
    [ITC_COUNT_CONVICTIONS] = "convictions",
    [ITC_COUNT_MILESTONES_SYNCED] = "milestones_synced",
    [ITC_COUNT_SIGNATURES_CHECKED] = "signatures_checked",
    [ITC_COUNT_PEERS_DROPPED] = "peers_dropped",
};

const char *itc_counter_name(enum itc_counter c)
{
    ITC_ASSERT((unsigned)c < ITC_COUNTERS);
    return names[c];
}
