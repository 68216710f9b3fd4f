/* Calling configured peers: two dials make a link; a failed one is tried again, less and less often. */
#include "node/shell/link_impl.h"

#include "node/shell/report.h"

#define BACKOFF_MIN_MS 100
#define STOOD_MS 5000        /* a link that stood this long was a good one */
#define LINKED_CHECK_MS 1000 /* while the peer's own call serves us */

static void on_call(void *arg)
{
    itc_source_notify(arg);
}

int itc_call_open(struct itc_links *l, struct itc_caller *c, const char *url)
{
    uint32_t number = l->ends + 1 + ITC_CHANNELS * (uint32_t)(c - l->caller);
    c->url = url;
    c->link = ITC_NONE;
    c->backoff_ms = BACKOFF_MIN_MS;
    int rc = nng_stream_dialer_alloc(&c->dialer, url);
    if (rc == 0)
        rc = nng_stream_dialer_set_bool(c->dialer, NNG_OPT_TCP_NODELAY, true);
    if (rc == 0)
        rc = nng_stream_dialer_set_bool(c->dialer, NNG_OPT_TCP_KEEPALIVE, true);
    for (uint32_t i = 0; i < ITC_CHANNELS && rc == 0; i++) {
        itc_source_init(&c->call[i].source, l, number + i, ITC_CHANNEL_CONSENSUS);
        rc = nng_aio_alloc(&c->call[i].aio, on_call, &c->call[i].source);
        if (rc == 0)
            nng_aio_set_timeout(c->call[i].aio, ITC_GREETING_MS);
    }
    return rc;
}

void itc_call_close(struct itc_caller *c)
{
    if (c->dialer != NULL)
        nng_stream_dialer_close(c->dialer);
    for (uint32_t i = 0; i < ITC_CHANNELS; i++) {
        struct itc_call *call = &c->call[i];
        if (call->aio == NULL)
            continue;
        nng_aio_stop(call->aio);
        if (call->busy && nng_aio_result(call->aio) == 0)
            nng_stream_free(nng_aio_get_output(call->aio, 0));
        nng_aio_free(call->aio);
    }
    if (c->dialer != NULL)
        nng_stream_dialer_free(c->dialer);
}

static void postpone(struct itc_links *l, struct itc_caller *c)
{
    l->chance = l->chance * 6364136223846793005u + 1442695040888963407u;
    uint32_t jitter_ms = (uint32_t)(l->chance >> 33) % (c->backoff_ms / 2 + 1);
    c->due_ms = itc_links_now_ms() + c->backoff_ms / 2 + jitter_ms;
    c->backoff_ms = c->backoff_ms * 2 < ITC_BACKOFF_MAX_MS ? c->backoff_ms * 2 : ITC_BACKOFF_MAX_MS;
    itc_links_due(l, c->due_ms);
}

void itc_call_lost(struct itc_links *l, struct itc_caller *c, uint64_t stood_ms)
{
    c->link = ITC_NONE;
    if (stood_ms > 0)
        itc_report(ITC_REPORT_INFO, "lost the link to peer %s", c->url);
    if (stood_ms >= STOOD_MS) {
        c->backoff_ms = BACKOFF_MIN_MS;
        c->complained = false;
    }
    for (uint32_t i = 0; i < ITC_CHANNELS; i++)
        if (c->call[i].busy)
            nng_aio_abort(c->call[i].aio, NNG_ECANCELED);
    postpone(l, c);
}

void itc_call_complain(struct itc_caller *c, const char *why)
{
    if (!c->complained)
        itc_report(ITC_REPORT_WARN, "no link to peer %s: %s; will keep trying", c->url, why);
    c->complained = true;
}

void itc_call_serve(struct itc_links *l, struct itc_caller *c, enum itc_channel channel)
{
    struct itc_call *call = &c->call[channel];
    if (!call->busy)
        return;
    call->busy = false;
    int rc = nng_aio_result(call->aio);
    nng_stream *raw = rc == 0 ? nng_aio_get_output(call->aio, 0) : NULL;
    if (c->link == ITC_NONE) { /* given up meanwhile */
        if (raw != NULL)
            nng_stream_free(raw);
        return;
    }
    if (rc != 0) {
        l->stats.counts[ITC_LINK_DIAL_FAILED]++;
        itc_call_complain(c, nng_strerror(rc));
        itc_link_close(l, c->link);
        return;
    }
    struct itc_end *e = itc_end_open(l, raw, c->link, channel);
    if (e == NULL) {
        itc_link_close(l, c->link);
        return;
    }
    itc_greet_send(l, e, channel);
    itc_source_notify(&e->source); /* the first read */
}

static bool linked(const struct itc_links *l, const struct itc_caller *c)
{
    for (uint32_t i = 0; i < l->links; i++)
        if (l->link[i].state == ITC_LINK_UP && l->link[i].hello.node_id == c->node_id &&
            itc_address_equal(&l->link[i].address, &c->address))
            return true;
    return false;
}

uint64_t itc_call_tick(struct itc_links *l, struct itc_caller *c, uint64_t now_ms)
{
    if (c->link != ITC_NONE)
        return UINT64_MAX;
    if (now_ms < c->due_ms)
        return c->due_ms;
    bool busy = c->call[0].busy || c->call[1].busy; /* an aborted call that has not come back */
    if (busy || (c->node_id != 0 && linked(l, c))) {
        c->due_ms = now_ms + (busy ? BACKOFF_MIN_MS : LINKED_CHECK_MS);
        return c->due_ms;
    }
    c->link = itc_link_open(l, (uint32_t)(c - l->caller));
    if (c->link == ITC_NONE) {
        c->due_ms = now_ms + LINKED_CHECK_MS;
        return c->due_ms;
    }
    for (uint32_t i = 0; i < ITC_CHANNELS; i++) {
        c->call[i].busy = true;
        nng_stream_dialer_dial(c->dialer, c->call[i].aio);
    }
    return UINT64_MAX;
}
