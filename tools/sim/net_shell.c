#include "tools/sim/net_internal.h"

#include "node/core.h"

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
    for (; len > 0; b += 8) { /* eight bytes at a time, and what is left */
        uint64_t word = 0;
        size_t taken = len < 8 ? len : 8;
        memcpy(&word, b, taken);
        net->digest = (net->digest ^ word) * 0x9e3779b97f4a7c15;
        net->digest ^= net->digest >> 29;
        len -= taken;
    }
}

struct itc_net_happening *itc_net_schedule(
    struct itc_net *net, uint64_t at_ms, enum itc_net_what what, uint32_t i, size_t len)
{
    struct itc_net_happening *h = itc_net_take(sizeof *h + len);
    h->what = what;
    h->node = i;
    h->life = net->members[i].life;
    h->len = len;
    itc_timeline_add(&net->timeline, at_ms, h);
    return h;
}

uint64_t itc_net_clock(const struct itc_net *net, uint32_t i)
{
    const struct itc_net_machine *c = &net->members[i].machine;
    int64_t gain_ms = (int64_t)net->now_ms * c->drift_ppm / 1000000;
    return (uint64_t)((int64_t)(ITC_NET_EPOCH_MS + net->now_ms) + c->clock_ms + gain_ms);
}

/* --- carrying out what a step asked for ------------------------------------------------------- */

/* Counts what the node does down to the moment when its power fails; true: that was it. */
static bool dies(struct itc_net *net, uint32_t i)
{
    struct itc_net_machine *c = &net->members[i].machine;
    if (c->crash_after == 0 || --c->crash_after > 0)
        return false;
    itc_net_kill(net, i);
    return true;
}

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

/* The parts below tell whether the node is still there. */
static bool carry_out_writes(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    struct itc_net_member *m = &net->members[i];
    if (a->batch != 0 && m->machine.disk_full) {
        itc_net_kill(net, i);
        return false;
    }
    if (a->batch != 0)
        itc_disk_write(&m->disk, a);
    if (a->sync) /* what was written before, too */
        itc_net_schedule(net, net->now_ms + m->machine.sync_ms, ITC_NET_DURABLE, i, 0)->number =
            m->disk.written_batch;
    return a->batch == 0 || !dies(net, i);
}

static bool carry_out_sends(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    struct itc_net_member *m = &net->members[i];
    for (uint32_t k = 0; k < a->sends_count; k++) {
        const struct itc_send *s = &a->sends[k];
        ITC_ASSERT(s->peer < net->nodes && s->after <= m->disk.written_batch);
        if (s->after > m->disk.durable_batch)
            hold(m, s->after, 0, s->peer, s->channel, s->frame, s->len);
        else
            itc_net_transmit(net, i, s->peer, s->channel, s->frame, s->len);
        if (dies(net, i))
            return false;
    }
    return true;
}

static bool carry_out_replies(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    struct itc_net_member *m = &net->members[i];
    for (uint32_t k = 0; k < a->replies_count; k++) {
        const struct itc_reply *r = &a->replies[k];
        ITC_ASSERT(r->after <= m->disk.written_batch);
        if (r->after > m->disk.durable_batch)
            hold(m, r->after, r->token, 0, ITC_CHANNEL_BULK, r->bytes, r->len);
        else
            keep_reply(net, r->token, r->bytes, r->len);
        if (dies(net, i))
            return false;
    }
    return true;
}

static bool is_good(struct itc_net *net, const struct itc_verify *v)
{
    struct itc_net_checked *c = &net->checked[(v->sig.b[0] | v->sig.b[1] << 8) % ITC_NET_CHECKED];
    if (!c->known || memcmp(&c->sig, &v->sig, sizeof c->sig) != 0 ||
        memcmp(&c->key, &v->key, sizeof c->key) != 0 ||
        memcmp(&c->message, &v->message, sizeof c->message) != 0)
        *c = (struct itc_net_checked){.key = v->key,
            .message = v->message,
            .sig = v->sig,
            .known = true,
            .good = itc_sig_verify(&v->key, &v->message, &v->sig) == ITC_OK};
    return c->good;
}

static void carry_out_checks(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    for (uint32_t k = 0; k < a->verifies_count; k++) {
        const struct itc_verify *v = &a->verifies[k];
        struct itc_net_happening *h = itc_net_schedule(net, net->now_ms, ITC_NET_VERIFIED, i, 0);
        h->number = v->job;
        h->value = is_good(net, v);
    }
    for (uint32_t k = 0; k < a->works_count; k++) {
        const struct itc_work *w = &a->works[k];
        struct itc_net_happening *h = itc_net_schedule(net, net->now_ms, ITC_NET_WORKED, i, 0);
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
        itc_net_schedule(net, net->now_ms + REDIAL_MS, ITC_NET_REDIAL, i, 0)->peer =
            a->drops[k].peer;
    }
}

static void set_wake(struct itc_net *net, uint32_t i, uint64_t wake_ms)
{
    struct itc_net_member *m = &net->members[i];
    uint64_t clock_ms = itc_net_clock(net, i);
    m->wake_ms = UINT64_MAX;
    if (wake_ms != UINT64_MAX)
        m->wake_ms = net->now_ms + (wake_ms > clock_ms ? wake_ms - clock_ms : 0);
}

static void carry_out(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    struct itc_net_member *m = &net->members[i];
    if (!carry_out_writes(net, i, a) || !carry_out_sends(net, i, a) ||
        !carry_out_replies(net, i, a))
        return;
    carry_out_checks(net, i, a);
    carry_out_drops(net, i, a);
    set_wake(net, i, a->wake_ms);
    if (a->more && !m->continues) {
        m->continues = true;
        itc_net_schedule(net, net->now_ms, ITC_NET_CONTINUE, i, 0);
    }
    if (a->halt) {
        const char *why = a->halt; /* static text: outlives the node */
        itc_net_kill(net, i);
        m->halt = why;
    }
}

void itc_net_carry_out(struct itc_net *net, uint32_t i, const struct itc_actions *a)
{
    struct itc_net_member *m = &net->members[i];
    carry_out(net, i, a);
    if (m->node && net->traitors && net->traitors->reckless >> i & 1)
        m->node->doubt = (struct itc_doubt){.why = ITC_DOUBT_NONE};
    if (net->watch && net->watch->stepped)
        net->watch->stepped(net->watch->ctx, net, i);
}

/* A slow processor: what comes until this step is over waits in the inbox. */
static void stall(struct itc_net *net, struct itc_net_member *m)
{
    const struct itc_net_machine *c = &m->machine;
    if (c->stall_permille > 0 && itc_rng_below(&net->rng, 1000) < c->stall_permille)
        m->busy_until_ms = net->now_ms + 1 + itc_rng_below(&net->rng, c->stall_ms);
}

void itc_net_step(struct itc_net *net, uint32_t i, struct itc_event event)
{
    ITC_ASSERT(++net->events_at_once < EVENTS_AT_ONCE_MAX);
    event.now_ms = itc_net_clock(net, i);
    stall(net, &net->members[i]);
    itc_net_carry_out(net, i, itc_node_step(net->members[i].node, &event));
}

/* --- what happens to a node ------------------------------------------------------------------- */

/* What waited for these batches leaves; what waits for later ones stays, in order. */
static void durable(struct itc_net *net, const struct itc_net_happening *h)
{
    struct itc_net_member *m = &net->members[h->node];
    itc_disk_sync(&m->disk, h->number);
    if (net->watch && net->watch->durable)
        net->watch->durable(net->watch->ctx, net, h->node);
    struct itc_net_held *all = m->held;
    m->held = NULL;
    m->held_end = &m->held;
    while (all) {
        struct itc_net_held *one = all;
        all = one->next;
        one->next = NULL;
        if (m->node && one->after > m->disk.durable_batch) {
            *m->held_end = one;
            m->held_end = &one->next;
            continue;
        }
        if (m->node && one->token != 0)
            keep_reply(net, one->token, one->bytes, one->len);
        else if (m->node)
            itc_net_transmit(net, h->node, one->peer, one->channel, one->bytes, one->len);
        free(one);
        if (m->node)
            (void)dies(net, h->node);
    }
}

static void answer(struct itc_net *net, const struct itc_net_happening *h)
{
    struct itc_event event = {.type = ITC_EVENT_CONTINUE};
    if (h->what == ITC_NET_CONTINUE)
        net->members[h->node].continues = false;
    if (h->what == ITC_NET_VERIFIED) {
        event.type = ITC_EVENT_VERIFIED;
        event.u.verified.job = h->number;
        event.u.verified.good = h->value;
    } else if (h->what == ITC_NET_WORKED) {
        event.type = ITC_EVENT_WORKED;
        event.u.worked.job = h->number;
        event.u.worked.nonce = h->value;
    }
    itc_net_step(net, h->node, event);
}

static void happen_now(struct itc_net *net, const struct itc_net_happening *h)
{
    add_to_digest(net, &net->now_ms, sizeof net->now_ms);
    add_to_digest(net, h, sizeof *h + h->len);
    switch (h->what) {
    case ITC_NET_FRAME:
        itc_net_deliver(net, h);
        break;
    case ITC_NET_INJECT:
        itc_net_transmit_injected(net, h);
        break;
    case ITC_NET_LINK_UP:
        itc_net_link_up(net, h);
        break;
    case ITC_NET_LINK_DOWN:
        itc_net_link_down(net, h);
        break;
    case ITC_NET_REDIAL:
        itc_net_dial(net, h->node, h->peer);
        break;
    case ITC_NET_DURABLE:
        durable(net, h);
        break;
    case ITC_NET_RESUME:
        break;
    case ITC_NET_CONTINUE:
    case ITC_NET_VERIFIED:
    case ITC_NET_WORKED:
        answer(net, h);
        break;
    }
}

static bool is_alive(const struct itc_net *net, const struct itc_net_happening *h)
{
    return net->members[h->node].node && net->members[h->node].life == h->life;
}

static bool is_busy(const struct itc_net *net, const struct itc_net_member *m)
{
    return m->busy_until_ms > net->now_ms;
}

static void schedule_resume(struct itc_net *net, uint32_t i)
{
    uint64_t at_ms = net->members[i].busy_until_ms;
    (void)itc_net_schedule(net, at_ms > net->now_ms ? at_ms : net->now_ms, ITC_NET_RESUME, i, 0);
}

void itc_net_stop(struct itc_net *net, uint32_t i, uint64_t until_ms)
{
    ITC_ASSERT(i < net->nodes);
    net->members[i].busy_until_ms = until_ms;
    if (net->members[i].inbox)
        schedule_resume(net, i);
}

/* The core's thread is free again: what came meanwhile happens, in its order. */
static void resume(struct itc_net *net, uint32_t i)
{
    struct itc_net_member *m = &net->members[i];
    while (m->inbox && !is_busy(net, m)) {
        struct itc_net_happening *h = m->inbox;
        m->inbox = h->next;
        if (!m->inbox)
            m->inbox_end = &m->inbox;
        h->next = NULL;
        happen_now(net, h); /* may end the node, which forgets the rest */
        free(h);
    }
    if (m->inbox)
        schedule_resume(net, i);
}

void itc_net_happen(struct itc_net *net, struct itc_net_happening *h)
{
    struct itc_net_member *m = &net->members[h->node];
    if (is_alive(net, h) && h->what == ITC_NET_RESUME) {
        resume(net, h->node);
    } else if (is_alive(net, h) && (is_busy(net, m) || m->inbox)) {
        if (!m->inbox)
            schedule_resume(net, h->node);
        *m->inbox_end = h;
        m->inbox_end = &h->next;
        return;
    } else if (is_alive(net, h)) {
        happen_now(net, h);
    }
    free(h);
}

void itc_net_forget_inbox(struct itc_net_member *m)
{
    while (m->inbox) {
        struct itc_net_happening *next = m->inbox->next;
        free(m->inbox);
        m->inbox = next;
    }
    m->inbox_end = &m->inbox;
}
