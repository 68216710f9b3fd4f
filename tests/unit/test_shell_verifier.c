#include "node/shell/verifier.h"
#include "spv/sign.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JOBS 2000u
#define KEYS 20u

struct results {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t count, votes, largest;
    uint8_t seen[JOBS];  /* 1: bad, 2: good */
    uint8_t order[JOBS]; /* 1: a vote came at this place */
};

static void on_done(void *ctx, bool votes, const struct itc_verified *results, uint32_t count)
{
    struct results *r = ctx;
    pthread_mutex_lock(&r->lock);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(r->seen[results[i].job], 0);
        r->seen[results[i].job] = (uint8_t)(1 + results[i].good);
        r->order[r->count++] = votes;
    }
    r->votes += votes ? count : 0;
    r->largest = count > r->largest ? count : r->largest;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static struct itc_verify jobs[JOBS];

/* Job i is signed by key i % KEYS; every seventh is spoilt, every eleventh has a key that is none. */
static bool is_good(uint32_t i)
{
    return i % 7 != 3 && i % 11 != 5;
}

static void make_signer(struct itc_signer *out, uint32_t number)
{
    struct itc_secret secret = {{0}};
    secret.b[30] = (uint8_t)(number >> 8);
    secret.b[31] = (uint8_t)number;
    assert_int_equal(itc_signer_init(out, &secret), ITC_OK);
}

#define RIVALS 9u /* one more than there are places for keys that begin with the same 11 bits */

/* The first keys share the places in the threads' tables of parsed keys. */
static void make_signers(struct itc_signer signer[KEYS])
{
    for (uint32_t k = 0; k < KEYS; k++)
        make_signer(&signer[k], k + 1);
    uint32_t number = KEYS + 1;
    for (uint32_t k = 1; k < RIVALS; k++) {
        do {
            make_signer(&signer[k], number++);
        } while (signer[k].key.b[0] != signer[0].key.b[0] ||
                 (signer[k].key.b[1] & 7) != (signer[0].key.b[1] & 7));
    }
}

static int make_jobs(void **state)
{
    (void)state;
    static struct itc_signer signer[KEYS];
    make_signers(signer);
    for (uint32_t i = 0; i < JOBS; i++) {
        struct itc_verify *v = &jobs[i];
        v->job = i;
        v->vote = i % 5 == 0;
        v->key = signer[i % KEYS].key;
        memcpy(v->message.b, &i, sizeof i);
        itc_signer_sign(&signer[i % KEYS], &v->message, &v->sig);
        if (i % 7 == 3)
            v->sig.b[40] ^= 1;
        if (i % 11 == 5)
            memset(v->key.b, 0xff, sizeof v->key.b); /* beyond the field */
    }
    return 0;
}

static struct itc_verifier *open_pool(struct results *r, uint32_t threads, uint32_t queued)
{
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    struct itc_verifier *v = itc_verifier_open(&(struct itc_verifier_config){
        .threads = threads, .queued = queued, .done = on_done, .ctx = r});
    assert_non_null(v);
    return v;
}

static void wait_for(struct results *r, uint32_t count)
{
    pthread_mutex_lock(&r->lock);
    while (r->count < count)
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

static void test_each_job_is_answered_once_and_rightly(void **state)
{
    (void)state;
    static struct results r;
    r = (struct results){0};
    struct itc_verifier *v = open_pool(&r, 2, JOBS);
    for (uint32_t i = 0; i < JOBS; i++) {
        assert_true(itc_verifier_put(v, &jobs[i]));
        if (i % 3 == 0)
            itc_verifier_wake(v);
    }
    itc_verifier_wake(v);
    wait_for(&r, JOBS);
    itc_verifier_close(v);
    assert_int_equal(r.votes, JOBS / 5);
    assert_in_range(r.largest, 2, ITC_VERIFIER_REPORT);
    for (uint32_t i = 0; i < JOBS; i++)
        assert_int_equal(r.seen[i], is_good(i) ? 2 : 1);
}

static void test_a_full_queue_says_so(void **state)
{
    (void)state;
    static struct results r;
    r = (struct results){0};
    struct itc_verifier *v = open_pool(&r, 1, 8);
    uint32_t taken = 0; /* nobody was woken: at most one thread is on its first look */
    for (uint32_t i = 1; i < 100; i++)
        if (!jobs[i].vote)
            taken += itc_verifier_put(v, &jobs[i]);
    assert_in_range(taken, 8, 79);
    assert_true(itc_verifier_put(v, &jobs[0])); /* the other queue has room */
    itc_verifier_wake(v);
    wait_for(&r, taken + 1);
    itc_verifier_close(v);
}

static void test_votes_overtake(void **state)
{
    (void)state;
    static struct results r;
    r = (struct results){0};
    struct itc_verifier *v = open_pool(&r, 1, JOBS);
    uint32_t votes = 0, others = 0;
    for (uint32_t i = 0; i < JOBS; i++)
        others += !jobs[i].vote && itc_verifier_put(v, &jobs[i]);
    itc_verifier_wake(v);
    for (uint32_t i = 0; i < JOBS; i++)
        votes += jobs[i].vote && itc_verifier_put(v, &jobs[i]);
    itc_verifier_wake(v);
    wait_for(&r, JOBS);
    itc_verifier_close(v);
    assert_int_equal(votes, JOBS / 5);
    assert_int_equal(others, JOBS - votes);
    uint32_t early = 0; /* votes among the first half, though put last */
    for (uint32_t i = 0; i < JOBS / 2; i++)
        early += r.order[i];
    assert_true(early > votes * 9 / 10);
    assert_int_equal(r.largest, ITC_VERIFIER_REPORT); /* others, while more waited */
}

static void test_closing_forgets_what_waits(void **state)
{
    (void)state;
    static struct results r;
    r = (struct results){0};
    struct itc_verifier *v = open_pool(&r, 1, JOBS);
    for (uint32_t i = 0; i < JOBS; i++)
        itc_verifier_put(v, &jobs[i]);
    itc_verifier_wake(v);
    itc_verifier_close(v);
    assert_true(r.count < JOBS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_job_is_answered_once_and_rightly),
        cmocka_unit_test(test_a_full_queue_says_so),
        cmocka_unit_test(test_votes_overtake),
        cmocka_unit_test(test_closing_forgets_what_waits),
    };
    return cmocka_run_group_tests(tests, make_jobs, NULL);
}
