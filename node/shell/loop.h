/* loop.h - the event loop that drives one node: the shell's centre. Shell.
 *
 *      peers ---link.c------\                              /--> rocks.c    writes, and what is durable
 *    clients ---request------\      one core thread       /---> link.c     sends, drops
 *   verified ---verifier.c----->  itc_node_step, then  ------> verifier.c  signatures
 *     worked ---worker.c-----/   carry out its actions    \---> worker.c   proofs of work
 *    durable ---rocks.c-----/                              \--> the client's function   replies
 *
 * The core never waits for the disk: a send or reply that names a batch is parked until the store's sync
 * thread reports that batch. All that comes in waits in bounded queues, served in this order: durable notices,
 * checked votes, consensus messages, requests, other messages, other checked signatures, work found, ticks.
 *
 * Threads: the thread in itc_loop_run is the core thread. itc_loop_request, itc_loop_view and itc_loop_stop
 * may be called from any thread between itc_loop_open and itc_loop_close; the rest from one thread. */
#ifndef ITC_SHELL_LOOP_H
#define ITC_SHELL_LOOP_H

#include "node/node.h"

struct itc_loop;

struct itc_loop_config {
    struct itc_node_config
        node; /* genesis borrowed until itc_loop_close; `store` is set by the loop, and `seed`
                                    too where it is 0 */
    const char *data_dir; /* created if missing (its parent must be there) */
    const char
        *peer_listen; /* "tcp://127.0.0.1:15600"; port 0: a free one. NULL: no inbound links */
    const char *const *peers; /* "tcp://host:port" of each peer to call */
    size_t peers_count;
    uint32_t inbound_max;    /* links accepted; 0: what limits.peers leaves beside `peers` */
    uint32_t verify_threads; /* 0: one per processor */
    uint32_t work_threads;   /* 0: one */
};

/* Opens the store, starts the node, its threads and links.
 * Returns 0, or -1 with a sentence in `why`; then nothing is left open. */
int itc_loop_open(
    struct itc_loop **out, const struct itc_loop_config *c, char *why, size_t why_cap);
/* Runs the node until itc_loop_stop or until it halts. Before it returns, every accepted request has had its
 * reply (the rest: an ITC_E_BUSY error) and the store is synced. Returns the program's exit code: 0, or 1 when
 * the node halted. (A store that fails to write or sync ends the process at once: rocks.h.) */
int itc_loop_run(struct itc_loop *l);
/* Makes itc_loop_run return soon. */
void itc_loop_stop(struct itc_loop *l);
/* After itc_loop_run. Whoever sends requests (service, HTTP) has been closed before. */
void itc_loop_close(struct itc_loop *l);

/* Called on the core thread, exactly once per accepted request; must not block. `reply` is borrowed. */
typedef void itc_loop_reply_fn(void *ctx, const uint8_t *reply, size_t len);
/* Hands in a service request (spv/service.h); the bytes are copied. false: too many requests wait, `len`
 * exceeds ITC_REQUEST_MAX, or the loop is over; then `fn` is never called. */
bool itc_loop_request(
    struct itc_loop *l, const uint8_t *request, size_t len, itc_loop_reply_fn *fn, void *ctx);

/* Queues into the loop, in order of service. */
enum itc_loop_queue {
    ITC_LOOP_VOTES,     /* checked vote signatures */
    ITC_LOOP_CONSENSUS, /* frames of the consensus streams, links up and down */
    ITC_LOOP_REQUESTS,
    ITC_LOOP_BULK,     /* frames of the bulk streams */
    ITC_LOOP_VERIFIED, /* other checked signatures */
    ITC_LOOP_WORKED,
    ITC_LOOP_QUEUES
};
const char *itc_loop_queue_name(enum itc_loop_queue q); /* "votes", "consensus", ... */

/* Why a stream was closed or a frame not sent. */
enum itc_link_count {
    ITC_LINK_WRONG_CHAIN,
    ITC_LINK_WRONG_VERSION,
    ITC_LINK_BAD_HELLO,      /* no HELLO, a malformed one, or one that does not fit its partner */
    ITC_LINK_SELF,           /* called itself */
    ITC_LINK_DUPLICATE,      /* both sides dialled */
    ITC_LINK_SLOW_HELLO,     /* no HELLO, or no partner stream, in time */
    ITC_LINK_TOO_MANY,       /* no room for another inbound link */
    ITC_LINK_BANNED,         /* the address misbehaved a moment ago */
    ITC_LINK_BAD_FRAME,      /* size zero or too large */
    ITC_LINK_SEND_OVERFLOW,  /* consensus send queue full: link dropped */
    ITC_LINK_BULK_DISCARDED, /* frames not sent because the bulk send queue was full */
    ITC_LINK_DIAL_FAILED,
    ITC_LINK_COUNTS
};
const char *itc_link_count_name(enum itc_link_count c); /* "wrong_chain", ... */

struct itc_link_stats {
    uint64_t counts[ITC_LINK_COUNTS];
    uint64_t bytes_in, bytes_out, frames_in, frames_out;
    uint32_t links; /* up now */
};

/* A recent copy of what the loop knows, refreshed at least every second and at most every 100 ms. */
struct itc_loop_view {
    struct itc_info info;
    struct itc_memory memory;
    struct itc_stats stats;
    uint64_t start_ms, view_ms; /* Unix: when the loop was opened, when this copy was taken */
    uint64_t head_time_ms;      /* time in the newest final header */
    uint64_t steps;
    uint64_t busy_us;         /* time spent in steps and their actions */
    uint64_t step_longest_us; /* since start */
    uint64_t step_recent_us;  /* longest since the copy before */
    uint64_t batch;           /* newest batch written */
    uint64_t durable_batch;   /* newest batch known durable */
    uint64_t syncs;
    uint64_t sync_us;         /* time spent in them */
    uint64_t sync_longest_us; /* since start */
    uint32_t parked;          /* sends and replies that wait for a batch */
    uint32_t depth[ITC_LOOP_QUEUES];
    /* Times that a bound was reached: requests refused; signatures that the core thread checked itself. The
     * other queues have a place for all that can come. */
    uint64_t full[ITC_LOOP_QUEUES];
    struct itc_link_stats link;
    uint64_t works_done;
};
void itc_loop_view(struct itc_loop *l, struct itc_loop_view *out);
/* How many requests may wait for an event at once: limits.waits of the node. */
uint32_t itc_loop_waits(const struct itc_loop *l);
/* Port of peer_listen, once open; 0 without one. */
uint16_t itc_loop_port(const struct itc_loop *l);

#endif
