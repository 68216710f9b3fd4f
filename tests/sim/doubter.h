/* doubter.h - one validator on a table (bench.h) that asks others for its own votes, and may have forgotten some. */
#ifndef ITC_TESTS_SIM_DOUBTER_H
#define ITC_TESTS_SIM_DOUBTER_H

#include "tests/sim/bench.h"

#define DOUBTER 1u
#define DOUBTER_OTHERS 3
extern const uint32_t doubter_others[DOUBTER_OTHERS]; /* at the links of their numbers */

/* *state is a bench, not started, in epochs of that many milestones. */
int doubter_setup(void **state, uint32_t epoch_length);
void doubter_start(struct bench *b);
/* Its very first start, until it may vote. */
void doubter_start_trusted(struct bench *b);
void doubter_restart(struct bench *b);
struct itc_memory doubter_memory(const struct bench *b);
/* Whether it votes for the primary's proposal of the open height. */
bool doubter_votes(struct bench *b);
/* On to this head, by certificates that it did not sign. */
void doubter_advance(struct bench *b, uint64_t head);

/* What makes it ask that peer. */
void doubter_status(struct bench *b, uint32_t peer);
/* Validator `teller` answers what was asked over its link, over `nonce`, signed by `signs`; `mark` may be NULL; who relays
 * it may strip it of its mark. The link of number DOUBTER is the fifth validator's, if there is one. */
void doubter_answer(struct bench *b, uint32_t teller, uint32_t signs, uint64_t nonce, uint64_t head,
    const struct itc_mark *mark, bool stripped);
void doubter_tell_as(struct bench *b, uint32_t teller, uint32_t signs, uint64_t nonce,
    uint64_t head, const struct itc_mark *mark);
/* It is asked, and answers. */
void doubter_tell(struct bench *b, uint32_t teller, uint64_t head, const struct itc_mark *mark);

/* Of an empty milestone after the head. */
void doubter_make_header(struct bench *b, struct itc_header *h, uint8_t body[ITC_BODY_MAX]);
/* An own vote for that header, of height `index`, in `view`; `good`: really signed by us. */
struct itc_mark doubter_own_vote(
    struct bench *b, enum itc_vote_type type, uint64_t index, uint32_t view, bool good);
/* A peer passes it on. */
void doubter_echo(struct bench *b, const struct itc_mark *m);

#endif
