/* witness.c - see witness.h. */
#include "node/core.h"

#include <string.h>

#define RESEND_MS 250 /* one of the pool at a time */

/* --- the pool --------------------------------------------------------------------------------------------- */

bool itc_witness_wants(const struct itc_node *n, const struct itc_key *key)
{
    const struct itc_committee *next = &n->ledger.seats.next;
    const struct itc_witness *w = &n->witness;
    for (uint32_t i = 0; i < w->count; i++) {
        if (itc_key_equal(&w->pool[i].key, key))
            return false;
    }
    return itc_committee_faults(next->n) > 0 && itc_seats_has(next, key);
}

/* An epoch ahead: we may lag, and it will serve then. */
bool itc_witness_is_timely(const struct itc_node *n, const struct itc_evidence *e)
{
    uint64_t now = n->ledger.seats.epoch;
    return (uint64_t)e->epoch + 1 >= now && e->epoch <= now + 1;
}

static void send(struct itc_node *n, uint32_t peer, uint32_t but, const struct itc_evidence *e)
{
    struct itc_message m = {.type = ITC_MESSAGE_EVIDENCE, .u.evidence = *e};
    if (peer == ITC_NONE)
        itc_node_send_all(n, but, ITC_CHANNEL_CONSENSUS, &m, 0, false);
    else
        itc_node_send(n, peer, ITC_CHANNEL_CONSENSUS, &m, 0);
}

void itc_witness_add(struct itc_node *n, uint32_t from, const struct itc_evidence *e)
{
    struct itc_witness *w = &n->witness;
    ITC_ASSERT(w->count < ITC_VALIDATORS_MAX); /* one a member of `next` */
    w->pool[w->count++] = *e;
    n->stats.counts[ITC_COUNT_EVIDENCE]++;
    send(n, ITC_NONE, from, e);
}

enum itc_err itc_witness_evidence(struct itc_node *n, uint32_t peer, const struct itc_evidence *e)
{
    if (!itc_witness_wants(n, &e->key) || !itc_witness_is_timely(n, e))
        return ITC_OK;
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED] += 2;
    enum itc_err bad = itc_evidence_verify(e, &n->chain.id);
    if (!bad)
        itc_witness_add(n, peer, e);
    return bad;
}

void itc_witness_head_moved(struct itc_node *n)
{
    struct itc_witness *w = &n->witness;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct itc_evidence *e = &w->pool[i];
        if (itc_witness_is_timely(n, e) && itc_seats_has(&n->ledger.seats.next, &e->key))
            w->pool[kept++] = *e;
    }
    w->count = kept;
}

void itc_witness_peer_up(struct itc_node *n, uint32_t peer)
{
    for (uint32_t i = 0; i < n->witness.count; i++)
        send(n, peer, ITC_NONE, &n->witness.pool[i]);
}

void itc_witness_tick(struct itc_node *n)
{
    struct itc_witness *w = &n->witness;
    if (n->mono_ms < w->resend_ms)
        return;
    w->resend_ms = n->mono_ms + RESEND_MS;
    if (w->count > 0)
        send(n, ITC_NONE, ITC_NONE, &w->pool[w->next_resent++ % w->count]);
}

/* --- into a body ------------------------------------------------------------------------------------------ */

/* Ascending by key. */
static void insert(struct itc_body *body, const struct itc_evidence *e)
{
    uint32_t i = body->evidence_count++;
    for (; i > 0 && memcmp(body->evidence[i - 1].key.b, e->key.b, sizeof e->key.b) > 0; i--)
        body->evidence[i] = body->evidence[i - 1];
    body->evidence[i] = *e;
}

void itc_witness_choose(const struct itc_node *n, struct itc_body *body)
{
    const struct itc_witness *w = &n->witness;
    struct itc_seats seats = n->ledger.seats;
    body->evidence_count = 0;
    for (uint32_t i = 0; i < w->count && body->evidence_count < ITC_BODY_EVIDENCE_MAX; i++) {
        if (itc_evidence_apply(&seats, &w->pool[i]) == ITC_OK)
            insert(body, &w->pool[i]);
    }
}

bool itc_witness_has_news(const struct itc_node *n)
{
    struct itc_body body;
    if (n->witness.count == 0)
        return false;
    itc_witness_choose(n, &body);
    return body.evidence_count > 0;
}
