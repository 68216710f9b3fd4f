#include "node/shell/link_impl.h"

#include "node/shell/clock.h"
#include "node/shell/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((size_t)1 << 20)
#define TICK_MAX_MS 1000

static const size_t queue_max[ITC_CHANNELS] = {8 * MIB, 16 * MIB}; /* bytes waiting to be sent */

uint64_t itc_links_now_ms(void)
{
    return itc_clock_mono_us() / 1000;
}

void itc_links_due(struct itc_links *l, uint64_t ms)
{
    if (ms < l->due_ms)
        l->due_ms = ms;
}

/* ---- sources ---- */

void itc_source_init(
    struct itc_source *s, struct itc_links *l, uint32_t number, enum itc_channel channel)
{
    s->links = l;
    s->number = number;
    atomic_init(&s->channel, channel);
    atomic_init(&s->queued, false);
}

void itc_source_notify(struct itc_source *s)
{
    if (!atomic_exchange(&s->queued, true))
        s->links->config.notify(
            s->links->config.ctx, (enum itc_channel)atomic_load(&s->channel), s->number);
}

static void on_ready(void *arg)
{
    itc_source_notify(arg);
}

/* ---- ends ---- */

struct itc_end *itc_end_open(
    struct itc_links *l, nng_stream *raw, uint32_t link, enum itc_channel channel)
{
    nng_sockaddr remote = {0};
    nng_stream_get_addr(raw, NNG_OPT_REMADDR, &remote);
    struct itc_end *e = l->end;
    while (e->stream != NULL) /* there is one: two for each link, and the loose ones are counted */
        e++;
    e->stream = itc_stream_open(raw, on_ready, &e->source);
    if (e->stream == NULL)
        return NULL;
    e->link = link;
    e->greeted = false;
    atomic_store(&e->source.channel, channel);
    e->address = itc_address_of(&remote);
    e->opened_ms = e->heard_ms = itc_links_now_ms();
    itc_links_due(l, e->opened_ms + ITC_GREETING_MS);
    if (link != ITC_NONE)
        l->link[link].end[channel] = (uint32_t)(e - l->end);
    return e;
}

void itc_end_close(struct itc_links *l, struct itc_end *e)
{
    l->stats.bytes_in += itc_stream_received(e->stream);
    itc_stream_close(e->stream);
    e->stream = NULL;
}

void itc_end_fail(struct itc_links *l, struct itc_end *e, enum itc_link_count why)
{
    l->stats.counts[why]++;
    if (e->link != ITC_NONE)
        itc_link_close(l, e->link);
    else
        itc_end_close(l, e);
}

bool itc_end_send(struct itc_links *l, struct itc_end *e, const uint8_t *frame, size_t len)
{
    if (!itc_stream_write(e->stream, frame, len, queue_max[atomic_load(&e->source.channel)]))
        return false;
    l->stats.frames_out++;
    l->stats.bytes_out += len;
    return true;
}

/* ---- links ---- */

uint32_t itc_link_open(struct itc_links *l, uint32_t caller)
{
    for (uint32_t i = 0; i < l->links; i++) {
        struct itc_link *k = &l->link[i];
        if (k->state != ITC_LINK_FREE)
            continue;
        *k = (struct itc_link){.state = ITC_LINK_OPENING,
            .caller = caller,
            .end = {ITC_NONE, ITC_NONE},
            .opened_ms = itc_links_now_ms()};
        if (caller == ITC_NONE)
            l->inbound++;
        return i;
    }
    return ITC_NONE;
}

static void tell(struct itc_links *l, const struct itc_link_change *change)
{
    uint32_t cap = 2 * l->links;
    ITC_ASSERT(l->changes_count < cap);
    l->changes[(l->changes_first + l->changes_count++) % cap] = *change;
}

void itc_link_rise(struct itc_links *l, uint32_t link)
{
    struct itc_link *k = &l->link[link];
    ITC_ASSERT(k->state == ITC_LINK_OPENING);
    k->state = ITC_LINK_UP;
    k->opened_ms = itc_links_now_ms();
    k->incarnation = ++l->incarnations;
    l->stats.links++;
    if (k->caller != ITC_NONE)
        itc_report(ITC_REPORT_INFO, "linked with peer %s", l->caller[k->caller].url);
    tell(l, &(struct itc_link_change){
                .peer = link, .up = true, .validator = k->hello.validator, .head = k->hello.head});
    for (uint32_t i = 0; i < ITC_CHANNELS; i++)
        itc_source_notify(&l->end[k->end[i]].source); /* frames may have come behind the HELLO */
}

void itc_link_close(struct itc_links *l, uint32_t link)
{
    struct itc_link *k = &l->link[link];
    ITC_ASSERT(k->state == ITC_LINK_OPENING || k->state == ITC_LINK_UP);
    bool was_up = k->state == ITC_LINK_UP;
    uint64_t stood_ms = was_up ? itc_links_now_ms() - k->opened_ms : 0;
    k->state = was_up ? ITC_LINK_LEAVING : ITC_LINK_FREE;
    k->incarnation = 0;
    for (uint32_t i = 0; i < ITC_CHANNELS; i++)
        if (k->end[i] != ITC_NONE)
            itc_end_close(l, &l->end[k->end[i]]);
    if (was_up) {
        l->stats.links--;
        tell(l, &(struct itc_link_change){.peer = link});
    }
    if (k->caller == ITC_NONE)
        l->inbound--;
    else
        itc_call_lost(l, &l->caller[k->caller], stood_ms);
}

bool itc_links_change(struct itc_links *l, struct itc_link_change *out)
{
    if (l->changes_count == 0)
        return false;
    *out = l->changes[l->changes_first];
    l->changes_first = (l->changes_first + 1) % (2 * l->links);
    l->changes_count--;
    if (!out->up)
        l->link[out->peer].state = ITC_LINK_FREE;
    return true;
}

/* ---- serving ---- */

static struct itc_source *source_of(struct itc_links *l, uint32_t number)
{
    if (number < l->ends)
        return &l->end[number].source;
    if (number == l->ends)
        return &l->accept;
    uint32_t call = number - l->ends - 1;
    return &l->caller[call / ITC_CHANNELS].call[call % ITC_CHANNELS].source;
}

void itc_links_serve(struct itc_links *l, uint32_t source)
{
    atomic_store(&source_of(l, source)->queued, false);
    if (source < l->ends) {
        struct itc_end *e = &l->end[source];
        if (e->stream != NULL && !e->greeted)
            itc_greet_read(l, e);
    } else if (source == l->ends) {
        itc_accept_serve(l);
    } else {
        uint32_t call = source - l->ends - 1;
        itc_call_serve(l, &l->caller[call / ITC_CHANNELS], (enum itc_channel)(call % ITC_CHANNELS));
    }
}

void itc_links_again(struct itc_links *l, uint32_t source)
{
    itc_source_notify(source_of(l, source));
}

bool itc_links_message(struct itc_links *l, uint32_t source, struct itc_link_message *out)
{
    struct itc_end *e = source < l->ends ? &l->end[source] : NULL;
    if (e == NULL || e->stream == NULL || e->link == ITC_NONE ||
        l->link[e->link].state != ITC_LINK_UP)
        return false;
    enum itc_stream_result result = itc_stream_read(e->stream, &out->frame);
    size_t received = itc_stream_received(e->stream);
    if (received > 0) {
        l->stats.bytes_in += received;
        e->heard_ms = itc_links_now_ms();
    }
    switch (result) {
    case ITC_STREAM_FRAME:
        out->peer = e->link;
        out->channel = (enum itc_channel)atomic_load(&e->source.channel);
        l->stats.frames_in++;
        return true;
    case ITC_STREAM_EMPTY:
        return false;
    case ITC_STREAM_BAD:
        l->stats.counts[ITC_LINK_BAD_FRAME]++;
        itc_links_drop(l, e->link);
        return false;
    case ITC_STREAM_CLOSED:
        itc_link_close(l, e->link);
        return false;
    }
    return false;
}

uint32_t itc_links_tick(struct itc_links *l)
{
    uint64_t now_ms = itc_links_now_ms();
    if (now_ms < l->due_ms)
        return (uint32_t)(l->due_ms - now_ms);
    l->due_ms = now_ms + TICK_MAX_MS;
    for (uint32_t i = 0; i < l->ends; i++) {
        struct itc_end *e = &l->end[i];
        if (e->stream == NULL ||
            (e->link != ITC_NONE && l->link[e->link].state != ITC_LINK_OPENING))
            continue;
        uint64_t due_ms = e->opened_ms + ITC_GREETING_MS;
        if (due_ms <= now_ms)
            itc_end_fail(l, e, ITC_LINK_SLOW_HELLO);
        else
            itc_links_due(l, due_ms);
    }
    for (uint32_t i = 0; i < l->callers; i++)
        itc_links_due(l, itc_call_tick(l, &l->caller[i], now_ms));
    itc_accept_tick(l, now_ms);
    return l->due_ms > now_ms ? (uint32_t)(l->due_ms - now_ms) : 0;
}

/* ---- sending ---- */

void itc_links_send(
    struct itc_links *l, uint32_t peer, enum itc_channel channel, const uint8_t *frame, size_t len)
{
    struct itc_link *k = &l->link[peer];
    if (k->state != ITC_LINK_UP)
        return;
    if (itc_end_send(l, &l->end[k->end[channel]], frame, len)) {
        l->dirty[channel] = true;
    } else if (channel == ITC_CHANNEL_BULK) {
        l->stats.counts[ITC_LINK_BULK_DISCARDED]++;
    } else {
        l->stats.counts[ITC_LINK_SEND_OVERFLOW]++;
        itc_link_close(l, peer);
    }
}

void itc_links_flush(struct itc_links *l, enum itc_channel channel)
{
    if (!l->dirty[channel])
        return;
    l->dirty[channel] = false;
    for (uint32_t i = 0; i < l->links; i++)
        if (l->link[i].state == ITC_LINK_UP)
            itc_stream_flush(l->end[l->link[i].end[channel]].stream);
}

void itc_links_drop(struct itc_links *l, uint32_t peer)
{
    struct itc_link *k = &l->link[peer];
    if (k->state != ITC_LINK_UP)
        return;
    uint32_t caller = k->caller;
    if (caller == ITC_NONE)
        itc_bans_add(&l->bans, &k->address, itc_links_now_ms());
    itc_link_close(l, peer);
    if (caller != ITC_NONE)
        l->caller[caller].due_ms = itc_links_now_ms() + ITC_BACKOFF_MAX_MS;
}

uint64_t itc_links_incarnation(const struct itc_links *l, uint32_t peer)
{
    return l->link[peer].incarnation;
}

void itc_links_head(struct itc_links *l, uint64_t head)
{
    l->config.head = head;
}

void itc_links_stats(const struct itc_links *l, struct itc_link_stats *out)
{
    *out = l->stats;
}

uint16_t itc_links_port(const struct itc_links *l)
{
    return l->port;
}

uint32_t itc_links_sources(const struct itc_links_config *c)
{
    return ITC_CHANNELS * c->links_max + ITC_LOOSE_MAX + 1 +
           ITC_CHANNELS * (uint32_t)c->peers_count;
}

/* ---- opening and closing ---- */

static bool allocate(struct itc_links *l)
{
    const struct itc_links_config *c = &l->config;
    l->links = c->links_max;
    l->ends = ITC_CHANNELS * l->links + ITC_LOOSE_MAX;
    l->end = calloc(l->ends, sizeof *l->end);
    l->link = calloc(l->links, sizeof *l->link);
    l->changes = calloc(2 * l->links, sizeof *l->changes);
    l->caller = calloc(c->peers_count + 1, sizeof *l->caller);
    if (l->end == NULL || l->link == NULL || l->changes == NULL || l->caller == NULL)
        return false;
    for (uint32_t i = 0; i < l->ends; i++)
        itc_source_init(&l->end[i].source, l, i, ITC_CHANNEL_CONSENSUS);
    itc_source_init(&l->accept, l, l->ends, ITC_CHANNEL_CONSENSUS);
    return true;
}

int itc_links_open(
    struct itc_links **out, const struct itc_links_config *c, char *why, size_t why_cap)
{
    ITC_ASSERT(c->peers_count <= c->links_max);
    struct itc_links *l = calloc(1, sizeof *l);
    if (l != NULL) {
        l->config = *c;
        l->chance = c->node_id;
    }
    if (l == NULL || !allocate(l)) {
        snprintf(why, why_cap, "out of memory");
        itc_links_close(l);
        return -1;
    }
    int rc = c->listen != NULL ? itc_accept_open(l, c->listen) : 0;
    if (rc != 0)
        snprintf(why, why_cap, "cannot listen for peers at %s: %s", c->listen, nng_strerror(rc));
    for (size_t i = 0; rc == 0 && i < c->peers_count; i++) {
        l->callers++;
        rc = itc_call_open(l, &l->caller[i], c->peers[i]);
        if (rc != 0)
            snprintf(why, why_cap, "cannot call peer %s: %s", c->peers[i], nng_strerror(rc));
    }
    if (rc != 0) {
        itc_links_close(l);
        return -1;
    }
    *out = l;
    return 0;
}

void itc_links_close(struct itc_links *l)
{
    if (l == NULL)
        return;
    itc_accept_close(l);
    for (uint32_t i = 0; i < l->callers; i++)
        itc_call_close(&l->caller[i]);
    for (uint32_t i = 0; l->end != NULL && i < l->ends; i++)
        if (l->end[i].stream != NULL)
            itc_stream_close(l->end[i].stream);
    free(l->end);
    free(l->link);
    free(l->changes);
    free(l->caller);
    free(l);
}
