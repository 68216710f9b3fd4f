/* bench_peer.h - a peer of a real node, as a benchmark plays it: the two streams of a link. Shell; one thread.
 *
 * What the node says on the consensus stream is read and thrown away: a node drops who does not read. What is said to
 * the node is kept until the node takes it. */
#ifndef ITC_TOOLS_BENCH_PEER_H
#define ITC_TOOLS_BENCH_PEER_H

#include "node/message.h"
#include "tools/bench_network.h"

#define BENCH_PEER_STREAMS 2 /* enum itc_channel */

struct bench_peer {
    struct bench_network *net;
    int fd[BENCH_PEER_STREAMS];
    uint8_t *in; /* of the bulk stream: frames that are not whole yet */
    size_t in_len;
    uint8_t *out;
    size_t out_at, out_len; /* said already, and said or to be said */
};

typedef void bench_peer_fn(void *ctx, struct bench_peer *from, const struct itc_message *m);

/* Connects to `node` and greets. `id` is not 0, and no other peer's. */
void bench_peer_open(struct bench_peer *p, struct bench_network *net, unsigned node,
    const struct itc_hash *chain, uint64_t id);
void bench_peer_close(struct bench_peer *p);

/* Bytes that are still to be said. */
size_t bench_peer_backlog(const struct bench_peer *p);
/* On the bulk stream; false: there is no room now, and nothing is said. */
bool bench_peer_say(struct bench_peer *p, const uint8_t *frame, size_t len);
/* Waits at most `wait_ms` until something can be said or heard, says what it can, and gives `heard` every message of
 * the bulk streams but HELLO. Ends the benchmark when a node has hung up. */
void bench_peers_step(
    struct bench_peer *peers, unsigned count, int wait_ms, bench_peer_fn *heard, void *ctx);

#endif
