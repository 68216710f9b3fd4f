/* itc_outbox.h - the payments of a wallet that are signed and not yet settled, and which sequence
 * number the next one gets. Pure.
 *
 * Two signed payments with one sequence number fight each other, and only one can win; a payment
 * that waits behind a number nobody uses never applies. With S the account's proved next number:
 *
 *     number:     S        S+1      S+2      S+3
 *     outbox:     sent     free     sent     -            the next payment gets S+1, then S+3
 *
 *     unsure  signed, and perhaps delivered, but its owner was not told so: what looks like the
 * same
 *             payment again is this one, tried again
 *     sent    acknowledged by a node, and its owner knows
 *     past    was unsure, and its number is used up: most likely by itself
 *     free    can never apply (valid_until has passed and S proves that it did not apply), or was
 *             refused at its first and only delivery. In the second case the node may have lied and
 *             deliver it later: then the two fight, and the owner pays once, not twice. A new
 *             number would risk twice.
 *
 * Nothing is in two minds for ever: every payment carries a valid_until, and when all have run out
 * the numbers start again at S. */
#ifndef ITC_TOOLS_ITC_OUTBOX_H
#define ITC_TOOLS_ITC_OUTBOX_H

#include "spv/tx.h"

#define ITC_OUTBOX_MAX 32        /* payments under way at once */
#define ITC_OUTBOX_HINT_AHEAD 64 /* how far ahead of what is known a node's hint is believed */
#define ITC_OUTBOX_BYTES (1 + ITC_OUTBOX_MAX * (1 + ITC_TX_TRANSFER))

enum itc_outbox_state {
    ITC_OUTBOX_UNSURE = 0,
    ITC_OUTBOX_SENT = 1,
    ITC_OUTBOX_FREE = 2,
    ITC_OUTBOX_PAST = 3
};

struct itc_outbox_entry {
    enum itc_outbox_state state;
    struct itc_tx tx; /* a transfer */
    uint8_t bytes[ITC_TX_TRANSFER];
};
struct itc_outbox {
    uint32_t count;
    struct itc_outbox_entry entries[ITC_OUTBOX_MAX]; /* one per number */
};

/* Forgets what the ledger has decided: `next_seq` is the account's, proved at milestone `index`. */
void itc_outbox_settle(struct itc_outbox *o, uint64_t next_seq, uint64_t index);

/* Number of the next payment, after itc_outbox_settle with the same `next_seq`. `hint` is the
 * node's word on the next number after all open payments it knows, which may come from another
 * wallet with this key.
 *   ITC_E_FULL      too many payments are under way
 *   ITC_E_SEQUENCE  the hint is too far ahead to be true */
ITC_MUST enum itc_err itc_outbox_next(
    const struct itc_outbox *o, uint64_t *seq, uint64_t next_seq, uint64_t hint);

/* Adds a payment with the number that itc_outbox_next gave, as unsure; it takes the place of a free
 * one. `bytes` is a decodable transfer. */
struct itc_outbox_entry *itc_outbox_add(struct itc_outbox *o, const uint8_t bytes[ITC_TX_TRANSFER]);
/* The unsure or sent payment of that number, or NULL. */
struct itc_outbox_entry *itc_outbox_find(struct itc_outbox *o, uint64_t seq);
/* An unsure or past payment of the same amount to the same account, or NULL. */
struct itc_outbox_entry *itc_outbox_retry(struct itc_outbox *o, const struct itc_transfer *t);
/* The owner has been told that payment `seq` arrived, or how it ended: it is not tried again. */
void itc_outbox_told(struct itc_outbox *o, uint64_t seq);
/* Sum of all that is under way.  Saturates at the supply. */
struct itc_amount itc_outbox_sum(const struct itc_outbox *o);

/* Stored form: count 1 | (state 1 | tx 155) x count. */
size_t itc_outbox_encode(uint8_t out[ITC_OUTBOX_BYTES], const struct itc_outbox *o);
/* ITC_E_TRUNCATED ITC_E_TRAILING ITC_E_FORM, and the codec errors of a tx. */
ITC_MUST enum itc_err itc_outbox_decode(struct itc_outbox *out, const uint8_t *bytes, size_t len);

#endif
