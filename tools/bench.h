/* bench.h - what the benchmarks share: the list of them, clock, memory, medians, rows. Shell.
 *
 * A benchmark prints rows, one JSON object a line. Where a row has a limit, it was measured in the same run, and
 * `ratio` is 1 at the limit and smaller the farther from it: value / limit for rates (units "1/..."), else
 * limit / value. */
#ifndef ITC_TOOLS_BENCH_H
#define ITC_TOOLS_BENCH_H

#include "tangle/mem.h"

struct bench_options {
    uint64_t seed;
    bool full; /* --long: the stated sizes, however long they take */
};

/* Every benchmark: X(function bench_..., name, one line about it). */
#define BENCH_LIST(X)                                                                              \
    X(weight_exact, "weight-exact", "all exact weights of a 50,000-site window, two parents")      \
    X(weight_attach, "weight-attach", "running weights up to 100, windows of 5 k, 50 k, 500 k")    \
    X(tips, "tips", "two parents out of 10, 10 k, 100 k tips")                                     \
    X(order, "order", "a cone of 50,000 sites: collected, weighed, sorted, applied, removed")      \
    X(worst, "worst",                                                                              \
        "cones of 65,536 sites: a line, a comb, and the worst shape that a search finds")          \
    X(apply, "apply", "a milestone of 10,000 transfers on 1 M accounts, with the state tree")      \
    X(state, "state-tree", "1 M accounts: loading them at start, proofs, memory, disk")            \
    X(pow, "pow", "proof-of-work tries, kernel by kernel")                                         \
    X(spv, "spv", "proofs that lamps and wallets check: their size, and the time it takes")        \
    X(ingest, "ingest", "a node takes signed sites from a peer: link, signatures, window, disk")   \
    X(consensus, "consensus", "4, 7, 16 and 31 replicas agree on empty milestones, in memory")     \
    X(committee, "committee",                                                                      \
        "four validators on loopback: empty milestones, votes in memory or on disk")               \
    X(finality, "finality", "four validators: from submitting a payment to its proof")             \
    X(throughput, "throughput", "four validators and a full node: payments final at saturation")   \
    X(sync, "sync", "a full node from zero to the newest milestone of a long chain")               \
    X(restart, "restart", "SIGKILL under load, then start to serving, on a long chain")            \
    X(memory, "memory", "resident memory of a node as its chain grows at a constant rate")         \
    X(sim, "sim", "whole networks in simulated time, 4 and 16 nodes")

#define BENCH_DECLARE(function, name, about) void bench_##function(const struct bench_options *o);
BENCH_LIST(BENCH_DECLARE)
#undef BENCH_DECLARE

struct bench_row {
    const char *metric;
    double value;
    const char *unit;
    double limit; /* 0: none */
    uint64_t n;
    unsigned cores;    /* 0 is printed as 1 */
    const char *note;  /* may be NULL */
    const char *field; /* one more string field of the row, and its value; NULL: none */
    const char *field_value;
};

/* Prints a row of the benchmark that is running. */
void bench_print(const struct bench_row *row);

/* Seconds of the monotonic clock. */
double bench_now_s(void);
/* Seconds that the calling thread has had a processor: on a busy machine too they say what a piece of work costs. */
double bench_thread_s(void);

/* Zeroed, 64-byte aligned; ends the program if there is none. Free with free(). */
void *bench_alloc(size_t size);

#define BENCH_SAMPLES_MAX 4096
struct bench_samples {
    double values[BENCH_SAMPLES_MAX];
    size_t count;
};
void bench_samples_add(struct bench_samples *s, double value);
/* The value that a share `p` (0 .. 1) of the samples does not exceed; 0.5 is the median. Sorts the samples. */
double bench_samples_quantile(struct bench_samples *s, double p);

/* The median time in seconds of `times` calls of body(ctx). */
double bench_median_s(void (*body)(void *ctx), void *ctx, size_t times);

/* Keeps the compiler from dropping what computes `value`. */
void bench_use(uint64_t value);

#endif
