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

struct bench_signed {
    struct itc_key key;
    struct itc_hash message;
    struct itc_sig sig;
};

struct bench_sites {
    uint8_t genesis[ITC_GENESIS_MAX];
    size_t genesis_len;
    struct itc_hash chain, anchor;
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
