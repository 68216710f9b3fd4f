#include "node/shell/worker.h"

#include "node/shell/clock.h"
#include "node/shell/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#define THREADS_MAX 64
#define SLICE_US 1000u
#define FIRST_TRIES 512u
#define NICE 10

struct search {
    uint64_t job;
    struct itc_pow pow;
    uint64_t next; /* first nonce not tried */
};

struct itc_worker {
    struct itc_queue *queue;
    itc_worker_done_fn *done;
    void *ctx;
    uint32_t threads;
    pthread_t thread[THREADS_MAX];
};

/* Tries for the next slice, after `tries` took `took_us`: half a slice's worth, so that a preempted or slower
 * stretch stays below the bound. */
static uint64_t adapt(uint64_t tries, uint64_t took_us)
{
    if (took_us < SLICE_US / 4)
        return tries * 2;
    if (took_us > SLICE_US * 3 / 4 && tries > FIRST_TRIES)
        return tries / 2;
    return tries;
}

static void *run(void *arg)
{
    struct itc_worker *w = arg;
    setpriority(
        PRIO_PROCESS, 0, NICE); /* on Linux: of this thread. A refusal costs only fairness */
    uint64_t tries = FIRST_TRIES;
    struct search s;
    uint32_t lane = 0;
    while (itc_queue_take(w->queue, &s, UINT32_MAX, &lane) > 0) {
        uint64_t start_us = itc_clock_mono_us();
        uint64_t nonce = 0;
        if (itc_pow_search(&s.pow, s.next, tries, &nonce) == ITC_OK) {
            w->done(w->ctx, s.job, nonce);
            continue;
        }
        s.next += tries;
        tries = adapt(tries, itc_clock_mono_us() - start_us);
        itc_queue_push(
            w->queue, 0, &s, 1); /* its place is still free, unless the queue has ended */
    }
    return NULL;
}

struct itc_worker *itc_worker_open(const struct itc_worker_config *c)
{
    ITC_ASSERT(c->threads <= THREADS_MAX);
    struct itc_worker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    itc_pow_use_best();
    w->queue = itc_queue_open(
        sizeof(struct search), &(struct itc_queue_lane){.cap = c->jobs_max, .run = 1}, 1);
    w->done = c->done;
    w->ctx = c->ctx;
    uint32_t wanted = c->threads > 0 ? c->threads : 1;
    while (w->queue != NULL && w->threads < wanted &&
           pthread_create(&w->thread[w->threads], NULL, run, w) == 0)
        w->threads++;
    if (w->threads < wanted) {
        itc_worker_close(w);
        return NULL;
    }
    return w;
}

void itc_worker_close(struct itc_worker *w)
{
    if (w == NULL)
        return;
    if (w->queue != NULL)
        itc_queue_end(w->queue);
    for (uint32_t i = 0; i < w->threads; i++)
        pthread_join(w->thread[i], NULL);
    itc_queue_close(w->queue);
    free(w);
}

void itc_worker_put(struct itc_worker *w, const struct itc_work *job)
{
    struct search s = {.job = job->job, .pow = job->pow};
    uint32_t put = itc_queue_push(w->queue, 0, &s, 1);
    ITC_ASSERT(put == 1);
}
