#include "node/shell/loop_impl.h"

#include "node/shell/clock.h"
#include "node/shell/report.h"

#define VIEW_EVERY_US 100000u
#define WAIT_MAX_MS 1000u

bool itc_loop_request(
    struct itc_loop *l, const uint8_t *request, size_t len, itc_loop_reply_fn *fn, void *ctx)
{
    struct itc_loop_item item = {0};
    if (!itc_requests_add(l->requests, request, len, fn, ctx, &item.id))
        return false;
    uint32_t put = itc_queue_push(l->queue, ITC_LOOP_REQUESTS, &item, 1);
    ITC_ASSERT(put == 1); /* a place for each request */
    return true;
}

/* ---- stepping ---- */

/* The node says when by the real time it was told, which may be set back meanwhile: how long that is holds. */
static uint64_t wait_of(uint64_t wake_ms, uint64_t now_ms)
{
    uint64_t ms = wake_ms > now_ms ? wake_ms - now_ms : 0;
    return ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS; /* a tick too many does no harm */
}

static void step(struct itc_loop *l, struct itc_event *event)
{
    uint64_t start_us = itc_clock_mono_us();
    event->now_ms = itc_clock_unix_ms();
    const struct itc_actions *actions = itc_node_step(l->node, event);
    itc_loop_act(l, actions);
    l->wake_us = start_us + 1000 * wait_of(actions->wake_ms, event->now_ms);
    uint64_t took_us = itc_clock_mono_us() - start_us;
    l->since_more++;
    l->now.steps++;
    l->now.busy_us += took_us;
    if (took_us > l->now.step_recent_us)
        l->now.step_recent_us = took_us;
    if (took_us > l->now.step_longest_us)
        l->now.step_longest_us = took_us;
}

static void tell_verified(struct itc_loop *l, const struct itc_loop_item *item)
{
    struct itc_event e = {
        .type = ITC_EVENT_VERIFIED, .u.verified = {.job = item->id, .good = item->result == 1}};
    step(l, &e);
}

static void tell_own_checks(struct itc_loop *l)
{
    while (l->halt == NULL && l->checked_count > 0) {
        struct itc_loop_item item = l->checked[--l->checked_count];
        tell_verified(l, &item);
    }
}

static void tell_changes(struct itc_loop *l)
{
    struct itc_link_change c;
    while (l->halt == NULL && itc_links_change(l->links, &c)) {
        struct itc_event e = {.type = ITC_EVENT_PEER_DOWN, .u.down = c.peer};
        if (c.up)
            e = (struct itc_event){.type = ITC_EVENT_PEER_UP,
                .u.up = {.peer = c.peer, .validator = c.validator, .head = c.head}};
        step(l, &e);
    }
}

static void serve_source(struct itc_loop *l, uint32_t source)
{
    itc_links_serve(l->links, source);
    tell_changes(l);
    struct itc_link_message m;
    uint32_t n = 0;
    while (l->halt == NULL && n < ITC_LOOP_RUN_MAX && itc_links_message(l->links, source, &m)) {
        struct itc_event e = {.type = ITC_EVENT_MESSAGE,
            .u.message = {.peer = m.peer,
                .channel = m.channel,
                .type = m.frame.type,
                .payload = m.frame.payload,
                .len = m.frame.len}};
        step(l, &e);
        tell_own_checks(l); /* with the last vote that was missing, the others need no check */
        n++;
    }
    if (n == ITC_LOOP_RUN_MAX)
        itc_links_again(l->links, source);
    tell_changes(l);
}

static void serve_request(struct itc_loop *l, uint64_t token)
{
    struct itc_event e = {.type = ITC_EVENT_REQUEST, .u.request.token = token};
    e.u.request.bytes = itc_requests_bytes(l->requests, token, &e.u.request.len);
    step(l, &e);
}

static void serve_item(
    struct itc_loop *l, enum itc_loop_queue lane, const struct itc_loop_item *item)
{
    switch (lane) {
    case ITC_LOOP_VOTES:
    case ITC_LOOP_VERIFIED:
        l->verifying[lane == ITC_LOOP_VOTES]--;
        tell_verified(l, item);
        break;
    case ITC_LOOP_CONSENSUS:
    case ITC_LOOP_BULK:
        serve_source(l, (uint32_t)item->id);
        break;
    case ITC_LOOP_REQUESTS:
        serve_request(l, item->id);
        break;
    case ITC_LOOP_WORKED:
        l->now.works_done++;
        step(l, &(struct itc_event){.type = ITC_EVENT_WORKED,
                    .u.worked = {.job = item->id, .nonce = item->result}});
        break;
    case ITC_LOOP_QUEUES:
        break;
    }
}

/* What time asks for: a tick, or one more piece of a large job when nothing else waits or the rest had its turn. */
static void step_unasked(struct itc_loop *l, bool idle)
{
    if (itc_clock_mono_us() >= l->wake_us) {
        step(l, &(struct itc_event){.type = ITC_EVENT_TICK});
    } else if (l->more && (idle || l->since_more >= ITC_LOOP_RUN_MAX)) {
        step(l, &(struct itc_event){.type = ITC_EVENT_CONTINUE});
        l->since_more = 0;
    }
}

/* ---- the view ---- */

/* Doubt begins, is measured, or is over. */
static void report_memory(const struct itc_memory *was, const struct itc_memory *is)
{
    if (is->why == was->why && is->until == was->until)
        return;
    if (is->why == ITC_DOUBT_NONE)
        itc_report(ITC_REPORT_INFO, "this validator votes again");
    else if (is->until == 0)
        itc_report(ITC_REPORT_WARN,
            "this validator observes and does not vote: %s. Nothing is to be done but to keep it "
            "running, linked to the other validators; it votes again after two epochs' ends",
            itc_doubt_text(is->why));
    else
        itc_report(ITC_REPORT_WARN,
            "this validator observes and does not vote until milestone %llu: %s",
            (unsigned long long)is->until, itc_doubt_text(is->why));
}

void itc_loop_refresh(struct itc_loop *l)
{
    struct itc_loop_view *v = &l->now;
    const struct itc_memory memory = v->memory;
    itc_node_info(l->node, &v->info);
    itc_node_memory(l->node, &v->memory);
    report_memory(&memory, &v->memory);
    v->stats = *itc_node_stats(l->node);
    v->view_ms = itc_clock_unix_ms();
    v->head_time_ms = v->info.time_ms;
    v->parked = itc_parked_count(l->parked);
    struct itc_rocks_stats store;
    itc_rocks_stats(l->rocks, &store);
    v->batch = store.batch;
    v->durable_batch = store.durable;
    v->syncs = store.syncs;
    v->sync_us = store.sync_us;
    v->sync_longest_us = store.sync_longest_us;
    uint32_t queues[ITC_LOOP_QUEUES];
    itc_queue_depths(l->queue, queues);
    for (uint32_t i = 0; i < ITC_LOOP_QUEUES; i++)
        v->depth[i] = queues[i];
    v->full[ITC_LOOP_REQUESTS] = itc_requests_refused(l->requests);
    itc_links_stats(l->links, &v->link);
    itc_links_head(l->links, v->info.index);

    pthread_mutex_lock(&l->view_lock);
    l->view = *v;
    pthread_mutex_unlock(&l->view_lock);
    v->step_recent_us = 0;
    l->view_us = itc_clock_mono_us();
}

void itc_loop_view(struct itc_loop *l, struct itc_loop_view *out)
{
    pthread_mutex_lock(&l->view_lock);
    *out = l->view;
    pthread_mutex_unlock(&l->view_lock);
}

/* ---- running ---- */

static uint32_t wait_ms(const struct itc_loop *l, uint32_t links_ms)
{
    uint64_t now_us = itc_clock_mono_us();
    if (l->more || now_us >= l->wake_us)
        return 0;
    uint64_t ms = (l->wake_us - now_us + 999) / 1000;
    if (ms > links_ms)
        ms = links_ms;
    return ms < WAIT_MAX_MS ? (uint32_t)ms : WAIT_MAX_MS;
}

/* Bulk messages wait while the pool is busy, and with them, by TCP, those who send them. */
static void hold_bulk(struct itc_loop *l)
{
    bool busy = l->verifying[0] >= ITC_LOOP_VERIFIES_BUSY;
    if (busy != l->busy)
        itc_queue_hold(l->queue, ITC_LOOP_BULK, busy);
    l->busy = busy;
}

static void run_once(struct itc_loop *l)
{
    struct itc_loop_item items[ITC_LOOP_RUN_MAX];
    uint32_t lane = 0;
    uint32_t links_ms = itc_links_tick(l->links);
    tell_changes(l);
    hold_bulk(l);
    uint32_t n = itc_queue_take(l->queue, items, wait_ms(l, links_ms), &lane);
    if (atomic_exchange(&l->synced, false))
        itc_loop_release(l);
    for (uint32_t i = 0; i < n && l->halt == NULL; i++)
        serve_item(l, (enum itc_loop_queue)lane, &items[i]);
    tell_own_checks(l);
    if (l->halt == NULL)
        step_unasked(l, n == 0);
    tell_changes(l);
    itc_links_flush(l->links, ITC_CHANNEL_BULK);
    if (itc_clock_mono_us() - l->view_us >= VIEW_EVERY_US)
        itc_loop_refresh(l);
}

int itc_loop_run(struct itc_loop *l)
{
    while (!atomic_load(&l->stop) && l->halt == NULL)
        run_once(l);
    if (l->halt != NULL)
        itc_report(ITC_REPORT_ERROR, "the node halts: %s", l->halt);
    struct itc_rocks_stats store;
    itc_rocks_stats(l->rocks, &store);
    itc_rocks_wait(l->rocks, store.batch);
    itc_loop_release(l);
    uint8_t reply[64];
    itc_requests_end(l->requests, reply,
        itc_reply_error(reply, sizeof reply, ITC_E_BUSY, "the node is stopping"));
    return l->halt != NULL ? 1 : 0;
}

void itc_loop_stop(struct itc_loop *l)
{
    atomic_store(&l->stop, true);
    itc_queue_poke(l->queue);
}
