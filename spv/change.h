/* change.h - a change of the committee: what q of its present members sign. Pure. Layout: docs/protocol.md,
 * "Transaction", kind 3.
 *
 *     present 32 | epoch 4 | n 1 | keys 32 x n | signers 4 (bitmap) | signatures 64 x q, ascending signer
 *
 * The members' signatures cover chain, epoch, present committee and new list, and nothing of the tx around them: any
 * account may carry the change, to one effect only, and in no other epoch and under no other committee to any. */
#ifndef ITC_SPV_CHANGE_H
#define ITC_SPV_CHANGE_H

#include "spv/cursor.h"
#include "spv/header.h"

#define ITC_CHANGE_SIGNERS_MAX 22 /* q of 32 */
#define ITC_CHANGE_MAX (32 + 4 + 1 + 32 * ITC_VALIDATORS_MAX + 4 + 64 * ITC_CHANGE_SIGNERS_MAX)

struct itc_change {
    struct itc_hash present; /* hash of the committee that signs it */
    uint32_t epoch;          /* in which it must be applied; in force from the next one on */
    uint32_t n;              /* of the new committee */
    const uint8_t *keys;     /* 32 x n, borrowed */
    uint32_t signers;        /* bit i: member i of the present committee signed */
    const uint8_t *sigs;     /* 64 for each set bit, borrowed */
};

/* Reads one, borrowing the reader's bytes; the caller asks for its end.
 *   ITC_E_TRUNCATED
 *   ITC_E_FORM  n is not 1 .. 32, a key is there twice, or not 1 .. ITC_CHANGE_SIGNERS_MAX have signed */
ITC_MUST enum itc_err itc_change_read(struct itc_reader *r, struct itc_change *out);
/* ITC_E_FORM as above. */
ITC_MUST enum itc_err itc_change_check(const struct itc_change *c);
size_t itc_change_size(const struct itc_change *c); /* of a checked one */
void itc_change_write(struct itc_writer *w, const struct itc_change *c);

uint32_t itc_change_signatures(const struct itc_change *c); /* how many there are */
void itc_change_committee(struct itc_committee *out, const struct itc_change *c);
/* What the members sign: tagged hash "itc/committee-change" of epoch 4 | present 32 | n 1 | keys. */
void itc_change_message(
    struct itc_hash *out, const struct itc_hash *chain, const struct itc_change *c);

#endif
