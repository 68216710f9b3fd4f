/* node.h - the node as a state machine: events in, actions out. Pure.
 *
 *        bytes from peers --\                         /--> one batch of writes
 *      requests of clients --\    itc_node_step      /---> sends, replies
 *      signatures checked ----> (decide; no waiting) ----> signatures to check, work to do
 *              work found ---/                       \---> when to wake me
 *                    time --/                         \--> halt, and why
 *
 * The same configuration, store and sequence of events give the same actions, bit for bit. Time enters only as
 * event.now_ms, chance only by config.seed. No step takes longer than some 20 ms: what is larger goes on in
 * further steps (actions.more). One thread at a time; nodes share nothing.
 *
 * Reading order: docs/protocol.md; intake.h (the way of a site), issue.h (the way of a submission),
 * evaluate.h (what a milestone does), pbft.h (agreeing on it), chain.h (making it final), sync.h (catching up),
 * query.h (answering clients). */
#ifndef ITC_NODE_NODE_H
#define ITC_NODE_NODE_H

#include "node/actions.h"
#include "node/limits.h"
#include "node/stats.h"
#include "node/store.h"
#include "spv/service.h"

struct itc_node;

struct itc_node_config {
    const uint8_t *genesis; /* document; must outlive the node */
    size_t genesis_len;
    struct itc_limits limits;
    const struct itc_secret
        *secret; /* of a validator's key; NULL: this node does not vote. Copied */
    bool
        first_use; /* the key has never signed a vote on this chain: a new store has forgotten none */
    struct itc_store store;
    uint64_t seed;
    const char *software; /* "itcd 0.1.0" */
};

enum itc_event_type {
    ITC_EVENT_TICK,      /* time has come */
    ITC_EVENT_CONTINUE,  /* go on with what actions.more announced */
    ITC_EVENT_PEER_UP,   /* both streams of a link stand and its HELLO names this chain */
    ITC_EVENT_PEER_DOWN, /* the link is gone; its number may be used again */
    ITC_EVENT_MESSAGE,   /* a frame from a peer */
    ITC_EVENT_REQUEST, /* a service request (spv/service.h) from a wallet, a lamp or the HTTP API */
    ITC_EVENT_VERIFIED, /* a signature was checked */
    ITC_EVENT_WORKED    /* a proof of work was found */
};

struct itc_event {
    enum itc_event_type type;
    uint64_t now_ms; /* Unix, milliseconds; may jump */
    union {
        struct {
            uint32_t peer;     /* below limits.peers; free */
            uint8_t validator; /* what HELLO claimed */
            uint64_t head;
        } up;
        uint32_t down;
        struct {
            uint32_t peer;
            enum itc_channel channel;
            uint8_t type; /* of the frame */
            const uint8_t *payload;
            size_t len;
        } message;
        struct {
            uint64_t token; /* comes back with the reply; never 0 */
            const uint8_t *bytes;
            size_t len;
        } request;
        struct {
            uint64_t job;
            bool good;
        } verified;
        struct {
            uint64_t job;
            uint64_t nonce;
        } worked;
    } u;
};

/* Bytes of zeroed memory, 64-byte aligned, that a node with this configuration needs.
 * Returns 0 if the genesis document does not decode. */
size_t itc_node_size(const struct itc_node_config *config);
/* Starts a node in `mem` from what its store holds (a new store: from genesis). `out` gets the first actions
 * (a new store's first rows).
 *   ITC_E_CHAIN    the store belongs to another chain
 *   ITC_E_VERSION  the store's format is newer
 *   ITC_E_PROOF    the stored accounts do not give the head's state_root: the store is damaged
 *   ITC_E_UNKNOWN  a row that must be there is missing: the store is damaged
 *   ITC_E_FULL     the store holds more than the limits allow
 *   and the codec errors of genesis and rows */
ITC_MUST enum itc_err itc_node_start(struct itc_node **node, void *mem,
    const struct itc_node_config *config, uint64_t now_ms, struct itc_actions **out);
/* One step. The returned actions are the node's own and good until the next step. */
struct itc_actions *itc_node_step(struct itc_node *node, const struct itc_event *event);

/* What a validator knows of its own votes (doubt.h). It votes if it neither asks nor doubts. */
struct itc_memory {
    bool asking;            /* the others, first */
    enum itc_doubt_why why; /* ITC_DOUBT_NONE: no doubt */
    uint64_t until;         /* head at which doubt ends at the earliest; 0: not known yet */
};
void itc_node_memory(const struct itc_node *node, struct itc_memory *out);

void itc_node_info(const struct itc_node *node, struct itc_info *out);
const struct itc_stats *itc_node_stats(const struct itc_node *node);
const struct itc_hash *itc_node_chain(const struct itc_node *node);
/* Newest final header, and its id. */
const struct itc_header *itc_node_head(const struct itc_node *node, struct itc_hash *id);
/* This node's validator index, or ITC_NO_VALIDATOR. */
uint8_t itc_node_validator(const struct itc_node *node);

#endif
