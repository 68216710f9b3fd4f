/* net.h - a network of whole nodes in one thread and simulated time, for tests and the simulator.
 * Uses the heap.
 *
 *        node 0 ======= node 1         each node: the real core (node/node.h) and a disk (disk.h)
 *          ||   \\   //   ||           each link: two streams, in order, with latency
 *        node 2 ======= node 3         everything that happens: one queue (timeline.h)
 *
 * This is what a shell does for one node (node/node.h), done for all of them: writes are applied,
 * what waits for a batch is held back until the disk has it, signatures are checked and work is
 * done on the spot. The same configuration gives the same run, event by event: itc_net_digest
 * tells.
 *
 * Times are milliseconds since the net was created; nodes see them as Unix time from
 * ITC_NET_EPOCH_MS on. */
#ifndef ITC_SIM_NET_H
#define ITC_SIM_NET_H

#include "node/node.h"
#include "tools/sim/disk.h"
#include "tools/sim/private_chain.h"

struct itc_net;

#define ITC_NET_NODES_MAX 32
#define ITC_NET_NEVER UINT64_MAX
#define ITC_NET_EPOCH_MS 1700000000000u

/* A frame that leaves a node. */
struct itc_net_sent {
    uint32_t from, to;
    enum itc_channel channel;
    const uint8_t *frame;
    size_t len;
    uint64_t arrives_ms; /* or ITC_NET_NEVER */
};

struct itc_net_config {
    uint64_t seed;
    uint32_t validators; /* nodes 0 .. validators-1, each with its number */
    uint32_t full_nodes; /* the nodes after them */
    uint32_t
        candidates; /* of these, the first, each with a key that the committee may come to name */
    uint32_t
        twins; /* bitmap of validators of which there is a second node, with the same key and a disk
                       of its own: the nodes after all others, in the order of the validators */
    struct itc_params params;
    struct itc_limits limits;
    uint32_t latency_ms;    /* of every link, one way */
    uint32_t jitter_ms;     /* up to this much more for each frame; a stream keeps its order */
    uint32_t loss_permille; /* of the frames on BULK, which vanish as when a queue is full */
    /* What traitors do to frames between nodes: by how many ms one is held up, or ITC_NET_NEVER. A stream keeps
     * its order all the same. NULL: nothing. */
    uint64_t (*tamper)(void *ctx, const struct itc_net_sent *s);
    void *tamper_ctx;
    uint32_t sync_ms; /* from the step that asks for durability until it is there */
};
/* itc_private_params, itc_limits_small, latency 5 ms, sync 2 ms; no jitter, no loss,
 * no traitors. */
void itc_net_config_default(
    struct itc_net_config *out, uint64_t seed, uint32_t validators, uint32_t full_nodes);

/* Frames on which so much depends that faults wait for one. */
enum itc_net_moment {
    ITC_NET_ANY_TIME,
    ITC_NET_PROPOSAL,
    ITC_NET_PREPARE,
    ITC_NET_COMMIT,
    ITC_NET_VIEW_CHANGE,
    ITC_NET_MOMENTS
};

/* What happens to frames on their way from one node to another. */
struct itc_net_weather {
    uint32_t latency_ms;
    uint32_t jitter_ms;     /* up to this much more for each frame; a stream keeps its order */
    uint32_t tail_permille; /* of the frames, which take up to tail_ms more */
    uint32_t tail_ms;
    uint32_t loss_permille;       /* of the frames on BULK; loss on CONSENSUS is a link that ends */
    uint32_t twice_permille;      /* of the frames, which arrive twice */
    uint32_t bytes_per_ms;        /* of both streams together; 0: no bound */
    uint64_t clogged_until_ms;    /* nothing arrives before */
    enum itc_net_moment clogs_at; /* with the first such frame the line clogs, */
    uint64_t clogs_until_ms;      /* until then; ITC_NET_ANY_TIME: it does not */
};

/* Traitors: honest nodes, and somebody between each of them and the network. */
struct itc_net_traitors {
    void *ctx;
    /* A frame is about to leave any node. True: it was stopped; what goes in its place, if anything, is handed to
     * itc_net_inject. */
    bool (*takes)(void *ctx, struct itc_net *net, const struct itc_net_sent *s);
    /* What a node's HELLO says of it to a peer. */
    void (*greets)(void *ctx, uint32_t from, uint8_t *validator, uint64_t *head);
    uint32_t reckless; /* bitmap of nodes that never doubt their memory (node/doubt.h) */
};

/* A node's computer. */
struct itc_net_machine {
    int64_t clock_ms;  /* its clock is this much ahead of true time */
    int32_t drift_ppm; /* and gains this much */
    uint32_t sync_ms;
    uint32_t stall_permille; /* of the steps, which take up to stall_ms */
    uint32_t stall_ms;
    uint32_t
        crash_after; /* power fails after this many more writes, sends and replies; 0: it does not */
    enum itc_net_moment crashes_at; /* or as soon as such a frame has left for one node */
    bool
        keeps_unsynced; /* a crash leaves some of the unsynced batches, in order: the last one that the
                             disk got whole, and all before it */
    bool disk_full;     /* the next write fails, and stops the node */
    bool retires; /* no wallet asks it any more: what it acknowledged is on its way to others */
};

/* Who looks on. Unused members are NULL. */
struct itc_net_watch {
    void *ctx;
    /* A frame leaves, whether a link takes it or not; what it waited for is durable. */
    void (*sent)(void *ctx, struct itc_net *net, const struct itc_net_sent *s);
    void (*stepped)(void *ctx, struct itc_net *net, uint32_t i); /* it may be down now */
    void (*durable)(void *ctx, struct itc_net *net, uint32_t i); /* its disk has caught up */
    void (*power)(void *ctx, struct itc_net *net, uint32_t i, bool on);
};

/* Starts all nodes and links each to all others. */
struct itc_net *itc_net_create(const struct itc_net_config *config);
/* From now on; the watch lives as long as the net. */
void itc_net_observe(struct itc_net *net, const struct itc_net_watch *watch);
void itc_net_free(struct itc_net *net);
/* From now on; they live as long as the net. */
void itc_net_betray(struct itc_net *net, const struct itc_net_traitors *traitors);
/* Sends what node `from` never said, if it is up and linked, after a while, past the traitors. */
void itc_net_inject(struct itc_net *net, const struct itc_net_sent *s, uint64_t delay_ms);
/* The place in the chain's `validators` of the key that a node has; ITC_NET_NODES_MAX: none. */
uint32_t itc_net_identity(const struct itc_net *net, uint32_t i);

uint64_t itc_net_now(const struct itc_net *net);
uint32_t itc_net_count(const struct itc_net *net); /* of nodes */
uint32_t itc_net_validators(const struct itc_net *net);
/* Lets everything happen that is due by `until_ms`. */
void itc_net_run(struct itc_net *net, uint64_t until_ms);
/* As itc_net_run, but stops once `when` holds; tells whether it does. Asked after each event. */
typedef bool itc_net_when_fn(struct itc_net *net, void *ctx);
bool itc_net_run_until(struct itc_net *net, itc_net_when_fn *when, void *ctx, uint64_t until_ms);

/* Asks node `i`, which is up, at once; returns a token for the reply. */
uint64_t itc_net_request(struct itc_net *net, uint32_t i, const struct itc_request *request);
uint64_t itc_net_submit(struct itc_net *net, uint32_t i, const uint8_t *tx, size_t len);
/* The reply, or NULL while there is none (a node that crashed never answers). Good as long as the
 * net is. */
const uint8_t *itc_net_reply(const struct itc_net *net, uint64_t token, size_t *len);

/* Power fails: memory and all that was not durable are lost. The node is up: asserted. */
void itc_net_kill(struct itc_net *net, uint32_t i);
/* What becomes of its disk (disk.h): asserted that the node is down, but for the image. */
void itc_net_replace_disk(struct itc_net *net, uint32_t i);
void itc_net_keep_image(struct itc_net *net, uint32_t i);
bool itc_net_put_back(struct itc_net *net, uint32_t i);
bool itc_net_rot(struct itc_net *net, uint32_t i, uint32_t chance);
/* Starts it again from its disk, and links it where no link is cut. The node is down: asserted. */
void itc_net_restart(struct itc_net *net, uint32_t i);
/* Stops it as SIGSTOP does: its links stand and fill. 0: it goes on. */
void itc_net_stop(struct itc_net *net, uint32_t i, uint64_t until_ms);
/* May be written at any time; good for all that happens later. */
struct itc_net_machine *itc_net_machine(struct itc_net *net, uint32_t i);
struct itc_net_weather *itc_net_weather(struct itc_net *net, uint32_t from, uint32_t to);
/* Cuts the link of two nodes until it is mended. */
void itc_net_cut(struct itc_net *net, uint32_t a, uint32_t b);
void itc_net_mend(struct itc_net *net, uint32_t a, uint32_t b);

bool itc_net_is_cut(const struct itc_net *net, uint32_t a, uint32_t b);

/* The node, or NULL while it is down. */
const struct itc_node *itc_net_node(const struct itc_net *net, uint32_t i);
/* Why it stopped itself, or NULL. */
const char *itc_net_halted(const struct itc_net *net, uint32_t i);
/* Links that nodes have let go of; the net dials again after a second. */
uint32_t itc_net_drops(const struct itc_net *net);
const struct itc_disk *itc_net_disk(const struct itc_net *net, uint32_t i);
/* What its disk holds now; or, `durable`, what of it no loss of power takes. */
struct itc_store itc_net_store(struct itc_net *net, uint32_t i, bool durable);
const struct itc_private_chain *itc_net_chain(const struct itc_net *net);
/* Hash of everything that has happened so far. */
uint64_t itc_net_digest(const struct itc_net *net);

#endif
