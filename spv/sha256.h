/* sha256.h - SHA-256 (FIPS 180-4) and BIP340 tagged hashes. Pure.
 *
 * The kernel is portable C until itc_sha256_use_best() finds a faster one (SHA-NI on x86). A tagged hash is
 *     SHA256(SHA256(tag) || SHA256(tag) || message)
 * whose first block is the same for all messages of a tag; the state after it is a constant per tag
 * (checked by a unit test), so tagging costs nothing. */
#ifndef ITC_SPV_SHA256_H
#define ITC_SPV_SHA256_H

#include "spv/base.h"

struct itc_sha256 {
    uint32_t state[8];
    uint64_t size; /* bytes hashed so far, the tag's block included */
    uint8_t block[64];
};

/* Every domain of the protocol; text in the table of sha256.c and in docs/protocol.md. Append only. */
enum itc_tag {
    ITC_TAG_GENESIS,   /* "itc/genesis"    chain id */
    ITC_TAG_TX,        /* "itc/tx"         transaction id, which is also what its issuer signs */
    ITC_TAG_SITE,      /* "itc/site"       site id */
    ITC_TAG_STEM,      /* "itc/stem"       hash of a site without its nonce */
    ITC_TAG_WORK,      /* "itc/work"       proof of work */
    ITC_TAG_MILESTONE, /* "itc/milestone"  header id */
    ITC_TAG_BODY,      /* "itc/body"       milestone body */
    ITC_TAG_COMMITTEE, /* "itc/committee"  list of validator keys */
    ITC_TAG_PREPARE, /* "itc/prepare"    PBFT prepare vote; the primary's proposal is its prepare */
    ITC_TAG_COMMIT,  /* "itc/commit"     PBFT commit vote; q of them are the certificate */
    ITC_TAG_VIEW_CHANGE,      /* "itc/view-change"  PBFT vote for a new view */
    ITC_TAG_COMPLAINT,        /* "itc/complaint"    of a primary that is late or unfair */
    ITC_TAG_STATE,            /* "itc/state"      key of a state tree leaf (no chain id in it) */
    ITC_TAG_COMMITTEE_CHANGE, /* "itc/committee-change"  what q members sign to change the committee */
    ITC_TAG_RECALLED, /* "itc/recalled"     what a validator that asks is told (node/recall.h) */
    ITC_TAG_COUNT
};

void itc_sha256_init(struct itc_sha256 *s);
void itc_sha256_add(struct itc_sha256 *s, const void *bytes, size_t len);
void itc_sha256_end(struct itc_sha256 *s, struct itc_hash *out);
/* Ends two at once: where the processor has instructions for it, in little more time than one. */
void itc_sha256_end_two(
    struct itc_sha256 *a, struct itc_hash *a_out, struct itc_sha256 *b, struct itc_hash *b_out);
/* One call; `s` need not be initialised elsewhere. */
void itc_sha256(struct itc_hash *out, const void *bytes, size_t len);

/* Starts a tagged hash. `chain`: the chain id, hashed first; NULL only for ITC_TAG_GENESIS and ITC_TAG_STATE. */
void itc_tagged_init(struct itc_sha256 *s, enum itc_tag tag, const struct itc_hash *chain);
/* Whole tagged hash of one byte string. */
void itc_tagged(struct itc_hash *out, enum itc_tag tag, const struct itc_hash *chain,
    const void *bytes, size_t len);
const char *itc_tag_text(enum itc_tag tag);

/* What the Merkle trees hash: H(prefix || l || r), of exactly two blocks. Two at once as with itc_sha256_end_two. */
#define ITC_HASH_LEAF 0x00 /* of the state tree: l is the key, r the hash of the value */
#define ITC_HASH_INNER 0x01
struct itc_hash_node {
    uint8_t prefix;
    const struct itc_hash *l, *r;
};
void itc_hash_node(struct itc_hash *out, const struct itc_hash_node *node);
void itc_hash_two_nodes(struct itc_hash *a_out, const struct itc_hash_node *a,
    struct itc_hash *b_out, const struct itc_hash_node *b);
/* An inner node. */
void itc_hash_pair(struct itc_hash *out, const struct itc_hash *l, const struct itc_hash *r);

/* The compression function itself, for proof of work: `state` is updated by `blocks` blocks of 64 bytes. */
typedef void itc_sha256_compress_fn(uint32_t state[8], const uint8_t *blocks, size_t count);
itc_sha256_compress_fn itc_sha256_compress_portable;
/* The same for two messages of as many blocks. */
typedef void itc_sha256_compress_two_fn(
    uint32_t state[2][8], const uint8_t *const blocks[2], size_t count);
itc_sha256_compress_two_fn itc_sha256_compress_two_portable;
/* The kernels in use. */
void itc_sha256_compress(uint32_t state[8], const uint8_t *blocks, size_t count);
void itc_sha256_compress_two(uint32_t state[2][8], const uint8_t *const blocks[2], size_t count);
/* Choose the fastest kernel that this processor has. Call once at start, before other threads exist.
 * Returns its name: "portable" or "sha-ni". */
const char *itc_sha256_use_best(void);

#endif
