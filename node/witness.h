/* witness.h - catching validators that vote twice, and seeing to it that the chain learns of it. Pure.
 *
 *     votes held (rounds, view votes)  --+
 *     votes of the last 8 rounds closed -+-- what comes contradicts one? --> evidence --> pool --EVIDENCE--> all peers
 *                                                                                          |
 *     EVIDENCE of peers, checked  ---------------------------------------------------------+--> own proposal's body
 *
 * A traitor may tell one half of the committee this and the other half that, so that nobody hears both. Therefore a
 * round that closes shows its odd votes to all validators: those for another header than the round's own, at most f
 * of a type (so many can be the voters' fault), those that come late included; and if there are odd PREPAREs the
 * primary's too, for then it may have proposed twice. Whoever heard otherwise has the pair. Late votes that are not
 * odd are kept unchecked: they cost nothing until they matter, as they do when another comes whose header or signature
 * differs: one of the two may be forged, so as to stand where the voter's own should. What is shown again and again costs its receivers
 * nothing, and who is found out is shown no more.
 *
 * A second vote is checked where it comes in: a forged one is its sender's fault, who is dropped after a few; a genuine
 * one makes evidence, and no more of that voter's are looked at. So floods of either are cheap.
 *
 * The pool holds one evidence an offender, in memory only: peers send what they hold when they meet, and in turn all
 * the time, until it stands in a milestone or is too old. So what one honest node that stays up holds is soon with the
 * next honest primary. */
#ifndef ITC_NODE_WITNESS_H
#define ITC_NODE_WITNESS_H

#include "node/evidence.h"
#include "node/message.h"
#include "node/round.h"

struct itc_node;

#define ITC_WITNESS_PAGES 8

/* The votes of one type in a page. Those that came when nobody needed them any more are kept without a check, until
 * another one contradicts them. */
struct itc_witness_votes {
    struct itc_votes checked;
    struct itc_votes unchecked;
    uint32_t from[ITC_VALIDATORS_MAX]; /* peers that sent the unchecked ones */
    uint32_t shown;                    /* how many odd ones */
};

/* The votes of a round that has closed, or is about to. */
struct itc_witness_page {
    struct itc_slot slot; /* index 0: none */
    bool has_header;      /* closed, and this is what its votes should be for */
    struct itc_hash header_id;
    struct itc_witness_votes prepares, commits;
};

struct itc_witness {
    struct itc_witness_page pages[ITC_WITNESS_PAGES]; /* a ring */
    uint32_t next_page;
    struct itc_evidence pool[ITC_VALIDATORS_MAX]; /* each against a member of ledger.seats.next */
    uint32_t count;
    uint64_t resend_ms; /* monotonic */
    uint32_t next_resent;
};

/* The verified votes of this type for `slot`, in a round that is open or closed since; NULL: none are kept. */
const struct itc_votes *itc_witness_votes(
    const struct itc_node *n, const struct itc_slot *slot, enum itc_vote_type type);

/* A vote (or a proposal's signature) whose voter is held for another header.
 *   ITC_E_SIGNATURE  it is forged */
ITC_MUST enum itc_err itc_witness_second_vote(struct itc_node *n, const struct itc_vote *v);
/* A vote that no round needs any more: kept, and compared with what else its voter says of the slot.
 *   ITC_E_SIGNATURE  it contradicts a good one, and is forged */
ITC_MUST enum itc_err itc_witness_late_vote(
    struct itc_node *n, uint32_t peer, const struct itc_vote *v);
/* A proposal that no round waits for: a second one?  ITC_E_SIGNATURE as above */
ITC_MUST enum itc_err itc_witness_proposal(struct itc_node *n, const struct itc_proposal *p);
/* A vote of a member, its signature good, is compared with all that is held. */
void itc_witness_vote(struct itc_node *n, const struct itc_vote *v);
/* And its round has closed while it was checked. */
void itc_witness_checked_late(struct itc_node *n, const struct itc_vote *v);
void itc_witness_view_vote(
    struct itc_node *n, const struct itc_slot *slot, const struct itc_view_vote *v);
/* A view vote of a voter whose vote for this view is held: another one?  ITC_E_SIGNATURE as above */
ITC_MUST enum itc_err itc_witness_second_view_vote(
    struct itc_node *n, const struct itc_slot *slot, const struct itc_view_vote *v);
/* The votes of a new view that was checked. */
void itc_witness_new_view(
    struct itc_node *n, const struct itc_slot *slot, const uint8_t *new_view, size_t len);
/* A round is over: its votes are kept for a while, and odd ones shown. */
void itc_witness_closed(struct itc_node *n, const struct itc_round *r);
/* Another committee is in force: the votes kept are of other indices. */
void itc_witness_reseated(struct itc_node *n);

/* From a peer. ITC_OK also if it is old, known, or about somebody who is no member or out already.
 *   ITC_E_SIGNATURE  forged */
ITC_MUST enum itc_err itc_witness_evidence(
    struct itc_node *n, uint32_t peer, const struct itc_evidence *e);
/* Fills in the evidence that a body for the open height can hold. */
void itc_witness_choose(const struct itc_node *n, struct itc_body *body);
/* Whether there is such evidence. */
bool itc_witness_has_news(const struct itc_node *n);
void itc_witness_peer_down(struct itc_node *n, uint32_t peer); /* not to be blamed any more */
/* The head has moved: forgets what has served or is too old. */
void itc_witness_head_moved(struct itc_node *n);
void itc_witness_peer_up(struct itc_node *n, uint32_t peer);
void itc_witness_tick(struct itc_node *n); /* sends again what is held, in turn */

/* Between witness.c and witness_votes.c. Whether evidence against `key` is still looked for, and this is of an epoch in
 * which it serves; then it is added: good, and passed on to all peers but `from`. */
bool itc_witness_wants(const struct itc_node *n, const struct itc_key *key);
bool itc_witness_is_timely(const struct itc_node *n, const struct itc_evidence *e);
void itc_witness_add(struct itc_node *n, uint32_t from, const struct itc_evidence *e);

#endif
