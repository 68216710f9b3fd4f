/* pbft.c - see pbft.h. */
#include "node/core.h"
#include "spv/mutant.h"
#include "spv/sha256.h"

#include <string.h>

#define STATUS_MS 500
#define ASK_AGAIN_MS 200
#define CHECKS_OF_LINK (ITC_VOTE_CHECKS / 4) /* what a committee of 32 has to say of a height */
#define CHECKS_OF_CAST 2

static void open_round(struct itc_node *n, struct itc_round *r, uint64_t index, uint32_t view)
{
    struct itc_slot slot = itc_chain_slot(&n->chain, index, view);
    itc_round_open(r, &slot);
}

/* The round after the open one starts where the open one's header will say; until there is one, where it stands. */
static void open_next(struct itc_node *n, uint32_t view)
{
    uint64_t open = n->chain.head.index + 1;
    if (itc_params_epoch_end(&n->chain.params, open))
        view = 0;
    open_round(n, &n->pbft.rounds[1], open + 1, view);
}

void itc_pbft_init(struct itc_node *n)
{
    open_round(n, &n->pbft.rounds[0], n->chain.head.index + 1, itc_chain_start_view(&n->chain));
    open_next(n, itc_chain_start_view(&n->chain));
    itc_view_opened(n);
}

void itc_pbft_reseated(struct itc_node *n)
{
    struct itc_pbft *b = &n->pbft;
    for (uint32_t i = 0; i < ITC_VOTE_CHECKS; i++)
        b->checks[i].job = 0;
    itc_witness_reseated(n);
    itc_complaint_reseated(n);
}

void itc_pbft_opened(struct itc_node *n)
{
    struct itc_pbft *b = &n->pbft;
    const struct itc_slot *next = &b->rounds[1].slot;
    if (next->index == n->chain.head.index + 1 && next->view == itc_chain_start_view(&n->chain))
        b->rounds[0] = b->rounds[1];
    else
        open_round(n, &b->rounds[0], n->chain.head.index + 1, itc_chain_start_view(&n->chain));
    open_next(n, itc_chain_start_view(&n->chain));
    b->own = false;
    b->waiting = false;
    if (itc_params_epoch_end(&n->chain.params, n->chain.head.index))
        b->next_status_ms = 0; /* who we are now; and what came before the border is sent again */
    if (b->own_index !=
        n->chain.head.index) { /* another's: who is primary next keeps the pace from here */
        b->next_proposal_ms = n->mono_ms + n->chain.params.interval_ms;
        b->idle_proposal_ms = n->mono_ms + n->chain.params.idle_ms;
    }
    itc_view_opened(n);
}

void itc_pbft_peer_down(struct itc_node *n, uint32_t peer)
{
    for (uint32_t i = 0; i < ITC_VOTE_CHECKS; i++) {
        if (n->pbft.checks[i].peer == peer)
            n->pbft.checks[i].peer = ITC_NONE;
    }
}

void itc_pbft_enter_view(struct itc_node *n, uint32_t view)
{
    struct itc_pbft *b = &n->pbft;
    ITC_ASSERT(view > b->rounds[0].slot.view);
    itc_witness_closed(n, &b->rounds[0]);
    open_round(n, &b->rounds[0], n->chain.head.index + 1, view);
    itc_view_left(n);
    b->own = false;
    b->waiting = false;
}

/* The round a message belongs to; NULL if it is of no use now. Who votes in another epoch is known for certain only
 * when its predecessor is final: whatever header we hold for that, a later view may settle another. */
static struct itc_round *round_of(struct itc_node *n, const struct itc_slot *slot)
{
    struct itc_round *r = n->pbft.rounds;
    if (itc_slot_equal(&r[0].slot, slot))
        return &r[0];
    return itc_slot_equal(&r[1].slot, slot) && slot->epoch == r[0].slot.epoch ? &r[1] : NULL;
}

/* --- from peers ---------------------------------------------------------------------------------------- */

void itc_pbft_take(struct itc_node *n, struct itc_round *r, const struct itc_header *header,
    const uint8_t *header_bytes, const uint8_t *body, size_t body_len)
{
    r->header = *header;
    memcpy(r->header_bytes, header_bytes, ITC_HEADER_SIZE);
    itc_header_id(&r->header_id, &n->chain.id, header_bytes);
    memcpy(r->body, body, body_len);
    r->body_len = body_len;
    if (r == &n->pbft.rounds[0] && n->pbft.rounds[1].state == ITC_ROUND_EMPTY)
        open_next(n, header->view);
}

/* What can be told without the cone and the view. */
static enum itc_err check_proposal(
    const struct itc_node *n, const struct itc_proposal *p, const struct itc_header *h)
{
    struct itc_hash hash;
    struct itc_body body;
    enum itc_err e = itc_body_decode(&body, p->body, p->body_len);
    if (e != ITC_OK)
        return e;
    itc_body_hash(&hash, &n->chain.id, p->body, p->body_len);
    if (!itc_hash_equal(&hash, &h->body_hash) || h->index != p->slot.index ||
        h->epoch != p->slot.epoch || body.count > n->chain.params.body_sites_max)
        return ITC_E_FORM;
    return ITC_OK;
}

/* Whether this header may be proposed in this view. A fresh one is of this view and of this time; not so what a
 * new view binds its primary to: else a clock set back would halt the chain. A start view's proposal may be of the
 * past: a primary that was cut off, or off, stands by what it signed. */
static enum itc_err check_view(const struct itc_node *n, const struct itc_proposal *p,
    const struct itc_header *h, const struct itc_hash *id)
{
    struct itc_hash allowed;
    uint64_t drift = n->chain.params.drift_ms;
    bool first =
        p->slot.index != n->chain.head.index + 1 || p->slot.view == itc_chain_start_view(&n->chain);
    bool bound = false;
    if (first && p->new_view_len != 0)
        return ITC_E_FORM;
    enum itc_err e =
        first ? ITC_OK
              : itc_view_proof_check(n, &p->slot, p->new_view, p->new_view_len, &bound, &allowed);
    if (e != ITC_OK)
        return e;
    if (bound)
        return itc_hash_equal(&allowed, id) ? ITC_OK : ITC_E_PROOF;
    if (h->view != p->slot.view)
        return ITC_E_FORM;
    if (h->time_ms > n->now_ms + drift && h->time_ms > n->chain.head.time_ms)
        return ITC_E_BUSY;
    return ITC_OK;
}

/* The round that a proposal is for: of the open height, a higher view than ours will do, if it is justified. Whether
 * the height after it needs that is not known yet, for where it starts is a guess. */
static struct itc_round *proposed_round(struct itc_node *n, const struct itc_proposal *p)
{
    const struct itc_slot *slot = &p->slot;
    struct itc_round *r = &n->pbft.rounds[0];
    if (slot->index == r->slot.index && slot->epoch == r->slot.epoch && slot->view > r->slot.view &&
        slot->view <= ITC_VIEW_MAX)
        return r;
    r = round_of(n, slot);
    if (r == &n->pbft.rounds[1] && p->new_view_len != 0)
        return NULL;
    return r != NULL && r->state == ITC_ROUND_EMPTY && !n->pbft.own ? r : NULL;
}

/* The signature is checked here and not in the pool: while a forged proposal is checked elsewhere, the genuine
 * one would have nowhere to wait. It is one check a height; a forger is dropped after a few. */
enum itc_err itc_pbft_proposal(struct itc_node *n, const struct itc_proposal *p)
{
    struct itc_round *r = proposed_round(n, p);
    if (r == NULL)
        return itc_witness_proposal(n, p);
    struct itc_header h;
    struct itc_hash id, message;
    enum itc_err e = itc_header_decode(&h, p->header, ITC_HEADER_SIZE);
    if (e == ITC_OK)
        e = check_proposal(n, p, &h);
    if (e != ITC_OK)
        return e;
    uint32_t primary = itc_chain_primary(&n->chain, &p->slot);
    itc_header_id(&id, &n->chain.id, p->header);
    itc_vote_message(&message, ITC_TAG_PREPARE, &n->chain.id, &p->slot, &id);
    e = itc_sig_verify(&n->chain.committee.keys[primary], &message, &p->sig);
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED]++;
    if (e == ITC_OK)
        e = check_view(n, p, &h, &id);
    if (e != ITC_OK)
        return e;
    itc_witness_new_view(n, &p->slot, p->new_view, p->new_view_len);
    itc_doubt_saw_vote(n, ITC_VOTE_PREPARE, &p->slot, primary, &id);
    itc_doubt_saw_new_view(n, &p->slot, p->new_view, p->new_view_len);
    if (p->slot.view > r->slot.view)
        itc_pbft_enter_view(n, p->slot.view);
    itc_pbft_take(n, r, &h, p->header, p->body, p->body_len);
    itc_votes_hold(&r->prepares, primary, &id, &p->sig);
    itc_round_move(r, ITC_ROUND_PROPOSED);
    if (p->new_view_len == 0)
        itc_complaint_proposed(n, r, r == &n->pbft.rounds[0] ? itc_view_owed_ms(n) : n->mono_ms);
    if (r == &n->pbft.rounds[0])
        itc_view_accepted(n, p->new_view, p->new_view_len);
    return ITC_OK;
}

/* The whole of it: whoever repeats a vote's signature under another header must not pass for it. */
static bool same_vote(const struct itc_vote *a, const struct itc_vote *b)
{
    return a->type == b->type && itc_slot_equal(&a->slot, &b->slot) && a->voter == b->voter &&
           itc_hash_equal(&a->header_id, &b->header_id) &&
           memcmp(&a->sig, &b->sig, sizeof(a->sig)) == 0;
}

static bool same_cast(const struct itc_vote *a, const struct itc_vote *b)
{
    return a->type == b->type && a->voter == b->voter && itc_slot_equal(&a->slot, &b->slot);
}

/* Where a vote is checked; NULL: it is being checked already, or its link has its share. Whoever signs can make any number of
 * good signatures on one vote, and anyone bad ones. */
static struct itc_vote_check *find_room(struct itc_node *n, uint32_t peer, const struct itc_vote *v)
{
    struct itc_vote_check *room = NULL;
    uint32_t of_link = 0, of_cast = 0;
    for (uint32_t i = 0; i < ITC_VOTE_CHECKS; i++) {
        struct itc_vote_check *c = &n->pbft.checks[i];
        if (c->job == 0) {
            room = room == NULL ? c : room;
            continue;
        }
        if (same_vote(&c->vote, v))
            return NULL;
        of_link += c->peer == peer;
        of_cast += c->peer == peer && same_cast(&c->vote, v);
    }
    return of_link < CHECKS_OF_LINK && of_cast < CHECKS_OF_CAST ? room : NULL;
}

enum itc_err itc_pbft_vote(struct itc_node *n, uint32_t peer, const struct itc_vote *v)
{
    const struct itc_votes *votes = itc_witness_votes(n, &v->slot, (enum itc_vote_type)v->type);
    struct itc_round *r = round_of(n, &v->slot);
    n->stats.counts[ITC_COUNT_VOTES_RECEIVED]++;
    if (votes != NULL && votes->held >> v->voter & 1)
        return itc_witness_second_vote(n, v);
    if (r == NULL)
        return itc_witness_late_vote(n, peer, v); /* or early, and perhaps of another committee */
    if (v->voter >= n->chain.committee.n)
        return ITC_E_FORM;
    if (v->type == ITC_VOTE_PREPARE && v->voter == itc_chain_primary(&n->chain, &v->slot))
        return ITC_OK; /* a primary's PREPARE is its proposal */
    if (v->type == ITC_VOTE_PREPARE && r->state == ITC_ROUND_COMMITTED &&
        itc_hash_equal(&v->header_id, &r->header_id))
        return itc_witness_late_vote(n, peer, v); /* a quorum's are held, and a check costs */
    struct itc_vote_check *room = find_room(n, peer, v);
    if (room == NULL)
        return ITC_OK;
    struct itc_hash message;
    int tag = v->type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT;
    itc_vote_message(&message, tag, &n->chain.id, &v->slot, &v->header_id);
    room->vote = *v;
    room->peer = peer;
    room->job = itc_node_verify(n, ITC_JOB_VOTE, (uint32_t)(room - n->pbft.checks),
        &n->chain.committee.keys[v->voter], &message, &v->sig);
    return ITC_OK;
}

void itc_pbft_verified(struct itc_node *n, uint64_t job, bool good)
{
    uint32_t owner = itc_job_owner(job);
    struct itc_vote_check *c = &n->pbft.checks[owner % ITC_VOTE_CHECKS];
    if (c->job != job)
        return;
    c->job = 0;
    struct itc_round *r = round_of(n, &c->vote.slot);
    if (!good)
        itc_node_blame(n, c->peer, ITC_E_SIGNATURE);
    else {
        const struct itc_vote *v = &c->vote;
        itc_witness_vote(n, v);
        itc_doubt_saw_vote(n, (enum itc_vote_type)v->type, &v->slot, v->voter, &v->header_id);
        if (r == NULL)
            itc_witness_checked_late(n, v);
        else
            itc_votes_hold(v->type == ITC_VOTE_PREPARE ? &r->prepares : &r->commits, v->voter,
                &v->header_id, &v->sig);
    }
}

void itc_pbft_fill_status(const struct itc_node *n, struct itc_status *out)
{
    const struct itc_round *r = &n->pbft.rounds[0];
    *out = (struct itc_status){.head = n->chain.head.index,
        .epoch = r->slot.epoch,
        .view = r->slot.view,
        .has_proposal = r->state != ITC_ROUND_EMPTY,
        .prepares = r->prepares.held,
        .commits = r->commits.held,
        .validator = n->validator};
}

enum itc_err itc_pbft_restore(struct itc_node *n, const struct itc_vote_row *row)
{
    struct itc_round *r = &n->pbft.rounds[0];
    struct itc_header h;
    struct itc_hash id;
    if (row->slot.index != r->slot.index || row->slot.epoch != r->slot.epoch ||
        row->slot.view < r->slot.view || n->validator == ITC_NO_VALIDATOR)
        return ITC_OK;
    if (row->type == ITC_VOTE_VIEW_CHANGE && ITC_MUTANT("view-change-forgotten"))
        return ITC_OK;
    if (row->slot.view > r->slot.view)
        itc_pbft_enter_view(n, row->slot.view);
    if (row->type == ITC_VOTE_VIEW_CHANGE)
        return itc_view_restore(n, row);
    enum itc_err e = itc_header_decode(&h, row->header, ITC_HEADER_SIZE);
    if (e != ITC_OK)
        return e;
    itc_header_id(&id, &n->chain.id, row->header);
    if (row->type == ITC_VOTE_COMMIT) {
        itc_votes_hold(&r->commits, n->validator, &id, &row->own);
        for (uint32_t i = 0, k = 0; i < ITC_VALIDATORS_MAX; i++) {
            if (row->prepared.signers >> i & 1)
                itc_votes_hold(&r->prepares, i, &id, &row->prepared.sigs[k++]);
        }
        return itc_view_restore(n, row);
    }
    itc_pbft_take(n, r, &h, row->header, row->body, row->body_len);
    itc_votes_hold(&r->prepares, itc_chain_primary(&n->chain, &r->slot), &id, &row->primary);
    itc_votes_hold(&r->prepares, n->validator, &id, &row->own);
    itc_round_move(r, ITC_ROUND_PROPOSED);
    itc_view_accepted(n, NULL, 0);
    return ITC_OK;
}

/* --- going on ------------------------------------------------------------------------------------------ */

static void ask_for(struct itc_node *n, const uint8_t *ids, uint32_t count)
{
    uint32_t peer = itc_node_pick_peer(n, ITC_NONE, n->chain.head.index);
    struct itc_message m = {
        .type = ITC_MESSAGE_GET_SITES, .u.get_sites = {.count = count, .ids = ids}};
    if (peer != ITC_NONE)
        itc_node_send(n, peer, ITC_CHANNEL_BULK, &m, 0);
}

/* Asks for the sites of a proposal that are not here, now from one peer, then from another. False: one of
 * them is final already, so the proposal can never be right. */
static bool ask_for_missing(struct itc_node *n, const struct itc_body *body)
{
    uint8_t ids[ITC_BODY_SITES_MAX * sizeof(struct itc_hash)];
    uint32_t count = 0;
    n->pbft.waiting = true;
    for (uint32_t i = 0; i < body->count; i++) {
        struct itc_hash id;
        memcpy(id.b, body->ids + i * sizeof(id.b), sizeof(id.b));
        if (itc_final_ids_find(&n->final_ids, &id) != NULL)
            return false;
        if (itc_window_find(&n->window, &id) != ITC_NONE)
            continue;
        if (count == 0)
            n->pbft.missing = id;
        memcpy(ids + count++ * sizeof(id.b), id.b, sizeof(id.b));
    }
    if (n->mono_ms < n->pbft.asked_ms + ASK_AGAIN_MS)
        return true;
    n->pbft.asked_ms = n->mono_ms;
    for (uint32_t first = 0; first < count; first += ITC_IDS_MAX)
        ask_for(n, ids + first * sizeof(struct itc_hash),
            count - first < ITC_IDS_MAX ? count - first : ITC_IDS_MAX);
    return true;
}

static void reject(struct itc_node *n, struct itc_round *r, enum itc_err e)
{
    itc_round_move(r, ITC_ROUND_REJECTED);
    itc_evaluation_drop(n);
    n->stats.peer_refused[e]++;
}

/* The header that comes out here must be the proposed one, byte for byte. */
static void compare(struct itc_node *n, struct itc_round *r)
{
    struct itc_header h;
    uint8_t bytes[ITC_HEADER_SIZE];
    itc_evaluation_header(n, r->header.view, r->header.time_ms, &h);
    itc_header_encode(bytes, &h);
    if (r->header.time_ms < n->chain.head.time_ms ||
        memcmp(bytes, r->header_bytes, sizeof(bytes)) != 0)
        reject(n, r, ITC_E_PROOF);
    else {
        itc_round_move(r, ITC_ROUND_EVALUATED);
        itc_complaint_judge(n, r);
    }
}

/* Computes what the proposal does; false: nothing to do now. */
static bool evaluate(struct itc_node *n, struct itc_round *r)
{
    struct itc_body body;
    if (!itc_evaluation_is(&n->evaluation, r->slot.index, &r->header.body_hash)) {
        if (n->pbft.waiting && n->mono_ms < n->pbft.asked_ms + ASK_AGAIN_MS &&
            (!n->attached || itc_window_find(&n->window, &n->pbft.missing) == ITC_NONE))
            return false;
        n->pbft.waiting = false;
        enum itc_err e = itc_body_decode(&body, r->body, r->body_len);
        if (e == ITC_OK)
            e = itc_evaluation_begin(n, &body, &r->header.body_hash);
        if (e == ITC_E_UNKNOWN && ask_for_missing(n, &body))
            return false;
        if (e != ITC_OK) {
            reject(n, r, e);
            return false;
        }
    }
    if (itc_evaluation_step(n))
        compare(n, r);
    return true;
}

bool itc_pbft_progress(struct itc_node *n)
{
    struct itc_pbft *b = &n->pbft;
    struct itc_round *r = &b->rounds[0];
    struct itc_cert cert;
    if (itc_sync_certified(n)) {
        b->own = false;
        return false;
    }
    itc_propose_start(n);
    if (b->own) {
        if (!itc_evaluation_step(n))
            return true;
        itc_propose_finish(n);
    }
    if (r->state == ITC_ROUND_PROPOSED)
        return evaluate(n, r);
    if (r->state == ITC_ROUND_EVALUATED && itc_doubt_votes(n))
        itc_cast_prepare(n, r);
    if (r->state == ITC_ROUND_PREPARED && itc_doubt_votes(n) &&
        itc_round_certify(
            r, &r->prepares, n->chain.quorum - ITC_MUTANT("primary-counted-twice"), &cert))
        itc_cast_commit(n, r, &cert);
    if (r->state >= ITC_ROUND_EVALUATED &&
        itc_round_certify(r, &r->commits, n->chain.quorum, &cert) &&
        itc_evaluation_is(&n->evaluation, r->slot.index, &r->header.body_hash)) {
        itc_chain_commit(n, &r->header, &cert, r->body, r->body_len);
        return true;
    }
    return false;
}

uint64_t itc_pbft_wake_ms(const struct itc_node *n)
{
    const struct itc_pbft *b = &n->pbft;
    const struct itc_round *r = &b->rounds[0];
    if (!itc_doubt_votes(n) || r->state != ITC_ROUND_EMPTY ||
        itc_chain_primary(&n->chain, &r->slot) != n->validator ||
        r->slot.view != itc_chain_start_view(&n->chain) || itc_sync_certified(n))
        return UINT64_MAX; /* what a new view waits for are votes, not time; a certified height, its sites */
    return n->window.count > 0 || itc_witness_has_news(n) ? b->next_proposal_ms
                                                          : b->idle_proposal_ms;
}
