#include "node/shell/service.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <stdio.h>
#include <stdlib.h>

#define CONTEXTS_BESIDE 64 /* beside those whose request waits for an event */
#define ENVELOPE 64        /* bytes that REQ and devices on the way may put before a request */

enum stage {
    STAGE_RECEIVE, /* the aio receives a request */
    STAGE_THINK,   /* the loop has it */
    STAGE_SEND     /* the aio sends the reply */
};

/* One conversation at a time. The aio's callback and the reply function take turns by `stage`; they never run
 * together. */
struct context {
    struct itc_service *service;
    nng_ctx ctx;
    nng_aio *aio;
    enum stage stage;
};

struct itc_service {
    struct itc_loop *loop;
    nng_socket socket;
    uint16_t port;
    uint32_t contexts;
    struct context context[];
};

static void receive(struct context *c)
{
    c->stage = STAGE_RECEIVE;
    nng_ctx_recv(c->ctx, c->aio);
}

/* On the core thread, or on NNG's when the request was not accepted. */
static void reply(void *arg, const uint8_t *bytes, size_t len)
{
    struct context *c = arg;
    nng_msg *msg = NULL;
    int rc = nng_msg_alloc(&msg, 0);
    ITC_ASSERT(rc == 0);
    rc = nng_msg_append(msg, bytes, len);
    ITC_ASSERT(rc == 0);
    c->stage = STAGE_SEND;
    nng_aio_set_msg(c->aio, msg);
    nng_ctx_send(c->ctx, c->aio);
}

static void received(struct context *c)
{
    nng_msg *msg = nng_aio_get_msg(c->aio);
    c->stage = STAGE_THINK;
    bool accepted =
        itc_loop_request(c->service->loop, nng_msg_body(msg), nng_msg_len(msg), reply, c);
    nng_msg_free(msg);
    if (accepted)
        return; /* `c` belongs to the loop until it replies */
    uint8_t refusal[128];
    reply(c, refusal,
        itc_reply_error(refusal, sizeof refusal, ITC_E_FULL, "too many requests; try later"));
}

static void finished(void *arg)
{
    struct context *c = arg;
    int rc = nng_aio_result(c->aio);
    if (rc != 0 && c->stage == STAGE_SEND) /* not sent, so still ours */
        nng_msg_free(nng_aio_get_msg(c->aio));
    if (rc == NNG_ECLOSED || rc == NNG_ECANCELED)
        return; /* the service closes */
    switch (c->stage) {
    case STAGE_RECEIVE:
        if (rc == 0)
            received(c);
        else
            receive(c);
        break;
    case STAGE_SEND:
        receive(c);
        break;
    case STAGE_THINK:
        ITC_ASSERT(!"no operation is under way while the loop thinks");
    }
}

static int open_contexts(struct itc_service *s, uint32_t count)
{
    for (; s->contexts < count; s->contexts++) {
        struct context *c = &s->context[s->contexts];
        c->service = s;
        int rc = nng_ctx_open(&c->ctx, s->socket);
        if (rc != 0)
            return rc;
        rc = nng_aio_alloc(&c->aio, finished, c);
        if (rc != 0) {
            nng_ctx_close(c->ctx);
            return rc;
        }
    }
    return 0;
}

static int listen_at(struct itc_service *s, const char *url)
{
    nng_listener listener;
    int rc = nng_listener_create(&listener, s->socket, url);
    if (rc == 0)
        rc = nng_listener_set_bool(listener, NNG_OPT_TCP_NODELAY, true);
    if (rc == 0)
        rc = nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, ITC_REQUEST_MAX + ENVELOPE);
    if (rc == 0)
        rc = nng_listener_start(listener, 0);
    int port = 0;
    if (rc == 0)
        rc = nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port);
    s->port = (uint16_t)port;
    return rc;
}

int itc_service_open(
    struct itc_service **out, struct itc_loop *loop, const char *url, char *why, size_t why_cap)
{
    uint32_t contexts = itc_loop_waits(loop) + CONTEXTS_BESIDE;
    struct itc_service *s = calloc(1, sizeof *s + contexts * sizeof s->context[0]);
    if (s == NULL) {
        snprintf(why, why_cap, "out of memory");
        return -1;
    }
    s->loop = loop;
    int rc = nng_rep0_open(&s->socket);
    if (rc != 0) {
        snprintf(why, why_cap, "cannot open the service: %s", nng_strerror(rc));
        free(s);
        return -1;
    }
    rc = open_contexts(s, contexts);
    if (rc == 0)
        rc = listen_at(s, url);
    if (rc != 0) {
        snprintf(why, why_cap, "cannot serve at %s: %s", url, nng_strerror(rc));
        itc_service_close(s);
        return -1;
    }
    for (uint32_t i = 0; i < s->contexts; i++)
        receive(&s->context[i]);
    *out = s;
    return 0;
}

void itc_service_close(struct itc_service *s)
{
    if (s == NULL)
        return;
    nng_close(s->socket);
    for (uint32_t i = 0; i < s->contexts; i++)
        nng_aio_stop(s->context[i].aio);
    for (uint32_t i = 0; i < s->contexts; i++)
        nng_aio_free(s->context[i].aio);
    free(s);
}

uint16_t itc_service_port(const struct itc_service *s)
{
    return s->port;
}
