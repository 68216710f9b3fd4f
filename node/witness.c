/* witness.c - see witness.h. */
#include "node/core.h"
#include "spv/sha256.h"

#include <string.h>

#define RESEND_MS 250 /* one of the pool at a time */

/* --- the pool --------------------------------------------------------------------------------------------- */

/* Whether evidence against `key` is still looked for. */
static bool is_wanted(const struct itc_node *n, const struct itc_key *key)
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
static bool is_timely(const struct itc_node *n, const struct itc_evidence *e)
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

/* Verified, wanted and timely. */
static void add(struct itc_node *n, uint32_t from, const struct itc_evidence *e)
{
    struct itc_witness *w = &n->witness;
    ITC_ASSERT(w->count < ITC_VALIDATORS_MAX); /* one a member of `next` */
    w->pool[w->count++] = *e;
    n->stats.counts[ITC_COUNT_EVIDENCE]++;
    send(n, ITC_NONE, from, e);
}

enum itc_err itc_witness_evidence(struct itc_node *n, uint32_t peer, const struct itc_evidence *e)
{
    if (!is_wanted(n, &e->key) || !is_timely(n, e))
        return ITC_OK;
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED] += 2;
    enum itc_err bad = itc_evidence_verify(e, &n->chain.id);
    if (!bad)
        add(n, peer, e);
    return bad;
}

void itc_witness_head_moved(struct itc_node *n)
{
    struct itc_witness *w = &n->witness;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct itc_evidence *e = &w->pool[i];
        if (is_timely(n, e) && itc_seats_has(&n->ledger.seats.next, &e->key))
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
        if (itc_evidence_convict(&seats, &w->pool[i]) == ITC_OK)
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

/* --- comparing -------------------------------------------------------------------------------------------- */

static struct itc_statement of_vote(
    enum itc_vote_type type, uint32_t view, const struct itc_hash *id, const struct itc_sig *sig)
{
    return (struct itc_statement){.type = type, .view = view, .header_id = *id, .sig = *sig};
}

static struct itc_statement of_view_vote(uint32_t view, const struct itc_view_vote *v)
{
    struct itc_statement s = {.type = ITC_VOTE_VIEW_CHANGE, .view = view, .sig = v->sig};
    if (!v->prepared)
        return s;
    s.named = true;
    s.named_view = v->cert.view;
    s.header_id = v->header_id;
    return s;
}

/* Both are good statements of `voter` about height `index`. */
static void compare(struct itc_node *n, uint32_t voter, uint64_t index,
    const struct itc_statement *x, const struct itc_statement *y)
{
    const struct itc_key *key = &n->chain.committee.keys[voter];
    struct itc_evidence e;
    if (!itc_statements_contradict(x, y) || !is_wanted(n, key))
        return;
    itc_evidence_make(&e, key, itc_params_epoch(&n->chain.params, index), index, x, y);
    if (is_timely(n, &e))
        add(n, ITC_NONE, &e);
}

/* `said` is new here, and contradicts `before`: is it the voter's own? */
static enum itc_err check(struct itc_node *n, uint32_t voter, uint64_t index,
    const struct itc_statement *said, const struct itc_statement *before)
{
    const struct itc_key *key = &n->chain.committee.keys[voter];
    struct itc_hash message;
    if (!itc_statements_contradict(said, before) || !is_wanted(n, key))
        return ITC_OK;
    itc_statement_message(
        &message, &n->chain.id, itc_params_epoch(&n->chain.params, index), index, said);
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED]++;
    enum itc_err e = itc_sig_verify(key, &message, &said->sig);
    if (!e)
        compare(n, voter, index, said, before);
    return e;
}

static const struct itc_votes *of_type(
    const struct itc_votes *prepares, const struct itc_votes *commits, enum itc_vote_type type)
{
    return type == ITC_VOTE_PREPARE ? prepares : commits;
}

const struct itc_votes *itc_witness_votes(
    const struct itc_node *n, const struct itc_slot *slot, enum itc_vote_type type)
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct itc_round *r = &n->pbft.rounds[i];
        if (itc_slot_equal(&r->slot, slot))
            return of_type(&r->prepares, &r->commits, type);
    }
    for (uint32_t i = 0; i < ITC_WITNESS_PAGES; i++) {
        const struct itc_witness_page *p = &n->witness.pages[i];
        if (p->slot.index != 0 && itc_slot_equal(&p->slot, slot))
            return of_type(&p->prepares, &p->commits, type);
    }
    return NULL;
}

enum itc_err itc_witness_second_vote(struct itc_node *n, const struct itc_vote *v)
{
    enum itc_vote_type type = (enum itc_vote_type)v->type;
    const struct itc_votes *held = itc_witness_votes(n, &v->slot, type);
    if (held == NULL || !(held->held >> v->voter & 1))
        return ITC_OK;
    struct itc_statement said = of_vote(type, v->slot.view, &v->header_id, &v->sig);
    struct itc_statement before =
        of_vote(type, v->slot.view, &held->ids[v->voter], &held->sigs[v->voter]);
    return check(n, v->voter, v->slot.index, &said, &before);
}

enum itc_err itc_witness_proposal(struct itc_node *n, const struct itc_proposal *p)
{
    struct itc_vote v = {.type = ITC_VOTE_PREPARE,
        .slot = p->slot,
        .voter = (uint8_t)itc_chain_primary(&n->chain, &p->slot),
        .sig = p->sig};
    itc_header_id(&v.header_id, &n->chain.id, p->header);
    return itc_witness_second_vote(n, &v);
}

void itc_witness_vote(struct itc_node *n, const struct itc_vote *v)
{
    const struct itc_view_state *view = &n->view;
    enum itc_vote_type type = (enum itc_vote_type)v->type;
    struct itc_statement said = of_vote(type, v->slot.view, &v->header_id, &v->sig);
    const struct itc_votes *held = itc_witness_votes(n, &v->slot, type);
    if (held != NULL && held->held >> v->voter & 1) {
        struct itc_statement before =
            of_vote(type, v->slot.view, &held->ids[v->voter], &held->sigs[v->voter]);
        compare(n, v->voter, v->slot.index, &said, &before);
    }
    if (v->slot.index == n->pbft.rounds[0].slot.index && view->held >> v->voter & 1) {
        struct itc_statement left = of_view_vote(view->views[v->voter], &view->votes[v->voter]);
        compare(n, v->voter, v->slot.index, &said, &left);
    }
}

static void compare_commit(struct itc_node *n, const struct itc_slot *slot,
    const struct itc_votes *commits, uint64_t index, uint32_t voter,
    const struct itc_statement *change)
{
    if (slot->index != index || !(commits->held >> voter & 1))
        return;
    struct itc_statement commit =
        of_vote(ITC_VOTE_COMMIT, slot->view, &commits->ids[voter], &commits->sigs[voter]);
    compare(n, voter, index, change, &commit);
}

void itc_witness_view_vote(
    struct itc_node *n, const struct itc_slot *slot, const struct itc_view_vote *v)
{
    const struct itc_round *r = &n->pbft.rounds[0];
    struct itc_statement said = of_view_vote(slot->view, v);
    compare_commit(n, &r->slot, &r->commits, slot->index, v->voter, &said);
    for (uint32_t i = 0; i < ITC_WITNESS_PAGES; i++) {
        const struct itc_witness_page *p = &n->witness.pages[i];
        compare_commit(n, &p->slot, &p->commits, slot->index, v->voter, &said);
    }
}

enum itc_err itc_witness_second_view_vote(
    struct itc_node *n, const struct itc_slot *slot, const struct itc_view_vote *v)
{
    const struct itc_view_state *view = &n->view;
    if (slot->index != n->pbft.rounds[0].slot.index || !(view->held >> v->voter & 1))
        return ITC_OK;
    struct itc_statement said = of_view_vote(slot->view, v);
    struct itc_statement before = of_view_vote(view->views[v->voter], &view->votes[v->voter]);
    return check(n, v->voter, slot->index, &said, &before);
}

void itc_witness_new_view(
    struct itc_node *n, const struct itc_slot *slot, const uint8_t *new_view, size_t len)
{
    struct itc_reader r = itc_reader_of(new_view, len);
    struct itc_view_vote v;
    while (r.left > 0 && itc_view_vote_read(&r, &v) == ITC_OK) {
        (void)!itc_witness_second_view_vote(n, slot, &v);
        itc_witness_view_vote(n, slot, &v);
    }
}

/* --- rounds that close ------------------------------------------------------------------------------------ */

static void show(
    struct itc_node *n, const struct itc_round *r, enum itc_vote_type type, uint32_t voter)
{
    const struct itc_votes *votes = of_type(&r->prepares, &r->commits, type);
    if (!itc_actions_has_room(&n->actions))
        return; /* a step with a great deal to do; there will be others */
    struct itc_message m = {.type = ITC_MESSAGE_VOTE,
        .u.vote = {.type = (uint8_t)type,
            .slot = r->slot,
            .voter = (uint8_t)voter,
            .header_id = votes->ids[voter],
            .sig = votes->sigs[voter]}};
    itc_node_send_all(n, ITC_NONE, ITC_CHANNEL_CONSENSUS, &m, n->pbft.vote_batch, true);
}

/* Returns how many odd votes there are; more than f of them are not their voters' fault. */
static uint32_t show_odd(struct itc_node *n, const struct itc_round *r, enum itc_vote_type type)
{
    const struct itc_votes *votes = of_type(&r->prepares, &r->commits, type);
    uint32_t count = 0;
    for (uint32_t i = 0; i < n->chain.committee.n; i++) {
        if (!(votes->held >> i & 1) || itc_hash_equal(&votes->ids[i], &r->header_id) ||
            !is_wanted(n, &n->chain.committee.keys[i]))
            continue;
        if (count++ < itc_committee_faults(n->chain.committee.n))
            show(n, r, type, i);
    }
    return count;
}

void itc_witness_closed(struct itc_node *n, const struct itc_round *r)
{
    struct itc_witness *w = &n->witness;
    uint32_t primary = itc_chain_primary(&n->chain, &r->slot);
    if ((r->prepares.held | r->commits.held) == 0)
        return;
    struct itc_witness_page *p = &w->pages[w->next_page++ % ITC_WITNESS_PAGES];
    *p = (struct itc_witness_page){.slot = r->slot, .prepares = r->prepares, .commits = r->commits};
    if (r->state == ITC_ROUND_EMPTY || n->validator == ITC_NO_VALIDATOR)
        return;
    if (show_odd(n, r, ITC_VOTE_PREPARE) > 0 && r->prepares.held >> primary & 1 &&
        is_wanted(n, &n->chain.committee.keys[primary]))
        show(n, r, ITC_VOTE_PREPARE, primary);
    (void)show_odd(n, r, ITC_VOTE_COMMIT);
}

void itc_witness_reseated(struct itc_node *n)
{
    for (uint32_t i = 0; i < ITC_WITNESS_PAGES; i++)
        n->witness.pages[i].slot.index = 0;
}
