/* header.h - milestone header, committee, quorum certificate. Pure. Layout: docs/protocol.md, "Milestone".
 *
 * A header is 256 bytes and fixes everything: the sites applied (tx_root), the ledger that results (state_root),
 * all headers before it (history_root), and who signs next (committee, next_committee).
 *
 *     certificate = view 4 | index 8 | signers 4 (bitmap) | signatures 64 x q, ascending signer
 *
 *     n validators, f = floor((n-1)/3) of them may be traitors, q = floor((n+f)/2)+1 sign
 *     n:  1  2  3  4  5  6  7 .. 32
 *     f:  0  0  0  1  1  1  2 .. 10
 *     q:  1  2  2  3  4  4  5 .. 22 */
#ifndef ITC_SPV_HEADER_H
#define ITC_SPV_HEADER_H

#include "spv/base.h"

#define ITC_HEADER_SIZE 256
#define ITC_HEADER_VERSION 1
#define ITC_VIEW_MAX 65535u
#define ITC_HEADER_EPOCH_END 1u /* flags bit 0 */
#define ITC_VALIDATORS_MAX 32
#define ITC_CERT_FIXED 16
#define ITC_CERT_MAX (ITC_CERT_FIXED + 64 * ITC_VALIDATORS_MAX)

struct itc_header {
    uint16_t flags;
    uint32_t work_bits; /* price of a site anchored here: leading zero bits; at most 64 */
    uint32_t view; /* in which it was first proposed: the next height of its epoch starts there */
    uint64_t index;
    uint64_t time_ms; /* Unix, milliseconds */
    uint32_t epoch;
    uint32_t site_count;          /* leaves of tx_root */
    struct itc_hash prev;         /* id of header index-1; zeros at 0 */
    struct itc_hash history_root; /* RFC 9162 over ids of headers 0 .. index-1 */
    struct itc_hash tx_root;      /* RFC 9162 over leaves (site id | tx id | verdict) */
    struct itc_hash state_root;   /* after this milestone */
    struct itc_hash committee;
    struct itc_hash next_committee;
    struct itc_hash body_hash;
};

void itc_header_encode(uint8_t out[ITC_HEADER_SIZE], const struct itc_header *h);
/* ITC_E_TRUNCATED ITC_E_TRAILING ITC_E_VERSION; ITC_E_FORM: unknown flag, work_bits above 64 */
ITC_MUST enum itc_err itc_header_decode(struct itc_header *out, const uint8_t *bytes, size_t len);
/* Tagged hash "itc/milestone". */
void itc_header_id(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t bytes[ITC_HEADER_SIZE]);

/* What became of a site's tx. Stable values: they are hashed into tx_root. */
enum itc_verdict {
    ITC_VERDICT_APPLIED = 0,
    ITC_VERDICT_DUPLICATE = 1,  /* this tx was applied earlier in this milestone */
    ITC_VERDICT_NO_ACCOUNT = 2, /* the issuer has no account */
    ITC_VERDICT_STALE_SEQ = 3,  /* seq below the issuer's next */
    ITC_VERDICT_EXPIRED = 4,    /* valid_until below this milestone */
    ITC_VERDICT_EARLY_SEQ = 5,  /* seq above the issuer's next */
    ITC_VERDICT_NO_FUNDS = 6,
    ITC_VERDICT_DUST =
        7, /* would leave issuer or receiver with less than the dust limit, but not nothing */
    ITC_VERDICT_FULL = 8, /* the ledger holds as many accounts as genesis allows */
    ITC_VERDICT_NOT_COMMITTEE =
        9, /* a change that is not for this epoch and committee, or not signed by it */
    ITC_VERDICT_TAKEN = 10, /* another change of the committee was applied in this epoch */
    ITC_VERDICT_COUNT
};
const char *itc_verdict_name(enum itc_verdict v); /* "applied", "duplicate", "no-account", ... */
/* Whether the verdict can never change for a tx that was not applied before (protocol.md, "What is final"). */
bool itc_verdict_is_final(enum itc_verdict v);

/* A tx_root leaf: site id 32 | tx id 32 | verdict 1, hashed as an RFC 9162 leaf. */
void itc_tx_leaf(struct itc_hash *out, const struct itc_hash *site_id, const struct itc_hash *tx_id,
    enum itc_verdict verdict);

struct itc_committee {
    uint32_t n; /* 1 .. ITC_VALIDATORS_MAX */
    struct itc_key keys[ITC_VALIDATORS_MAX];
};
uint32_t itc_committee_faults(uint32_t n); /* f */
uint32_t itc_committee_quorum(uint32_t n); /* q */
/* Tagged hash "itc/committee" of n 1 | keys. */
void itc_committee_hash(
    struct itc_hash *out, const struct itc_hash *chain, const struct itc_committee *c);

/* Message of a vote: tagged hash of epoch 4 | view 4 | index 8 | header id 32. `tag` is ITC_TAG_PREPARE or
 * ITC_TAG_COMMIT (spv/sha256.h). */
struct itc_slot {
    uint32_t epoch;
    uint32_t view;
    uint64_t index;
};
void itc_vote_message(struct itc_hash *out, int tag, const struct itc_hash *chain,
    const struct itc_slot *slot, const struct itc_hash *header_id);

struct itc_cert {
    uint32_t view;
    uint64_t index;
    uint32_t signers;                        /* bit i: validator i signed */
    struct itc_sig sigs[ITC_VALIDATORS_MAX]; /* one per set bit, ascending */
};
uint32_t itc_cert_count(const struct itc_cert *c); /* set bits */
size_t itc_cert_encode(uint8_t out[ITC_CERT_MAX], const struct itc_cert *c);
/* Uses all `len` bytes.  ITC_E_TRUNCATED ITC_E_TRAILING; ITC_E_FORM: no signer */
ITC_MUST enum itc_err itc_cert_decode(struct itc_cert *out, const uint8_t *bytes, size_t len);
/* Whether `cert` makes `header` (of id `id`) final under `committee`.
 *   ITC_E_QUORUM     not exactly q signers, a signer outside the committee, or another index
 *   ITC_E_CHAIN      header names another committee
 *   ITC_E_SIGNATURE  one of the signatures is wrong */
ITC_MUST enum itc_err itc_cert_verify(const struct itc_cert *cert, const struct itc_header *header,
    const struct itc_hash *id, const struct itc_hash *chain, const struct itc_committee *committee);

#endif
