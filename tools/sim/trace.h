/* trace.h - what happened in a run, in short entries: a ring of the newest, and a listener for all. Uses the heap.
 *
 * Taken down are frames but gossip, heads that move, power, faults. */
#ifndef ITC_SIM_TRACE_H
#define ITC_SIM_TRACE_H

#include <stdio.h>

#include "tools/sim/net.h"

#define ITC_TRACE_SIZE 256

enum itc_trace_kind {
    ITC_TRACE_FRAME,
    ITC_TRACE_HEAD,
    ITC_TRACE_POWER,
    ITC_TRACE_FAULT
};

struct itc_trace_entry {
    enum itc_trace_kind kind;
    uint64_t at_ms;
    uint64_t arrives_ms; /* FRAME; UINT64_MAX: never */
    uint32_t node;       /* FRAME: sender. FAULT: unused */
    uint32_t to;         /* FRAME */
    uint8_t type;        /* FRAME: enum itc_message_type. POWER: 1: on */
    uint8_t vote;        /* FRAME, VOTE: enum itc_vote_type */
    uint8_t voter;
    struct itc_slot slot; /* FRAME, where it has one; HEAD: index, and the view of the next */
    uint8_t id[4];        /* of the header; FRAME, HEAD */
    char text[80];        /* FAULT */
};

struct itc_trace {
    struct itc_trace_entry ring[ITC_TRACE_SIZE];
    uint64_t count;                                             /* of all entries ever */
    void (*listen)(void *ctx, const struct itc_trace_entry *e); /* or NULL */
    void *ctx;
    struct itc_hash chain;
};

void itc_trace_frame(struct itc_trace *t, uint64_t at_ms, const struct itc_net_sent *s);
void itc_trace_head(struct itc_trace *t, uint64_t at_ms, const struct itc_node *n, uint32_t i);
void itc_trace_power(struct itc_trace *t, uint64_t at_ms, uint32_t i, bool on);
/* printf's. */
void itc_trace_fault(struct itc_trace *t, uint64_t at_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void itc_trace_print(FILE *out, const struct itc_trace_entry *e);
/* The newest `count`, or as many as there are, oldest first. */
void itc_trace_tail(FILE *out, const struct itc_trace *t, uint32_t count);

#endif
