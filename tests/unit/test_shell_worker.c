#include "node/shell/worker.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define JOBS 12u

struct found {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t count;
    uint64_t job[JOBS], nonce[JOBS];
};

static void on_found(void *ctx, uint64_t job, uint64_t nonce)
{
    struct found *f = ctx;
    pthread_mutex_lock(&f->lock);
    f->job[f->count] = job;
    f->nonce[f->count++] = nonce;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static struct itc_worker *open_pool(struct found *f, uint32_t threads)
{
    *f = (struct found){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct itc_worker *w = itc_worker_open(&(struct itc_worker_config){
        .threads = threads, .jobs_max = JOBS, .done = on_found, .ctx = f});
    assert_non_null(w);
    return w;
}

static struct itc_work work(uint64_t job, uint32_t bits)
{
    struct itc_work w = {.job = job};
    struct itc_hash chain = {{1}}, anchor = {{2}}, stem = {{0}};
    memcpy(stem.b, &job, sizeof job);
    itc_pow_init(&w.pow, &chain, &anchor, &stem, bits);
    return w;
}

static void wait_for(struct found *f, uint32_t count)
{
    pthread_mutex_lock(&f->lock);
    while (f->count < count)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void test_every_job_gets_the_first_good_nonce(void **state)
{
    (void)state;
    struct found f;
    struct itc_worker *w = open_pool(&f, 2);
    for (uint64_t i = 0; i < JOBS; i++)
        itc_worker_put(w, &(struct itc_work[]){work(i, 14)}[0]);
    wait_for(&f, JOBS);
    itc_worker_close(w);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < JOBS; i++) {
        struct itc_work job = work(f.job[i], 14);
        uint64_t first = 0;
        assert_int_equal(itc_pow_search(&job.pow, 0, UINT32_MAX, &first), ITC_OK);
        assert_int_equal(f.nonce[i], first);
        seen |= (uint64_t)1 << f.job[i];
    }
    assert_int_equal(seen, ((uint64_t)1 << JOBS) - 1);
}

/* The first slice is of 512 nonces; here the first good one begins the second. */
static void test_nothing_is_left_out_between_slices(void **state)
{
    (void)state;
    struct itc_work job;
    uint64_t first = 0;
    for (uint64_t i = 0; first != 512; i++) {
        job = work(i, 9);
        assert_int_equal(itc_pow_search(&job.pow, 0, UINT32_MAX, &first), ITC_OK);
    }
    struct found f;
    struct itc_worker *w = open_pool(&f, 1);
    itc_worker_put(w, &job);
    wait_for(&f, 1);
    itc_worker_close(w);
    assert_int_equal(f.nonce[0], 512);
}

/* An easy job does not wait for a hopeless one, and a hopeless one does not keep the pool from closing. */
static void test_jobs_share_and_closing_interrupts(void **state)
{
    (void)state;
    struct found f;
    struct itc_worker *w = open_pool(&f, 1);
    struct itc_work hopeless = work(1, 250), easy = work(2, 10);
    itc_worker_put(w, &hopeless);
    itc_worker_put(w, &easy);
    wait_for(&f, 1);
    itc_worker_close(w);
    assert_int_equal(f.count, 1);
    assert_int_equal(f.job[0], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_job_gets_the_first_good_nonce),
        cmocka_unit_test(test_nothing_is_left_out_between_slices),
        cmocka_unit_test(test_jobs_share_and_closing_interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
