/* bench_sites.h - signed sites for benchmarks: a valid tangle anchored at header 0 of a chain of its own, as the
 * bytes that a peer sends. Shell (heap).
 *
 * Parents are 1,000 to 2,000 sites back: at 20,000 sites a second, what was issued 50 to 100 ms ago and has
 * reached everybody. */
#ifndef ITC_TOOLS_BENCH_SITES_H
#define ITC_TOOLS_BENCH_SITES_H

#include "node/message.h"
#include "spv/genesis.h"
#include "spv/sign.h"
#include "tangle/rng.h"

#define BENCH_WORK_BITS 4
#define BENCH_FRAME_BYTES (ITC_FRAME_HEAD + ITC_SITE_FIXED + 2 * 32 + ITC_TX_TRANSFER)

/* Where a site is anchored. */
struct bench_anchor {
    struct itc_hash chain, header_id;
    uint64_t index;
};

/* The frame of a site with at most two parents, in any order, and its proof of work; returns the frame's size. */
size_t bench_site_frame(uint8_t out[BENCH_FRAME_BYTES], struct itc_hash *id,
    const struct bench_anchor *anchor, const struct itc_hash *parents, uint8_t parent_count,
    const uint8_t *tx, size_t tx_len);

/* `count` keys that follow from `rng`; the secret of the first, unless `first` is NULL. */
void bench_signers_make(
    struct itc_signer *out, struct itc_secret *first, struct itc_rng *rng, uint32_t count);

struct bench_signed {
    struct itc_key key;
    struct itc_hash message;
    struct itc_sig sig;
};

struct bench_sites {
    uint8_t genesis[ITC_GENESIS_MAX];
    size_t genesis_len;
    struct bench_anchor anchor;
    struct itc_secret secret; /* of issuer 0, who is the only validator too */
    uint32_t sites, issuers;
    struct itc_rng rng;
    struct itc_signer *signer; /* of each issuer */
    struct itc_hash *id;
    struct bench_signed *tx;
    uint8_t *frames; /* all that the peer says after its HELLO */
    size_t frames_len;
};

/* Ends the program when something is refused. */
void bench_sites_make(struct bench_sites *b, uint64_t seed, uint32_t sites, uint32_t issuers);
void bench_sites_free(struct bench_sites *b);

#endif
