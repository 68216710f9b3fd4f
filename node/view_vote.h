/* view_vote.h - a validator's vote for a new view of one height: codec and what is signed. Pure.
 *
 *     voter 1 | signature 64 | cert_len 2 | [header id 32 | prepared certificate], in brackets unless cert_len is 0
 *
 * Signed: tagged hash "itc/view-change" of epoch 4 | view 4 | index 8 | prepared 1 | its view 4 | its header id 32
 * (the last two zero if nothing is prepared). q of them for one slot, ascending by voter, are a *new view*: they
 * settle what its primary may propose. */
#ifndef ITC_NODE_VIEW_VOTE_H
#define ITC_NODE_VIEW_VOTE_H

#include "spv/cursor.h"
#include "spv/header.h"

#define ITC_VIEW_VOTE_MAX (1 + 64 + 2 + 32 + ITC_CERT_MAX)
#define ITC_NEW_VIEW_MAX (ITC_VALIDATORS_MAX * ITC_VIEW_VOTE_MAX)

struct itc_view_vote {
    uint8_t voter;
    struct itc_sig sig;
    bool prepared;             /* the voter holds a prepared certificate of this height */
    struct itc_hash header_id; /* of what is prepared */
    struct itc_cert cert;      /* its PREPAREs */
};

void itc_view_vote_write(struct itc_writer *w, const struct itc_view_vote *v);
/* Reads one, and leaves the reader behind it. *out is undefined on error.
 *   ITC_E_TRUNCATED ITC_E_TOO_LARGE; ITC_E_FORM: voter above 31; and what itc_cert_decode returns */
ITC_MUST enum itc_err itc_view_vote_read(struct itc_reader *r, struct itc_view_vote *out);

void itc_view_vote_message(struct itc_hash *out, const struct itc_hash *chain,
    const struct itc_slot *slot, const struct itc_view_vote *v);
/* A vote for `slot` of that height's committee: its signature, and the prepared certificate that it names.
 *   ITC_E_FORM       no such voter
 *   ITC_E_QUORUM     the certificate is of another height, of no view below, or not of a quorum
 *   ITC_E_SIGNATURE  of the vote, or of its certificate */
ITC_MUST enum itc_err itc_view_vote_check(const struct itc_hash *chain,
    const struct itc_committee *c, uint32_t quorum, const struct itc_slot *slot,
    const struct itc_view_vote *v);

#endif
