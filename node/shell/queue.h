/* queue.h - a bounded queue with lanes: where the shell's threads meet. Shell; any thread.
 *
 *      producers --> lane 0  [ . . . . ]  \
 *      producers --> lane 1  [ . . ]       >--> consumers, first lane first
 *      producers --> lane 2  [ . . . ]    /
 *
 * Items are small and of one size; each lane has its own bound. A consumer gets a run of items of the first
 * lane that has any; but every eighth run starts the search one lane further on, so that a flood in one lane
 * delays the others and never starves them. One lock; a sleeping consumer costs a wake-up, a busy one none. */
#ifndef ITC_SHELL_QUEUE_H
#define ITC_SHELL_QUEUE_H

#include "spv/base.h"

#define ITC_QUEUE_LANES_MAX 8

struct itc_queue;

struct itc_queue_lane {
    uint32_t cap; /* items that wait at most */
    uint32_t run; /* items that one take gets at most */
};
/* NULL: out of memory. */
struct itc_queue *itc_queue_open(
    size_t item_size, const struct itc_queue_lane *lane, uint32_t lanes);
/* When no thread uses it any more. */
void itc_queue_close(struct itc_queue *q);

/* Appends as many of `count` items as fit and wakes a consumer; returns how many. */
uint32_t itc_queue_push(struct itc_queue *q, uint32_t lane, const void *items, uint32_t count);
/* The same without waking: for a producer that has more to come and then calls itc_queue_wake. */
uint32_t itc_queue_put(struct itc_queue *q, uint32_t lane, const void *items, uint32_t count);
/* Wakes a consumer if there are items for it. */
void itc_queue_wake(struct itc_queue *q);
/* Makes one itc_queue_take return at once, empty-handed if need be. */
void itc_queue_poke(struct itc_queue *q);
/* The end: what waits is forgotten, takes return 0 at once, nothing more is accepted. */
void itc_queue_end(struct itc_queue *q);

/* Takes a run of items of one lane; *lane says which. `items` has room for the longest run. Waits for at most
 * `wait_ms` (UINT32_MAX: for ever) while there is none. Returns the number: 0 after the time, a poke or the
 * end. */
uint32_t itc_queue_take(struct itc_queue *q, void *items, uint32_t wait_ms, uint32_t *lane);
/* From now on takes pass over `lane`, or no longer. Only for the queue's one consumer. */
void itc_queue_hold(struct itc_queue *q, uint32_t lane, bool hold);

/* Items that wait in each lane. */
void itc_queue_depths(struct itc_queue *q, uint32_t *out);

#endif
