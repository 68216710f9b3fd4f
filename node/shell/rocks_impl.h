/* rocks_impl.h - what rocks.c (opening, reading) and rocks_write.c (writing, making durable) share. Shell. */
#ifndef ITC_SHELL_ROCKS_IMPL_H
#define ITC_SHELL_ROCKS_IMPL_H

#include "node/shell/rocks.h"
#include "node/shell/rows.h"

#include <pthread.h>
#include <rocksdb/c.h>

struct itc_rocks {
    rocksdb_t *db;
    rocksdb_column_family_handle_t *cf[ITC_CF_COUNT];
    rocksdb_options_t *options;
    rocksdb_block_based_table_options_t *tables;
    rocksdb_cache_t *cache;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;
    rocksdb_writebatch_t *batch; /* of whoever has set `writing` */
    int lock_fd;                 /* of data_dir/lock, held while open */
    void (*synced)(void *ctx);
    void *ctx;

    pthread_t writer, syncer;
    bool writer_runs, syncer_runs;
    pthread_mutex_t lock;  /* guards what follows, but for `taken` while `writing` */
    pthread_cond_t filled; /* to the writer */
    pthread_cond_t asked;  /* to the sync thread */
    pthread_cond_t done;   /* from both */
    struct itc_rows rows;  /* applied and not yet written */
    struct itc_rows taken; /* being written */
    bool writing;          /* by the writer, or by a thread that cannot wait for it */
    uint64_t written;      /* newest batch that RocksDB has */
    uint64_t wanted;       /* newest batch somebody waits for */
    bool stop;
    struct itc_rocks_stats stats;
};

static inline const char *itc_rocks_chars(const uint8_t *bytes)
{
    return (const char *)bytes;
}

/* Ends the process if there is an error. */
void itc_rocks_must(const char *what, const char *error);
/* Returns when RocksDB has all that was applied. */
void itc_rocks_settle(struct itc_rocks *r);
/* Returns 0 or -1. */
int itc_rocks_start(struct itc_rocks *r);
/* Writes and syncs what was applied, and ends the threads. */
void itc_rocks_stop(struct itc_rocks *r);

#endif
