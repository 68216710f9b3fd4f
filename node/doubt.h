/* doubt.h - whether this validator's memory of its own votes can be trusted; if not, it observes. Pure.
 *
 *     start, rows of this key's votes here  \
 *     start, none ever, key never used      --> ASKING --q-1 others have told, no trace of a vote we lack--> votes
 *     start, none ever                      --> DOUBT: new store      \
 *     a row does not read or does not prove --> DOUBT: damaged         >  q-1 others tell where the chain stands;
 *     an own signature without its row,                               /   two epoch ends after that --> votes
 *       at any time                         --> DOUBT: rolled back
 *
 * Whoever asks or doubts casts nothing: no PREPARE, COMMIT, VIEW-CHANGE, COMPLAINT or proposal. In all else it goes
 * on as a full node, and passes on what it signed before. Doubt is a row of its own (store.h), so no restart ends it.
 *
 * *A trace.* A vote's row is durable before the vote leaves, and stays until its height is final. So our signature on
 * a vote of the open height whose row is missing or says something else, or on one of any later height, proves that
 * rows were lost (or that someone else runs with this key). It proves itself: nobody can silence us by claims. It is
 * looked for in votes, proposals, view votes, the certificates in them, certified milestones, and in what others tell.
 *
 * *Asking.* Each start could be that of an old image of the disk, and a key that is said to be unused one that was
 * copied. Whoever holds our signatures sends them when asked (recall.h). Answers are signed over our nonce: strangers
 * cannot give q-1 of them. Without q-1 others at hand nothing could be decided anyway; all may ask at once, for asking
 * does not keep from telling.
 *
 * *Two epoch ends.* Let h be our head before the loss; then no vote of ours was for a height above h+1. q validators
 * had committed h, and of any q-1 that tell, at least one honest one had (we and f-1 others may be faulty): its head
 * was h-1 at least. The base, the (f+1)th highest head told, is one that an honest validator has: no f liars can keep
 * us waiting for what does not come. It is below h-1 only by as much as honest validators lag behind each other. The
 * first epoch end above it may come at once and proves nothing; at the second a whole epoch has been certified above
 * the base. So the voter may return unless f+1 of those that told, one of them at least honest, lagged by an epoch.
 * Until then the validator counts as one of the f: as it does from a loss that left no trace until height h+1 is
 * final, which nobody can tell from a vote that was never cast. */
#ifndef ITC_NODE_DOUBT_H
#define ITC_NODE_DOUBT_H

#include "node/message.h"
#include "node/store.h"

struct itc_node;
struct itc_memory;

struct itc_doubt {
    enum itc_doubt_why why;
    bool asking;
    uint64_t nonce;
    uint32_t told; /* bitmap: who has */
    uint64_t heads[ITC_VALIDATORS_MAX];
    uint64_t seen;  /* highest height that a trace was of */
    uint64_t until; /* head at which doubt ends; 0: not known yet */
};

/* At start, once the chain is loaded and before votes are. */
ITC_MUST enum itc_err itc_doubt_load(struct itc_node *n);
/* Whether an own vote's row, read at start, says what its key says and was signed by us.
 *   ITC_E_SIGNATURE ITC_E_FORM */
ITC_MUST enum itc_err itc_doubt_check_row(const struct itc_node *n, const struct itc_vote_row *row);
/* From now on, unless it is so already. */
void itc_doubt_begin(struct itc_node *n, enum itc_doubt_why why, uint64_t seen);
/* Whether this node may cast votes now. */
bool itc_doubt_votes(const struct itc_node *n);

/* Asks `peer`, who claims to be a validator, if that is of use. */
void itc_doubt_ask(struct itc_node *n, uint32_t peer);
void itc_doubt_recall(struct itc_node *n, uint32_t peer, const struct itc_recall *m);
/*   ITC_E_SIGNATURE  a validator of our committee did not say so */
ITC_MUST enum itc_err itc_doubt_recalled(
    struct itc_node *n, uint32_t peer, const struct itc_recalled *m);

/* A vote, or a certificate of votes for `header_id`, was verified: is it ours, and have we its row? */
void itc_doubt_saw_vote(struct itc_node *n, enum itc_vote_type type, const struct itc_slot *slot,
    uint32_t voter, const struct itc_hash *header_id);
void itc_doubt_saw_cert(struct itc_node *n, enum itc_vote_type type, const struct itc_slot *slot,
    const struct itc_cert *cert, const struct itc_hash *header_id);
/* The same for a view vote, and for those that a proposal stands on. */
void itc_doubt_saw_view_vote(
    struct itc_node *n, const struct itc_slot *slot, const struct itc_view_vote *vote);
void itc_doubt_saw_new_view(
    struct itc_node *n, const struct itc_slot *slot, const uint8_t *new_view, size_t len);

/* The head has moved; another committee is in force. */
void itc_doubt_head_moved(struct itc_node *n);
void itc_doubt_reseated(struct itc_node *n);

#endif
