/* link_impl.h - what link.c (links and their ends), link_accept.c (who calls us), link_call.c (whom we call)
 * and link_greet.c (HELLO and pairing) share. Shell; core thread, but for `queued` of a source.
 *
 *     source numbers:   0 .. ends-1        a stream that may be part of a link
 *                       ends               the listener
 *                       ends + 1 + 2t + c  the call to configured peer t for channel c */
#ifndef ITC_SHELL_LINK_IMPL_H
#define ITC_SHELL_LINK_IMPL_H

#include "node/shell/ban.h"
#include "node/shell/link.h"
#include "node/shell/stream.h"

#include <nng/nng.h>
#include <stdatomic.h>

#define ITC_CHANNELS 2
#define ITC_LOOSE_MAX 64 /* accepted streams that have not said HELLO; more push out the oldest */
#define ITC_GREETING_MS 5000
#define ITC_BACKOFF_MAX_MS 5000
#define ITC_NONE UINT32_MAX

/* Where NNG's callbacks report. */
struct itc_source {
    struct itc_links *links;
    uint32_t number;
    atomic_uint channel; /* enum itc_channel: priority */
    atomic_bool queued;  /* notified and not yet served */
};

struct itc_end { /* one stream */
    struct itc_source source;
    struct itc_stream *stream; /* NULL: unused */
    uint32_t link;             /* ITC_NONE: accepted, and has not said HELLO */
    bool greeted;
    struct itc_address address;
    uint64_t opened_ms, heard_ms;
};

enum itc_link_state {
    ITC_LINK_FREE,
    ITC_LINK_OPENING,
    ITC_LINK_UP,
    ITC_LINK_LEAVING /* closed; free once the node has been told */
};

struct itc_link {
    enum itc_link_state state;
    uint32_t caller; /* index of the configured peer that we called, or ITC_NONE: he called us */
    uint32_t end[ITC_CHANNELS];
    struct itc_hello hello; /* the peer's; node_id 0: not said yet */
    struct itc_address address;
    uint64_t opened_ms;
    uint64_t incarnation;
};

struct itc_call {
    struct itc_source source;
    nng_aio *aio;
    bool busy;
};

struct itc_caller { /* a configured peer */
    const char *url;
    nng_stream_dialer *dialer;
    struct itc_call call[ITC_CHANNELS];
    uint32_t link;              /* of this call, or ITC_NONE */
    uint64_t node_id;           /* as it last said; 0: never */
    struct itc_address address; /* where it said so */
    uint64_t due_ms;            /* when to call again */
    uint32_t backoff_ms;        /* wait after the next failure */
    bool complained;            /* its failure is in the log already */
};

struct itc_links {
    struct itc_links_config config;
    uint32_t ends, links;
    struct itc_end *end;
    struct itc_link *link;
    struct itc_caller *caller;
    uint32_t callers;
    nng_stream_listener *listener;
    nng_aio *accept_aio;
    struct itc_source accept;
    bool accepting;
    uint64_t accept_due_ms;
    uint16_t port;
    uint32_t inbound; /* links accepted, opening or up */
    uint64_t incarnations;
    uint64_t chance; /* jitter */
    uint64_t due_ms; /* when something has to be done without being asked */
    bool dirty[ITC_CHANNELS];
    struct itc_bans bans;
    struct itc_link_stats stats;
    /* changes to tell: each link is in it at most twice */
    struct itc_link_change *changes;
    uint32_t changes_first, changes_count;
};

uint64_t itc_links_now_ms(void);
/* Makes itc_links_tick look around at `ms` at the latest. */
void itc_links_due(struct itc_links *l, uint64_t ms);
void itc_source_init(
    struct itc_source *s, struct itc_links *l, uint32_t number, enum itc_channel channel);
/* Any thread. */
void itc_source_notify(struct itc_source *s);

/* Takes over `raw` as an end of `link` (ITC_NONE: not known yet). NULL: no place, or no memory. */
struct itc_end *itc_end_open(
    struct itc_links *l, nng_stream *raw, uint32_t link, enum itc_channel channel);
void itc_end_close(struct itc_links *l, struct itc_end *e);
/* Closes an end and the link it belongs to; counts why. */
void itc_end_fail(struct itc_links *l, struct itc_end *e, enum itc_link_count why);
bool itc_end_send(struct itc_links *l, struct itc_end *e, const uint8_t *frame, size_t len);

/* A free link, or ITC_NONE. */
uint32_t itc_link_open(struct itc_links *l, uint32_t caller);
void itc_link_close(struct itc_links *l, uint32_t link);
/* Both HELLOs were exchanged. */
void itc_link_rise(struct itc_links *l, uint32_t link);

/* link_greet.c: sends our HELLO; reads the peer's and puts the end where it belongs. */
void itc_greet_send(struct itc_links *l, struct itc_end *e, enum itc_channel channel);
void itc_greet_read(struct itc_links *l, struct itc_end *e);

/* link_accept.c */
int itc_accept_open(struct itc_links *l, const char *url);
void itc_accept_close(struct itc_links *l);
void itc_accept_serve(struct itc_links *l);
/* Listens again after a pause. */
void itc_accept_tick(struct itc_links *l, uint64_t now_ms);

/* link_call.c */
int itc_call_open(struct itc_links *l, struct itc_caller *c, const char *url);
void itc_call_close(struct itc_caller *c);
void itc_call_serve(struct itc_links *l, struct itc_caller *c, enum itc_channel channel);
/* Calls if it is time. Returns when it will be. */
uint64_t itc_call_tick(struct itc_links *l, struct itc_caller *c, uint64_t now_ms);
/* Says once why there is no link. */
void itc_call_complain(struct itc_caller *c, const char *why);
/* The link of this call is gone; it was up for `stood_ms`. */
void itc_call_lost(struct itc_links *l, struct itc_caller *c, uint64_t stood_ms);

#endif
