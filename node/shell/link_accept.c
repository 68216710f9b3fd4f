/* Accepting streams: anybody may call, so nothing here grows with the number of calls. */
#include "node/shell/link_impl.h"

#define ACCEPT_PAUSE_MS 100 /* after a failed accept (no descriptors left) */

static void on_accept(void *arg)
{
    itc_source_notify(arg);
}

int itc_accept_open(struct itc_links *l, const char *url)
{
    int port = 0;
    int rc = nng_stream_listener_alloc(&l->listener, url);
    if (rc == 0)
        rc = nng_stream_listener_set_bool(l->listener, NNG_OPT_TCP_NODELAY, true);
    if (rc == 0)
        rc = nng_stream_listener_set_bool(l->listener, NNG_OPT_TCP_KEEPALIVE, true);
    if (rc == 0)
        rc = nng_aio_alloc(&l->accept_aio, on_accept, &l->accept);
    if (rc == 0)
        rc = nng_stream_listener_listen(l->listener);
    if (rc == 0)
        rc = nng_stream_listener_get_int(l->listener, NNG_OPT_TCP_BOUND_PORT, &port);
    l->port = (uint16_t)port;
    return rc;
}

void itc_accept_close(struct itc_links *l)
{
    if (l->listener != NULL)
        nng_stream_listener_close(l->listener);
    if (l->accept_aio != NULL) {
        nng_aio_stop(l->accept_aio);
        if (l->accepting && nng_aio_result(l->accept_aio) == 0)
            nng_stream_free(nng_aio_get_output(l->accept_aio, 0));
        nng_aio_free(l->accept_aio);
    }
    if (l->listener != NULL)
        nng_stream_listener_free(l->listener);
}

/* The oldest stream without a HELLO, once there are as many as may be. */
static struct itc_end *oldest_loose(struct itc_links *l)
{
    struct itc_end *oldest = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->ends; i++) {
        struct itc_end *e = &l->end[i];
        if (e->stream == NULL || e->link != ITC_NONE)
            continue;
        count++;
        if (oldest == NULL || e->opened_ms < oldest->opened_ms)
            oldest = e;
    }
    return count >= ITC_LOOSE_MAX ? oldest : NULL;
}

static void accept_next(struct itc_links *l)
{
    l->accepting = true;
    nng_stream_listener_accept(l->listener, l->accept_aio);
}

static void admit(struct itc_links *l, nng_stream *raw)
{
    nng_sockaddr remote = {0};
    nng_stream_get_addr(raw, NNG_OPT_REMADDR, &remote);
    struct itc_address address = itc_address_of(&remote);
    if (itc_bans_hold(&l->bans, &address, itc_links_now_ms())) {
        l->stats.counts[ITC_LINK_BANNED]++;
        nng_stream_free(raw);
        return;
    }
    struct itc_end *crowded_out = oldest_loose(l);
    if (crowded_out != NULL)
        itc_end_fail(l, crowded_out, ITC_LINK_TOO_MANY);
    struct itc_end *e = itc_end_open(l, raw, ITC_NONE, ITC_CHANNEL_CONSENSUS);
    if (e != NULL)
        itc_source_notify(&e->source); /* the first read */
}

void itc_accept_serve(struct itc_links *l)
{
    if (!l->accepting)
        return;
    l->accepting = false;
    if (nng_aio_result(l->accept_aio) != 0) {
        l->accept_due_ms = itc_links_now_ms() + ACCEPT_PAUSE_MS;
        itc_links_due(l, l->accept_due_ms);
        return;
    }
    admit(l, nng_aio_get_output(l->accept_aio, 0));
    accept_next(l);
}

void itc_accept_tick(struct itc_links *l, uint64_t now_ms)
{
    if (l->listener != NULL && !l->accepting && now_ms >= l->accept_due_ms)
        accept_next(l);
}
