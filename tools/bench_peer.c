#include "tools/bench_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/bench.h"

#define BUFFER_BYTES ((size_t)1 << 18)
#define PEERS_MAX 2u
_Static_assert(BUFFER_BYTES >= ITC_FRAME_HEAD + ITC_MESSAGE_MAX, "any frame fits");

static int dial(struct bench_network *net, unsigned node)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons(net->ports[node][0]),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        bench_network_die(net, "cannot connect to node %u: %s", node, strerror(errno));
    return fd;
}

void bench_peer_open(struct bench_peer *p, struct bench_network *net, unsigned node,
    const struct itc_hash *chain, uint64_t id)
{
    *p = (struct bench_peer){.net = net};
    for (int channel = 0; channel < BENCH_PEER_STREAMS; channel++) {
        struct itc_message m = {.type = ITC_MESSAGE_HELLO,
            .u.hello = {.channel = (enum itc_channel)channel,
                .chain = *chain,
                .node_id = id,
                .validator = ITC_NO_VALIDATOR}};
        uint8_t hello[128];
        size_t len = 0;
        p->fd[channel] = dial(net, node);
        if (itc_message_encode(hello, sizeof hello, &len, &m) != ITC_OK ||
            send(p->fd[channel], hello, len, MSG_NOSIGNAL) != (ssize_t)len)
            bench_network_die(net, "cannot greet node %u", node);
    }
    p->in = bench_alloc(BUFFER_BYTES);
    p->out = bench_alloc(BUFFER_BYTES);
}

void bench_peer_close(struct bench_peer *p)
{
    for (int channel = 0; channel < BENCH_PEER_STREAMS; channel++)
        close(p->fd[channel]);
    free(p->in);
    free(p->out);
    *p = (struct bench_peer){.net = NULL};
}

size_t bench_peer_backlog(const struct bench_peer *p)
{
    return p->out_len - p->out_at;
}

bool bench_peer_say(struct bench_peer *p, const uint8_t *frame, size_t len)
{
    if (bench_peer_backlog(p) + len > BUFFER_BYTES)
        return false;
    if (p->out_len + len > BUFFER_BYTES) {
        memmove(p->out, p->out + p->out_at, bench_peer_backlog(p));
        p->out_len -= p->out_at;
        p->out_at = 0;
    }
    memcpy(p->out + p->out_len, frame, len);
    p->out_len += len;
    return true;
}

/* What a call on a socket that must not wait has moved. */
static size_t moved(struct bench_peer *p, ssize_t n)
{
    if (n > 0)
        return (size_t)n;
    if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        bench_network_die(p->net, "a node has hung up");
    return 0;
}

static void say(struct bench_peer *p)
{
    if (bench_peer_backlog(p) == 0)
        return;
    p->out_at += moved(p, send(p->fd[ITC_CHANNEL_BULK], p->out + p->out_at, bench_peer_backlog(p),
                              MSG_NOSIGNAL | MSG_DONTWAIT));
    if (bench_peer_backlog(p) == 0)
        p->out_at = p->out_len = 0;
}

static void hear(struct bench_peer *p, bench_peer_fn *heard, void *ctx)
{
    size_t at = 0;
    p->in_len += moved(p,
        recv(p->fd[ITC_CHANNEL_BULK], p->in + p->in_len, BUFFER_BYTES - p->in_len, MSG_DONTWAIT));
    while (p->in_len - at >= ITC_FRAME_HEAD) {
        struct itc_message m;
        uint8_t type;
        size_t len;
        if (itc_frame_size(p->in + at, &len, &type) != ITC_OK)
            bench_network_die(p->net, "a node says what is no frame");
        if (p->in_len - at < ITC_FRAME_HEAD + len)
            break;
        if (itc_message_decode(&m, type, p->in + at + ITC_FRAME_HEAD, len) != ITC_OK)
            bench_network_die(p->net, "a node says what nobody understands");
        if (type != ITC_MESSAGE_HELLO)
            heard(ctx, p, &m);
        at += ITC_FRAME_HEAD + len;
    }
    memmove(p->in, p->in + at, p->in_len - at);
    p->in_len -= at;
}

void bench_peers_step(
    struct bench_peer *peers, unsigned count, int wait_ms, bench_peer_fn *heard, void *ctx)
{
    struct pollfd fds[PEERS_MAX * BENCH_PEER_STREAMS];
    uint8_t unheard[4096];
    ITC_ASSERT(count <= PEERS_MAX);
    for (unsigned i = 0; i < count; i++) {
        struct pollfd *f = &fds[i * BENCH_PEER_STREAMS];
        for (int channel = 0; channel < BENCH_PEER_STREAMS; channel++)
            f[channel] = (struct pollfd){.fd = peers[i].fd[channel], .events = POLLIN};
        if (bench_peer_backlog(&peers[i]) > 0)
            f[ITC_CHANNEL_BULK].events |= POLLOUT;
    }
    (void)poll(fds, count * BENCH_PEER_STREAMS, wait_ms);
    for (unsigned i = 0; i < count; i++) {
        const struct pollfd *f = &fds[i * BENCH_PEER_STREAMS];
        if (f[ITC_CHANNEL_CONSENSUS].revents != 0)
            (void)moved(&peers[i],
                recv(f[ITC_CHANNEL_CONSENSUS].fd, unheard, sizeof unheard, MSG_DONTWAIT));
        if (f[ITC_CHANNEL_BULK].revents & POLLOUT)
            say(&peers[i]);
        if (f[ITC_CHANNEL_BULK].revents & ~POLLOUT)
            hear(&peers[i], heard, ctx);
    }
}
