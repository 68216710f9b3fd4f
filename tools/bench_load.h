/* bench_load.h - payments for a network of real nodes, as a peer brings them, and when each became final. Shell;
 * one thread.
 *
 *     signed, anchored at the newest milestone, two tips, work        node `from` --gossip--> all nodes
 *     a milestone, its leaves <------------------------------------- node `to`
 *
 * Sites rather than submissions: a wallet's request and its durable acknowledgement would cost more than what is
 * measured, and a full pool would hide what the node takes. A site is known to be final when `to` says so in the
 * leaves of a milestone. At most `open_max` sites are not final at a time; a rate bounds them further.
 *
 * Everybody sees a site after 100 others. So the one that came 100 before has no approver yet, as far as its issuer
 * knows, and the 100 before that one still pass for tips: a site approves the first, and any of the others. There are about
 * 100 tips, fewer than a milestone can name, and the sites of one issuer come in their order. */
#ifndef ITC_TOOLS_BENCH_LOAD_H
#define ITC_TOOLS_BENCH_LOAD_H

#include "tangle/index.h"
#include "tools/bench.h"
#include "tools/bench_peer.h"
#include "tools/bench_sites.h"

#define BENCH_ISSUERS 1000u
#define BENCH_LOAD_SLOTS (1u << 16)
#define BENCH_OPEN_MAX (BENCH_LOAD_SLOTS / 2)

struct bench_load {
    /* To be set when it runs. */
    double rate;       /* sites a second; 0: as many as may be open */
    uint32_t open_max; /* at most BENCH_OPEN_MAX */

    /* To be read. */
    uint64_t made, final, applied;
    uint64_t milestone; /* the newest of which all leaves were asked for */
    struct bench_samples
        latency_ms; /* from making a site until it is final; chosen evenly from all */
    uint64_t latency_seen;

    struct itc_signer signer[BENCH_ISSUERS];
    char allocation[BENCH_ISSUERS][96];
    const char *options[2 * BENCH_ISSUERS + 32];
    uint8_t *txs; /* the first ones, signed beforehand */
    uint64_t txs_count;
    struct itc_rng rng;
    struct bench_network *net;
    struct bench_peer peer[2];
    unsigned peers;
    struct bench_anchor anchor;
    uint64_t stop_at; /* sites to make */
    double pace_s;    /* since when the rate counts, */
    uint64_t paced;   /* and how many had been made then */
    double progress_s;

    /* The newest sites, each in slot number % BENCH_LOAD_SLOTS. */
    struct itc_hash *id;
    uint8_t *frame;
    uint32_t *frame_len;
    double *made_s;
    bool *is_final;
    struct itc_index index;
    void *index_block;
};

void bench_load_init(struct bench_load *l, uint64_t seed);
void bench_load_free(struct bench_load *l);
/* For bench_network_open: the benchmark's own options (NULL at the end, 16 at most), and money for the issuers. */
const char *const *bench_load_options(struct bench_load *l, const char *const *own);

/* Signs so many payments beforehand: their issuers' processors are elsewhere. What comes after these is signed as it is
 * made. Once, before bench_load_connect: a node that is linked wants to be heard. */
void bench_load_sign(struct bench_load *l, const struct itc_hash *chain, uint64_t count);
/* `from` and `to` may be one node. */
void bench_load_connect(
    struct bench_load *l, struct bench_network *net, unsigned from, unsigned to);
void bench_load_disconnect(struct bench_load *l);
/* Makes sites until so many seconds are over or so many of all are final. Ends the benchmark if for long none is. */
void bench_load_run(struct bench_load *l, double seconds, uint64_t final);
/* Returns when all that were made are final. */
void bench_load_drain(struct bench_load *l);
void bench_load_forget_latency(struct bench_load *l);

#endif
