/* mem_store.h - a node's store in memory, for tests and the simulator: struct itc_store
 * (node/store.h) without a disk. Uses the heap; one thread.
 *
 * One treap a column family: a binary tree ordered by key and, as a heap, by a random number of
 * each row, which keeps it shallow whatever the order of the keys. `split` at a key and `join` make
 * the rest:
 *
 *     put            on the way down to the key, below all rows of higher priority, what is there is
 *                    split in two, and both go under the new row
 *     delete         the row's two subtrees, joined, take its place
 *     delete range   [ < from ] [ from .. ) [ >= until ]  the middle goes
 *
 * A copy (itc_mem_store_clone) is what a crash would leave behind. */
#ifndef ITC_SIM_MEM_STORE_H
#define ITC_SIM_MEM_STORE_H

#include "node/actions.h"

struct itc_mem_row;

struct itc_mem_store {
    struct itc_mem_row *rows[ITC_CF_COUNT]; /* a tree each; NULL: empty */
    uint64_t rows_made;                     /* seeds the rows' random numbers */
};

void itc_mem_store_init(struct itc_mem_store *s);
void itc_mem_store_free(struct itc_mem_store *s);
/* `out`: not initialised before. */
void itc_mem_store_clone(struct itc_mem_store *out, const struct itc_mem_store *s);
/* Carries out writes in their order. */
void itc_mem_store_write(struct itc_mem_store *s, const struct itc_write *writes, uint32_t count);
/* The same for the batch of a step. */
void itc_mem_store_apply(struct itc_mem_store *s, const struct itc_actions *a);
/* The read interface; good as long as `s` is. A scan's callback must not write. */
struct itc_store itc_mem_store_reader(struct itc_mem_store *s);
size_t itc_mem_store_count(const struct itc_mem_store *s, enum itc_cf cf);
/* The last row's key; NULL: there is none. */
const uint8_t *itc_mem_store_last(const struct itc_mem_store *s, enum itc_cf cf);

#endif
