/* link.h - links to peers: two byte streams each, consensus and bulk. Shell.
 *
 *     dialler                                   listener
 *        |--- stream: HELLO (consensus) ----------->|        A link stands when both streams have exchanged
 *        |<---------------------------- HELLO ------|        HELLOs of one chain. Streams are paired by the
 *        |--- stream: HELLO (bulk) ---------------->|        dialler's node id, channel and address. Loss of
 *        |<---------------------------- HELLO ------|        either stream takes the link down.
 *
 * NNG's callbacks only call `notify` with the number of a source: a stream, the listener, a dialler. The core
 * thread then serves that source; so links need no lock. A source is notified once until it is served.
 *
 * Hostile peers: HELLO and partner must come within 5 s; frames are bounded; consensus messages that the peer
 * does not take (8 MiB) drop the link; bulk messages beyond 16 MiB are discarded and counted, gossip is
 * repaired by those who miss something. Who sends faster than the node works is not read, so TCP slows him.
 * Who is dropped for cause is banned by address when he called us (10 s, doubling up to 10 min). When both
 * sides dialled each other, both keep the link whose dialler has the smaller node id. A configured peer is
 * called again after 100 ms, doubling up to 5 s. When all inbound links are taken, an address that has fewer
 * of them takes one from the address that has most.
 *
 * Threads: everything from the core thread, but `notify`, which is called from any. */
#ifndef ITC_SHELL_LINK_H
#define ITC_SHELL_LINK_H

#include "node/message.h"
#include "node/shell/loop.h"
#include "node/shell/stream.h"

struct itc_links;

struct itc_links_config {
    struct itc_hash chain;
    uint64_t node_id;
    uint8_t validator;
    uint64_t head;      /* see itc_links_head */
    const char *listen; /* NULL: none */
    const char *const *peers;
    size_t peers_count; /* at most links_max */
    uint32_t links_max; /* the node's limits.peers */
    uint32_t
        inbound_max; /* accepted ones; below links_max - peers_count, so that one that goes has a successor */
    /* `channel`: with what priority to serve the source. */
    void (*notify)(void *ctx, enum itc_channel channel, uint32_t source);
    void *ctx;
};

/* Returns 0, or -1 with a sentence in `why`: an address is malformed or in use. */
int itc_links_open(
    struct itc_links **out, const struct itc_links_config *c, char *why, size_t why_cap);
void itc_links_close(struct itc_links *l);
uint16_t itc_links_port(const struct itc_links *l);
/* Number of sources: notifications that can be under way at once. */
uint32_t itc_links_sources(const struct itc_links_config *c);

/* A source was notified: does what needs no node (accepting, dialling, greeting). Afterwards ask for changes,
 * then for messages of this source. */
void itc_links_serve(struct itc_links *l, uint32_t source);
/* Back to the end of the line, because not all of its messages were taken. */
void itc_links_again(struct itc_links *l, uint32_t source);
/* Time-outs and calls that are due. Returns the milliseconds until it wants to be called again. */
uint32_t itc_links_tick(struct itc_links *l);

struct itc_link_change {
    uint32_t peer;
    bool up;
    uint8_t validator; /* up: as HELLO claims */
    uint64_t head;     /* up */
};
/* The next link that came up or went down; every call above or below may cause some. */
bool itc_links_change(struct itc_links *l, struct itc_link_change *out);

struct itc_link_message {
    uint32_t peer;
    enum itc_channel channel;
    struct itc_frame frame;
};
/* The next message of `source`; its payload is borrowed until the next call for this source. false: none now. */
bool itc_links_message(struct itc_links *l, uint32_t source, struct itc_link_message *out);

/* Queues a frame to a link that is up; otherwise forgotten. */
void itc_links_send(
    struct itc_links *l, uint32_t peer, enum itc_channel channel, const uint8_t *frame, size_t len);
/* Sends what is queued on all links of a channel. */
void itc_links_flush(struct itc_links *l, enum itc_channel channel);
/* Closes the link for cause. */
void itc_links_drop(struct itc_links *l, uint32_t peer);
/* Which of the links that have borne this number it is; 0 while it is not up. */
uint64_t itc_links_incarnation(const struct itc_links *l, uint32_t peer);
/* Index of the newest final milestone, for the next HELLO. */
void itc_links_head(struct itc_links *l, uint64_t head);
void itc_links_stats(const struct itc_links *l, struct itc_link_stats *out);

#endif
