#include "tools/sim/net_internal.h"

#include <stdlib.h>
#include <string.h>

#define REDIAL_MS 1000
#define EVENTS_AT_ONCE_MAX 10000000 /* without time going on: somebody runs in circles */

void *itc_net_take(size_t size)
{
    void *p = calloc(1, size);
    ITC_ASSERT(p);
    return p;
}

static void add_to_digest(struct itc_net *net, const void *bytes, size_t len)
{
    const uint8_t *b = bytes;
    for (size_t i = 0; i < len; i++) /* FNV-1a */
        net->digest = (net->digest ^ b[i]) * 0x100000001b3;
}

static struct itc_net_happening *schedule(
    struct itc_net *net, uint64_t at_ms, enum itc_net_what what, uint32_t node, size_t len)
{
    struct itc_net_happening *h = itc_net_take(sizeof *h + len);
    h->what = what;
    h->node = node;
    h->life = net->members[node].life;
    h->len = len;
    itc_timeline_add(&net->timeline, at_ms, h);
    return h;
}

/* --- links ------------------------------------------------------------------------------------ */

static void transmit(struct itc_net *net, uint32_t from, uint32_t to, enum itc_channel channel,
    const uint8_t *frame, size_t len)
{
    struct itc_net_end *end = &net->members[from].ends[to];
    if (end->session == 0)
        return;
    uint64_t at_ms = net->now_ms + net->config.latency_ms;
    if (net->config.jitter_ms > 0)
        at_ms += itc_rng_below(&net->rng, net->config.jitter_ms + 1);
    bool lost = channel == ITC_CHANNEL_BULK && net->config.loss_permille > 0 &&
                itc_rng_below(&net->rng, 1000) < net->config.loss_permille;
    if (lost)
        return;
    if (at_ms < end->arrives_ms[channel])
        at_ms = end->arrives_ms[channel];
    end->arrives_ms[channel] = at_ms;
    struct itc_net_happening *h = schedule(net, at_ms, ITC_NET_FRAME, to, len);
    h->peer = from;
    h->session = end->session;
    h->number = channel;
    memcpy(h->bytes, frame, len);
}

static void schedule_link(struct itc_net *net, uint64_t at_ms, enum itc_net_what what,
    uint32_t node, uint32_t peer, uint64_t session)
{
    struct itc_net_happening *h = schedule(net, at_ms, what, node, 0);
    h->peer = peer;
    h->session = session;
}

void itc_net_dial(struct itc_net *net, uint32_t a, uint32_t b)
{
    if (!net->members[a].node || !net->members[b].node || net->cut[a][b] || net->session[a][b] != 0)
        return;
    uint64_t session = ++net->sessions, at_ms = net->now_ms + 2 * (uint64_t)net->config.latency_ms;
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
    schedule_link(net, net->now_ms + net->config.latency_ms, ITC_NET_LINK_DOWN, b, a, session);
}

/* --- carrying out what a step asked for ------------------------------------------------------- */

static void keep_reply(struct itc_net *net, uint64_t token, const uint8_t *bytes, size_t len)
{
    ITC_ASSERT(token >= 1 && token <= net->replies_count);
    struct itc_net_reply *r = &net->replies[token - 1];
    ITC_ASSERT(!r->bytes); /* one answer each */
    r->bytes = itc_net_take(len + 1);
    r->len = len;
    memcpy(r->bytes, bytes, len);
}

static void hold(struct itc_net_member *m, uint64_t after, uint64_t token, uint32_t peer,
    enum itc_channel channel, const uint8_t *bytes, size_t len)
{
    struct itc_net_held *h = itc_net_take(sizeof *h + len);
    *h = (struct itc_net_held){
        .after = after, .token = token, .peer = peer, .channel = channel, .len = len};
    memcpy(h->bytes, bytes, len);
    *m->held_end = h;
    m->held_end = &h->next;
}

static void carry_out_sends(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    struct itc_net_member *m = &net->members[i];
    for (uint32_t k = 0; k < a->sends_count; k++) {
        const struct itc_send *s = &a->sends[k];
        ITC_ASSERT(s->peer < net->nodes && s->after <= m->disk.written_batch);
        if (s->after > m->disk.durable_batch)
            hold(m, s->after, 0, s->peer, s->channel, s->frame, s->len);
        else
            transmit(net, i, s->peer, s->channel, s->frame, s->len);
    }
    for (uint32_t k = 0; k < a->replies_count; k++) {
        const struct itc_reply *r = &a->replies[k];
        ITC_ASSERT(r->after <= m->disk.written_batch);
        if (r->after > m->disk.durable_batch)
            hold(m, r->after, r->token, 0, ITC_CHANNEL_BULK, r->bytes, r->len);
        else
            keep_reply(net, r->token, r->bytes, r->len);
    }
}

static void carry_out_checks(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    for (uint32_t k = 0; k < a->verifies_count; k++) {
        const struct itc_verify *v = &a->verifies[k];
        struct itc_net_happening *h = schedule(net, net->now_ms, ITC_NET_VERIFIED, i, 0);
        h->number = v->job;
        h->value = itc_sig_verify(&v->key, &v->message, &v->sig) == ITC_OK;
    }
    for (uint32_t k = 0; k < a->works_count; k++) {
        const struct itc_work *w = &a->works[k];
        struct itc_net_happening *h = schedule(net, net->now_ms, ITC_NET_WORKED, i, 0);
        h->number = w->job;
        enum itc_err e = itc_pow_search(&w->pow, 0, UINT64_MAX, &h->value);
        ITC_ASSERT(e == ITC_OK);
    }
}

static void carry_out_drops(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    for (uint32_t k = 0; k < a->drops_count; k++) {
        net->drops++;
        itc_net_hang_up(net, i, a->drops[k].peer);
        schedule(net, net->now_ms + REDIAL_MS, ITC_NET_REDIAL, i, 0)->peer = a->drops[k].peer;
    }
}

void itc_net_carry_out(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    struct itc_net_member *m = &net->members[i];
    itc_disk_write(&m->disk, a);
    if (a->sync)
        schedule(net, net->now_ms + net->config.sync_ms, ITC_NET_DURABLE, i, 0)->number =
            m->disk.written_batch;
    carry_out_sends(net, i, a);
    carry_out_checks(net, i, a);
    carry_out_drops(net, i, a);
    m->wake_ms = a->wake_ms;
    if (a->more && !m->continues) {
        m->continues = true;
        schedule(net, net->now_ms, ITC_NET_CONTINUE, i, 0);
    }
    if (a->halt) {
        const char *why = a->halt; /* static text: outlives the node */
        itc_net_kill(net, i);
        m->halt = why;
    }
}

void itc_net_step(struct itc_net *net, uint32_t i, struct itc_event event)
{
    ITC_ASSERT(++net->events_at_once < EVENTS_AT_ONCE_MAX);
    event.now_ms = ITC_NET_EPOCH_MS + net->now_ms;
    itc_net_carry_out(net, i, itc_node_step(net->members[i].node, &event));
}

/* --- what happens to a node ------------------------------------------------------------------- */

static void deliver(struct itc_net *net, const struct itc_net_happening *h)
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

static void link_down(struct itc_net *net, const struct itc_net_happening *h)
{
    struct itc_net_end *end = &net->members[h->node].ends[h->peer];
    if (end->session != h->session)
        return;
    end->session = 0;
    itc_net_step(net, h->node, (struct itc_event){.type = ITC_EVENT_PEER_DOWN, .u.down = h->peer});
}

static void link_up(struct itc_net *net, const struct itc_net_happening *h)
{
    if (net->session[h->node][h->peer] != h->session)
        return; /* hung up before it stood */
    struct itc_net_end *end = &net->members[h->node].ends[h->peer];
    if (end->session != 0) { /* the old one has ended unnoticed */
        end->session = 0;
        itc_net_step(
            net, h->node, (struct itc_event){.type = ITC_EVENT_PEER_DOWN, .u.down = h->peer});
    }
    if (!net->members[h->node].node)
        return;
    struct itc_hash id;
    struct itc_event event = {.type = ITC_EVENT_PEER_UP};
    event.u.up.peer = h->peer;
    event.u.up.validator = itc_node_validator(net->members[h->peer].node);
    event.u.up.head = itc_node_head(net->members[h->peer].node, &id)->index;
    *end = (struct itc_net_end){.session = h->session};
    itc_net_step(net, h->node, event);
}

/* What waited for these batches leaves; what waits for later ones stays, in order. */
static void durable(struct itc_net *net, const struct itc_net_happening *h)
{
    struct itc_net_member *m = &net->members[h->node];
    itc_disk_sync(&m->disk, h->number);
    struct itc_net_held *all = m->held;
    m->held = NULL;
    m->held_end = &m->held;
    while (all) {
        struct itc_net_held *one = all;
        all = one->next;
        one->next = NULL;
        if (one->after > m->disk.durable_batch) {
            *m->held_end = one;
            m->held_end = &one->next;
            continue;
        }
        if (one->token != 0)
            keep_reply(net, one->token, one->bytes, one->len);
        else
            transmit(net, h->node, one->peer, one->channel, one->bytes, one->len);
        free(one);
    }
}

void itc_net_happen(struct itc_net *net, const struct itc_net_happening *h)
{
    struct itc_event event = {.type = ITC_EVENT_CONTINUE};
    if (!net->members[h->node].node || net->members[h->node].life != h->life)
        return;
    add_to_digest(net, &net->now_ms, sizeof net->now_ms);
    add_to_digest(net, h, sizeof *h + h->len);
    switch (h->what) {
    case ITC_NET_FRAME:
        deliver(net, h);
        break;
    case ITC_NET_LINK_UP:
        link_up(net, h);
        break;
    case ITC_NET_LINK_DOWN:
        link_down(net, h);
        break;
    case ITC_NET_REDIAL:
        itc_net_dial(net, h->node, h->peer);
        break;
    case ITC_NET_DURABLE:
        durable(net, h);
        break;
    case ITC_NET_CONTINUE:
        net->members[h->node].continues = false;
        itc_net_step(net, h->node, event);
        break;
    case ITC_NET_VERIFIED:
        event.type = ITC_EVENT_VERIFIED;
        event.u.verified.job = h->number;
        event.u.verified.good = h->value;
        itc_net_step(net, h->node, event);
        break;
    case ITC_NET_WORKED:
        event.type = ITC_EVENT_WORKED;
        event.u.worked.job = h->number;
        event.u.worked.nonce = h->value;
        itc_net_step(net, h->node, event);
        break;
    }
}
