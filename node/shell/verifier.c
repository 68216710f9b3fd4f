#include "node/shell/verifier.h"

#include "node/shell/checker.h"
#include "node/shell/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 64

enum lane {
    LANE_VOTES,
    LANE_OTHERS,
    LANES
};

struct itc_verifier {
    struct itc_queue *queue;
    itc_verifier_done_fn *done;
    void *ctx;
    uint32_t threads;
    pthread_t thread[THREADS_MAX];
};

static void check(struct itc_checker *checker, struct itc_verified *results,
    const struct itc_verify *jobs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        results[i] =
            (struct itc_verified){.job = jobs[i].job, .good = itc_checker_check(checker, &jobs[i])};
}

/* Votes are reported at once; others when no more wait, or when the report is full. */
static void *run(void *arg)
{
    struct itc_verifier *v = arg;
    struct itc_checker *checker = itc_checker_open();
    ITC_ASSERT(checker != NULL);
    struct itc_verify jobs[ITC_VERIFIER_BATCH];
    struct itc_verified votes[ITC_VERIFIER_BATCH], others[ITC_VERIFIER_REPORT];
    uint32_t lane = 0, n = 0, checked = 0; /* others */
    do {
        n = itc_queue_take(v->queue, jobs, checked > 0 ? 0 : UINT32_MAX, &lane);
        if (n > 0 && lane == LANE_VOTES) {
            check(checker, votes, jobs, n);
            v->done(v->ctx, true, votes, n);
            continue;
        }
        check(checker, others + checked, jobs, n);
        checked += n;
        if (checked > 0 && (n == 0 || checked + ITC_VERIFIER_BATCH > ITC_VERIFIER_REPORT)) {
            v->done(v->ctx, false, others, checked);
            n = checked;
            checked = 0;
        }
    } while (n > 0);
    itc_checker_close(checker);
    return NULL;
}

static uint32_t thread_count(uint32_t asked)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t n = asked > 0 ? asked : processors > 0 ? (uint32_t)processors : 1;
    return n < THREADS_MAX ? n : THREADS_MAX;
}

struct itc_verifier *itc_verifier_open(const struct itc_verifier_config *c)
{
    struct itc_verifier *v = calloc(1, sizeof *v);
    if (v == NULL)
        return NULL;
    struct itc_queue_lane lane = {.cap = c->queued, .run = ITC_VERIFIER_BATCH};
    v->queue = itc_queue_open(
        sizeof(struct itc_verify), (struct itc_queue_lane[LANES]){lane, lane}, LANES);
    v->done = c->done;
    v->ctx = c->ctx;
    uint32_t wanted = thread_count(c->threads);
    while (v->queue != NULL && v->threads < wanted &&
           pthread_create(&v->thread[v->threads], NULL, run, v) == 0)
        v->threads++;
    if (v->threads < wanted) {
        itc_verifier_close(v);
        return NULL;
    }
    return v;
}

void itc_verifier_close(struct itc_verifier *v)
{
    if (v == NULL)
        return;
    if (v->queue != NULL)
        itc_queue_end(v->queue);
    for (uint32_t i = 0; i < v->threads; i++)
        pthread_join(v->thread[i], NULL);
    itc_queue_close(v->queue);
    free(v);
}

bool itc_verifier_put(struct itc_verifier *v, const struct itc_verify *job)
{
    return itc_queue_put(v->queue, job->vote ? LANE_VOTES : LANE_OTHERS, job, 1) == 1;
}

void itc_verifier_wake(struct itc_verifier *v)
{
    itc_queue_wake(v->queue);
}
