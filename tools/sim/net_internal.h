/* net_internal.h - the insides of net.h; for net.c, net_link.c and net_shell.c only.
 *
 * net_shell.c is what a shell does for a node: it carries out the actions of a step and brings
 * events about. net_link.c is the cables. net.c is the world around: time, power and clients. */
#ifndef ITC_SIM_NET_INTERNAL_H
#define ITC_SIM_NET_INTERNAL_H

#include "tangle/rng.h"
#include "tools/sim/net.h"
#include "tools/sim/timeline.h"

/* Something that happens to a node. Bytes of a frame lie behind it, so that a reader beyond them is
 * caught. */
enum itc_net_what {
    ITC_NET_FRAME,
    ITC_NET_LINK_UP,
    ITC_NET_LINK_DOWN,
    ITC_NET_REDIAL,
    ITC_NET_DURABLE,
    ITC_NET_RESUME,
    ITC_NET_CONTINUE,
    ITC_NET_VERIFIED,
    ITC_NET_WORKED,
    ITC_NET_INJECT
};
struct itc_net_happening {
    struct itc_net_happening *next; /* in the inbox of a node that is busy */
    enum itc_net_what what;
    uint32_t node;
    uint32_t life;    /* of the node; what was meant for an earlier one is void */
    uint32_t peer;    /* FRAME, INJECT, LINK_*, REDIAL: the other end */
    uint64_t session; /* FRAME, LINK_* */
    uint64_t number;  /* FRAME, INJECT: channel. DURABLE: batch. VERIFIED, WORKED: job */
    uint64_t value;   /* VERIFIED: good. WORKED: nonce */
    size_t len;
    uint8_t bytes[]; /* FRAME, INJECT */
};

/* A send or reply that waits for its batch. */
struct itc_net_held {
    struct itc_net_held *next;
    uint64_t after;
    uint64_t token; /* reply; 0: a send */
    uint32_t peer;
    enum itc_channel channel;
    size_t len;
    uint8_t bytes[];
};

/* One end of a link. A session is one connection: what was sent in another one never arrives. */
struct itc_net_end {
    uint64_t session;       /* 0: down */
    uint64_t arrives_ms[2]; /* the last frame sent on each stream, over there */
    uint64_t line_free_us;  /* bytes sent so far have left by then */
};

struct itc_net_member {
    uint32_t life;         /* counts starts */
    struct itc_node *node; /* NULL: down */
    void *block;
    struct itc_disk disk;
    struct itc_net_machine machine;
    struct itc_net_held *held, **held_end;
    struct itc_net_happening *inbox,
        **inbox_end; /* came while it was busy; a RESUME is on its way */
    uint64_t busy_until_ms;
    uint64_t wake_ms; /* the net's time; UINT64_MAX: never */
    bool continues;   /* a CONTINUE is on its way */
    const char *halt;
    struct itc_net_end ends[ITC_NET_NODES_MAX]; /* a peer's number is the node's */
};

struct itc_net_reply {
    uint8_t *bytes; /* NULL: not yet */
    size_t len;
};

/* A signature that was checked before: every node checks the same ones, and the answer is the same. */
#define ITC_NET_CHECKED 4096
struct itc_net_checked {
    struct itc_key key;
    struct itc_hash message;
    struct itc_sig sig;
    bool known, good;
};

struct itc_net {
    struct itc_net_config config;
    struct itc_private_chain chain;
    struct itc_rng rng;
    struct itc_timeline timeline;
    uint64_t now_ms;
    uint64_t events_at_once;
    uint64_t digest;
    uint32_t nodes;
    struct itc_net_member members[ITC_NET_NODES_MAX];
    uint64_t sessions;                                      /* counts connections */
    uint64_t session[ITC_NET_NODES_MAX][ITC_NET_NODES_MAX]; /* standing or being set up; or 0 */
    bool cut[ITC_NET_NODES_MAX][ITC_NET_NODES_MAX];
    struct itc_net_weather weather[ITC_NET_NODES_MAX][ITC_NET_NODES_MAX]; /* from, to */
    const struct itc_net_watch *watch;                                    /* or NULL */
    const struct itc_net_traitors *traitors;                              /* or NULL */
    uint32_t drops;
    struct itc_net_checked checked[ITC_NET_CHECKED]; /* by the signature's first bytes */
    struct itc_net_reply *replies;                   /* by token - 1 */
    size_t replies_count;
};

/* Zeroed memory. */
void *itc_net_take(size_t size);
/* What the node's clock says. */
uint64_t itc_net_clock(const struct itc_net *net, uint32_t i);
/* Something for node `i` in its present life; the caller fills in the rest. */
struct itc_net_happening *itc_net_schedule(
    struct itc_net *net, uint64_t at_ms, enum itc_net_what what, uint32_t i, size_t len);
/* Carries out what a step of node `i` asked for. */
void itc_net_carry_out(struct itc_net *net, uint32_t i, const struct itc_actions *a);
void itc_net_step(struct itc_net *net, uint32_t i, struct itc_event event);
/* Takes `h` over. */
void itc_net_happen(struct itc_net *net, struct itc_net_happening *h);
void itc_net_forget_inbox(struct itc_net_member *m);

/* net_link.c. A frame leaves; the link, if there is one, takes it. */
void itc_net_transmit(struct itc_net *net, uint32_t from, uint32_t to, enum itc_channel channel,
    const uint8_t *frame, size_t len);
void itc_net_transmit_injected(struct itc_net *net, const struct itc_net_happening *h);
void itc_net_deliver(struct itc_net *net, const struct itc_net_happening *h);
void itc_net_link_up(struct itc_net *net, const struct itc_net_happening *h);
void itc_net_link_down(struct itc_net *net, const struct itc_net_happening *h);
/* Connects two nodes, if both are up and nothing is in the way: both ends learn of it after the
 * greeting has gone there and back. */
void itc_net_dial(struct itc_net *net, uint32_t a, uint32_t b);
/* Ends their connection, if there is one: `a` knows at once, `b` a latency later. */
void itc_net_hang_up(struct itc_net *net, uint32_t a, uint32_t b);

#endif
