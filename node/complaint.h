/* complaint.h - a primary that delivers, but late or unfairly, is left as well. Pure.
 *
 *     each proposal of a start view:  late, or leaves out what it could not but know?   bad: +1   good: -1
 *     8 to the bad                    --COMPLAINT--> all, renewed with each height while it lasts
 *     q complaints of the last 8 heights, of one (epoch, view)  -->  VIEW-CHANGE (view_change.h) for view + 1
 *
 * (What RBFT, Aublin et al., ICDCS '13, is after, without its f+1 instances side by side.)
 *
 * A complaint is not a vote to leave: its author goes on voting in the view, and it never counts for the f+1 join
 * rule. Were it a VIEW-CHANGE, one misled backup that left alone and f traitors that kept still would leave 2f
 * replicas, no quorum, and an honest primary would fall to the time-out; and with f traitors' VIEW-CHANGEs the
 * join rule would carry it out at once. As it is, nobody leaves for complaints without q of them, of which at
 * least q - f >= f + 1 are of honest backups. All honest replicas (n - f >= q) complain of a primary that is bad
 * to all of them, so a traitor cannot keep it in place by silence. Who leaves passes the q complaints on, so
 * that the others leave too. A complaint names its height: an old one cannot be replayed, and those of backups
 * that were misled at different times do not add up. It binds nobody, so no row is kept of it, and safety rests
 * on nothing here: leaving a view is always safe.
 *
 * Late: the time from when the proposal was due (view_change.h) to when it came exceeds 8 x the median of the last
 * 64, within 1/2 and 3/4 of timeout_ms. Never below 1/2, for a full cone takes a third: load alone is not late.
 * Never above 3/4, or a primary that is slow with patience would shift the median until it may be as slow as it likes.
 *
 * Never: what others have made final without a proposal having come here is as bad as late; but not to one that f + 1
 * validators say they are ahead of, who catches up. A primary needs only q - 1 backups: were those that it leaves out
 * content with what they learn from the others, it could be late and unfair for ever, for q could not complain. An honest
 * one that cannot reach f backups keeps its place: they and f traitors are too few.
 *
 * Unfair: our window holds sites outside the proposal's cone that went over the link with the primary, this way or
 * that, T = 2 x interval_ms + timeout_ms / 2 before the proposal came, and with them it would not be half of what a
 * milestone takes: beyond that they may still wait for their turns there (admission.h), if it holds an eighth itself, which
 * is let in whatever waits; one that holds less has no such excuse. Nor is it unfair where the names of a body are what is
 * short: it names all it may, and there are many tips; or half of that, and with the tips it left it would be. (Two intervals
 * are what an honest one may leave a site out for, see conflicts.h.) Nothing in the window is
 * too old for the open height (chain.c drops that). A link that came up later excuses
 * what came between it and the one before, and so does the lack of one: were all that is older excused, a censor would
 * only have to hang up now and then. And while a link lasts nothing is excused for long: the oldest tips are passed on
 * again (gossip.h); or a backup that restarts, and knows of no link before, would excuse all that was open then. Honest nodes whose signature checks or windows cannot keep up look unfair too; but only if a
 * quorum that kept up sees it so, and then a faster primary is what the chain needs. */
#ifndef ITC_NODE_COMPLAINT_H
#define ITC_NODE_COMPLAINT_H

#include "node/message.h"

struct itc_node;
struct itc_round;

#define ITC_COMPLAINT_MARKS 32
#define ITC_COMPLAINT_DELAYS 64

/* Everything that arrived before `arrival` had done so by `at_ms`; the tips before `offered` had been passed on again then, not
 * much more than ITC_GOSSIP_AGAIN_MS ago. */
struct itc_arrival_mark {
    uint64_t at_ms; /* monotonic */
    uint64_t arrival, offered;
};

struct itc_complaints {
    uint32_t epoch; /* whose primary this is about */
    uint32_t view;
    uint32_t score;                       /* to the bad */
    uint64_t heights[ITC_VALIDATORS_MAX]; /* newest complaint of each; 0: none */
    uint64_t gone[ITC_VALIDATORS_MAX];    /* arrivals when its last link went down; 0: none has */
    struct itc_sig sigs[ITC_VALIDATORS_MAX];
    struct itc_arrival_mark marks[ITC_COMPLAINT_MARKS]; /* a ring */
    uint32_t marks_count;
    uint32_t delays_ms[ITC_COMPLAINT_DELAYS]; /* a ring */
    uint32_t delays_count;
};

/* What is signed: tagged hash "itc/complaint" of epoch 4 | view 4 | index 8. */
void itc_complaint_message(
    struct itc_hash *out, const struct itc_hash *chain, const struct itc_slot *slot);

/* A new height is open: complains if there is reason to; of a new view, forgets the old one. */
void itc_complaint_opened(struct itc_node *n);
/* A proposal of the open height's start view has come to `r`, due at `due_ms`: notes what it is measured by. */
void itc_complaint_proposed(struct itc_node *n, struct itc_round *r, uint64_t due_ms);
/* A link is about to be forgotten. */
void itc_complaint_link_down(struct itc_node *n, uint32_t peer);
/* There is another committee: an index is another validator. */
void itc_complaint_reseated(struct itc_node *n);
/* It is valid, and its cone stands in n->evaluation: good or bad? */
void itc_complaint_judge(struct itc_node *n, const struct itc_round *r);
/* The open height has become final by a certificate of `view`, learnt from a peer: if no proposal has come, that is
 * bad, unless we are catching up. */
void itc_complaint_unserved(struct itc_node *n, uint32_t view);
/* From a peer. ITC_OK if it is merely late, early or known.  ITC_E_SIGNATURE ITC_E_FORM */
ITC_MUST enum itc_err itc_complaint_received(struct itc_node *n, const struct itc_complaint *c);
/* Whether q complain of the open height's start view. */
bool itc_complaint_quorum(const struct itc_node *n);
/* Sends all that are held to all validators. */
void itc_complaint_pass_on(struct itc_node *n);
/* Notes how far the arrivals are; called every 100 ms or so. */
void itc_complaint_tick(struct itc_node *n);

#endif
