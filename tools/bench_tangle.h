/* bench_tangle.h - the tangle of itc-bench's benchmarks, as the theory has it: uniform choice of two tips, each site seen
 * BENCH_TANGLE_DELAY arrivals after it was made (so about twice as many tips). Shell. */
#ifndef ITC_TOOLS_BENCH_TANGLE_H
#define ITC_TOOLS_BENCH_TANGLE_H

#include "tangle/open_tx.h"
#include "tangle/tips.h"

#define BENCH_TANGLE_DELAY 100 /* arrivals */

struct bench_tangle {
    void *block;
    uint32_t capacity;
    struct itc_window window;
    struct itc_tips tips;
    struct itc_open_txs txs;
    struct itc_rng rng;
    uint32_t seen; /* sites, those that have left too */
};

/* A site that was made but not seen yet. */
struct bench_made {
    uint32_t parents[2];
    uint32_t parent_count;
};

/* Room for `capacity` sites of `site_bytes` bytes. Free t->block. */
void bench_tangle_init(struct bench_tangle *t, uint32_t capacity, size_t site_bytes, uint64_t seed);
void bench_tangle_random(struct itc_rng *rng, uint8_t *out, size_t len);
/* Chooses the parents of a site. */
struct bench_made bench_tangle_make(struct bench_tangle *t);
/* Attaches it, with a random id; returns its index. */
uint32_t bench_tangle_see(
    struct bench_tangle *t, const struct bench_made *m, const uint8_t *bytes, size_t len);
/* `count` sites of one byte come. */
void bench_tangle_grow(struct bench_tangle *t, uint32_t count);

#endif
