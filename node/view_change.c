/* view_change.c - see view_change.h. */
#include "node/core.h"
#include "spv/mutant.h"

#include <string.h>

#define BACKOFF_MAX 6 /* doublings of the time-out */
#define LOOKS_MAX 8   /* votes of one validator that are checked in one time-out */

static struct itc_round *open_round(struct itc_node *n)
{
    return &n->pbft.rounds[0];
}

/* --- phases ------------------------------------------------------------------------------------------------- */

static const uint8_t moves[ITC_VIEW_PHASES] = {
    [ITC_VIEW_START] = 1u << ITC_VIEW_TAKEN | 1u << ITC_VIEW_LEFT | 1u << ITC_VIEW_START,
    [ITC_VIEW_TAKEN] = 1u << ITC_VIEW_LEFT | 1u << ITC_VIEW_START,
    [ITC_VIEW_LEFT] =
        1u << ITC_VIEW_FOLLOWED | 1u << ITC_VIEW_TAKEN | 1u << ITC_VIEW_LEFT | 1u << ITC_VIEW_START,
    [ITC_VIEW_FOLLOWED] = 1u << ITC_VIEW_TAKEN | 1u << ITC_VIEW_LEFT | 1u << ITC_VIEW_START,
};

bool itc_view_may_move(enum itc_view_phase from, enum itc_view_phase to)
{
    return moves[from] >> to & 1;
}

static void move(struct itc_view_state *v, enum itc_view_phase to)
{
    ITC_ASSERT(itc_view_may_move(v->phase, to));
    v->phase = to;
}

void itc_view_left(struct itc_node *n)
{
    move(&n->view, ITC_VIEW_LEFT);
}

void itc_view_opened(struct itc_node *n)
{
    struct itc_view_state *v = &n->view;
    move(v, ITC_VIEW_START);
    if (open_round(n)->state != ITC_ROUND_EMPTY)
        move(v, ITC_VIEW_TAKEN); /* its proposal came early */
    v->failed = 0;
    v->since_ms = n->mono_ms;
    v->held = 0;
    v->own.has = false;
    v->new_view_len = 0;
    itc_complaint_opened(n);
}

/* --- time ------------------------------------------------------------------------------------------------- */

/* A primary owes a proposal soon when sites are open, and within idle_ms in any case; from then on everything
 * has its time-out. */
static uint64_t due_ms(const struct itc_node *n)
{
    const struct itc_view_state *v = &n->view;
    const struct itc_params *p = &n->chain.params;
    uint32_t doublings = v->failed < BACKOFF_MAX ? v->failed : BACKOFF_MAX;
    uint64_t timeout = (uint64_t)p->timeout_ms << doublings;
    switch (v->phase) {
    case ITC_VIEW_START:
        return itc_view_owed_ms(n) + timeout;
    case ITC_VIEW_TAKEN:
    case ITC_VIEW_FOLLOWED:
        return v->since_ms + timeout;
    case ITC_VIEW_LEFT:
    case ITC_VIEW_PHASES:
        break;
    }
    return UINT64_MAX;
}

uint64_t itc_view_owed_ms(const struct itc_node *n)
{
    const struct itc_view_state *v = &n->view;
    const struct itc_params *p = &n->chain.params;
    uint64_t idle = v->since_ms + p->idle_ms;
    uint64_t busy = v->since_ms + p->interval_ms;
    if (v->busy_ms > busy)
        busy = v->busy_ms;
    return v->busy_ms != 0 && busy < idle ? busy : idle;
}

uint64_t itc_view_wake_ms(const struct itc_node *n)
{
    return itc_doubt_votes(n) ? due_ms(n) : UINT64_MAX;
}

/* --- own votes -------------------------------------------------------------------------------------------- */

static void send_vote(struct itc_node *n, uint32_t peer)
{
    const struct itc_view_state *v = &n->view;
    struct itc_message m = {.type = ITC_MESSAGE_VIEW_CHANGE,
        .u.view_change = {.slot = n->pbft.rounds[0].slot, .vote = v->votes[n->validator]}};
    const struct itc_prepared *named = &v->named[n->validator];
    if (m.u.view_change.vote.prepared) {
        if (!named->has)
            return; /* lost in a restart, after which something else was prepared in this view */
        m.u.view_change.header = named->header;
        m.u.view_change.body = named->body;
        m.u.view_change.body_len = named->body_len;
    }
    if (peer == ITC_NONE)
        itc_node_send_all(n, ITC_NONE, ITC_CHANNEL_CONSENSUS, &m, n->pbft.vote_batch, true);
    else
        itc_node_send(n, peer, ITC_CHANNEL_CONSENSUS, &m, n->pbft.vote_batch);
}

/* The bytes of what a vote names stay with it: others may name something higher in votes for another view. */
static void hold(struct itc_view_state *v, uint32_t view, const struct itc_view_vote *vote,
    const struct itc_prepared *named)
{
    v->held |= 1u << vote->voter;
    v->views[vote->voter] = view;
    v->votes[vote->voter] = *vote;
    v->named[vote->voter] = *named;
}

const struct itc_prepared *itc_view_highest(const struct itc_node *n)
{
    const struct itc_view_state *v = &n->view;
    const struct itc_prepared *highest = v->own.has ? &v->own : NULL;
    for (uint32_t i = 0; i < n->chain.committee.n; i++) {
        const struct itc_prepared *p = &v->named[i];
        if (v->held >> i & 1 && p->has && (highest == NULL || p->cert.view > highest->cert.view))
            highest = p;
    }
    return highest;
}

/* Votes for `view` of the open height, and stands in it from now on. */
static void leave_for(struct itc_node *n, uint32_t view)
{
    struct itc_view_state *v = &n->view;
    struct itc_view_vote vote = {.voter = n->validator};
    struct itc_hash message;
    vote.prepared = v->own.has && !ITC_MUTANT("prepared-dropped");
    itc_pbft_enter_view(n, view);
    v->failed++;
    v->since_ms = n->mono_ms;
    v->new_view_len = 0;
    if (vote.prepared) {
        vote.header_id = v->own.header_id;
        vote.cert = v->own.cert;
    }
    itc_view_vote_message(&message, &n->chain.id, &open_round(n)->slot, &vote);
    itc_signer_sign(&n->signer, &message, &vote.sig);
    hold(v, view, &vote, &v->own);
    itc_cast_write(
        n, &(struct itc_vote_row){
               .slot = open_round(n)->slot, .type = ITC_VOTE_VIEW_CHANGE, .view_vote = vote});
    n->stats.counts[ITC_COUNT_VIEW_CHANGES]++;
    send_vote(n, ITC_NONE);
}

/* The highest view that f+1 validators have left for: at least one honest replica wants it, or a higher one. */
static uint32_t joined_view(const struct itc_node *n)
{
    const struct itc_view_state *v = &n->view;
    uint32_t needed = itc_committee_faults(n->chain.committee.n) + 1;
    uint32_t best = 0;
    for (uint32_t i = 0; i < n->chain.committee.n; i++) {
        uint32_t at_least = 0;
        for (uint32_t k = 0; k < n->chain.committee.n; k++)
            at_least += v->held >> k & 1 && v->views[k] >= v->views[i];
        if (v->held >> i & 1 && at_least >= needed && v->views[i] > best)
            best = v->views[i];
    }
    return best;
}

/* Whether q validators have left for our view or a higher one. */
static bool is_followed(const struct itc_node *n)
{
    const struct itc_view_state *v = &n->view;
    uint32_t count = 0;
    for (uint32_t i = 0; i < n->chain.committee.n; i++)
        count += v->held >> i & 1 && v->views[i] >= n->pbft.rounds[0].slot.view;
    return count >= n->chain.quorum;
}

void itc_view_progress(struct itc_node *n)
{
    struct itc_view_state *v = &n->view;
    uint32_t view = open_round(n)->slot.view;
    ITC_ASSERT((v->phase == ITC_VIEW_TAKEN) == (open_round(n)->state != ITC_ROUND_EMPTY));
    if (v->phase == ITC_VIEW_LEFT && is_followed(n)) {
        move(v, ITC_VIEW_FOLLOWED);
        v->since_ms = n->mono_ms;
    }
    if (n->window.count == 0)
        v->busy_ms = 0;
    else if (v->busy_ms == 0)
        v->busy_ms = n->mono_ms;
    if (!itc_doubt_votes(n) || view >= ITC_VIEW_MAX)
        return;
    uint32_t joined = joined_view(n);
    if (joined > view)
        leave_for(n, joined);
    else if (n->mono_ms >= due_ms(n))
        leave_for(n, view + 1);
    else if (open_round(n)->state < ITC_ROUND_PREPARED && itc_complaint_quorum(n)) {
        itc_complaint_pass_on(n);
        leave_for(n, view + 1);
    }
}

/* --- votes of others ---------------------------------------------------------------------------------------- */

/* The bytes that come with a vote must be what its certificate prepared. */
static enum itc_err read_prepared(
    const struct itc_node *n, const struct itc_view_change *m, struct itc_prepared *out)
{
    struct itc_header h;
    struct itc_hash hash;
    enum itc_err e = itc_header_decode(&h, m->header, ITC_HEADER_SIZE);
    if (e != ITC_OK)
        return e;
    itc_header_id(&out->header_id, &n->chain.id, m->header);
    itc_body_hash(&hash, &n->chain.id, m->body, m->body_len);
    if (!itc_hash_equal(&out->header_id, &m->vote.header_id) ||
        !itc_hash_equal(&hash, &h.body_hash) || m->body_len > ITC_BODY_MAX)
        return ITC_E_PROOF;
    out->has = true;
    out->cert = m->vote.cert;
    memcpy(out->header, m->header, ITC_HEADER_SIZE);
    memcpy(out->body, m->body, m->body_len);
    out->body_len = m->body_len;
    return ITC_OK;
}

/* An honest validator leaves a few views in the time that one has; only traitors leave many. */
static bool may_look(struct itc_node *n, uint32_t voter)
{
    struct itc_view_state *v = &n->view;
    if (n->mono_ms >= v->looks_ms + n->chain.params.timeout_ms) {
        v->looks_ms = n->mono_ms;
        memset(v->looks, 0, sizeof(v->looks));
    }
    return v->looks[voter] < LOOKS_MAX;
}

/* Checked on the spot: votes for views are rare, and each is taken once. What is not looked at comes again (STATUS). */
enum itc_err itc_view_vote_received(struct itc_node *n, const struct itc_view_change *m)
{
    struct itc_view_state *v = &n->view;
    const struct itc_slot *open = &open_round(n)->slot;
    uint32_t voter = m->vote.voter;
    struct itc_prepared prepared = {.has = false};
    if (m->slot.index != open->index || m->slot.epoch != open->epoch ||
        m->slot.view > ITC_VIEW_MAX || m->slot.view < open->view)
        return ITC_OK; /* late, or ahead of us: STATUS brings the two together */
    if (voter >= n->chain.committee.n)
        return ITC_E_FORM;
    if (voter == n->validator || (v->held >> voter & 1 && v->views[voter] >= m->slot.view))
        return itc_witness_second_view_vote(n, &m->slot, &m->vote);
    if (!may_look(n, voter))
        return ITC_OK;
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED]++;
    enum itc_err e =
        itc_view_vote_check(&n->chain.id, &n->chain.committee, n->chain.quorum, &m->slot, &m->vote);
    if (e == ITC_OK && m->vote.prepared)
        e = read_prepared(n, m, &prepared);
    if (e != ITC_OK)
        return e;
    v->looks[voter]++; /* forged ones cost their sender, not the voter */
    itc_witness_view_vote(n, &m->slot, &m->vote);
    hold(v, m->slot.view, &m->vote, &prepared);
    itc_doubt_saw_view_vote(n, &m->slot, &m->vote);
    return ITC_OK;
}

void itc_view_accepted(struct itc_node *n, const uint8_t *new_view, size_t len)
{
    struct itc_view_state *v = &n->view;
    move(v, ITC_VIEW_TAKEN);
    v->since_ms = n->mono_ms;
    if (len > 0 && new_view != v->new_view)
        memcpy(v->new_view, new_view, len);
    v->new_view_len = len;
    if (len > 0)
        n->pbft.next_status_ms = 0; /* votes that came before the view was ours are sent again */
}

void itc_view_prepared(struct itc_node *n, const struct itc_round *r, const struct itc_cert *cert)
{
    struct itc_prepared *p = &n->view.own;
    p->has = true;
    p->header_id = r->header_id;
    p->cert = *cert;
    memcpy(p->header, r->header_bytes, ITC_HEADER_SIZE);
    memcpy(p->body, r->body, r->body_len);
    p->body_len = r->body_len;
}

void itc_view_status(struct itc_node *n, uint32_t peer, const struct itc_status *s)
{
    const struct itc_view_state *v = &n->view;
    const struct itc_round *r = open_round(n);
    if (n->validator == ITC_NO_VALIDATOR || s->view > r->slot.view || s->has_proposal)
        return;
    if (v->held >> n->validator & 1 && v->views[n->validator] == r->slot.view)
        send_vote(n, peer);
}

/* Rows come in the order of views, and of a view PREPARE before COMMIT. */
enum itc_err itc_view_restore(struct itc_node *n, const struct itc_vote_row *row)
{
    struct itc_view_state *v = &n->view;
    const struct itc_round *r = open_round(n);
    if (row->type == ITC_VOTE_COMMIT) {
        if (r->state == ITC_ROUND_EMPTY ||
            memcmp(row->header, r->header_bytes, ITC_HEADER_SIZE) != 0)
            return ITC_E_UNKNOWN; /* its PREPARE row, which holds the body, is missing */
        if (!ITC_MUTANT("commit-row-empty"))
            itc_view_prepared(n, r, &row->prepared);
        return ITC_OK;
    }
    const struct itc_view_vote *vote = &row->view_vote;
    struct itc_prepared named = v->own;
    if (vote->prepared && !v->own.has)
        return ITC_E_UNKNOWN; /* the COMMIT row that it names is missing */
    named.has = vote->prepared && itc_hash_equal(&v->own.header_id, &vote->header_id);
    named.cert = vote->cert;
    hold(v, row->slot.view, vote, &named);
    return ITC_OK;
}
