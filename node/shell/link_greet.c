/* HELLO: who are you, and which of your streams is this? */
#include "node/shell/link_impl.h"

#define SILENT_MS                                                                                  \
    10000 /* a link that said nothing for so long gives way to a new one of the same node */

void itc_greet_send(struct itc_links *l, struct itc_end *e, enum itc_channel channel)
{
    struct itc_message m = {
        .type = ITC_MESSAGE_HELLO,
        .u.hello = {.channel = channel,
            .chain = l->config.chain,
            .node_id = l->config.node_id,
            .validator = l->config.validator,
            .head = l->config.head},
    };
    uint8_t frame[128];
    size_t len = 0;
    enum itc_err err = itc_message_encode(frame, sizeof frame, &len, &m);
    ITC_ASSERT(err == ITC_OK);
    if (itc_end_send(l, e, frame, len))
        itc_stream_flush(e->stream);
}

/* What is wrong with a HELLO whatever link it is for, or ITC_LINK_COUNTS. */
static enum itc_link_count objection(const struct itc_links *l, const struct itc_hello *h)
{
    if (!itc_hash_equal(&h->chain, &l->config.chain))
        return ITC_LINK_WRONG_CHAIN;
    if (h->node_id == l->config.node_id)
        return ITC_LINK_SELF;
    return h->node_id == 0 ? ITC_LINK_BAD_HELLO : ITC_LINK_COUNTS;
}

static bool stands(const struct itc_link *k)
{
    return k->state == ITC_LINK_OPENING || k->state == ITC_LINK_UP;
}

/* A node is known by its id and its address: or whoever has seen a node's id could take its place elsewhere. */
static bool is_accepted_from(
    const struct itc_link *k, uint64_t node_id, const struct itc_address *address)
{
    return stands(k) && k->caller == ITC_NONE && k->hello.node_id == node_id &&
           itc_address_equal(&k->address, address);
}

static bool is_silent(const struct itc_links *l, const struct itc_link *k)
{
    uint64_t heard_ms = 0;
    for (uint32_t i = 0; i < ITC_CHANNELS; i++)
        if (k->end[i] != ITC_NONE && l->end[k->end[i]].heard_ms > heard_ms)
            heard_ms = l->end[k->end[i]].heard_ms;
    return itc_links_now_ms() - heard_ms > SILENT_MS;
}

static uint32_t accepted_from(const struct itc_links *l, const struct itc_address *address)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->links; i++) {
        const struct itc_link *k = &l->link[i];
        count += stands(k) && k->caller == ITC_NONE && itc_address_equal(&k->address, address);
    }
    return count;
}

/* All places are taken: who has fewer of them takes one from the address that has most, its youngest. So no address
 * keeps the others out. */
static void make_place(struct itc_links *l, const struct itc_address *address)
{
    uint32_t least = accepted_from(l, address) + 2, youngest = ITC_NONE;
    for (uint32_t i = 0; i < l->links; i++) {
        const struct itc_link *k = &l->link[i];
        if (!stands(k) || k->caller != ITC_NONE)
            continue;
        uint32_t count = accepted_from(l, &k->address);
        bool more = count > least || youngest == ITC_NONE;
        if (count < least || (!more && k->opened_ms < l->link[youngest].opened_ms))
            continue;
        least = count;
        youngest = i;
    }
    if (youngest == ITC_NONE)
        return;
    l->stats.counts[ITC_LINK_TOO_MANY]++;
    itc_link_close(l, youngest);
}

static uint32_t new_accepted(
    struct itc_links *l, const struct itc_end *e, const struct itc_hello *h)
{
    if (l->inbound >= l->config.inbound_max)
        make_place(l, &e->address);
    uint32_t link = l->inbound < l->config.inbound_max ? itc_link_open(l, ITC_NONE) : ITC_NONE;
    if (link != ITC_NONE) {
        l->link[link].hello = *h;
        l->link[link].address = e->address;
    }
    return link;
}

/* The link that an accepted stream belongs to; ITC_NONE: it was turned away. */
static uint32_t place_accepted(struct itc_links *l, struct itc_end *e, const struct itc_hello *h)
{
    for (uint32_t i = 0; i < l->links; i++) {
        struct itc_link *k = &l->link[i];
        if (!is_accepted_from(k, h->node_id, &e->address))
            continue;
        if (k->state == ITC_LINK_OPENING && k->end[h->channel] == ITC_NONE)
            return i;
        if (!is_silent(l, k)) {
            itc_end_fail(l, e, ITC_LINK_DUPLICATE);
            return ITC_NONE;
        }
        itc_link_close(l, i); /* its node lost the connection without our seeing it */
    }
    uint32_t link = new_accepted(l, e, h);
    if (link == ITC_NONE)
        itc_end_fail(l, e, ITC_LINK_TOO_MANY);
    return link;
}

/* An accepted end: answers, and joins the link it belongs to. */
static bool greet_accepted(struct itc_links *l, struct itc_end *e, const struct itc_hello *h)
{
    itc_greet_send(l, e, h->channel); /* first, so that the caller too can say what is wrong */
    if (e->stream == NULL)
        return false;
    enum itc_link_count wrong = objection(l, h);
    if (wrong != ITC_LINK_COUNTS) {
        itc_end_fail(l, e, wrong);
        return false;
    }
    uint32_t link = place_accepted(l, e, h);
    if (link == ITC_NONE)
        return false;
    e->link = link;
    atomic_store(&e->source.channel, h->channel);
    l->link[link].end[h->channel] = (uint32_t)(e - l->end);
    return true;
}

/* An end that we dialled: must answer as the stream it is, and as the same node as its partner. */
static bool greet_dialled(struct itc_links *l, struct itc_end *e, const struct itc_hello *h)
{
    struct itc_link *k = &l->link[e->link];
    enum itc_link_count wrong = objection(l, h);
    if (wrong == ITC_LINK_COUNTS && (k->end[h->channel] != (uint32_t)(e - l->end) ||
                                        (k->hello.node_id != 0 && k->hello.node_id != h->node_id)))
        wrong = ITC_LINK_BAD_HELLO;
    if (wrong != ITC_LINK_COUNTS) {
        itc_call_complain(&l->caller[k->caller], itc_link_count_name(wrong));
        itc_end_fail(l, e, wrong);
        return false;
    }
    k->hello = *h;
    k->address = e->address;
    l->caller[k->caller].node_id = h->node_id;
    l->caller[k->caller].address = e->address;
    return true;
}

/* Both nodes called each other: one of the two links goes, the same on both ends. Returns whether `link` stays. */
static bool settle_crossed(struct itc_links *l, uint32_t link)
{
    const struct itc_link *k = &l->link[link];
    bool own_stays = l->config.node_id < k->hello.node_id;
    bool stays = own_stays == (k->caller != ITC_NONE);
    for (uint32_t i = 0; i < l->links; i++) {
        const struct itc_link *m = &l->link[i];
        bool crossed = stands(m) && m->hello.node_id == k->hello.node_id &&
                       itc_address_equal(&m->address, &k->address) &&
                       (m->caller == ITC_NONE) != (k->caller == ITC_NONE);
        if (!crossed)
            continue;
        l->stats.counts[ITC_LINK_DUPLICATE]++;
        itc_link_close(l, stays ? i : link);
        return stays;
    }
    return true;
}

static void greeted(struct itc_links *l, struct itc_end *e)
{
    uint32_t link = e->link;
    e->greeted = true;
    if (!settle_crossed(l, link))
        return;
    const struct itc_link *k = &l->link[link];
    for (uint32_t i = 0; i < ITC_CHANNELS; i++)
        if (k->end[i] == ITC_NONE || !l->end[k->end[i]].greeted)
            return;
    itc_link_rise(l, link);
}

void itc_greet_read(struct itc_links *l, struct itc_end *e)
{
    struct itc_frame f;
    switch (itc_stream_read(e->stream, &f)) {
    case ITC_STREAM_EMPTY:
        return;
    case ITC_STREAM_BAD:
        itc_end_fail(l, e, ITC_LINK_BAD_FRAME);
        return;
    case ITC_STREAM_CLOSED:
        itc_end_fail(l, e, ITC_LINK_BAD_HELLO);
        return;
    case ITC_STREAM_FRAME:
        break;
    }
    struct itc_message m;
    enum itc_err err =
        f.type == ITC_MESSAGE_HELLO ? itc_message_decode(&m, f.type, f.payload, f.len) : ITC_E_FORM;
    if (err != ITC_OK) {
        itc_end_fail(l, e, err == ITC_E_VERSION ? ITC_LINK_WRONG_VERSION : ITC_LINK_BAD_HELLO);
        return;
    }
    bool placed =
        e->link == ITC_NONE ? greet_accepted(l, e, &m.u.hello) : greet_dialled(l, e, &m.u.hello);
    if (placed)
        greeted(l, e);
}
