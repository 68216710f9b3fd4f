/* service.h - what wallets and lamps ask a node, and its answers: codecs only. Pure.
 * One request, one reply (NNG REQ/REP carries them).
 *
 *     request = version 1 | op 1 | fields            reply = version 1 | status 1 | fields, or a message text
 *
 *     op         fields of the request                       fields of the reply
 *     INFO       -                                           the fields of itc_info; software_len 1 | software
 *     SUBMIT     tx_len 2 | tx                               tx id 32
 *     JUMP       trusted 8                                   jump
 *     ACCOUNT    trusted 8 | key 32                          jump | has_value 1 | [value 16] | proof_len 2 | proof
 *                                                              | open_next_seq 8 | open_spent 8
 *     TX         id 32 | wait_ms 4                           stage 1 | [weight 4] | [verdict 1 | milestone 8
 *                                                              | position 4] | tx_len 2 (0: not held) | tx
 *     PROOF      trusted 8 | id 32                           jump | header 256 | history path | site id 32
 *                                                              | verdict 1 | position 4 | tx_len 2 | tx | tx path
 *     PAYMENTS   key 32 | milestone 8 | position 4           count 2 | more 1
 *                  | wait_ms 4                                 | (milestone 8 | position 4 | tx id 32) x count
 *     MILESTONE  index 8                                     header 256 | cert_len 2 | cert
 *     HOP        trusted 8                                   handover
 *     COMMITTEE  trusted 8                                   handover
 *
 *     jump = header 256 | cert_len 2 | cert | path           path = count 2 | 32 x count, count at most 64
 *     handover = jump | n 1 | keys 32 x n
 *
 * A bool is 0 or 1. An encoder writes a whole reply, version and status included; a decoder reads the fields that
 * itc_reply_open finds. An encoder that fails leaves *len alone, but may have written into `out`.
 *
 * Nothing in a reply is to be believed before spv/light.h has checked it, except where a field says "hint".
 * Decoders borrow the bytes they are given. All return ITC_E_TRUNCATED, ITC_E_TRAILING, ITC_E_VERSION (version
 * or op unknown), ITC_E_FORM, ITC_E_TOO_LARGE. */
#ifndef ITC_SPV_SERVICE_H
#define ITC_SPV_SERVICE_H

#include "spv/light.h"

#define ITC_SERVICE_VERSION 1
#define ITC_REQUEST_MAX (2 + 128 + ITC_TX_MAX)
#define ITC_REPLY_MAX 16384
#define ITC_REPLY_TEXT_MAX 200 /* characters of a refusal */
#define ITC_WAIT_MAX_MS 30000
#define ITC_PAYMENTS_MAX 32 /* entries in one reply */

enum itc_op {
    ITC_OP_INFO = 1,      /* who are you */
    ITC_OP_SUBMIT = 2,    /* take this tx */
    ITC_OP_JUMP = 3,      /* newest header, from mine */
    ITC_OP_ACCOUNT = 4,   /* an account at the newest header, with the jump there */
    ITC_OP_TX = 5,        /* stage of a tx */
    ITC_OP_PROOF = 6,     /* proof of a tx for my trusted header */
    ITC_OP_PAYMENTS = 7,  /* transfers applied to this account after a cursor */
    ITC_OP_MILESTONE = 8, /* a header and its certificate */
    ITC_OP_HOP = 9, /* the next header after mine at which the committee changes, and to whom */
    ITC_OP_COMMITTEE = 10 /* newest header, from mine, and the committee it names as next */
};
#define ITC_LATEST UINT64_MAX /* as a milestone's index: the newest */

struct itc_request {
    enum itc_op op;
    union {
        struct { /* ITC_OP_SUBMIT */
            const uint8_t *bytes;
            size_t len;
        } submit;
        struct {              /* ITC_OP_JUMP, ITC_OP_HOP, ITC_OP_COMMITTEE */
            uint64_t trusted; /* index of the caller's header */
        } jump;
        struct { /* ITC_OP_ACCOUNT */
            uint64_t trusted;
            struct itc_key key;
        } account;
        struct { /* ITC_OP_TX */
            struct itc_hash id;
            uint32_t wait_ms; /* answer when final, or after this long; at most ITC_WAIT_MAX_MS */
        } tx;
        struct { /* ITC_OP_PROOF */
            uint64_t trusted;
            struct itc_hash id;
        } proof;
        struct { /* ITC_OP_PAYMENTS */
            struct itc_key key;
            uint64_t milestone; /* entries with (milestone, position) greater than this pair */
            uint32_t position;
            uint32_t wait_ms; /* answer when there is one, or after this long */
        } payments;
        struct {            /* ITC_OP_MILESTONE */
            uint64_t index; /* or ITC_LATEST */
        } milestone;
    } u;
};

ITC_MUST enum itc_err itc_request_decode(struct itc_request *out, const uint8_t *bytes, size_t len);
ITC_MUST enum itc_err itc_request_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_request *r);

/* Refusal: status is the error, the rest a short text for people: printable ASCII (anything else becomes '?'), cut
 * at ITC_REPLY_TEXT_MAX and at `cap`, which is at least 2. Returns the size. */
size_t itc_reply_error(uint8_t *out, size_t cap, enum itc_err e, const char *text);
/* Splits a reply: on ITC_OK, *body and *body_len are the fields; otherwise returns the status the node sent
 * and they are its text (not NUL-terminated; printable ASCII, so that it may be shown). For bytes that are no reply
 * (ITC_E_TRUNCATED ITC_E_VERSION ITC_E_TOO_LARGE ITC_E_FORM) they are NULL and 0. */
ITC_MUST enum itc_err itc_reply_open(
    const uint8_t **body, size_t *body_len, const uint8_t *bytes, size_t len);

struct itc_info { /* all hints */
    struct itc_hash chain;
    enum itc_network network;
    uint64_t index; /* newest final milestone */
    uint64_t time_ms;
    uint32_t work_bits;
    uint32_t epoch;
    uint32_t view;
    uint32_t open_sites;
    uint32_t tips;
    uint32_t peers;
    uint32_t validators;
    bool validator; /* this node has a seat in the committee */
    bool synced;
    uint64_t accounts;
    uint32_t empty_seats; /* bit per seat whose member was convicted; they count in `validators` */
    bool votes;           /* it is a validator, and sure of what it voted before */
    bool doubts;          /* it is not sure, hence observes */
    uint64_t doubt_until; /* milestone at which doubt ends; 0: none, or not known yet */
    uint8_t software_len;
    char software[32]; /* "itcd 0.1.0"; not NUL-terminated */
};
ITC_MUST enum itc_err itc_info_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_info *i);
ITC_MUST enum itc_err itc_info_decode(struct itc_info *out, const uint8_t *body, size_t len);

/* ITC_OP_SUBMIT: the tx id, as the node sees it: acknowledged, and kept over a crash. */
ITC_MUST enum itc_err itc_submitted_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_hash *id);
ITC_MUST enum itc_err itc_submitted_decode(struct itc_hash *out, const uint8_t *body, size_t len);

/* ITC_OP_JUMP */
ITC_MUST enum itc_err itc_jump_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_jump *j);
ITC_MUST enum itc_err itc_jump_decode(struct itc_jump *out, const uint8_t *body, size_t len);

/* ITC_OP_HOP, ITC_OP_COMMITTEE: a jump, and the list whose hash is its header's next_committee. That it has the seats
 * it says, 1 to 32, is all that is checked: a struck-out seat's key is zeros.
 *   ITC_E_UNKNOWN from a node (HOP): the committee has not changed since */
struct itc_handover {
    struct itc_jump jump;
    struct itc_committee next;
};
ITC_MUST enum itc_err itc_handover_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_handover *h);
ITC_MUST enum itc_err itc_handover_decode(
    struct itc_handover *out, const uint8_t *body, size_t len);

/* ITC_OP_ACCOUNT */
struct itc_account_reply {
    struct itc_jump jump;
    const uint8_t *value; /* ITC_ACCOUNT_VALUE bytes; NULL if absent */
    const uint8_t *proof; /* for itc_smt_proof_decode */
    size_t proof_len;
    uint64_t open_next_seq; /* hint: next seq after the account's open txs known to this node */
    struct itc_amount open_spent; /* hint: what those txs spend; 257 of them are looked at */
};
ITC_MUST enum itc_err itc_account_reply_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_account_reply *a);
ITC_MUST enum itc_err itc_account_reply_decode(
    struct itc_account_reply *out, const uint8_t *body, size_t len);

/* How far a tx has come. Only `final` is a promise. Fields that do not belong to a stage are not sent; decoding
 * makes them 0. */
enum itc_stage {
    ITC_STAGE_UNKNOWN = 0,
    ITC_STAGE_WAITING = 1,   /* acknowledged here, in no open site yet */
    ITC_STAGE_PENDING = 2,   /* in an open site; weight grows */
    ITC_STAGE_CONFIRMED = 3, /* weight over the threshold, no open conflict near it: a hint */
    ITC_STAGE_FINAL = 4      /* in a certified milestone, with a verdict */
};
const char *itc_stage_name(enum itc_stage s);
struct itc_tx_status {
    enum itc_stage stage;
    uint32_t weight;          /* pending, confirmed: greatest among the sites that carry it */
    enum itc_verdict verdict; /* final */
    uint64_t milestone;       /* final */
    uint32_t position;        /* final */
    const uint8_t *tx; /* the tx as signed; NULL if its bytes are not held (unknown, pruned) */
    size_t tx_len;
};
ITC_MUST enum itc_err itc_tx_status_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_tx_status *s);
ITC_MUST enum itc_err itc_tx_status_decode(
    struct itc_tx_status *out, const uint8_t *body, size_t len);

/* ITC_OP_PROOF: the proof, and the jump from the caller's trusted header to the node's newest: the tx proof is
 * relative to the header the jump leads to. */
struct itc_proof_reply {
    struct itc_jump jump;
    struct itc_tx_proof proof;
};
ITC_MUST enum itc_err itc_proof_reply_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_proof_reply *p);
ITC_MUST enum itc_err itc_proof_reply_decode(
    struct itc_proof_reply *out, const uint8_t *body, size_t len);

/* ITC_OP_PAYMENTS: where to ask for proofs, oldest first. */
struct itc_payment {
    uint64_t milestone;
    uint32_t position;
    struct itc_hash tx_id;
};
struct itc_payments {
    uint32_t count;
    bool more; /* the list was cut at ITC_PAYMENTS_MAX */
    struct itc_payment list[ITC_PAYMENTS_MAX];
};
ITC_MUST enum itc_err itc_payments_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_payments *p);
ITC_MUST enum itc_err itc_payments_decode(
    struct itc_payments *out, const uint8_t *body, size_t len);

/* ITC_OP_MILESTONE */
struct itc_milestone_reply {
    const uint8_t *header; /* ITC_HEADER_SIZE bytes */
    const uint8_t *cert;   /* empty for header 0 */
    size_t cert_len;
};
ITC_MUST enum itc_err itc_milestone_reply_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_milestone_reply *m);
ITC_MUST enum itc_err itc_milestone_reply_decode(
    struct itc_milestone_reply *out, const uint8_t *body, size_t len);

#endif
