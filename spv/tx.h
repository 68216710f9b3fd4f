/* tx.h - the transaction: what an account signs. Pure. Layout: docs/protocol.md, "Transaction".
 *
 *     version 1 | kind 1 | issuer 32 | seq 8 | valid_until 8 | payload ... | signature 64
 *
 * The payload's length is what remains. The signature covers the tx alone, not the site that carries it: any
 * node can attach or re-attach a tx without its owner. A tx takes effect once, however many sites carry it. */
#ifndef ITC_SPV_TX_H
#define ITC_SPV_TX_H

#include "spv/change.h"

#define ITC_TX_VERSION 1
#define ITC_TX_FIXED 114      /* bytes beside the payload */
#define ITC_TX_PLAIN_MAX 1024 /* bytes; of all kinds but COMMITTEE. Genesis may ask for less */
#define ITC_TX_MAX (ITC_TX_FIXED + ITC_CHANGE_MAX) /* of any */
#define ITC_TX_TRANSFER 155                        /* bytes of a transfer */
#define ITC_DATA_TAG_MAX 32                        /* bytes */

/* Which rule applies. One table for all kinds, appended to as the protocol grows. */
enum itc_kind {
    ITC_KIND_TRANSFER = 1,
    ITC_KIND_DATA = 2,
    ITC_KIND_COMMITTEE = 3 /* payload: spv/change.h */
};

/* payload: to 32 | amount 8 | flags 1 */
struct itc_transfer {
    struct itc_key to;
    struct itc_amount amount;
    bool close; /* flags bit 0: leaves exactly nothing behind */
};

/* payload: tag_len 1 | tag | bytes */
struct itc_data {
    const uint8_t *tag;
    size_t tag_len; /* 1..ITC_DATA_TAG_MAX */
    const uint8_t *bytes;
    size_t len;
};

struct itc_tx {
    enum itc_kind kind;
    struct itc_key issuer;
    uint64_t seq;         /* must be the account's next */
    uint64_t valid_until; /* last milestone index in which it may apply; 0: no limit */
    union {
        struct itc_transfer transfer;
        struct itc_data data;     /* borrows the decoded bytes */
        struct itc_change change; /* the same */
    } u;
    struct itc_sig sig;
};

/* Decodes and checks the form; the signature is not verified.
 *   ITC_E_TRUNCATED ITC_E_TRAILING ITC_E_VERSION ITC_E_TOO_LARGE (above its kind's bound)
 *   ITC_E_FORM      unknown flag, amount 0 or above the supply, transfer to its own issuer, empty or long tag,
 *                   and as itc_change_read */
ITC_MUST enum itc_err itc_tx_decode(struct itc_tx *out, const uint8_t *bytes, size_t len);
/* Writes the one encoding; *len gets its size.
 *   ITC_E_TOO_LARGE exceeds `cap` or its kind's bound
 *   ITC_E_VERSION ITC_E_FORM: as for decoding; what cannot be read is not written */
ITC_MUST enum itc_err itc_tx_encode(uint8_t *out, size_t cap, size_t *len, const struct itc_tx *tx);
/* Whether a tx of `len` bytes is within genesis's tx_size_max, which does not bound changes of the committee. */
bool itc_tx_fits(const struct itc_tx *tx, size_t len, uint32_t tx_size_max);
/* Tx id, the signed message: tagged hash "itc/tx" of the encoding without its last 64 bytes.
 * `len` >= ITC_TX_FIXED, of a decoded tx. */
void itc_tx_id(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t *bytes, size_t len);

#endif
