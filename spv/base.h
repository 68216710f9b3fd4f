/* base.h - what every file stands on: result codes, fixed-size types, assertions, bounds. Pure.
 *
 * Three kinds of error, never mixed:
 *   a bug          ITC_ASSERT; stays on in release builds; the program ends
 *   bad input      enum itc_err; outputs are untouched
 *   environment    disk and network; handled in node/shell and tools only
 *
 * Amounts, ids and keys are one-field structs, so that the compiler refuses to mix them. */
#ifndef ITC_SPV_BASE_H
#define ITC_SPV_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ITC_MUST __attribute__((warn_unused_result))

/* Results. The values are stable: they travel in service replies. Append only. */
enum itc_err {
    ITC_OK = 0,
    ITC_E_TRUNCATED = 1, /* bytes end before the value does */
    ITC_E_TRAILING = 2,  /* bytes go on after the value */
    ITC_E_FORM =
        3, /* a field has a value that no encoder writes (not canonical, zero, out of order) */
    ITC_E_TOO_LARGE = 4,  /* a size or count exceeds its bound */
    ITC_E_VERSION = 5,    /* a version, kind or type that this program does not know */
    ITC_E_CHAIN = 6,      /* belongs to another chain */
    ITC_E_SIGNATURE = 7,  /* signature or key is not valid */
    ITC_E_WORK = 8,       /* proof of work below what its anchor asks for */
    ITC_E_ANCHOR = 9,     /* anchor unknown, too old, or older than a parent's */
    ITC_E_PARENT = 10,    /* parent unknown, dropped, or anchored too long before */
    ITC_E_DUPLICATE = 11, /* already held */
    ITC_E_UNKNOWN = 12,   /* not found here */
    ITC_E_FULL = 13,      /* a bound of this node is reached; try later */
    ITC_E_CHECKSUM = 14,  /* address checksum does not match: a typing error */
    ITC_E_OVERFLOW = 15,  /* an amount beyond what can exist */
    ITC_E_FUNDS = 16,     /* balance does not cover it */
    ITC_E_SEQUENCE = 17,  /* sequence number is not the account's next */
    ITC_E_EXPIRED = 18,   /* valid_until lies in the past */
    ITC_E_QUORUM = 19,    /* certificate lacks a quorum of the committee */
    ITC_E_PROOF = 20,     /* a Merkle path does not lead to the root */
    ITC_E_OLDER = 21,     /* older than what is already trusted */
    ITC_E_DUST = 22,      /* amount leaves an account below the dust limit */
    ITC_E_BUSY = 23,      /* not ready yet (starting, syncing); try again */
    ITC_E_COMMITTEE =
        24, /* another committee than the trusted one signs it, or takes over after it */
    ITC_ERR_COUNT = 25
};

/* A short, stable, lower-case name of `e`, such as "bad-signature"; static storage. For any value outside
 * the enumeration: "unknown-error". */
const char *itc_err_name(enum itc_err e);
/* One sentence on what was wrong and what to do; static storage. */
const char *itc_err_text(enum itc_err e);

/* Assertions stay on in release builds. The program that links the archive defines the hook; it must not
 * return. (A host prints and aborts: tools/assert.c; a lamp resets.) */
_Noreturn void itc_assert_fail(const char *file, int line, const char *what);
#define ITC_ASSERT(x) ((x) ? (void)0 : itc_assert_fail(__FILE__, __LINE__, #x))

struct itc_hash {
    uint8_t b[32];
};
struct itc_key { /* x-only public key (BIP340); also names the account */
    uint8_t b[32];
};
struct itc_secret { /* secret key; wipe after use */
    uint8_t b[32];
};
struct itc_sig { /* BIP340 signature */
    uint8_t b[64];
};

/* Money. 1 ITC = 10^8 grains; the supply is 10^8 ITC = 10^16 grains, so sums of a few amounts never wrap. */
#define ITC_GRAINS_PER_ITC 100000000u
#define ITC_SUPPLY_GRAINS 10000000000000000u
struct itc_amount {
    uint64_t grains;
};

/* *out = a + b.  ITC_E_OVERFLOW: the sum exceeds ITC_SUPPLY_GRAINS. */
ITC_MUST enum itc_err itc_amount_add(
    struct itc_amount *out, struct itc_amount a, struct itc_amount b);
/* *out = a - b.  ITC_E_FUNDS: b > a. */
ITC_MUST enum itc_err itc_amount_sub(
    struct itc_amount *out, struct itc_amount a, struct itc_amount b);
/* "12.5" -> 1250000000 grains, exactly. Accepts digits with at most one point and at most 8 digits after it;
 * no sign, exponent, blank or separator.
 *   ITC_E_FORM      not of that form, or empty
 *   ITC_E_TOO_LARGE more than 8 digits after the point
 *   ITC_E_OVERFLOW  more than the supply */
ITC_MUST enum itc_err itc_amount_parse(struct itc_amount *out, const char *text, size_t len);
/* Shortest exact decimal form ("12.5", "0.00000001", "3"). */
#define ITC_AMOUNT_TEXT 24
void itc_amount_format(char out[ITC_AMOUNT_TEXT], struct itc_amount a);

/* Lower-case hex. Decoding takes exactly 2*n digits of either case.  ITC_E_FORM: anything else. */
void itc_hex_encode(
    char *out, const uint8_t *bytes, size_t n); /* writes 2*n+1 chars, NUL included */
ITC_MUST enum itc_err itc_hex_decode(uint8_t *out, size_t n, const char *text, size_t len);

bool itc_hash_equal(const struct itc_hash *a, const struct itc_hash *b);
/* <0, 0, >0 as for memcmp: the order of ids everywhere in the protocol. */
int itc_hash_compare(const struct itc_hash *a, const struct itc_hash *b);
/* Ascending; for a few hundred at most. */
void itc_hash_sort(struct itc_hash *hashes, uint32_t count);
bool itc_hash_is_zero(const struct itc_hash *h);
bool itc_key_equal(const struct itc_key *a, const struct itc_key *b);

#endif
