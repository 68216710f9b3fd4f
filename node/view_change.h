/* view_change.h - leaving a view whose primary does not bring its height to an end. Pure.
 *
 *     time-out, q complaints (complaint.h),
 *     or f+1 others have left      --VIEW_CHANGE(v)--> all         own vote durable first; no PREPARE or COMMIT of
 *                                                                  this height in a view below v from then on
 *     primary of v: q votes for v  --PROPOSAL(v, new view)--> all  what the votes allow, and the votes themselves
 *     backup: checks the votes, each by each, recomputes what they allow, and only then takes the proposal
 *
 * What q votes for (height, v) allow: the header of the prepared certificate of the highest view among them,
 * unchanged; if none names one, a fresh header.  Why that is safe: had some header been committed at this height
 * in a view below v, q replicas would hold its prepared certificate; any q voters include an honest one of them,
 * who voted after it committed (its row forbids lower views afterwards), so the votes name it; and no other
 * header can have been prepared in a higher view, by induction.  (Castro and Liskov, OSDI '99, section 4.4, with
 * a height in the place of their sequence of requests: each height's views are its own, so neither a vote for a
 * height that has been settled nor a replica that left alone can hold up the next one.)
 *
 * The view a height starts in is its predecessor's `view` field (0 in a new epoch): the same for all who hold
 * that header, and the view whose primary last got a proposal of its own through.
 *
 * Time-outs double with each view that fails (up to 64 times) and start anew with each height. Who has left waits until q
 * validators have left for that view or a higher one, and only then does its time-out begin (Castro and Liskov, 4.5.2):
 * or one that was cut off for a while would stay views ahead of the others for ever, and with f traitors there is no
 * quorum without it. The lowest honest replica never waits so, for all honest ones are q.
 *
 *     a replica's phases at one height (checked at each move, view_change.c has the table):
 *
 *       height opens --> START -- proposal --> TAKEN
 *                          |                     |
 *                          +------- leaves ------+
 *                                     |
 *                                     v
 *         leaves again, higher +--> LEFT -- proposal on q votes --> TAKEN
 *         (from LEFT, too)     |      |
 *                              |      | q have left
 *                              |      v
 *                              +-- FOLLOWED -- proposal on q votes --> TAKEN
 *
 *       any of them -- the height is settled --> START of the next
 *
 * *Left*: the round is of a higher view now, by an own VIEW-CHANGE or because a justified proposal of that view came,
 * which is then taken in the same step. A round that is not EMPTY is TAKEN, and no other. */
#ifndef ITC_NODE_VIEW_CHANGE_H
#define ITC_NODE_VIEW_CHANGE_H

#include "node/message.h"
#include "node/store.h"

struct itc_node;
struct itc_round;

/* A header that q validators prepared, with all it takes to propose it again. */
struct itc_prepared {
    bool has;
    struct itc_hash header_id;
    struct itc_cert cert; /* PREPAREs; its view is the one it was prepared in */
    uint8_t header[ITC_HEADER_SIZE];
    uint8_t body[ITC_BODY_MAX];
    size_t body_len;
};

enum itc_view_phase {
    ITC_VIEW_START, /* in the height's start view; its primary owes a proposal */
    ITC_VIEW_TAKEN, /* the round has its proposal; it owes a certificate */
    ITC_VIEW_LEFT,  /* for a higher view; fewer than q have left for that or above: no time runs */
    ITC_VIEW_FOLLOWED, /* q have; the view's primary owes a proposal that stands on their votes */
    ITC_VIEW_PHASES
};

struct itc_view_state {
    enum itc_view_phase phase;
    uint32_t failed;   /* views of this height that failed */
    uint64_t since_ms; /* monotonic: the present wait began */
    uint64_t busy_ms;  /* monotonic: there are open sites since; 0: none */

    uint32_t held; /* bitmap: whose vote is here; the newest of each, verified */
    uint32_t views[ITC_VALIDATORS_MAX];
    struct itc_view_vote votes[ITC_VALIDATORS_MAX];
    struct itc_prepared named[ITC_VALIDATORS_MAX]; /* by these votes, each with its bytes */
    struct itc_prepared own; /* what we prepared at this height, in the highest view */

    uint32_t looks[ITC_VALIDATORS_MAX]; /* votes of each that were checked since looks_ms */
    uint64_t looks_ms;                  /* monotonic */

    uint8_t new_view
        [ITC_NEW_VIEW_MAX]; /* the votes that justify the round's view; kept for those who lag */
    size_t new_view_len;
};

/* The table of moves. */
bool itc_view_may_move(enum itc_view_phase from, enum itc_view_phase to);
/* A new height: everything above starts anew. */
void itc_view_opened(struct itc_node *n);
/* The open round is now of a higher view, and empty. */
void itc_view_left(struct itc_node *n);
/* Leaves the view if its time is over, q complain of its primary, or f+1 others have left. */
void itc_view_progress(struct itc_node *n);
/* A vote from a peer; an error is the peer's fault. */
ITC_MUST enum itc_err itc_view_vote_received(struct itc_node *n, const struct itc_view_change *v);
/* What was prepared in the highest view that we or any vote here names; NULL: nothing. */
const struct itc_prepared *itc_view_highest(const struct itc_node *n);
/* The round's proposal was taken: the wait for its end begins. */
void itc_view_accepted(struct itc_node *n, const uint8_t *new_view, size_t len);
/* We hold a prepared certificate of the round. */
void itc_view_prepared(struct itc_node *n, const struct itc_round *r, const struct itc_cert *cert);
/* Sends `peer`, who stands in no higher view of our height, the vote it may lack. */
void itc_view_status(struct itc_node *n, uint32_t peer, const struct itc_status *s);
/* Own VIEW-CHANGE or COMMIT row of the open height, at start. */
ITC_MUST enum itc_err itc_view_restore(struct itc_node *n, const struct itc_vote_row *row);
/* When the primary's proposal in the start view is due, in monotonic ms. Its time-out begins then. */
uint64_t itc_view_owed_ms(const struct itc_node *n);
/* When progress must be asked again, in monotonic ms. */
uint64_t itc_view_wake_ms(const struct itc_node *n);

#endif
