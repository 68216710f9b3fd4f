/* verifier.h - a pool of threads that check signatures. Shell.
 *
 *      core thread --put--> [votes]  \            take <= 16            done(results)
 *                  --put--> [others] /  --------> thread 0..n  ---------------------> any
 *
 * Votes go first: a thread takes up to 16 jobs before it looks again, and reports votes at once. Of the others it reports
 * up to 64 together while more wait: each report wakes the core thread, which takes the processor from a check, and
 * finds little of its memory in the caches that checks have used. Each thread has a checker of its own. */
#ifndef ITC_SHELL_VERIFIER_H
#define ITC_SHELL_VERIFIER_H

#include "node/actions.h"

#define ITC_VERIFIER_BATCH 16
#define ITC_VERIFIER_REPORT 64

struct itc_verifier;

struct itc_verified {
    uint64_t job;
    uint64_t good; /* 0 or 1 */
};
/* Called on a thread of the pool with 1 .. ITC_VERIFIER_REPORT results of one queue. Must not block. */
typedef void itc_verifier_done_fn(
    void *ctx, bool votes, const struct itc_verified *results, uint32_t count);

struct itc_verifier_config {
    uint32_t threads; /* 0: one per processor */
    uint32_t queued;  /* jobs that each of the two queues holds */
    itc_verifier_done_fn *done;
    void *ctx;
};

/* NULL: out of memory or threads. */
struct itc_verifier *itc_verifier_open(const struct itc_verifier_config *c);
/* Stops the threads; jobs not begun are forgotten. */
void itc_verifier_close(struct itc_verifier *v);

/* Hands in a job, copied. false: its queue is full. The pool may sleep on until itc_verifier_wake. */
bool itc_verifier_put(struct itc_verifier *v, const struct itc_verify *job);
/* After one or more puts. */
void itc_verifier_wake(struct itc_verifier *v);

#endif
