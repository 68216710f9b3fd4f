/* bench_store.h - itc-bench: a node's store, in a folder of its own where the program runs. What goes wrong ends the program. */
#ifndef ITC_BENCH_STORE_H
#define ITC_BENCH_STORE_H

#include "node/shell/rocks.h"

struct bench_store {
    char dir[64];
    struct itc_rocks *rocks;
    struct itc_actions actions; /* what is to be written next */
    void *block;
};

/* Makes the folder and opens the store. */
void bench_store_make(struct bench_store *s, const char *bench);
/* Closes it, so that all is durable, and opens it again. */
void bench_store_reopen(struct bench_store *s);
/* Hands on what s->actions holds, as one batch. */
void bench_store_write(struct bench_store *s);
/* The same, and returns when it is durable. */
void bench_store_write_durably(struct bench_store *s);
/* Closes the store and removes the folder. */
void bench_store_remove(struct bench_store *s);

#endif
