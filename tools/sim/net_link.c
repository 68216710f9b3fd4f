#include "tools/sim/net_internal.h"

#include <string.h>

/* When a frame sent now is over there. What is lost is not sent again: the queue was full. */
static uint64_t arrival(struct itc_net *net, const struct itc_net_weather *w,
    struct itc_net_end *end, enum itc_channel channel, size_t len, uint64_t held_ms)
{
    uint64_t at_ms = net->now_ms + w->latency_ms + held_ms;
    if (w->jitter_ms > 0)
        at_ms += itc_rng_below(&net->rng, w->jitter_ms + 1);
    if (w->tail_permille > 0 && itc_rng_below(&net->rng, 1000) < w->tail_permille)
        at_ms += itc_rng_below(&net->rng, w->tail_ms + 1);
    if (channel == ITC_CHANNEL_BULK && w->loss_permille > 0 &&
        itc_rng_below(&net->rng, 1000) < w->loss_permille)
        return UINT64_MAX;
    if (w->bytes_per_ms > 0) {
        uint64_t now_us = net->now_ms * 1000;
        uint64_t from_us = end->line_free_us > now_us ? end->line_free_us : now_us;
        end->line_free_us = from_us + len * 1000 / w->bytes_per_ms;
        at_ms += end->line_free_us / 1000 - net->now_ms;
    }
    if (at_ms < w->clogged_until_ms)
        at_ms = w->clogged_until_ms;
    if (at_ms < end->arrives_ms[channel])
        at_ms = end->arrives_ms[channel];
    return at_ms;
}

static enum itc_net_moment moment_of(const uint8_t *frame)
{
    switch (frame[ITC_FRAME_HEAD - 1]) {
    case ITC_MESSAGE_PROPOSAL:
        return ITC_NET_PROPOSAL;
    case ITC_MESSAGE_VOTE:
        return frame[ITC_FRAME_HEAD] == ITC_VOTE_PREPARE ? ITC_NET_PREPARE : ITC_NET_COMMIT;
    case ITC_MESSAGE_VIEW_CHANGE:
        return ITC_NET_VIEW_CHANGE;
    default:
        return ITC_NET_ANY_TIME;
    }
}

/* Lines that clog and computers that fail at the worst moment. */
static void strike(struct itc_net *net, uint32_t from, uint32_t to, const uint8_t *frame)
{
    enum itc_net_moment moment = moment_of(frame);
    struct itc_net_weather *w = &net->weather[from][to];
    struct itc_net_machine *c = &net->members[from].machine;
    if (moment == ITC_NET_ANY_TIME)
        return;
    if (moment == w->clogs_at)
        w->clogged_until_ms = w->clogs_until_ms;
    if (moment == c->crashes_at)
        c->crash_after = 1;
}

static void send_frame(struct itc_net *net, const struct itc_net_sent *s)
{
    struct itc_net_end *end = &net->members[s->from].ends[s->to];
    struct itc_net_happening *h =
        itc_net_schedule(net, s->arrives_ms, ITC_NET_FRAME, s->to, s->len);
    end->arrives_ms[s->channel] = s->arrives_ms;
    h->peer = s->from;
    h->session = end->session;
    h->number = s->channel;
    memcpy(h->bytes, s->frame, s->len);
}

static void put_on_link(struct itc_net *net, struct itc_net_sent *s)
{
    struct itc_net_end *end = &net->members[s->from].ends[s->to];
    const struct itc_net_weather *w = &net->weather[s->from][s->to];
    uint64_t held_ms = net->config.tamper ? net->config.tamper(net->config.tamper_ctx, s) : 0;
    if (end->session != 0 && held_ms != ITC_NET_NEVER)
        s->arrives_ms = arrival(net, w, end, s->channel, s->len, held_ms);
    if (net->watch && net->watch->sent)
        net->watch->sent(net->watch->ctx, net, s);
    if (s->arrives_ms == UINT64_MAX)
        return;
    send_frame(net, s);
    if (w->twice_permille > 0 && itc_rng_below(&net->rng, 1000) < w->twice_permille)
        send_frame(net, s);
}

void itc_net_transmit(struct itc_net *net, uint32_t from, uint32_t to, enum itc_channel channel,
    const uint8_t *frame, size_t len)
{
    struct itc_net_sent s = {from, to, channel, frame, len, UINT64_MAX};
    strike(net, from, to, frame);
    if (!net->traitors || !net->traitors->takes(net->traitors->ctx, net, &s))
        put_on_link(net, &s);
}

void itc_net_inject(struct itc_net *net, const struct itc_net_sent *s, uint64_t delay_ms)
{
    if (!net->members[s->from].node)
        return;
    struct itc_net_happening *h =
        itc_net_schedule(net, net->now_ms + delay_ms, ITC_NET_INJECT, s->from, s->len);
    h->peer = s->to;
    h->number = s->channel;
    memcpy(h->bytes, s->frame, s->len);
}

void itc_net_transmit_injected(struct itc_net *net, const struct itc_net_happening *h)
{
    struct itc_net_sent s = {
        h->node, h->peer, (enum itc_channel)h->number, h->bytes, h->len, UINT64_MAX};
    put_on_link(net, &s);
}

void itc_net_deliver(struct itc_net *net, const struct itc_net_happening *h)
{
    if (net->members[h->node].ends[h->peer].session != h->session)
        return;
    struct itc_event event = {.type = ITC_EVENT_MESSAGE};
    event.u.message.peer = h->peer;
    event.u.message.channel = (enum itc_channel)h->number;
    enum itc_err e = itc_frame_size(h->bytes, &event.u.message.len, &event.u.message.type);
    ITC_ASSERT(e == ITC_OK && event.u.message.len == h->len - ITC_FRAME_HEAD);
    event.u.message.payload = h->bytes + ITC_FRAME_HEAD;
    itc_net_step(net, h->node, event);
}

/* --- connections ------------------------------------------------------------------------------ */

static void schedule_link(struct itc_net *net, uint64_t at_ms, enum itc_net_what what,
    uint32_t node, uint32_t peer, uint64_t session)
{
    struct itc_net_happening *h = itc_net_schedule(net, at_ms, what, node, 0);
    h->peer = peer;
    h->session = session;
}

/* There and back again. */
static uint64_t greeted_ms(const struct itc_net *net, uint32_t a, uint32_t b)
{
    const struct itc_net_weather *there = &net->weather[a][b], *back = &net->weather[b][a];
    uint64_t from_ms = net->now_ms;
    if (from_ms < there->clogged_until_ms)
        from_ms = there->clogged_until_ms;
    if (from_ms < back->clogged_until_ms)
        from_ms = back->clogged_until_ms;
    return from_ms + there->latency_ms + back->latency_ms;
}

void itc_net_dial(struct itc_net *net, uint32_t a, uint32_t b)
{
    if (!net->members[a].node || !net->members[b].node || net->cut[a][b] || net->session[a][b] != 0)
        return;
    uint64_t session = ++net->sessions, at_ms = greeted_ms(net, a, b);
    net->session[a][b] = net->session[b][a] = session;
    schedule_link(net, at_ms, ITC_NET_LINK_UP, a, b, session);
    schedule_link(net, at_ms, ITC_NET_LINK_UP, b, a, session);
}

void itc_net_hang_up(struct itc_net *net, uint32_t a, uint32_t b)
{
    uint64_t session = net->session[a][b];
    if (session == 0)
        return;
    net->session[a][b] = net->session[b][a] = 0;
    schedule_link(net, net->now_ms, ITC_NET_LINK_DOWN, a, b, session);
    schedule_link(
        net, net->now_ms + net->weather[a][b].latency_ms, ITC_NET_LINK_DOWN, b, a, session);
}

void itc_net_link_down(struct itc_net *net, const struct itc_net_happening *h)
{
    struct itc_net_end *end = &net->members[h->node].ends[h->peer];
    if (end->session != h->session)
        return;
    end->session = 0;
    itc_net_step(net, h->node, (struct itc_event){.type = ITC_EVENT_PEER_DOWN, .u.down = h->peer});
}

void itc_net_link_up(struct itc_net *net, const struct itc_net_happening *h)
{
    if (net->session[h->node][h->peer] != h->session)
        return; /* hung up before it stood */
    struct itc_net_end *end = &net->members[h->node].ends[h->peer];
    if (end->session != 0) { /* the old one has ended unnoticed */
        end->session = 0;
        itc_net_step(
            net, h->node, (struct itc_event){.type = ITC_EVENT_PEER_DOWN, .u.down = h->peer});
    }
    if (!net->members[h->node].node || !net->members[h->peer].node)
        return;
    struct itc_hash id;
    struct itc_event event = {.type = ITC_EVENT_PEER_UP};
    event.u.up.peer = h->peer;
    event.u.up.validator = itc_node_validator(net->members[h->peer].node);
    event.u.up.head = itc_node_head(net->members[h->peer].node, &id)->index;
    if (net->traitors)
        net->traitors->greets(net->traitors->ctx, h->peer, &event.u.up.validator, &event.u.up.head);
    *end = (struct itc_net_end){.session = h->session};
    itc_net_step(net, h->node, event);
}

void itc_net_cut(struct itc_net *net, uint32_t a, uint32_t b)
{
    ITC_ASSERT(a < net->nodes && b < net->nodes && a != b);
    net->cut[a][b] = net->cut[b][a] = true;
    itc_net_hang_up(net, a, b);
}

void itc_net_mend(struct itc_net *net, uint32_t a, uint32_t b)
{
    ITC_ASSERT(a < net->nodes && b < net->nodes && a != b);
    net->cut[a][b] = net->cut[b][a] = false;
    itc_net_dial(net, a, b);
}

bool itc_net_is_cut(const struct itc_net *net, uint32_t a, uint32_t b)
{
    ITC_ASSERT(a < net->nodes && b < net->nodes);
    return net->cut[a][b];
}

struct itc_net_weather *itc_net_weather(struct itc_net *net, uint32_t from, uint32_t to)
{
    ITC_ASSERT(from < net->nodes && to < net->nodes && from != to);
    return &net->weather[from][to];
}
