/* pbft.h - agreeing on the next milestone: Castro and Liskov's protocol (OSDI '99), normal case. Pure.
 *
 *     primary  --PROPOSAL-->  all   : header and body; its signature is the primary's PREPARE
 *     backup   --PREPARE--->  all   : I hold header, body and cone, computed them myself, and they are durable
 *     q PREPAREs of one view         = the prepared certificate
 *     replica  --COMMIT---->  all   : I hold the prepared certificate, and it is durable
 *     q COMMITs of one view          = the quorum certificate: the milestone is final
 *
 * One height is open at a time; votes and the proposal of the height after it are kept if it is of the same epoch,
 * so that a replica that is a moment late needs no retransmission. A vote's row is durable before it is sent; a restarted replica
 * finds its rows and stands by them. Every round belongs to a view; view_change.h replaces it by one of a higher
 * view, carrying what was prepared over. */
#ifndef ITC_NODE_PBFT_H
#define ITC_NODE_PBFT_H

#include "node/round.h"
#include "node/store.h"

struct itc_node;

/* A vote whose signature is being checked. Several may be under way for one voter: a forged one must not keep
 * the genuine one out. */
#define ITC_VOTE_CHECKS 256
struct itc_vote_check {
    uint64_t job;  /* 0: free */
    uint32_t peer; /* who sent it */
    struct itc_vote vote;
};

struct itc_pbft {
    struct itc_round rounds[2]; /* [0]: the open height; [1]: the one after it */
    struct itc_vote_check checks[ITC_VOTE_CHECKS];
    uint64_t next_proposal_ms; /* monotonic */
    uint64_t own_index;        /* of the newest own proposal */
    uint64_t idle_proposal_ms; /* monotonic: propose even an empty milestone */
    uint64_t next_status_ms;   /* monotonic */
    uint64_t asked_ms;         /* monotonic: missing sites of the proposal were asked for */
    bool waiting;              /* for them */
    struct itc_hash missing;   /* one of them: nothing is to be done before it is here */
    uint64_t vote_batch;       /* batch of the newest own vote: certificates leave after it */
    bool own;                  /* the evaluation under way is for an own proposal */
    uint8_t own_body[ITC_BODY_MAX];
    size_t own_body_len;
};

/* Opens the round after the head; at start also brings back own votes from the store's rows. */
void itc_pbft_init(struct itc_node *n);
ITC_MUST enum itc_err itc_pbft_restore(struct itc_node *n, const struct itc_vote_row *row);

/* From peers. An error marks the peer. What is merely late or early is ITC_OK. */
ITC_MUST enum itc_err itc_pbft_proposal(struct itc_node *n, const struct itc_proposal *p);
ITC_MUST enum itc_err itc_pbft_vote(struct itc_node *n, uint32_t peer, const struct itc_vote *v);
void itc_pbft_fill_status(const struct itc_node *n, struct itc_status *out);
/* A signature check has ended. */
void itc_pbft_verified(struct itc_node *n, uint64_t job, bool good);

/* Goes as far as it can: proposes, evaluates, votes, commits. Called at the end of every step. True: there is
 * more to do at once. */
bool itc_pbft_progress(struct itc_node *n);
/* A peer has gone: nobody is blamed for what it sent. */
void itc_pbft_peer_down(struct itc_node *n, uint32_t peer);
/* Another committee is in force from the height that opens next: what was verified for it is void. */
void itc_pbft_reseated(struct itc_node *n);
/* The head has moved. */
void itc_pbft_opened(struct itc_node *n);
/* The round is now for this proposal: its header, and what that says of the round after it. */
void itc_pbft_take(struct itc_node *n, struct itc_round *r, const struct itc_header *header,
    const uint8_t *header_bytes, const uint8_t *body, size_t body_len);
/* The open round starts anew in a higher view. */
void itc_pbft_enter_view(struct itc_node *n, uint32_t view);
/* When progress must be asked again, in monotonic ms. */
uint64_t itc_pbft_wake_ms(const struct itc_node *n);

#endif
