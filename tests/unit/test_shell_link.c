#include "node/shell/ban.h"
#include "node/shell/clock.h"
#include "node/shell/link.h"
#include "node/shell/queue.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 15000
#define FRAME_TYPE ITC_MESSAGE_SITE /* any: the links do not look inside */

/* One side: links, driven by the test's thread as the loop would. */
struct side {
    struct itc_links *links;
    struct itc_queue *queue;
    bool deaf; /* does not serve its bulk streams */
    char url[64];
    uint32_t up, down; /* changes seen */
    uint32_t peer;     /* of the last change */
    uint64_t head;
    uint32_t got[2];     /* messages of each channel */
    uint64_t got_sum[2]; /* of their first 4 bytes */
    bool in_order;
    uint32_t next[2]; /* number that the next message must carry */
};

static void on_notify(void *ctx, enum itc_channel channel, uint32_t source)
{
    struct side *s = ctx;
    uint32_t put = itc_queue_push(s->queue, channel, &source, 1);
    ITC_ASSERT(put == 1);
}

struct setup {
    uint64_t node_id;
    uint8_t chain;
    uint16_t listen_port; /* 0: any */
    const char *peer;     /* NULL: calls nobody */
    uint32_t inbound_max;
};

static void open_side(struct side *s, const struct setup *o)
{
    *s = (struct side){.in_order = true};
    char listen[64], why[256] = "";
    snprintf(listen, sizeof listen, "tcp://127.0.0.1:%u", o->listen_port);
    struct itc_links_config c = {
        .chain = {{o->chain}},
        .node_id = o->node_id,
        .validator = (uint8_t)o->node_id,
        .head = 100 + o->node_id,
        .listen = listen,
        .peers = &o->peer,
        .peers_count = o->peer != NULL,
        .links_max = 4,
        .inbound_max = o->inbound_max > 0 ? o->inbound_max : 3,
        .notify = on_notify,
        .ctx = s,
    };
    struct itc_queue_lane lane = {.cap = itc_links_sources(&c), .run = 1};
    s->queue = itc_queue_open(sizeof(uint32_t), (struct itc_queue_lane[2]){lane, lane}, 2);
    if (itc_links_open(&s->links, &c, why, sizeof why) != 0)
        fail_msg("%s", why);
    snprintf(s->url, sizeof s->url, "tcp://127.0.0.1:%u", itc_links_port(s->links));
}

static void close_side(struct side *s)
{
    itc_links_close(s->links);
    itc_queue_close(s->queue);
}

static void take_message(struct side *s, const struct itc_link_message *m)
{
    uint32_t number = 0;
    assert_true(m->frame.len >= sizeof number);
    assert_int_equal(m->frame.type, FRAME_TYPE);
    memcpy(&number, m->frame.payload, sizeof number);
    for (size_t i = sizeof number; i < m->frame.len; i++)
        assert_int_equal(m->frame.payload[i], (uint8_t)number);
    s->in_order = s->in_order && number == s->next[m->channel];
    s->next[m->channel] = number + 1;
    s->got[m->channel]++;
    s->got_sum[m->channel] += number;
}

static void take_changes(struct side *s)
{
    struct itc_link_change c;
    while (itc_links_change(s->links, &c)) {
        s->peer = c.peer;
        s->up += c.up;
        s->down += !c.up;
        if (c.up)
            s->head = c.head;
    }
}

/* One turn of the loop. A deaf side puts its bulk sources back. */
static void turn(struct side *s)
{
    uint32_t source = 0, lane = 0;
    itc_links_tick(s->links);
    take_changes(s);
    if (itc_queue_take(s->queue, &source, 1, &lane) == 0)
        return;
    if (s->deaf && lane == ITC_CHANNEL_BULK) {
        itc_queue_push(s->queue, lane, &source, 1);
        return;
    }
    itc_links_serve(s->links, source);
    take_changes(s);
    struct itc_link_message m;
    uint32_t n = 0;
    for (; n < 16 && itc_links_message(s->links, source, &m); n++)
        take_message(s, &m);
    if (n == 16)
        itc_links_again(s->links, source);
    take_changes(s);
}

static uint64_t count(const struct side *s, enum itc_link_count c)
{
    struct itc_link_stats stats;
    itc_links_stats(s->links, &stats);
    return stats.counts[c];
}

/* Turns both until `done` holds; fails when it takes too long. */
#define UNTIL(a, b, done)                                                                          \
    do {                                                                                           \
        uint64_t until_us = itc_clock_mono_us() + PATIENCE_MS * (uint64_t)1000;                    \
        while (!(done)) {                                                                          \
            turn(a);                                                                               \
            turn(b);                                                                               \
            if (itc_clock_mono_us() > until_us)                                                    \
                fail_msg("waited too long for " #done);                                            \
        }                                                                                          \
    } while (0)

static void pass_time(struct side *a, struct side *b, uint32_t ms)
{
    uint64_t end_us = itc_clock_mono_us() + ms * (uint64_t)1000;
    UNTIL(a, b, itc_clock_mono_us() >= end_us);
}

static void send_number(struct side *s, enum itc_channel channel, uint32_t number, size_t len)
{
    static uint8_t frame[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    uint32_t size = (uint32_t)len + 1;
    for (int i = 0; i < 4; i++)
        frame[i] = (uint8_t)(size >> 8 * i);
    frame[4] = FRAME_TYPE;
    memset(frame + ITC_FRAME_HEAD, (int)number, len);
    memcpy(frame + ITC_FRAME_HEAD, &number, sizeof number);
    itc_links_send(s->links, s->peer, channel, frame, ITC_FRAME_HEAD + len);
}

static void flush(struct side *s)
{
    itc_links_flush(s->links, ITC_CHANNEL_CONSENSUS);
    itc_links_flush(s->links, ITC_CHANNEL_BULK);
}

/* `b` listens, `a` calls; both up. */
static void open_pair(struct side *a, struct side *b)
{
    open_side(b, &(struct setup){.node_id = 2});
    open_side(a, &(struct setup){.node_id = 1, .peer = b->url});
    UNTIL(a, b, a->up == 1 && b->up == 1);
}

static void close_pair(struct side *a, struct side *b)
{
    close_side(a);
    close_side(b);
}

/* ---- peers that behave ---- */

static void test_frames_both_ways(void **state)
{
    (void)state;
    struct side a, b;
    open_pair(&a, &b);
    assert_int_equal(a.head, 102);
    assert_int_equal(b.head, 101);
    static const size_t sizes[] = {4, 5, 100, 1000, ITC_MESSAGE_MAX - 1, ITC_MESSAGE_MAX, 7};
    for (uint32_t i = 0; i < 7; i++)
        for (int channel = 0; channel < 2; channel++) {
            send_number(&a, (enum itc_channel)channel, i, sizes[i]);
            send_number(&b, (enum itc_channel)channel, i, sizes[6 - i]);
        }
    flush(&a);
    flush(&b);
    UNTIL(&a, &b, a.got[0] + a.got[1] == 14 && b.got[0] + b.got[1] == 14);
    assert_true(a.in_order && b.in_order);
    struct itc_link_stats stats;
    itc_links_stats(a.links, &stats);
    assert_int_equal(stats.links, 1);
    assert_int_equal(stats.frames_in, 14);
    assert_int_equal(stats.frames_out, 14 + 2); /* and two HELLOs */
    assert_true(stats.bytes_in > 4 * ITC_MESSAGE_MAX && stats.bytes_out > 4 * ITC_MESSAGE_MAX);
    close_pair(&a, &b);
}

static void test_a_big_burst_arrives_whole(void **state)
{
    (void)state;
    struct side a, b;
    open_pair(&a, &b);
    for (uint32_t i = 0; i < 30000; i++)
        send_number(&a, ITC_CHANNEL_BULK, i, 4 + i % 500);
    flush(&a);
    UNTIL(&a, &b, b.got[1] == 30000);
    assert_true(b.in_order);
    assert_int_equal(count(&a, ITC_LINK_BULK_DISCARDED), 0);
    close_pair(&a, &b);
}

static void test_a_deaf_peer_stops_gossip_but_not_votes(void **state)
{
    (void)state;
    struct side a, b;
    open_pair(&a, &b);
    b.deaf = true;
    uint32_t sent = 0;
    for (; count(&a, ITC_LINK_BULK_DISCARDED) == 0; sent++) {
        assert_true(sent < 100000);
        send_number(&a, ITC_CHANNEL_BULK, sent, 1000);
        if (sent % 100 == 0) {
            flush(&a);
            turn(&a);
            turn(&b);
        }
    }
    for (uint32_t i = 0; i < 100; i++)
        send_number(&a, ITC_CHANNEL_CONSENSUS, i, 200);
    flush(&a);
    UNTIL(&a, &b, b.got[0] == 100);
    assert_int_equal(b.got[1], 0);
    b.deaf = false;
    UNTIL(&a, &b, b.got[1] == sent - 1); /* all that was not discarded */
    assert_true(b.in_order);
    assert_int_equal(a.down + b.down, 0);
    close_pair(&a, &b);
}

static void test_votes_that_do_not_leave_end_the_link(void **state)
{
    (void)state;
    struct side a, b;
    open_pair(&a, &b);
    for (uint32_t i = 0; a.down == 0; i++) { /* nobody turns b: it reads nothing */
        assert_true(i < 100000);
        send_number(&a, ITC_CHANNEL_CONSENSUS, i, 60000);
        flush(&a);
        take_changes(&a);
    }
    assert_int_equal(count(&a, ITC_LINK_SEND_OVERFLOW), 1);
    UNTIL(&a, &b, b.down == 1);
    close_pair(&a, &b);
}

static void test_a_lost_link_comes_back(void **state)
{
    (void)state;
    struct side a, b;
    open_pair(&a, &b);
    uint16_t port = itc_links_port(b.links);
    close_side(&b);
    struct side nobody;
    open_side(&nobody, &(struct setup){.node_id = 9});
    UNTIL(&a, &nobody, a.down == 1);
    pass_time(&a, &nobody, 300); /* calls in vain */
    assert_true(count(&a, ITC_LINK_DIAL_FAILED) > 0);
    open_side(&b, &(struct setup){.node_id = 3, .listen_port = port});
    UNTIL(&a, &b, a.up == 2 && b.up == 1);
    send_number(&a, ITC_CHANNEL_BULK, 0, 10);
    flush(&a);
    UNTIL(&a, &b, b.got[1] == 1);
    close_side(&nobody);
    close_pair(&a, &b);
}

static void test_crossed_calls_leave_one_link(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 3; id += 2) { /* once the smaller, once the larger calls first */
        struct side a, b;
        open_side(&b, &(struct setup){.node_id = 2});
        uint16_t port = itc_links_port(b.links);
        open_side(&a, &(struct setup){.node_id = id, .peer = b.url});
        close_side(&b);
        open_side(&b, &(struct setup){.node_id = 2, .listen_port = port, .peer = a.url});
        struct itc_link_stats sa, sb;
        uint64_t settled_us = itc_clock_mono_us() + 2500000;
        do {
            UNTIL(&a, &b, a.up > a.down && b.up > b.down);
            itc_links_stats(a.links, &sa);
            itc_links_stats(b.links, &sb);
            turn(&a);
            turn(&b);
        } while (itc_clock_mono_us() < settled_us);
        assert_int_equal(sa.links, 1);
        assert_int_equal(sb.links, 1);
        assert_int_equal(a.up - a.down, 1);
        assert_true(count(&a, ITC_LINK_DUPLICATE) + count(&b, ITC_LINK_DUPLICATE) > 0);
        uint32_t ups = a.up;
        pass_time(&a, &b, 1500); /* and it stays */
        assert_int_equal(a.up, ups);
        send_number(&a, ITC_CHANNEL_CONSENSUS, 0, 10);
        flush(&a);
        UNTIL(&a, &b, b.got[0] == 1);
        close_pair(&a, &b);
    }
}

/* ---- peers that do not ---- */

static void test_another_chain_is_refused(void **state)
{
    (void)state;
    struct side a, b;
    open_side(&b, &(struct setup){.node_id = 2, .chain = 7});
    open_side(&a, &(struct setup){.node_id = 1, .chain = 8, .peer = b.url});
    UNTIL(&a, &b, count(&b, ITC_LINK_WRONG_CHAIN) >= 2);
    assert_int_equal(a.up + b.up, 0);
    close_pair(&a, &b);
}

static void test_a_node_that_calls_itself(void **state)
{
    (void)state;
    struct side a, b;
    open_side(&b, &(struct setup){.node_id = 2});
    open_side(&a, &(struct setup){.node_id = 2, .peer = b.url});
    UNTIL(&a, &b, count(&a, ITC_LINK_SELF) + count(&b, ITC_LINK_SELF) >= 2);
    assert_int_equal(a.up + b.up, 0);
    close_pair(&a, &b);
}

static void test_a_dropped_caller_is_banned(void **state)
{
    (void)state;
    struct side a, b;
    open_pair(&a, &b);
    itc_links_drop(b.links, b.peer);
    UNTIL(&a, &b, a.down == 1 && b.down == 1);
    UNTIL(&a, &b, count(&b, ITC_LINK_BANNED) >= 1);
    assert_int_equal(b.up, 1);
    close_pair(&a, &b);
}

static void test_a_dropped_peer_of_ours_is_called_again_later(void **state)
{
    (void)state;
    struct side a, b;
    open_pair(&a, &b);
    itc_links_drop(a.links, a.peer);
    UNTIL(&a, &b, a.down == 1 && b.down == 1);
    pass_time(&a, &b, 1000);
    assert_int_equal(a.up, 1);
    UNTIL(&a, &b, a.up == 2 && b.up == 2);
    close_pair(&a, &b);
}

static void test_no_more_links_than_asked_for(void **state)
{
    (void)state;
    struct side a, b, c;
    open_side(&b, &(struct setup){.node_id = 2, .inbound_max = 1});
    open_side(&a, &(struct setup){.node_id = 1, .peer = b.url});
    UNTIL(&a, &b, b.up == 1 && a.up == 1);
    open_side(&c, &(struct setup){.node_id = 3, .peer = b.url});
    UNTIL(&c, &b, count(&b, ITC_LINK_TOO_MANY) >= 1);
    assert_int_equal(b.up, 1);
    assert_int_equal(c.up, 0);
    close_side(&c);
    close_pair(&a, &b);
}

/* From 127.0.0.`host`. */
static int dial_from(struct side *s, uint8_t host)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in from = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffu) | host)};
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons(itc_links_port(s->links)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static int dial_raw(struct side *s)
{
    return dial_from(s, 1);
}

static void say(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static size_t make_hello(uint8_t out[128], uint64_t node_id, enum itc_channel channel)
{
    struct itc_message m = {.type = ITC_MESSAGE_HELLO,
        .u.hello = {.channel = channel, .node_id = node_id, .validator = ITC_NO_VALIDATOR}};
    size_t len = 0;
    assert_int_equal(itc_message_encode(out, 128, &len, &m), ITC_OK);
    return len;
}

static void say_hello(int fd, uint64_t node_id, enum itc_channel channel)
{
    uint8_t hello[128];
    say(fd, hello, make_hello(hello, node_id, channel));
}

static bool is_closed(int fd)
{
    uint8_t byte[256];
    ssize_t n = 0;
    while ((n = recv(fd, byte, sizeof byte, MSG_DONTWAIT)) > 0)
        continue;
    return n == 0;
}

/* Says `bytes` first of all: the stream must be closed, and `why` counted. */
static void refuse(const void *bytes, size_t len, enum itc_link_count why)
{
    struct side b;
    open_side(&b, &(struct setup){.node_id = 2});
    int fd = dial_raw(&b);
    say(fd, bytes, len);
    UNTIL(&b, &b, count(&b, why) == 1);
    UNTIL(&b, &b, is_closed(fd));
    assert_int_equal(b.up, 0);
    close(fd);
    close_side(&b);
}

static void test_bad_first_words(void **state)
{
    (void)state;
    uint8_t hello[128];
    size_t len = make_hello(hello, 5, ITC_CHANNEL_BULK);
    hello[ITC_FRAME_HEAD + 4] ^= 0x40; /* protocol version */
    refuse(hello, len, ITC_LINK_WRONG_VERSION);
    len = make_hello(hello, 5, ITC_CHANNEL_BULK);
    hello[ITC_FRAME_HEAD] ^= 1; /* magic */
    refuse(hello, len, ITC_LINK_BAD_HELLO);
    refuse("GET / HTTP/1.1\r\n\r\n", 18, ITC_LINK_BAD_FRAME);
    refuse("\0\0\0\0\0", 5, ITC_LINK_BAD_FRAME);
    uint8_t other[] = {5, 0, 0, 0, ITC_MESSAGE_SITE, 1, 2, 3, 4};
    refuse(other, sizeof other, ITC_LINK_BAD_HELLO);
}

static void test_bad_frames_of_a_standing_link(void **state)
{
    (void)state;
    struct side b;
    open_side(&b, &(struct setup){.node_id = 2});
    int fd[2];
    for (int i = 0; i < 2; i++) {
        fd[i] = dial_raw(&b);
        say_hello(fd[i], 5, (enum itc_channel)i);
    }
    UNTIL(&b, &b, b.up == 1);
    uint32_t size = 1 + ITC_MESSAGE_MAX + 1;
    uint8_t head[ITC_FRAME_HEAD] = {
        (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), 0, FRAME_TYPE};
    say(fd[1], head, sizeof head);
    UNTIL(&b, &b, b.down == 1);
    assert_int_equal(count(&b, ITC_LINK_BAD_FRAME), 1);
    UNTIL(&b, &b, is_closed(fd[0]) && is_closed(fd[1])); /* one stream takes the other with it */
    close(fd[0]);
    fd[0] = dial_raw(&b); /* and the address is banned */
    UNTIL(&b, &b, count(&b, ITC_LINK_BANNED) == 1);
    close(fd[0]);
    close(fd[1]);
    close_side(&b);
}

static void test_a_frame_byte_by_byte(void **state)
{
    (void)state;
    struct side b;
    open_side(&b, &(struct setup){.node_id = 2});
    int fd[2];
    for (int i = 0; i < 2; i++) {
        fd[i] = dial_raw(&b);
        uint8_t hello[128];
        size_t len = make_hello(hello, 5, (enum itc_channel)i);
        for (size_t at = 0; at < len; at++) {
            say(fd[i], hello + at, 1);
            turn(&b);
        }
    }
    UNTIL(&b, &b, b.up == 1);
    uint8_t frame[] = {9, 0, 0, 0, FRAME_TYPE, 0, 0, 0, 0, 0, 0, 0, 0};
    for (size_t at = 0; at < sizeof frame; at++) {
        say(fd[1], frame + at, 1);
        pass_time(&b, &b, 2);
    }
    UNTIL(&b, &b, b.got[1] == 1);
    close(fd[0]);
    UNTIL(&b, &b, b.down == 1);
    close(fd[1]);
    close_side(&b);
}

static void test_half_a_link_and_silence_do_not_last(void **state)
{
    (void)state;
    struct side b;
    open_side(&b, &(struct setup){.node_id = 2});
    int silent = dial_raw(&b), half = dial_raw(&b);
    say_hello(half, 5, ITC_CHANNEL_CONSENSUS);
    UNTIL(&b, &b, count(&b, ITC_LINK_SLOW_HELLO) == 2);
    assert_true(is_closed(silent) && is_closed(half));
    assert_int_equal(b.up, 0);
    close(silent);
    close(half);
    close_side(&b);
}

/* The same node again while its link is alive; and a partner stream that is there already. */
static void test_a_second_link_of_one_node_is_refused(void **state)
{
    (void)state;
    struct side b;
    open_side(&b, &(struct setup){.node_id = 2});
    int fd[4];
    for (int i = 0; i < 2; i++) {
        fd[i] = dial_raw(&b);
        say_hello(fd[i], 5, (enum itc_channel)i);
    }
    UNTIL(&b, &b, b.up == 1);
    for (int i = 2; i < 4; i++) {
        fd[i] = dial_raw(&b);
        say_hello(fd[i], 5, (enum itc_channel)(i - 2));
    }
    UNTIL(&b, &b, count(&b, ITC_LINK_DUPLICATE) == 2);
    assert_int_equal(b.down, 0);
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    close_side(&b);
}

/* Links from 127.0.0.`host` as node `node_id`. */
static void link_from(struct side *s, uint8_t host, uint64_t node_id, int fd[2])
{
    for (int i = 0; i < 2; i++) {
        fd[i] = dial_from(s, host);
        say_hello(fd[i], node_id, (enum itc_channel)i);
    }
}

static void test_no_address_keeps_others_out(void **state)
{
    (void)state;
    struct side b;
    int fd[5][2];
    open_side(&b, &(struct setup){.node_id = 2});
    for (uint64_t k = 0; k < 3; k++)
        link_from(&b, 2, 10 + k, fd[k]);
    UNTIL(&b, &b, b.up == 3);
    link_from(&b, 3, 20, fd[3]); /* another address: the crowd gives way */
    UNTIL(&b, &b, b.up == 4);
    assert_int_equal(b.down, 1);
    link_from(&b, 3, 21, fd[4]); /* it would have as many as the crowd then */
    UNTIL(&b, &b, is_closed(fd[4][0]) && is_closed(fd[4][1]));
    assert_int_equal(b.up, 4);
    assert_int_equal(b.down, 1);
    for (int k = 0; k < 5; k++)
        for (int i = 0; i < 2; i++)
            close(fd[k][i]);
    close_side(&b);
}

static void test_an_id_from_another_address_is_another_node(void **state)
{
    (void)state;
    struct side b;
    int fd[2][2];
    open_side(&b, &(struct setup){.node_id = 2});
    link_from(&b, 2, 5, fd[0]);
    UNTIL(&b, &b, b.up == 1);
    link_from(&b, 3, 5, fd[1]); /* an impostor keeps nobody out */
    UNTIL(&b, &b, b.up == 2);
    assert_int_equal(b.down, 0);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 2; i++)
            close(fd[k][i]);
    close_side(&b);
}

static void test_a_crowd_of_silent_streams_does_not_lock_out(void **state)
{
    (void)state;
    struct side a, b;
    open_side(&b, &(struct setup){.node_id = 2});
    int fd[100];
    for (int i = 0; i < 100; i++)
        fd[i] = dial_raw(&b);
    UNTIL(&b, &b, count(&b, ITC_LINK_TOO_MANY) >= 100 - 64);
    open_side(&a, &(struct setup){.node_id = 1, .peer = b.url});
    UNTIL(&a, &b, a.up == 1 && b.up == 1);
    for (int i = 0; i < 100; i++)
        close(fd[i]);
    close_pair(&a, &b);
}

static void test_closing_in_the_middle_of_everything(void **state)
{
    (void)state;
    for (uint32_t turns = 0; turns < 40; turns++) {
        struct side a, b;
        open_side(&b, &(struct setup){.node_id = 2});
        open_side(&a, &(struct setup){.node_id = 1, .peer = b.url});
        for (uint32_t i = 0; i < turns; i++) {
            turn(&a);
            turn(&b);
            if (a.up > 0)
                send_number(&a, ITC_CHANNEL_BULK, i, 60000);
            flush(&a);
        }
        close_pair(&a, &b);
    }
}

/* ---- bans ---- */

static void test_bans_double_and_are_forgotten(void **state)
{
    (void)state;
    static struct itc_bans bans;
    struct itc_address x = {{1}}, y = {{2}};
    uint64_t now_ms = 1000000;
    itc_bans_add(&bans, &x, now_ms);
    assert_true(itc_bans_hold(&bans, &x, now_ms + 9999));
    assert_false(itc_bans_hold(&bans, &x, now_ms + 10000));
    assert_false(itc_bans_hold(&bans, &y, now_ms));
    now_ms += 20000;
    itc_bans_add(&bans, &x, now_ms);
    assert_true(itc_bans_hold(&bans, &x, now_ms + 19999));
    assert_false(itc_bans_hold(&bans, &x, now_ms + 20000));
    for (int i = 0; i < 20; i++)
        itc_bans_add(&bans, &x, now_ms);
    assert_true(itc_bans_hold(&bans, &x, now_ms + 599999));
    assert_false(itc_bans_hold(&bans, &x, now_ms + 600000));
    now_ms += 1300000;
    itc_bans_add(&bans, &x, now_ms);
    assert_false(itc_bans_hold(&bans, &x, now_ms + 10000));
    for (uint32_t i = 0; i < ITC_BANS_MAX; i++) { /* a full table forgets the one that ends first */
        struct itc_address z = {{3, (uint8_t)i, (uint8_t)(i >> 8)}};
        itc_bans_add(&bans, &z, now_ms + 1 + i);
        assert_true(itc_bans_hold(&bans, &z, now_ms + 1 + i));
    }
    assert_false(itc_bans_hold(&bans, &x, now_ms + 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_both_ways),
        cmocka_unit_test(test_a_big_burst_arrives_whole),
        cmocka_unit_test(test_a_deaf_peer_stops_gossip_but_not_votes),
        cmocka_unit_test(test_votes_that_do_not_leave_end_the_link),
        cmocka_unit_test(test_a_lost_link_comes_back),
        cmocka_unit_test(test_crossed_calls_leave_one_link),
        cmocka_unit_test(test_another_chain_is_refused),
        cmocka_unit_test(test_a_node_that_calls_itself),
        cmocka_unit_test(test_a_dropped_caller_is_banned),
        cmocka_unit_test(test_a_dropped_peer_of_ours_is_called_again_later),
        cmocka_unit_test(test_no_more_links_than_asked_for),
        cmocka_unit_test(test_bad_first_words),
        cmocka_unit_test(test_bad_frames_of_a_standing_link),
        cmocka_unit_test(test_a_frame_byte_by_byte),
        cmocka_unit_test(test_half_a_link_and_silence_do_not_last),
        cmocka_unit_test(test_a_second_link_of_one_node_is_refused),
        cmocka_unit_test(test_no_address_keeps_others_out),
        cmocka_unit_test(test_an_id_from_another_address_is_another_node),
        cmocka_unit_test(test_a_crowd_of_silent_streams_does_not_lock_out),
        cmocka_unit_test(test_closing_in_the_middle_of_everything),
        cmocka_unit_test(test_bans_double_and_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
