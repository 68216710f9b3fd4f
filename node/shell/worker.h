/* worker.h - a pool of threads that search proofs of work. Shell.
 *
 * Each job is searched in slices of at most a millisecond and then goes to the back of the queue, so that jobs
 * share the threads fairly and a stop is honoured at once. The threads are the most patient of the process
 * (nice 10): on one processor the core thread and the verifiers go first. */
#ifndef ITC_SHELL_WORKER_H
#define ITC_SHELL_WORKER_H

#include "node/actions.h"

struct itc_worker;

/* Called on a thread of the pool. Must not block. */
typedef void itc_worker_done_fn(void *ctx, uint64_t job, uint64_t nonce);

struct itc_worker_config {
    uint32_t threads; /* 0: one */
    uint32_t jobs_max;
    itc_worker_done_fn *done;
    void *ctx;
};

/* NULL: out of memory or threads. Picks the fastest search kernel. */
struct itc_worker *itc_worker_open(const struct itc_worker_config *c);
/* Stops the threads; unfinished jobs are forgotten. */
void itc_worker_close(struct itc_worker *w);

/* Hands in a job, copied. At most `jobs_max` unfinished ones: asserted. */
void itc_worker_put(struct itc_worker *w, const struct itc_work *job);

#endif
