#include "node/shell/rocks_impl.h"

#include "node/shell/clock.h"
#include "node/shell/report.h"

#include <stdlib.h>

#define MIB ((size_t)1 << 20)
#define IDLE_SYNC_MS 1000
#define MANY_ROWS 64 /* written at once they cost half */
#define MANY_BYTES (1 * MIB)
#define WAITING_MAX (8 * MIB) /* rows that wait; beyond, who applies more waits too */

_Noreturn static void fail(const char *what, const char *error)
{
    itc_report(ITC_REPORT_ERROR,
        "the store failed to %s: %s. Stopping at once; check the disk. Data that is damaged is to "
        "be "
        "moved away, for the node fetches it again; a validator then observes for a while",
        what, error);
    _Exit(1);
}

void itc_rocks_must(const char *what, const char *error)
{
    if (error != NULL)
        fail(what, error);
}

/* ---- writing ---- */

static void add_write(void *ctx, const struct itc_write *w)
{
    struct itc_rocks *r = ctx;
    rocksdb_column_family_handle_t *cf = r->cf[w->cf];
    const char *key = itc_rocks_chars(w->key), *value = itc_rocks_chars(w->value);
    switch (w->op) {
    case ITC_WRITE_PUT:
        rocksdb_writebatch_put_cf(r->batch, cf, key, w->key_len, value, w->value_len);
        break;
    case ITC_WRITE_DELETE:
        rocksdb_writebatch_delete_cf(r->batch, cf, key, w->key_len);
        break;
    case ITC_WRITE_DELETE_RANGE:
        rocksdb_writebatch_delete_range_cf(r->batch, cf, key, w->key_len, value, w->value_len);
        break;
    }
}

static bool is_due(const struct itc_rocks *r)
{
    return !r->writing && (r->rows.count >= MANY_ROWS || r->rows.len >= MANY_BYTES ||
                              (r->rows.count > 0 && r->wanted > r->written));
}

/* Writes all that waits; called with the lock, which is free meanwhile, and with nobody else at it. */
static void write_out(struct itc_rocks *r)
{
    struct itc_rows rows = r->rows;
    ITC_ASSERT(!r->writing);
    r->rows = r->taken;
    r->taken = rows;
    r->writing = true;
    pthread_mutex_unlock(&r->lock);

    rocksdb_writebatch_clear(r->batch);
    itc_rows_visit(&r->taken, add_write, r);
    char *error = NULL;
    rocksdb_write(r->db, r->write, r->batch, &error);
    itc_rocks_must("write", error);

    pthread_mutex_lock(&r->lock);
    itc_rows_clear(&r->taken);
    r->writing = false;
    r->written = r->taken.batch;
    pthread_cond_broadcast(&r->done);
    if (r->wanted > r->stats.durable)
        pthread_cond_signal(&r->asked);
    if (is_due(r)) /* where this is not the writer */
        pthread_cond_signal(&r->filled);
}

static void *writer_thread(void *arg)
{
    struct itc_rocks *r = arg;
    pthread_mutex_lock(&r->lock);
    while (!r->stop) {
        if (is_due(r))
            write_out(r);
        else
            pthread_cond_wait(&r->filled, &r->lock);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

void itc_rocks_apply(struct itc_rocks *r, const struct itc_actions *actions)
{
    if (actions->writes_count == 0)
        return;
    pthread_mutex_lock(&r->lock);
    while (r->rows.len > WAITING_MAX)
        pthread_cond_wait(&r->done, &r->lock);
    ITC_ASSERT(actions->batch > r->stats.batch);
    r->stats.batch = actions->batch;
    itc_rows_add(&r->rows, actions);
    if (is_due(r))
        pthread_cond_signal(&r->filled);
    pthread_mutex_unlock(&r->lock);
}

void itc_rocks_settle(struct itc_rocks *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->writing)
        pthread_cond_wait(&r->done, &r->lock);
    if (r->rows.count > 0)
        write_out(r);
    pthread_mutex_unlock(&r->lock);
}

/* ---- making durable ---- */

/* Syncs the log; everything up to `target` had been applied before. Called without the lock. */
static void sync_log(struct itc_rocks *r, uint64_t target)
{
    uint64_t start_us = itc_clock_mono_us();
    char *error = NULL;
    rocksdb_flush_wal(r->db, 1, &error);
    itc_rocks_must("sync", error);
    uint64_t took_us = itc_clock_mono_us() - start_us;

    pthread_mutex_lock(&r->lock);
    r->stats.durable = target;
    r->stats.syncs++;
    r->stats.sync_us += took_us;
    if (took_us > r->stats.sync_longest_us)
        r->stats.sync_longest_us = took_us;
    pthread_cond_broadcast(&r->done);
    pthread_mutex_unlock(&r->lock);
    if (r->synced != NULL)
        r->synced(r->ctx);
}

static void *sync_thread(void *arg)
{
    struct itc_rocks *r = arg;
    pthread_mutex_lock(&r->lock);
    while (!r->stop) {
        struct timespec until = itc_clock_deadline(IDLE_SYNC_MS);
        int rc = 0;
        while (!r->stop && (r->wanted <= r->stats.durable || r->written == r->stats.durable) &&
               rc == 0)
            rc = pthread_cond_timedwait(&r->asked, &r->lock, &until);
        if (rc != 0 && !r->writing && r->rows.count > 0)
            write_out(r);
        uint64_t target = r->written;
        if (target == r->stats.durable)
            continue;
        pthread_mutex_unlock(&r->lock);
        sync_log(r, target);
        pthread_mutex_lock(&r->lock);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* What few rows wait is written here: to wake the writer for them would take longer. */
void itc_rocks_sync(struct itc_rocks *r, uint64_t batch)
{
    pthread_mutex_lock(&r->lock);
    ITC_ASSERT(batch <= r->stats.batch);
    if (batch > r->wanted) {
        r->wanted = batch;
        if (r->written < batch && !r->writing)
            write_out(r);
        pthread_cond_signal(&r->asked);
    }
    pthread_mutex_unlock(&r->lock);
}

void itc_rocks_wait(struct itc_rocks *r, uint64_t batch)
{
    itc_rocks_sync(r, batch);
    pthread_mutex_lock(&r->lock);
    while (r->stats.durable < batch)
        pthread_cond_wait(&r->done, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

uint64_t itc_rocks_durable(struct itc_rocks *r)
{
    pthread_mutex_lock(&r->lock);
    uint64_t durable = r->stats.durable;
    pthread_mutex_unlock(&r->lock);
    return durable;
}

void itc_rocks_stats(struct itc_rocks *r, struct itc_rocks_stats *out)
{
    pthread_mutex_lock(&r->lock);
    *out = r->stats;
    pthread_mutex_unlock(&r->lock);
}

/* ---- the threads ---- */

int itc_rocks_start(struct itc_rocks *r)
{
    r->writer_runs = pthread_create(&r->writer, NULL, writer_thread, r) == 0;
    r->syncer_runs = pthread_create(&r->syncer, NULL, sync_thread, r) == 0;
    return r->writer_runs && r->syncer_runs ? 0 : -1;
}

void itc_rocks_stop(struct itc_rocks *r)
{
    if (r->syncer_runs)
        itc_rocks_wait(r, r->stats.batch);
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_cond_signal(&r->asked);
    pthread_cond_signal(&r->filled);
    pthread_mutex_unlock(&r->lock);
    if (r->syncer_runs)
        pthread_join(r->syncer, NULL);
    if (r->writer_runs)
        pthread_join(r->writer, NULL);
}
