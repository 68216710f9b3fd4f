/* core.h - the node's whole state; for the files of node/ only. Pure. */
#ifndef ITC_NODE_CORE_H
#define ITC_NODE_CORE_H

#include "node/admission.h"
#include "node/attach.h"
#include "node/bad_ids.h"
#include "node/cast.h"
#include "node/chain.h"
#include "node/complaint.h"
#include "node/doubt.h"
#include "node/evaluate.h"
#include "node/fair.h"
#include "node/final_ids.h"
#include "node/gossip.h"
#include "node/intake.h"
#include "node/issue.h"
#include "node/node.h"
#include "node/parents.h"
#include "node/pbft.h"
#include "node/pending.h"
#include "node/place.h"
#include "node/pool.h"
#include "node/propose.h"
#include "node/query.h"
#include "node/ration.h"
#include "node/room.h"
#include "node/sync.h"
#include "node/view_change.h"
#include "node/view_proof.h"
#include "node/witness.h"
#include "spv/sign.h"
#include "tangle/open_tx.h"
#include "tangle/tips.h"

struct itc_peer {
    bool up;
    uint8_t validator;   /* what it claims to be */
    uint64_t head;       /* what it last said */
    uint64_t up_arrival; /* sites that arrived from here on went over its link */
    uint64_t up_ms;      /* monotonic */
    uint32_t points;     /* of blame; see itc_node_blame */
    uint32_t pending;    /* sites of its that wait */
    uint64_t asked_ms;   /* monotonic: it was last sent a RECALL; 0: never */
    uint64_t told_ms;    /* monotonic: it was last sent a RECALLED; 0: never */
    bool asked;          /* and owes an answer */
    struct itc_ration status, bulk,
        ancestors; /* the link number's: who hangs up and comes back owes as before */
};

struct itc_node {
    struct itc_node_config config;
    struct itc_genesis genesis;
    bool has_key;             /* of a validator, present or to come */
    struct itc_signer signer; /* if has_key */
    uint8_t validator;        /* our place in the committee in force, or ITC_NO_VALIDATOR */
    struct itc_rng rng;
    struct itc_actions actions;
    struct itc_stats stats;
    uint64_t now_ms;  /* wall clock of this event; may jump */
    uint64_t mono_ms; /* never goes back; all timers */
    uint64_t tick_ms; /* monotonic: next housekeeping */
    uint32_t next_job;
    uint64_t next_arrival;
    uint64_t stale_arrival;   /* tips that arrived before this have waited for a second at least */
    uint64_t offered_arrival; /* tips before this one were passed on again last time */
    uint64_t regossip_ms;     /* monotonic */
    bool attached;            /* a site was attached in this step */
    bool
        moved; /* the head moved; who waits for that is answered in the next step, from the store */

    struct itc_chain chain;
    struct itc_window window;
    struct itc_tips tips;
    struct itc_open_txs open_txs;
    struct itc_conflicts conflicts;
    uint64_t conflicts_ms; /* when they are next to be weighed anew */
    struct itc_ledger ledger;
    struct itc_evaluation evaluation;
    struct itc_final_ids final_ids;
    struct itc_bad_ids bad_ids;
    struct itc_pending pending;
    struct itc_fair fair; /* pending sites that wait for their turn */
    uint32_t admitted; /* places (room.h) of sites that were let in by turns since the head moved */
    uint32_t idle;     /* and beside the turns (room.h) */
    struct itc_ration idle_ration;
    uint64_t head_moved_ms; /* monotonic */
    uint32_t ancestors;     /* the same */
    struct itc_slot swept;  /* the proposal whose sites were last looked for among those */
    struct itc_pool pool;
    struct itc_pbft pbft;
    struct itc_view_state view;
    struct itc_complaints complaints;
    struct itc_witness witness;
    struct itc_doubt doubt;
    struct itc_sync sync;
    struct itc_query query;
    struct itc_peer *peers;
    struct itc_work_slot *works;
    uint32_t works_busy;
    uint32_t *scratch; /* window_sites entries, for one call at a time */
};

/* A job's number tells whose it is:  kind 4 bits | owner 28 | serial 32. The owner compares the whole number
 * with the one it remembers, so an answer that comes too late is nobody's. */
enum itc_job_kind {
    ITC_JOB_SITE = 1, /* owner: pending site */
    ITC_JOB_TX,       /* pool entry */
    ITC_JOB_VOTE,     /* vote check */
    ITC_JOB_CERT,     /* place in the certificate */
    ITC_JOB_WORK      /* work slot */
};
static inline enum itc_job_kind itc_job_kind(uint64_t job)
{
    return (enum itc_job_kind)(job >> 60);
}
static inline uint32_t itc_job_owner(uint64_t job)
{
    return (uint32_t)(job >> 32) & 0xfffffffu;
}
uint64_t itc_node_job(struct itc_node *n, enum itc_job_kind kind, uint32_t owner);
/* Asks for a signature check and returns its job. */
uint64_t itc_node_verify(struct itc_node *n, enum itc_job_kind kind, uint32_t owner,
    const struct itc_key *key, const struct itc_hash *message, const struct itc_sig *sig);
/* Sends one message to one peer. */
void itc_node_send(struct itc_node *n, uint32_t peer, enum itc_channel channel,
    const struct itc_message *m, uint64_t after);
/* To every peer that is up but `but` (or ITC_NONE); validators_only: to those that claim to be validators. */
void itc_node_send_all(struct itc_node *n, uint32_t but, enum itc_channel channel,
    const struct itc_message *m, uint64_t after, bool validators_only);
/* Counts what a peer sent amiss; a peer that goes on so is dropped. ITC_NONE: counted only. */
void itc_node_blame(struct itc_node *n, uint32_t peer, enum itc_err e);
/* A peer that is up, other than `but` if possible, whose head is at least `head`; ITC_NONE if there is none. */
uint32_t itc_node_pick_peer(struct itc_node *n, uint32_t but, uint64_t head);
/* Whether a peer's request that costs so much is served: within its ration of bulk (ration.h), or counted as refused. */
bool itc_node_serves(struct itc_node *n, uint32_t peer, uint32_t cost_us);
/* A bound was reached that the node cannot live with, or its ledger contradicts a certificate. */
void itc_node_halt(struct itc_node *n, const char *why);
/* Loads everything from the store (start.c). */
ITC_MUST enum itc_err itc_node_load(struct itc_node *n);

#endif
