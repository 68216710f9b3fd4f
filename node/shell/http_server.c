#include "node/shell/http_server.h"

#include "node/shell/clock.h"

#include <nng/nng.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_MS 10000
#define SEND_MS 10000
#define LINGER_MS 1000
#define CLOSE_SEND_MS 1000
#define ACCEPT_PAUSE_MS 100 /* after a failure, such as no file descriptor left */
#define IN_CAP (ITC_HTTP_HEAD_MAX + ITC_HTTP_BODY_MAX)

enum stage {
    STAGE_FREE,
    STAGE_READ,  /* the aio receives the request */
    STAGE_THINK, /* the handler has it; the aio rests */
    STAGE_SEND,  /* the aio sends the response */
    STAGE_LINGER /* the rest of a refused request is read, or its sender would lose the response */
};

/* One connection. Its aio's callback and itc_http_respond take turns by `stage`; they never run together. */
struct itc_http_exchange {
    struct itc_http_server *server;
    enum stage stage;  /* under the server's lock */
    uint64_t since_us; /* when the stage began; under the lock */
    nng_stream *stream;
    nng_aio *aio;
    uint64_t deadline_us;
    bool linger;
    bool head_only; /* HEAD: headers without body */
    char *out;
    size_t out_len, out_sent;
    size_t in_len;
    uint8_t in[IN_CAP];
};

struct itc_http_server {
    itc_http_handler_fn *handler;
    itc_http_refuse_fn *refuse;
    void *ctx;
    nng_stream_listener *listener;
    nng_aio *accept_aio;
    bool accept_paused; /* the accept aio sleeps */
    uint16_t port;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    bool closing;   /* from here on under the lock */
    bool accepting; /* an accept is under way; not while all places are taken */
    unsigned used;
    struct itc_http_exchange x[ITC_HTTP_CONNECTIONS];
};

static void set_stage(struct itc_http_exchange *x, enum stage stage, uint32_t limit_ms)
{
    uint64_t now = itc_clock_mono_us();
    x->deadline_us = now + (uint64_t)limit_ms * 1000;
    pthread_mutex_lock(&x->server->lock);
    x->stage = stage;
    x->since_us = now;
    pthread_mutex_unlock(&x->server->lock);
}

/* Gives the place back; the stream's last use lies behind us. */
static void release(struct itc_http_exchange *x)
{
    struct itc_http_server *s = x->server;
    nng_stream_free(x->stream);
    free(x->out);
    x->stream = NULL;
    x->out = NULL;
    pthread_mutex_lock(&s->lock);
    x->stage = STAGE_FREE;
    s->used--;
    bool accept = !s->accepting && !s->closing;
    s->accepting = s->accepting || accept;
    pthread_cond_signal(&s->freed);
    pthread_mutex_unlock(&s->lock);
    if (accept)
        nng_stream_listener_accept(s->listener, s->accept_aio);
}

/* Starts a transfer of up to `len` bytes, or ends the connection when its time is over. */
static void transfer(
    struct itc_http_exchange *x, void *bytes, size_t len, void (*start)(nng_stream *, nng_aio *))
{
    uint64_t now = itc_clock_mono_us();
    if (now >= x->deadline_us) {
        release(x);
        return;
    }
    nng_iov iov = {bytes, len};
    nng_aio_set_timeout(x->aio, (nng_duration)((x->deadline_us - now) / 1000 + 1));
    nng_aio_set_iov(x->aio, 1, &iov);
    start(x->stream, x->aio);
}

static void receive(struct itc_http_exchange *x)
{
    transfer(x, x->in + x->in_len, sizeof x->in - x->in_len, nng_stream_recv);
}

static void send_rest(struct itc_http_exchange *x)
{
    transfer(x, x->out + x->out_sent, x->out_len - x->out_sent, nng_stream_send);
}

void itc_http_respond(struct itc_http_exchange *x, const struct itc_http_response *r)
{
    char head[512];
    int n = snprintf(head, sizeof head,
        "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s%s"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        r->status, itc_http_reason(r->status), r->type, r->len, r->allow ? "Allow: " : "",
        r->allow ? r->allow : "", r->allow ? "\r\n" : "");
    ITC_ASSERT(n > 0 && (size_t)n < sizeof head);
    size_t body = x->head_only ? 0 : r->len;
    x->out = malloc((size_t)n + body);
    if (!x->out) {
        release(x);
        return;
    }
    memcpy(x->out, head, (size_t)n);
    if (body > 0)
        memcpy(x->out + n, r->body, body);
    x->out_len = (size_t)n + body;
    x->out_sent = 0;
    set_stage(x, STAGE_SEND, SEND_MS);
    send_rest(x);
}

static void refuse(struct itc_http_exchange *x, unsigned status)
{
    struct itc_http_response r = {.status = status};
    x->server->refuse(&r, status);
    x->linger = true;
    itc_http_respond(x, &r);
}

/* The request has grown: read on, refuse it, or hand it over. */
static void look(struct itc_http_exchange *x)
{
    struct itc_http_request r = {.body = NULL};
    unsigned status = itc_http_parse(&r, x->in, x->in_len);
    if (status == ITC_HTTP_MORE ||
        (status == ITC_HTTP_GOOD && x->in_len < r.head_len + r.body_len)) {
        receive(x);
        return;
    }
    if (status != ITC_HTTP_GOOD) {
        refuse(x, status);
        return;
    }
    r.body = x->in + r.head_len;
    x->head_only = r.method == ITC_HTTP_HEAD;
    set_stage(x, STAGE_THINK, 0);
    x->server->handler(x->server->ctx, x, &r);
}

static void sent(struct itc_http_exchange *x, size_t count)
{
    x->out_sent += count;
    if (x->out_sent < x->out_len) {
        send_rest(x);
    } else if (x->linger) {
        set_stage(x, STAGE_LINGER, LINGER_MS);
        x->in_len = 0;
        receive(x);
    } else {
        release(x);
    }
}

static void finished(void *arg)
{
    struct itc_http_exchange *x = arg;
    size_t count = nng_aio_count(x->aio);
    if (nng_aio_result(x->aio) != 0 || count == 0) { /* gone, too slow, or pushed out */
        release(x);
        return;
    }
    switch (x->stage) {
    case STAGE_READ:
        x->in_len += count;
        look(x);
        break;
    case STAGE_SEND:
        sent(x, count);
        break;
    case STAGE_LINGER:
        receive(x);
        break;
    case STAGE_FREE:
    case STAGE_THINK:
        ITC_ASSERT(!"the aio is at rest in these stages");
    }
}

/* Takes a place for a new connection. If it was the last, *victim gets the connection to push out (NULL: none
 * is reading), and whoever is released next goes on accepting; otherwise *more is set. */
static struct itc_http_exchange *take_place(
    struct itc_http_server *s, struct itc_http_exchange **victim, bool *more)
{
    struct itc_http_exchange *taken = NULL, *slowest = NULL;
    uint64_t now = itc_clock_mono_us();
    pthread_mutex_lock(&s->lock);
    for (unsigned i = 0; i < ITC_HTTP_CONNECTIONS; i++) {
        struct itc_http_exchange *x = &s->x[i];
        if (x->stage == STAGE_FREE && !taken)
            taken = x;
        if (x->stage == STAGE_READ && (!slowest || x->since_us < slowest->since_us))
            slowest = x;
    }
    ITC_ASSERT(taken != NULL);
    taken->stage = STAGE_READ;
    taken->since_us = now;
    s->used++;
    *victim = s->used < ITC_HTTP_CONNECTIONS ? NULL : slowest;
    *more = s->used < ITC_HTTP_CONNECTIONS && !s->closing;
    s->accepting = *more;
    pthread_mutex_unlock(&s->lock);
    return taken;
}

static void begin(struct itc_http_server *s, nng_stream *stream)
{
    struct itc_http_exchange *victim;
    bool more;
    struct itc_http_exchange *x = take_place(s, &victim, &more);
    x->stream = stream;
    x->in_len = 0;
    x->linger = false;
    x->head_only = false;
    x->deadline_us = itc_clock_mono_us() + (uint64_t)READ_MS * 1000;
    receive(x);
    if (victim) /* it may have moved on meanwhile; then another client has to try again */
        nng_aio_cancel(victim->aio);
    if (more)
        nng_stream_listener_accept(s->listener, s->accept_aio);
}

static void accepted(void *arg)
{
    struct itc_http_server *s = arg;
    int rc = nng_aio_result(s->accept_aio);
    if (rc == NNG_ECLOSED || rc == NNG_ECANCELED)
        return;
    if (s->accept_paused) {
        s->accept_paused = false;
        nng_stream_listener_accept(s->listener, s->accept_aio);
    } else if (rc != 0) {
        s->accept_paused = true;
        nng_sleep_aio(ACCEPT_PAUSE_MS, s->accept_aio);
    } else {
        begin(s, nng_aio_get_output(s->accept_aio, 0));
    }
}

static int listen_on(struct itc_http_server *s, const char *url)
{
    char tcp[512];
    int port = 0;
    snprintf(tcp, sizeof tcp, "tcp%s", url + strlen("http"));
    int rc = nng_stream_listener_alloc(&s->listener, tcp);
    if (!rc)
        rc = nng_stream_listener_set_bool(s->listener, NNG_OPT_TCP_NODELAY, true);
    if (!rc)
        rc = nng_stream_listener_listen(s->listener);
    if (!rc)
        rc = nng_stream_listener_get_int(s->listener, NNG_OPT_TCP_BOUND_PORT, &port);
    s->port = (uint16_t)port;
    return rc;
}

/* The listener is closed and no place is in use, so no callback has anything left to do. */
static void destroy(struct itc_http_server *s)
{
    for (unsigned i = 0; i < ITC_HTTP_CONNECTIONS; i++)
        if (s->x[i].aio)
            nng_aio_free(s->x[i].aio); /* waits for its callback, which may use accept_aio */
    if (s->accept_aio)
        nng_aio_free(s->accept_aio);
    if (s->listener)
        nng_stream_listener_free(s->listener);
    pthread_cond_destroy(&s->freed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static int allocate_aios(struct itc_http_server *s)
{
    int rc = nng_aio_alloc(&s->accept_aio, accepted, s);
    for (unsigned i = 0; i < ITC_HTTP_CONNECTIONS && !rc; i++) {
        s->x[i].server = s;
        rc = nng_aio_alloc(&s->x[i].aio, finished, &s->x[i]);
    }
    return rc;
}

int itc_http_server_open(struct itc_http_server **out, const char *url,
    itc_http_handler_fn *handler, itc_http_refuse_fn *refuse_fn, void *ctx, char *why,
    size_t why_cap)
{
    struct itc_http_server *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(why, why_cap, "no memory for the HTTP server");
        return -1;
    }
    s->handler = handler;
    s->refuse = refuse_fn;
    s->ctx = ctx;
    pthread_mutex_init(&s->lock, NULL);
    itc_clock_cond_init(&s->freed);
    int rc = allocate_aios(s);
    if (!rc)
        rc = listen_on(s, url);
    if (rc) {
        snprintf(why, why_cap, "cannot listen on %s: %s", url, nng_strerror(rc));
        destroy(s);
        return -1;
    }
    s->accepting = true;
    nng_stream_listener_accept(s->listener, s->accept_aio);
    *out = s;
    return 0;
}

uint16_t itc_http_server_port(const struct itc_http_server *s)
{
    return s->port;
}

/* Ends what still reads, and in the end what still sends; returns whether all places are free. */
static bool cut_off(struct itc_http_server *s, bool senders_too)
{
    bool cut[ITC_HTTP_CONNECTIONS];
    pthread_mutex_lock(&s->lock);
    for (unsigned i = 0; i < ITC_HTTP_CONNECTIONS; i++) {
        enum stage stage = s->x[i].stage;
        cut[i] =
            stage == STAGE_READ || stage == STAGE_LINGER || (stage == STAGE_SEND && senders_too);
    }
    bool all_free = s->used == 0;
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < ITC_HTTP_CONNECTIONS; i++)
        if (cut[i])
            nng_aio_cancel(s->x[i].aio);
    return all_free;
}

void itc_http_server_close(struct itc_http_server *s)
{
    uint64_t patience_us = itc_clock_mono_us() + (uint64_t)CLOSE_SEND_MS * 1000;
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_mutex_unlock(&s->lock);
    nng_stream_listener_close(s->listener);
    nng_aio_stop(s->accept_aio);
    while (!cut_off(s, itc_clock_mono_us() > patience_us)) {
        struct timespec soon = itc_clock_deadline(20);
        pthread_mutex_lock(&s->lock);
        if (s->used > 0)
            pthread_cond_timedwait(&s->freed, &s->lock, &soon);
        pthread_mutex_unlock(&s->lock);
    }
    destroy(s);
}
