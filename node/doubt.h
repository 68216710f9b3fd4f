/* doubt.h - whether this validator's memory of its own votes can be trusted; if not, it observes. Pure.
 *
 *     start, rows of this key's votes here  \
 *     start, none ever, key never used      --> ASKING --q-1 others have told, no trace of a vote we lack--> votes
 *     start, none ever                      --> DOUBT: new store      \
 *     a row does not read or does not prove --> DOUBT: damaged         >  q-1 others told heads two below ours or
 *     an own signature without its row,                               /   lower, and two epochs have ended --> votes
 *       at any time                         --> DOUBT: rolled back
 *
 * Whoever asks or doubts casts nothing: no PREPARE, COMMIT, VIEW-CHANGE, COMPLAINT or proposal. In all else it goes
 * on as a full node, and passes on what it signed before. Doubt is a row of its own (store.h), so no restart ends it.
 *
 * *A trace.* A vote's row is durable before the vote leaves, and stays until its height is final. So our signature on
 * a vote of the open height whose row is missing or says something else, or on one of any later height, proves that
 * rows were lost (or that someone else runs with this key). It proves itself: nobody can silence us by claims. It is
 * looked for in votes, proposals, view votes, the certificates in them, certified milestones, and in what others tell:
 * wherever a signature is checked anyhow, however long after enough have told.
 *
 * *Asking.* Each start could be that of an old image of the disk, and a key that is said to be unused one that was
 * copied. Whoever holds our signatures sends them when asked (recall.h). Answers are signed over our nonce: strangers
 * cannot give q-1 of them. Without q-1 others at hand nothing could be decided anyway; all may ask at once, for asking
 * does not keep from telling.
 *
 * *What is final elsewhere.* A store that was rolled back far leaves no trace: nobody keeps votes for heights long final. But
 * f + 1 of those that tell name heads up to the final one, and one of them is honest; so nothing is cast below that head, where
 * a vote is of no use to anyone and might be a second one. Liars cannot name it beyond what can be learnt.
 *
 * *When it is safe.* Let h be our head before the loss: no vote of ours was for a height above h+1. q validators had
 * committed h, the honest of them with a head of h-1 at least. Of any q-1 others that tell, f or more are among those
 * q, and no more than f-1 of them are faulty, for we are one of the f ourselves: one of the q-1 is honest and had come
 * to h-1. So once our head is two above what each of some q-1 tellers told, it is h+1 at least, and whatever we forgot
 * is final. That holds however far honest validators lag. It need not be the first q-1 that tell: we ask the others as
 * long as we doubt, q of them are honest, and so liars that name heights that do not come cannot keep us waiting.
 *
 * It is an argument about the committee that decided h. When another comes into force, doubt asks its members anew, and
 * stays for one milestone of theirs at least: h was decided by them; or it is the last height before theirs, and h+1
 * that milestone; or it is lower, and all we forgot is final. Who is no member is not the qth, and needs q to tell.
 *
 * *Two epoch ends* above what those q-1 told are waited for besides. With no more than f faulty they add nothing. But
 * should f lie *and* we have forgotten, one too many, then f of q-1 tellers at least are honest: safe unless all those
 * lag by the epoch between the two ends. And nothing from before makes evidence any more. An own signature that comes to
 * light meanwhile puts off the end.
 *
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
    uint32_t told;                      /* bitmap: who has, of the committee in force */
    uint64_t heads[ITC_VALIDATORS_MAX]; /* where they stood then */
    uint64_t seen;                      /* highest height that a trace was of */
    uint64_t until; /* head at which doubt ends at the earliest; 0: not known yet */
    uint64_t final; /* casts nothing below this head: others have come so far */
};

/* At start, once the chain is loaded and before votes are. */
ITC_MUST enum itc_err itc_doubt_load(struct itc_node *n);
/* Whether an own vote's row of the open height, read at start after those of lower views, says what its key says, was
 * signed by us, and holds what it stands on as it was: the primary's proposal, or a prepared certificate.
 *   ITC_E_SIGNATURE ITC_E_FORM */
ITC_MUST enum itc_err itc_doubt_check_row(const struct itc_node *n, const struct itc_vote_row *row);
/* From now on. If it is so already, `seen`, the height of an own vote that came to light, may put off the end. */
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

/* A statement of whoever has `key` was verified. */
void itc_doubt_saw_statement(struct itc_node *n, const struct itc_key *key, uint32_t epoch,
    uint64_t index, const struct itc_statement *s);

/* The head has moved; another committee is in force. */
void itc_doubt_head_moved(struct itc_node *n);
void itc_doubt_reseated(struct itc_node *n);

#endif
