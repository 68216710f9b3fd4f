/* rows.h - the writes of many steps, kept until the store takes them as one. Shell; the caller's lock.
 *
 * Rows are given out family by family, and by key where there are many: a sorted table in memory takes neighbours
 * faster than strangers, and so does the log that is replayed at start. Two rows of one key stay in their order; a
 * family in which a range is deleted stays in its order as a whole. */
#ifndef ITC_SHELL_ROWS_H
#define ITC_SHELL_ROWS_H

#include "node/actions.h"
#include "tangle/key_sort.h"

struct itc_row;

/* All zero: empty. */
struct itc_rows {
    uint64_t batch; /* the newest that was added; 0: none */
    uint32_t count;
    size_t len; /* bytes of keys and values */

    struct itc_row *rows;
    struct itc_key_item *items; /* twice as many, to sort */
    uint32_t cap;
    uint8_t *bytes;
    size_t bytes_cap;
    bool ranged[ITC_CF_COUNT]; /* a range is deleted in this family */
};

/* From all zero: places for what usually waits, whose memory is touched as it is used. More are made if need be. */
void itc_rows_init(struct itc_rows *r);
/* Copies the writes of a step. */
void itc_rows_add(struct itc_rows *r, const struct itc_actions *actions);
/* Calls `fn` for each row; what it is given lives until the next itc_rows_add. */
void itc_rows_visit(
    struct itc_rows *r, void (*fn)(void *ctx, const struct itc_write *w), void *ctx);
/* Keeps `batch`, and memory for what usually waits: one large milestone is not to be paid for ever after. */
void itc_rows_clear(struct itc_rows *r);
void itc_rows_free(struct itc_rows *r);

#endif
