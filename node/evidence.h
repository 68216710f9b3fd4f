/* evidence.h - two signed votes of one validator that contradict each other: codec and check. Pure. Layout:
 * docs/protocol.md, "Evidence".
 *
 *     key 32 | epoch 4 | index 8 | statement 106 | statement 106                                     256 bytes
 *     statement = type 1 | view 4 | named 1 | its view 4 | header id 32 | signature 64
 *
 * A statement is what a PREPARE, COMMIT or VIEW-CHANGE says, all of it about one height. Two contradict each other if
 *
 *   - they are of one type and view, and differ; or
 *   - one is a COMMIT in view w, the other a VIEW-CHANGE to a view above w that names nothing prepared, or something
 *     prepared below w, or another header prepared in w: the commit was forgotten.
 *
 * An honest validator never signs such a pair, restarts included, as long as its store keeps what was durable:
 *
 *   PREPARE      cast once a slot (cast.c), its row durable before it leaves. After a restart the row is found and
 *                fills the place of the own vote; the round then belongs to the row's header. A primary's PREPARE is
 *                its proposal: one that was made but was not durable was never sent.
 *   COMMIT       the same.
 *   VIEW-CHANGE  a replica's view of a height only grows, over restarts too (the row brings it back), and a vote to
 *                leave for v is signed as v is entered: once. What is sent again is the row.
 *   COMMIT, then VIEW-CHANGE   the COMMIT row holds the prepared certificate of its view, and what a VIEW-CHANGE
 *                names is the newest of these rows. After the VIEW-CHANGE no COMMIT of a lower view is cast.
 *
 * Whose store is lost or old must not vote at all until it is safe (doubt.h); a copied key is a crime. Nothing that others
 * forge, mix or replay makes evidence against a key: both signatures are its own, over chain, epoch, view and height. */
#ifndef ITC_NODE_EVIDENCE_H
#define ITC_NODE_EVIDENCE_H

#include "spv/cursor.h"
#include "spv/header.h"
#include "tangle/seats.h"

#define ITC_STATEMENT_SIZE 106
#define ITC_EVIDENCE_SIZE (32 + 4 + 8 + 2 * ITC_STATEMENT_SIZE)

/* A vote row, a vote on the wire and a statement share these values. */
enum itc_vote_type {
    ITC_VOTE_PREPARE = 1,
    ITC_VOTE_COMMIT = 2,
    ITC_VOTE_VIEW_CHANGE = 3
};

struct itc_statement {
    enum itc_vote_type type;
    uint32_t view;
    bool named;          /* VIEW-CHANGE: it names something prepared; false for the others */
    uint32_t named_view; /* in which that was prepared; 0 if not named */
    struct itc_hash
        header_id; /* of what is voted for, or named; zeros if a VIEW-CHANGE names nothing */
    struct itc_sig sig;
};

struct itc_evidence {
    struct itc_key key; /* of the offender */
    uint32_t epoch;
    uint64_t index;
    struct itc_statement a,
        b; /* ascending by their bytes but the signature: a pair has one encoding */
};

/* Whether the two, said by one validator of one height, contradict each other; signatures are not looked at. */
bool itc_statements_contradict(const struct itc_statement *a, const struct itc_statement *b);
/* Of two that contradict each other, in any order. */
void itc_evidence_make(struct itc_evidence *out, const struct itc_key *key, uint32_t epoch,
    uint64_t index, const struct itc_statement *x, const struct itc_statement *y);

void itc_evidence_encode(uint8_t out[ITC_EVIDENCE_SIZE], const struct itc_evidence *e);
/* Reads one, and leaves the reader behind it. *out is undefined on error.
 *   ITC_E_TRUNCATED
 *   ITC_E_FORM  a type is none, a field that must be 0 is not, or the two are not in order or do not contradict */
ITC_MUST enum itc_err itc_evidence_read(struct itc_reader *r, struct itc_evidence *out);
/* Whether both signatures are good.  ITC_E_SIGNATURE */
ITC_MUST enum itc_err itc_evidence_verify(
    const struct itc_evidence *e, const struct itc_hash *chain);

/* Does what it does in a body of the milestone that is `s`'s next: empties the offender's seat.
 *   ITC_E_EXPIRED  it is of another epoch than `s`'s or the one before
 *   and what itc_seats_convict and itc_evidence_verify return; then *s is undefined */
ITC_MUST enum itc_err itc_evidence_convict(struct itc_seats *s, const struct itc_evidence *e);
/* The same, of evidence that has been verified. */
ITC_MUST enum itc_err itc_evidence_apply(struct itc_seats *s, const struct itc_evidence *e);

/* What a statement signs. */
void itc_statement_message(struct itc_hash *out, const struct itc_hash *chain, uint32_t epoch,
    uint64_t index, const struct itc_statement *s);
const char *itc_vote_type_name(enum itc_vote_type type); /* "PREPARE", ... */

#endif
