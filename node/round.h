/* round.h - one view of one height: its proposal, and the votes for it. Pure.
 *
 *     a round's life (checked at each move, round.c has the table):
 *       EMPTY --> PROPOSED --> EVALUATED --> PREPARED (own vote) --> COMMITTED (own vote) --> gone when final
 *                     \-> REJECTED */
#ifndef ITC_NODE_ROUND_H
#define ITC_NODE_ROUND_H

#include "node/message.h"

enum itc_round_state {
    ITC_ROUND_EMPTY,
    ITC_ROUND_PROPOSED,
    ITC_ROUND_REJECTED,
    ITC_ROUND_EVALUATED,
    ITC_ROUND_PREPARED,
    ITC_ROUND_COMMITTED,
    ITC_ROUND_STATES
};

/* Verified votes of one type: at most one a validator; a second, different one is not counted. */
struct itc_votes {
    uint32_t held;                           /* bitmap */
    struct itc_hash ids[ITC_VALIDATORS_MAX]; /* header voted for */
    struct itc_sig sigs[ITC_VALIDATORS_MAX];
};

struct itc_round {
    struct itc_slot slot;
    enum itc_round_state state;
    struct itc_header header;
    uint8_t header_bytes[ITC_HEADER_SIZE];
    struct itc_hash header_id;
    uint8_t body[ITC_BODY_MAX];
    size_t body_len;
    struct itc_votes prepares;
    struct itc_votes commits;
    /* What the proposal is measured by (complaint.h). */
    bool measured; /* it came in its height's start view */
    uint32_t late_ms;
    /* Arrivals of what its primary had time to consider: before the second, and before the third or from the first. */
    uint64_t known_from, known_until, known_before;
    uint64_t known_tips; /* before that, tips, whenever they came: they were passed on again */
};

/* An empty round of `slot`. */
void itc_round_open(struct itc_round *r, const struct itc_slot *slot);
/* Asserts that the table allows it. */
void itc_round_move(struct itc_round *r, enum itc_round_state to);

bool itc_slot_equal(const struct itc_slot *a, const struct itc_slot *b);
/* The first of each voter counts. */
void itc_votes_hold(struct itc_votes *votes, uint32_t voter, const struct itc_hash *header_id,
    const struct itc_sig *sig);
/* A certificate of exactly `quorum` votes for the round's header. False: there are not enough. */
bool itc_round_certify(const struct itc_round *r, const struct itc_votes *votes, uint32_t quorum,
    struct itc_cert *out);

#endif
