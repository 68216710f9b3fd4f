/* vote_book.h - every vote that ever left a node, and what must never be among them: an oracle. Uses the heap.
 *
 *     (type, epoch, view, height, voter) --> header id       an honest voter: one only, over all restarts
 *     q COMMITs of one (epoch, view, height) for one id      a certificate is possible; traitors are taken to have
 *                                                            sent one for each
 *     two ids of one height with possible certificates       the chain could fork: found
 *
 *     a traitor shows an honest voter's vote                 its voter has sent that very vote before
 *
 *     COMMIT in view u, VIEW-CHANGE to v > u by one voter    the latter must name what was prepared in u or later:
 *                                                            a commit forgotten is a fork to come; and the COMMIT comes
 *                                                            first, as does a PREPARE in u
 *     COMMIT of an honest voter                              q PREPAREs of its slot and header were sent, but for its own
 *     PREPARE of an honest voter                             of no other header than what can have a certificate of a lower
 *                                                            view; nor of one that was proposed with votes for a new view
 *                                                            that do not allow it (new_view.h)
 *
 * What is told when somebody asks for old votes may have been cast before the voter left, and never sent. Once it is shown
 * otherwise, by whoever is honest, it counts as sent there and then.
 *
 * A voter is a seat of its epoch's committee (rosters.h). Votes for epochs that are not settled yet can be nobody's but
 * a traitor's, and do not count.
 *
 * Votes are taken from the frames themselves, certificates and what is told of old votes included; each signature is
 * checked once. What a node
 * signed but never sent does not count: its power failed before, and nobody can know. */
#ifndef ITC_SIM_VOTE_BOOK_H
#define ITC_SIM_VOTE_BOOK_H

#include "node/message.h"
#include "node/store.h"
#include "spv/genesis.h"
#include "tools/sim/finding.h"
#include "tools/sim/rosters.h"

struct itc_settled;

struct itc_vote_entry {
    bool used;
    bool recalled; /* so far only told of, and after its voter had left */
    uint8_t type;  /* enum itc_vote_type, or one of the book's own */
    uint8_t voter;
    struct itc_slot slot;
    uint32_t
        named; /* VIEW-CHANGE: 1 + the view in which the named header was prepared; 0: it names none */
    struct itc_hash id; /* of the header; VIEW-CHANGE: of all that was signed */
};

/* Two values that one voter, not honest, has validly signed for one slot: what evidence of it would show. */
struct itc_double_vote {
    struct itc_slot slot;
    uint8_t type; /* enum itc_vote_type */
    uint8_t voter;
    struct itc_hash ids[2];
};
#define ITC_DOUBLE_VOTES 64

struct itc_vote_book {
    struct itc_hash chain;
    struct itc_params params;
    const struct itc_rosters *rosters;
    uint32_t honest;              /* bitmap of members, as rosters know them */
    bool shown_by_traitor;        /* the frame at hand: none of its honest votes is news */
    struct itc_vote_entry *table; /* open addressing; a power of two */
    struct itc_settled *settled;  /* likewise, by height */
    size_t count, capacity;
    size_t settled_count, settled_capacity;
    uint32_t doubled; /* bitmap of members, as above, with a double vote */
    struct itc_double_vote doubles[ITC_DOUBLE_VOTES]; /* a ring */
    uint64_t doubles_count;
    struct itc_finding *finding;
};

void itc_vote_book_init(struct itc_vote_book *b, const struct itc_params *params,
    const struct itc_hash *chain, const struct itc_rosters *rosters, uint32_t honest,
    struct itc_finding *finding);
void itc_vote_book_free(struct itc_vote_book *b);
/* Whether a voter of an epoch that is settled may have cast this vote: one that is honest has. */
bool itc_vote_book_may_have(const struct itc_vote_book *b, enum itc_vote_type type,
    const struct itc_slot *slot, uint8_t voter, const struct itc_hash *id);
/* The header id that can have a certificate at this height; NULL if none can yet. */
const struct itc_hash *itc_vote_book_settled(const struct itc_vote_book *b, uint64_t index);
/* Takes down all votes in a frame that a node sends (vote_frames.c). */
void itc_vote_book_frame(struct itc_vote_book *b, uint64_t at_ms, const uint8_t *frame, size_t len);

/* Takes down one, if `sig` is its voter's of `message`. */
void itc_vote_book_take(struct itc_vote_book *b, uint64_t at_ms, const struct itc_vote_entry *vote,
    const struct itc_hash *message, const struct itc_sig *sig);
/* Notes whether the votes for a new view allow what was proposed with them. A start view has none, and what honest
 * nodes show without any is of one. */
void itc_vote_book_note(
    struct itc_vote_book *b, const struct itc_proposal *p, const struct itc_hash *id);

#endif
