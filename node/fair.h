/* fair.h - whose turn it is: fair queueing over flows, a flow an issuer. Pure.
 *
 *     a flow that was idle starts at V, or where it was last served to, if that is ahead of V
 *
 *     V          start    finish
 *     |            |--------|--------|        a heavy flow: short steps      step = size / weight
 *     |--------------------------------|      a light one: long steps
 *
 * Tags as in start-time fair queueing (Goyal, Vin, Cheng, SIGCOMM '96): start = max(V, last finish of the flow), finish =
 * start + size / weight; V = start of what was served last. So shares are linear in weight, over any time in which the
 * flows wait; whoever splits a balance gains nothing. Deficit round robin gives the same shares, but serves a flow in its
 * turn only: a slow device would wait for a round of all others each time. Here it starts at V, and is next.
 *
 * Turns go alternately to the least start and to the least finish. By start alone, a thousand flows of next to no weight that
 * have just appeared are all served before anybody's second entry; by finish alone, a light flow waits until the heavy
 * ones have had their share, however long it was silent. So each side has half of the turns at least.
 *
 * What a flow owes (its last finish) is remembered while it is ahead of V, and until it has rested over the end of an
 * interval: beside the steps of somebody a million times as heavy V hardly moves, and a lamp would owe its first site for ever.
 * When nothing waits nobody owes anything, and V is 0 again. When too many owe, who owes least is forgotten. All is done in
 * O(log flows), with indexed heaps. */
#ifndef ITC_NODE_FAIR_H
#define ITC_NODE_FAIR_H

#include "spv/base.h"
#include "tangle/index.h"

/* A flow's places in the heaps. */
enum itc_fair_order {
    ITC_FAIR_START,       /* of the first entry, least first */
    ITC_FAIR_FINISH,      /* of the first entry, least first */
    ITC_FAIR_LAST_START,  /* of the last entry, greatest first */
    ITC_FAIR_LAST_FINISH, /* of the last entry, greatest first */
    ITC_FAIR_OWED,        /* nothing waits: the last finish, least first */
    ITC_FAIR_ORDERS
};

struct itc_fair_flow {
    struct itc_key key;
    uint64_t start; /* of the first entry; when nothing waits, the last finish */
    uint64_t steps; /* of all entries together: start + steps is the finish of the last one */
    uint32_t first, last, count;
    uint32_t since;                  /* nothing waits: the interval in which that began */
    uint32_t place[ITC_FAIR_ORDERS]; /* in the heap, + 1; 0: not there */
};

struct itc_fair_entry {
    uint64_t step;
    uint64_t serial; /* in order of arrival; decides between equals */
    uint32_t flow;
    uint32_t next, previous; /* of the flow */
    uint32_t size;           /* bytes; 0: does not wait */
    bool fresh;              /* its flow was idle, and owed nothing, when it came */
};

struct itc_fair {
    struct itc_fair_entry *entries; /* numbered by their owner */
    struct itc_fair_flow *flows;
    struct itc_index keys;
    uint32_t *heaps[ITC_FAIR_ORDERS];
    uint32_t heap_counts[ITC_FAIR_ORDERS];
    uint32_t flows_max, flows_fresh, flows_free;
    uint32_t count, fresh, count_max;
    uint32_t interval;
    uint64_t bytes, bytes_max;
    uint64_t now; /* V */
    uint64_t next_serial;
    bool by_finish; /* the next turn */
};

/* For entries numbered 0 ... entries - 1. */
size_t itc_fair_size(uint32_t entries);
/* At most so many entries and bytes shall wait: see itc_fair_overflow. */
void itc_fair_init(struct itc_fair *f, struct itc_mem *mem, uint32_t entries, uint32_t count_max,
    uint64_t bytes_max, uint64_t seed);

/* The weight of a balance: linear, at least 1, which is that of `dust`. */
uint64_t itc_fair_weight(struct itc_amount balance, struct itc_amount dust);

/* An interval is over: who rests, and goes on resting, owes nothing. */
void itc_fair_next_interval(struct itc_fair *f);
/* To the end of the flow of `key`. `size`: 1 ... 4,095 bytes; `weight` counts for this entry.
 *   ITC_E_FULL  as much as its weight is worth in 2^62 units waits in this flow alone */
ITC_MUST enum itc_err itc_fair_push(
    struct itc_fair *f, uint32_t entry, const struct itc_key *key, uint64_t weight, uint32_t size);
/* While more waits than shall: takes out the newest entry of the flow that is furthest ahead, and returns it; else ITC_NONE.
 * Furthest ahead is whose last entry starts last; but where the fresh make up more than half, whose last entry
 * finishes last: else a crowd of light flows with one entry each would leave no room for anybody's second. */
uint32_t itc_fair_overflow(struct itc_fair *f);

/* Whose turn it is; ITC_NONE if nothing waits. */
uint32_t itc_fair_next(const struct itc_fair *f);
/* The same, but only of those who were idle, or as good as: first by start, and fresh; or first by finish, alone in its
 * flow, and owing less than one step of who is first by start. `heaviest`: first by finish only. ITC_NONE: nobody. */
uint32_t itc_fair_next_idle(const struct itc_fair *f, bool heaviest);
/* Takes out a flow's first entry, which is served. */
void itc_fair_serve(struct itc_fair *f, uint32_t entry);
/* Takes an entry out as if it had never come. */
void itc_fair_remove(struct itc_fair *f, uint32_t entry);
bool itc_fair_waits(const struct itc_fair *f, uint32_t entry);
/* Entries that wait in a flow. */
uint32_t itc_fair_waiting(const struct itc_fair *f, const struct itc_key *key);

#endif
