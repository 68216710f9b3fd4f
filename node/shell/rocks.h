/* rocks.h - the node's store on RocksDB. Shell.
 *
 *     core thread:  itc_rocks_apply  ->  rows in memory
 *     writer:       many rows at once  ->  write-ahead log and tables, unsynced
 *     sync thread:  flush and fsync the log  ->  "durable up to batch n"
 *
 * Batches are numbered by the node and written in order, each in one piece; one log serves all families, so one sync
 * makes everything before it durable. Rows wait until there are many, or somebody reads or wants a batch durable, or
 * a second has passed: a large milestone is written while the core goes on, and a vote by the core itself, which then
 * wakes one thread only. The sync thread sleeps until somebody asks for a batch, or a second has passed; all that was
 * written before a sync began becomes durable with it (group commit). Sorted tables hold bodies that do not compress
 * (keys, hashes, signatures), so compression is off.
 *
 * A write or sync that fails may yet have reached the disk. The process therefore ends at once, with one line
 * of explanation and exit code 1: it must not go on with a store it does not know.
 *
 * Threads: open, apply, reads and close from the core thread; the rest from any. */
#ifndef ITC_SHELL_ROCKS_H
#define ITC_SHELL_ROCKS_H

#include "node/actions.h"

struct itc_rocks;

struct itc_rocks_config {
    const char *data_dir; /* created if missing, mode 0700; its parent must exist */
    size_t cache_bytes;   /* block cache */
    /* Called on the sync thread after each sync; must not block. May be NULL. */
    void (*synced)(void *ctx);
    void *ctx;
};

/* Returns 0, or -1 with a sentence in `why`: the folder cannot be made, another process uses it, or the
 * database does not open. */
int itc_rocks_open(
    struct itc_rocks **out, const struct itc_rocks_config *c, char *why, size_t why_cap);
/* Syncs what was applied, then closes. */
void itc_rocks_close(struct itc_rocks *r);

/* The read interface of node/store.h. */
struct itc_store itc_rocks_store(struct itc_rocks *r);
/* Takes the batch of one step, which all reads see from here on; `actions->writes_count` may be 0. */
void itc_rocks_apply(struct itc_rocks *r, const struct itc_actions *actions);
/* Asks for `batch` to be made durable now. `batch` has been applied. */
void itc_rocks_sync(struct itc_rocks *r, uint64_t batch);
/* Returns when `batch` is durable. */
void itc_rocks_wait(struct itc_rocks *r, uint64_t batch);
/* Newest durable batch; 0: none since start. */
uint64_t itc_rocks_durable(struct itc_rocks *r);

struct itc_rocks_stats {
    uint64_t batch, durable; /* newest applied, newest durable */
    uint64_t syncs, sync_us, sync_longest_us;
};
void itc_rocks_stats(struct itc_rocks *r, struct itc_rocks_stats *out);

#endif
