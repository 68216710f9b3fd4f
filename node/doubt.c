/* doubt.c - see doubt.h. */
#include "node/core.h"
#include "spv/mutant.h"

#define ASK_AGAIN_MS 200

/* --- the state and its row ---------------------------------------------------------------------------- */

bool itc_doubt_votes(const struct itc_node *n)
{
    bool trusted =
        n->doubt.why == ITC_DOUBT_NONE && !n->doubt.asking && n->chain.head.index >= n->doubt.final;
    return n->validator != ITC_NO_VALIDATOR && (trusted || ITC_MUTANT("memory-trusted"));
}

static void write_row(struct itc_node *n)
{
    uint8_t row[ITC_MEMORY_ROW];
    struct itc_store_key key = itc_key_meta("memory");
    itc_memory_row_encode(
        row, &(struct itc_memory_row){
                 .voter = n->signer.key, .why = n->doubt.why, .until = n->doubt.until});
    itc_actions_put(&n->actions, ITC_CF_META, &key, row, sizeof(row));
    n->actions.sync = true;
}

/* A member itself is the qth. */
static uint32_t others_needed(const struct itc_node *n)
{
    return n->chain.quorum - (n->validator != ITC_NO_VALIDATOR);
}

static uint32_t count_told(const struct itc_doubt *d)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++)
        count += d->told >> i & 1;
    return count;
}

/* The lowest head that so many tellers as are needed had not passed. Whoever tells later can but lower it. */
static uint64_t base_told(const struct itc_node *n)
{
    const struct itc_doubt *d = &n->doubt;
    uint64_t base = UINT64_MAX;
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++) {
        uint32_t at_most = 0;
        for (uint32_t k = 0; k < ITC_VALIDATORS_MAX; k++)
            at_most += d->told >> k & 1 && d->heads[k] <= d->heads[i];
        if (d->told >> i & 1 && at_most >= others_needed(n) && d->heads[i] < base)
            base = d->heads[i];
    }
    return others_needed(n) == 0 ? 0 : base;
}

/* The highest head that one honest teller at least has come to: f + 1 say so. */
static uint64_t final_told(const struct itc_node *n)
{
    const struct itc_doubt *d = &n->doubt;
    uint64_t final = 0;
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++) {
        uint32_t at_least = 0;
        for (uint32_t k = 0; k < ITC_VALIDATORS_MAX; k++)
            at_least += d->told >> k & 1 && d->heads[k] >= d->heads[i];
        if (d->told >> i & 1 && at_least > itc_committee_faults(n->chain.committee.n) &&
            d->heads[i] > final)
            final = d->heads[i];
    }
    return final;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t second_epoch_end(const struct itc_node *n, uint64_t base)
{
    uint64_t length = n->chain.params.epoch_length;
    return base > UINT64_MAX - 2 * length ? UINT64_MAX : (base / length + 2) * length;
}

static void end_if_past(struct itc_node *n)
{
    struct itc_doubt *d = &n->doubt;
    uint64_t head = n->chain.head.index;
    if (d->why == ITC_DOUBT_NONE || d->asking || head < d->until || head < 2 ||
        head - 2 < base_told(n))
        return;
    d->why = ITC_DOUBT_NONE;
    d->seen = d->until = 0; /* the nonce stays: marks that come late count */
    n->view.since_ms = n->mono_ms;
    write_row(n);
}

/* Enough others may have told. */
static void settle(struct itc_node *n)
{
    struct itc_doubt *d = &n->doubt;
    if (count_told(d) < others_needed(n))
        return;
    if (d->asking) {
        n->view.since_ms = n->mono_ms; /* time-outs that ran meanwhile were not ours to act on */
        d->final = larger(d->final, final_told(n));
    }
    d->asking = false;
    uint64_t end = second_epoch_end(n, larger(larger(n->chain.head.index, d->seen), base_told(n)));
    if (d->why != ITC_DOUBT_NONE && (d->until == 0 || end < d->until)) {
        d->until = end;
        write_row(n);
    }
    end_if_past(n);
}

/* What we doubt reaches to this height at least. */
static void put_off(struct itc_node *n)
{
    struct itc_doubt *d = &n->doubt;
    uint64_t end = second_epoch_end(n, d->seen);
    if (d->until == 0 || d->until >= end)
        return;
    d->until = end;
    write_row(n);
}

static void start_asking(struct itc_node *n)
{
    struct itc_doubt *d = &n->doubt;
    d->asking = true;
    d->told = 0;
    d->nonce = itc_rng_next(&n->rng);
    settle(n);
}

void itc_doubt_begin(struct itc_node *n, enum itc_doubt_why why, uint64_t seen)
{
    struct itc_doubt *d = &n->doubt;
    d->seen = larger(seen, d->seen);
    if (d->why != ITC_DOUBT_NONE) {
        put_off(n);
        return;
    }
    d->why = why;
    d->until = 0;
    n->pbft.own = false;
    write_row(n);
    start_asking(n);
}

enum itc_err itc_doubt_load(struct itc_node *n)
{
    const struct itc_store *s = &n->config.store;
    struct itc_store_key key = itc_key_meta("memory");
    struct itc_memory_row memory;
    uint8_t row[ITC_MEMORY_ROW];
    size_t len;
    if (!n->has_key)
        return ITC_OK;
    enum itc_err e = s->get(s->ctx, ITC_CF_META, key.b, key.len, row, sizeof(row), &len);
    if (e == ITC_OK)
        e = itc_memory_row_decode(&memory, row, len);
    if (e != ITC_OK && e != ITC_E_UNKNOWN)
        return e;
    bool known = e == ITC_OK && itc_key_equal(&memory.voter, &n->signer.key);
    if (known) {
        n->doubt.why = memory.why;
        n->doubt.until = memory.until;
    }
    if (!known && !n->config.first_use) {
        itc_doubt_begin(n, ITC_DOUBT_NEW, 0);
        return ITC_OK;
    }
    if (!known)
        write_row(n);
    start_asking(n);
    return ITC_OK;
}

void itc_doubt_head_moved(struct itc_node *n)
{
    end_if_past(n);
}

/* What members of the last committee told says nothing of heights that this one decides; and of the first of those
 * its members can say nothing yet. */
void itc_doubt_reseated(struct itc_node *n)
{
    struct itc_doubt *d = &n->doubt;
    d->told = 0;
    if (d->why != ITC_DOUBT_NONE) {
        d->asking = true;
        if (d->until != 0)
            d->until = larger(d->until, n->chain.head.index + 1);
        write_row(n);
    }
    if (d->asking)
        settle(n);
}

/* --- traces of own votes -------------------------------------------------------------------------------- */

/* Reads the row of this slot. */
static bool read_vote_row(struct itc_node *n, enum itc_vote_type type, const struct itc_slot *slot,
    struct itc_vote_row *row)
{
    const struct itc_store *s = &n->config.store;
    struct itc_store_key key = itc_key_vote(slot, (uint8_t)type);
    size_t cap = 1024 + ITC_CERT_MAX + ITC_BODY_MAX, len;
    uint8_t *value = itc_actions_alloc(&n->actions, cap);
    return s->get(s->ctx, ITC_CF_VOTE, key.b, key.len, value, cap, &len) == ITC_OK &&
           itc_vote_row_decode(row, key.b, key.len, value, len) == ITC_OK;
}

static bool has_row(struct itc_node *n, const struct itc_mark *m)
{
    struct itc_vote_row row;
    struct itc_hash id;
    if (!read_vote_row(n, (enum itc_vote_type)m->type, &m->slot, &row))
        return false;
    if (m->type == ITC_VOTE_VIEW_CHANGE) {
        struct itc_mark own = itc_mark_of_view_vote(&m->slot, &row.view_vote);
        return own.prepared == m->prepared && own.prepared_view == m->prepared_view &&
               itc_hash_equal(&own.header_id, &m->header_id);
    }
    itc_header_id(&id, &n->chain.id, row.header);
    return itc_hash_equal(&id, &m->header_id);
}

/* We signed this. */
static void trace(struct itc_node *n, const struct itc_mark *m)
{
    uint64_t open = n->chain.head.index + 1;
    if (m->slot.index < open || (m->slot.index == open && has_row(n, m)))
        return;
    itc_doubt_begin(n, ITC_DOUBT_ROLLED_BACK, m->slot.index);
}

void itc_doubt_saw_statement(struct itc_node *n, const struct itc_key *key, uint32_t epoch,
    uint64_t index, const struct itc_statement *s)
{
    const struct itc_mark m = {.type = (uint8_t)s->type,
        .slot = {.epoch = epoch, .view = s->view, .index = index},
        .prepared = s->named,
        .prepared_view = s->named_view,
        .header_id = s->header_id};
    if (n->has_key && itc_key_equal(key, &n->signer.key))
        trace(n, &m);
}

void itc_doubt_saw_vote(struct itc_node *n, enum itc_vote_type type, const struct itc_slot *slot,
    uint32_t voter, const struct itc_hash *header_id)
{
    const struct itc_mark m = {.type = (uint8_t)type, .slot = *slot, .header_id = *header_id};
    if (voter == n->validator)
        trace(n, &m);
}

void itc_doubt_saw_cert(struct itc_node *n, enum itc_vote_type type, const struct itc_slot *slot,
    const struct itc_cert *cert, const struct itc_hash *header_id)
{
    if (n->validator != ITC_NO_VALIDATOR && cert->signers >> n->validator & 1)
        itc_doubt_saw_vote(n, type, slot, n->validator, header_id);
}

void itc_doubt_saw_view_vote(
    struct itc_node *n, const struct itc_slot *slot, const struct itc_view_vote *vote)
{
    struct itc_slot prepared = *slot;
    prepared.view = vote->cert.view;
    if (vote->prepared)
        itc_doubt_saw_cert(n, ITC_VOTE_PREPARE, &prepared, &vote->cert, &vote->header_id);
    if (vote->voter != n->validator)
        return;
    const struct itc_mark m = itc_mark_of_view_vote(slot, vote);
    trace(n, &m);
}

void itc_doubt_saw_new_view(
    struct itc_node *n, const struct itc_slot *slot, const uint8_t *new_view, size_t len)
{
    struct itc_reader r = itc_reader_of(new_view, len);
    struct itc_view_vote vote;
    while (r.left > 0 && itc_view_vote_read(&r, &vote) == ITC_OK)
        itc_doubt_saw_view_vote(n, slot, &vote);
}

/* --- asking --------------------------------------------------------------------------------------------- */

void itc_doubt_ask(struct itc_node *n, uint32_t peer)
{
    struct itc_peer *p = &n->peers[peer];
    const struct itc_doubt *d = &n->doubt;
    if (p->validator == ITC_NO_VALIDATOR ||
        (p->asked_ms != 0 && n->mono_ms < p->asked_ms + ASK_AGAIN_MS))
        return;
    bool doubts = d->why != ITC_DOUBT_NONE && !(d->told >> p->validator & 1);
    if (!d->asking && !doubts)
        return;
    p->asked_ms = n->mono_ms;
    p->asked = true;
    struct itc_message m = {
        .type = ITC_MESSAGE_RECALL, .u.recall = {.nonce = n->doubt.nonce, .key = n->signer.key}};
    itc_node_send(n, peer, ITC_CHANNEL_CONSENSUS, &m, 0);
}

static void judge_marks(struct itc_node *n, const struct itc_recalled *m)
{
    struct itc_hash message;
    for (uint32_t i = 0; i < m->count; i++) {
        itc_mark_message(&message, &n->chain.id, &m->marks[i]);
        n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED]++;
        if (itc_sig_verify(&n->signer.key, &message, &m->marks[i].sig) == ITC_OK)
            trace(n, &m->marks[i]);
    }
}

/* Who is behind a change of the committee may take a teller's place for another's: no fault of the teller. */
enum itc_err itc_doubt_recalled(struct itc_node *n, uint32_t peer, const struct itc_recalled *m)
{
    struct itc_doubt *d = &n->doubt;
    const struct itc_chain *c = &n->chain;
    struct itc_hash message;
    if (m->nonce != d->nonce || !n->peers[peer].asked || m->teller >= c->committee.n ||
        m->teller == n->validator)
        return ITC_OK;
    n->peers[peer].asked = false;
    itc_recalled_message(&message, &c->id, &n->signer.key, m);
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED]++;
    if (itc_sig_verify(&c->committee.keys[m->teller], &message, &m->sig) != ITC_OK) {
        bool same = itc_params_epoch(&c->params, m->head + 1) == n->pbft.rounds[0].slot.epoch;
        return same ? ITC_E_SIGNATURE : ITC_OK;
    }
    judge_marks(n, m);
    if ((!d->asking && d->why == ITC_DOUBT_NONE) || m->nonce != d->nonce)
        return ITC_OK; /* enough had told, but a mark counts always; or doubt has begun, and asks anew */
    if (d->told >> m->teller & 1)
        return ITC_OK;
    d->told |= 1u << m->teller;
    d->heads[m->teller] = m->head;
    settle(n);
    return ITC_OK;
}

/* --- what others may know ------------------------------------------------------------------------------- */

void itc_node_memory(const struct itc_node *n, struct itc_memory *out)
{
    *out = (struct itc_memory){
        .asking = n->has_key && n->doubt.asking, .why = n->doubt.why, .until = n->doubt.until};
}
