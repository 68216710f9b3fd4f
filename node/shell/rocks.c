#include "node/shell/rocks_impl.h"

#include "node/shell/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

/* ---- reading ---- */

static const uint8_t *bytes_of(const char *s)
{
    return (const uint8_t *)s;
}

static enum itc_err get(void *ctx, enum itc_cf cf, const uint8_t *key, size_t key_len, uint8_t *out,
    size_t cap, size_t *len)
{
    struct itc_rocks *r = ctx;
    char *error = NULL;
    itc_rocks_settle(r);
    rocksdb_pinnableslice_t *row =
        rocksdb_get_pinned_cf(r->db, r->read, r->cf[cf], itc_rocks_chars(key), key_len, &error);
    itc_rocks_must("read", error);
    if (row == NULL)
        return ITC_E_UNKNOWN;
    size_t size = 0;
    const char *value = rocksdb_pinnableslice_value(row, &size);
    bool fits = size <= cap;
    if (fits) {
        if (size > 0)
            memcpy(out, value, size);
        *len = size;
    }
    rocksdb_pinnableslice_destroy(row);
    return fits ? ITC_OK : ITC_E_TOO_LARGE;
}

static void scan(void *ctx, enum itc_cf cf, const uint8_t *from, size_t from_len,
    itc_store_row_fn *fn, void *fn_ctx)
{
    struct itc_rocks *r = ctx;
    itc_rocks_settle(r);
    rocksdb_iterator_t *it = rocksdb_create_iterator_cf(r->db, r->read, r->cf[cf]);
    for (rocksdb_iter_seek(it, itc_rocks_chars(from), from_len); rocksdb_iter_valid(it);
         rocksdb_iter_next(it)) {
        size_t key_len = 0, value_len = 0;
        const char *key = rocksdb_iter_key(it, &key_len);
        const char *value = rocksdb_iter_value(it, &value_len);
        if (!fn(fn_ctx, bytes_of(key), key_len, bytes_of(value), value_len))
            break;
    }
    char *error = NULL;
    rocksdb_iter_get_error(it, &error);
    itc_rocks_must("read", error);
    rocksdb_iter_destroy(it);
}

struct itc_store itc_rocks_store(struct itc_rocks *r)
{
    return (struct itc_store){.ctx = r, .get = get, .scan = scan};
}

/* ---- opening and closing ---- */

/* The folder, and the lock that says it is ours. */
static int claim_folder(struct itc_rocks *r, const char *dir, char *why, size_t why_cap)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        snprintf(why, why_cap, "cannot create the data folder %s: %s", dir, strerror(errno));
        return -1;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/lock", dir);
    r->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (r->lock_fd < 0) {
        snprintf(why, why_cap, "cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    if (flock(r->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(why, why_cap, "the data folder %s is in use by another itcd", dir);
        return -1;
    }
    return 0;
}

static void choose_options(struct itc_rocks *r, size_t cache_bytes)
{
    r->cache = rocksdb_cache_create_lru(cache_bytes);
    r->tables = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(r->tables, r->cache);
    rocksdb_block_based_options_set_block_size(r->tables, 8192);
    rocksdb_block_based_options_set_filter_policy(
        r->tables, rocksdb_filterpolicy_create_bloom_full(10));
    /* Index and filter blocks count against the cache, so that its size is the bound; in pieces, or each that is not there would
     * cost a megabyte to read. */
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(r->tables, 1);
    rocksdb_block_based_options_set_index_type(
        r->tables, rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(r->tables, 1);

    r->options = rocksdb_options_create();
    rocksdb_options_t *o = r->options;
    rocksdb_options_set_create_if_missing(o, 1);
    rocksdb_options_set_create_missing_column_families(o, 1);
    rocksdb_options_set_block_based_table_factory(o, r->tables);
    rocksdb_options_set_compression(o, rocksdb_no_compression);
    /* Memory: all families share 64 MiB of write buffers. The log is replayed at start, so it is bounded too. */
    rocksdb_options_set_write_buffer_size(o, 16 * MIB);
    rocksdb_options_set_db_write_buffer_size(o, 64 * MIB);
    rocksdb_options_set_max_total_wal_size(o, 64 * MIB);
    /* A write stays in the process's buffer until the sync thread flushes it: nothing leaves the node on the
     * strength of a batch that is not synced, so a crash of the process is no worse than one of the machine. */
    rocksdb_options_set_manual_wal_flush(o, 1);
    /* A start replays the log up to its first bad record: a loss of power takes whole batches, from the end. */
    rocksdb_options_set_wal_recovery_mode(o, rocksdb_point_in_time_recovery);
    rocksdb_options_set_max_open_files(o, 256);
    rocksdb_options_set_max_background_jobs(o, 2);
    rocksdb_options_set_bytes_per_sync(
        o, 1 * MIB); /* no bursts of write-back that a vote's sync waits for */
    rocksdb_options_set_info_log_level(o, 2); /* warnings */
    rocksdb_options_set_keep_log_file_num(o, 4);
    rocksdb_options_set_max_log_file_size(o, 4 * MIB);
    rocksdb_options_set_stats_dump_period_sec(o, 0);

    r->read = rocksdb_readoptions_create();
    r->write = rocksdb_writeoptions_create();
    r->batch = rocksdb_writebatch_create();
}

static int open_database(struct itc_rocks *r, const char *dir, char *why, size_t why_cap)
{
    const char *names[ITC_CF_COUNT + 1];
    const rocksdb_options_t *options[ITC_CF_COUNT + 1];
    rocksdb_column_family_handle_t *handles[ITC_CF_COUNT + 1];
    for (int i = 0; i < ITC_CF_COUNT; i++)
        names[i] = itc_cf_name((enum itc_cf)i);
    names[ITC_CF_COUNT] = "default"; /* RocksDB insists on it; it stays empty */
    for (int i = 0; i <= ITC_CF_COUNT; i++)
        options[i] = r->options;

    char path[4096];
    snprintf(path, sizeof path, "%s/store", dir);
    char *error = NULL;
    r->db = rocksdb_open_column_families(
        r->options, path, ITC_CF_COUNT + 1, names, options, handles, &error);
    if (error != NULL) {
        snprintf(why, why_cap,
            "cannot open the store in %s: %s. If it is damaged, move it away and start again: the "
            "node "
            "fetches the chain from its peers; a validator then observes for a while",
            path, error);
        rocksdb_free(error);
        return -1;
    }
    memcpy(r->cf, handles, sizeof r->cf);
    rocksdb_column_family_handle_destroy(handles[ITC_CF_COUNT]);
    return 0;
}

int itc_rocks_open(
    struct itc_rocks **out, const struct itc_rocks_config *c, char *why, size_t why_cap)
{
    struct itc_rocks *r = calloc(1, sizeof *r);
    if (r == NULL) {
        snprintf(why, why_cap, "out of memory");
        return -1;
    }
    r->lock_fd = -1;
    r->synced = c->synced;
    r->ctx = c->ctx;
    pthread_mutex_init(&r->lock, NULL);
    itc_rows_init(&r->rows);
    itc_rows_init(&r->taken);
    itc_clock_cond_init(&r->filled);
    itc_clock_cond_init(&r->asked);
    itc_clock_cond_init(&r->done);
    choose_options(r, c->cache_bytes);
    if (claim_folder(r, c->data_dir, why, why_cap) != 0 ||
        open_database(r, c->data_dir, why, why_cap) != 0) {
        itc_rocks_close(r);
        return -1;
    }
    if (itc_rocks_start(r) != 0) {
        snprintf(why, why_cap, "cannot start the store's threads");
        itc_rocks_close(r);
        return -1;
    }
    *out = r;
    return 0;
}

void itc_rocks_close(struct itc_rocks *r)
{
    if (r == NULL)
        return;
    itc_rocks_stop(r);
    if (r->db != NULL) {
        for (int i = 0; i < ITC_CF_COUNT; i++)
            rocksdb_column_family_handle_destroy(r->cf[i]);
        rocksdb_close(r->db);
    }
    rocksdb_writebatch_destroy(r->batch);
    rocksdb_writeoptions_destroy(r->write);
    rocksdb_readoptions_destroy(r->read);
    rocksdb_options_destroy(r->options);
    rocksdb_block_based_options_destroy(r->tables);
    rocksdb_cache_destroy(r->cache);
    if (r->lock_fd >= 0)
        close(r->lock_fd);
    itc_rows_free(&r->rows);
    itc_rows_free(&r->taken);
    pthread_cond_destroy(&r->filled);
    pthread_cond_destroy(&r->asked);
    pthread_cond_destroy(&r->done);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
