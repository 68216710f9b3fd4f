/* Carrying out a step's actions: writes first, then what leaves the node, then work for the pools. */
#include "node/shell/loop_impl.h"

#include "node/shell/report.h"
#include "spv/address.h"

#include <stdlib.h>

static void deliver(struct itc_loop *l, const struct itc_parked_item *item)
{
    if (item->token != 0)
        itc_requests_reply(l->requests, item->token, item->bytes, item->len);
    else if (itc_links_incarnation(l->links, item->peer) == item->incarnation)
        itc_links_send(l->links, item->peer, item->channel, item->bytes, item->len);
}

void itc_loop_release(struct itc_loop *l)
{
    l->durable = itc_rocks_durable(l->rocks);
    struct itc_parked_item item;
    while (itc_parked_take(l->parked, l->durable, &item))
        deliver(l, &item);
    itc_links_flush(l->links, ITC_CHANNEL_CONSENSUS);
}

/* Now, or when its batch is durable. */
static void let_go(struct itc_loop *l, const struct itc_parked_item *item)
{
    if (item->after <= l->durable) {
        deliver(l, item);
        return;
    }
    itc_rocks_sync(l->rocks, item->after);
    if (itc_parked_add(l->parked, item))
        return;
    /* The disk is far behind. This is the one place where the core thread waits for it. */
    itc_rocks_wait(l->rocks, item->after);
    itc_loop_release(l);
    deliver(l, item);
}

static void send_all(struct itc_loop *l, const struct itc_actions *a)
{
    for (uint32_t i = 0; i < a->sends_count; i++) {
        const struct itc_send *s = &a->sends[i];
        struct itc_parked_item item = {.after = s->after,
            .incarnation = itc_links_incarnation(l->links, s->peer),
            .peer = s->peer,
            .channel = s->channel,
            .bytes = s->frame,
            .len = s->len};
        if (item.incarnation != 0)
            let_go(l, &item);
    }
    for (uint32_t i = 0; i < a->replies_count; i++) {
        const struct itc_reply *r = &a->replies[i];
        let_go(l, &(struct itc_parked_item){
                      .after = r->after, .token = r->token, .bytes = r->bytes, .len = r->len});
    }
    itc_links_flush(l->links, ITC_CHANNEL_CONSENSUS);
}

static void check_here(struct itc_loop *l, const struct itc_verify *v)
{
    if (l->checked_count == l->checked_cap) {
        l->checked_cap *= 2;
        l->checked = realloc(l->checked, l->checked_cap * sizeof *l->checked);
        ITC_ASSERT(l->checked != NULL);
    }
    bool good = itc_checker_check(l->checker, v);
    l->checked[l->checked_count++] = (struct itc_loop_item){.id = v->job, .result = good};
}

/* With the pool full, the core thread helps out: that slows down what comes in. */
static void check_elsewhere(struct itc_loop *l, const struct itc_verify *v)
{
    if (l->verifying[v->vote] < ITC_LOOP_VERIFIES_MAX && itc_verifier_put(l->verifier, v)) {
        l->verifying[v->vote]++;
        return;
    }
    l->now.full[v->vote ? ITC_LOOP_VOTES : ITC_LOOP_VERIFIED]++;
    check_here(l, v);
}

/* One vote, and no crowd behind it. */
static bool is_lone_vote(struct itc_loop *l, const struct itc_actions *a)
{
    if (a->verifies_count != 1 || !a->verifies[0].vote || l->verifying[true] > 0)
        return false;
    uint32_t depths[ITC_LOOP_QUEUES];
    itc_queue_depths(l->queue, depths);
    return depths[ITC_LOOP_CONSENSUS] < ITC_LOOP_CROWD;
}

static void check_all(struct itc_loop *l, const struct itc_actions *a)
{
    if (a->verifies_count == 0)
        return;
    if (is_lone_vote(l, a)) {
        check_here(l, &a->verifies[0]);
        return;
    }
    for (uint32_t i = 0; i < a->verifies_count; i++)
        check_elsewhere(l, &a->verifies[i]);
    itc_verifier_wake(l->verifier);
}

static void tell_convictions(struct itc_loop *l, const struct itc_actions *a)
{
    struct itc_info info;
    itc_node_info(l->node, &info);
    for (uint32_t i = 0; i < a->convictions_count; i++) {
        const struct itc_evidence *e = &a->convictions[i].evidence;
        char address[ITC_ADDRESS_TEXT];
        itc_address_encode(address, info.network, &e->key);
        itc_report(ITC_REPORT_WARN,
            "validator %s is convicted of a double vote (%s and %s, epoch %u, view %u, height "
            "%llu); out of the committee from epoch %u on",
            address, itc_vote_type_name(e->a.type), itc_vote_type_name(e->b.type), e->epoch,
            e->a.view, (unsigned long long)e->index, a->convictions[i].epoch);
    }
}

void itc_loop_act(struct itc_loop *l, const struct itc_actions *a)
{
    itc_rocks_apply(l->rocks, a);
    if (a->sync)
        itc_rocks_sync(l->rocks, a->last_batch);
    send_all(l, a);
    check_all(l, a);
    for (uint32_t i = 0; i < a->works_count; i++)
        itc_worker_put(l->worker, &a->works[i]);
    for (uint32_t i = 0; i < a->drops_count; i++)
        itc_links_drop(l->links, a->drops[i].peer);
    if (a->convictions_count > 0)
        tell_convictions(l, a);
    l->more = a->more;
    l->halt = a->halt;
}
