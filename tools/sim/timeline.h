/* timeline.h - what is due when, for simulated time: earliest first, and of the same time in the
 * order of arrival, so that a run is the same every time. A binary heap. Uses the heap memory; one
 * thread. */
#ifndef ITC_SIM_TIMELINE_H
#define ITC_SIM_TIMELINE_H

#include "spv/base.h"

struct itc_due {
    uint64_t at_ms;
    uint64_t order; /* of arrival */
    void *what;     /* the caller's */
};

struct itc_timeline {
    struct itc_due *heap; /* heap[i] is never later than its children, heap[2i+1] and heap[2i+2] */
    size_t count, capacity;
    uint64_t arrivals;
};

void itc_timeline_init(struct itc_timeline *t);
/* What is still due is handed to `discard`. */
void itc_timeline_free(struct itc_timeline *t, void (*discard)(void *what));
void itc_timeline_add(struct itc_timeline *t, uint64_t at_ms, void *what);
/* The next one, or NULL; good until the next call. */
const struct itc_due *itc_timeline_peek(const struct itc_timeline *t);
/* Takes the next one out; there is one. */
void *itc_timeline_pop(struct itc_timeline *t);

#endif
