/* witness_votes.c - votes compared with each other: see witness.h. */
#include "node/core.h"
#include "spv/sha256.h"

#include <string.h>

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
    if (!itc_statements_contradict(x, y) || !itc_witness_wants(n, key))
        return;
    itc_evidence_make(&e, key, itc_params_epoch(&n->chain.params, index), index, x, y);
    if (itc_witness_is_timely(n, &e))
        itc_witness_add(n, ITC_NONE, &e);
}

/* `said` is new here, and contradicts `before`: is it the voter's own? */
static enum itc_err check(struct itc_node *n, uint32_t voter, uint64_t index,
    const struct itc_statement *said, const struct itc_statement *before)
{
    const struct itc_key *key = &n->chain.committee.keys[voter];
    struct itc_hash message;
    if (!itc_statements_contradict(said, before) || !itc_witness_wants(n, key))
        return ITC_OK;
    uint32_t epoch = itc_params_epoch(&n->chain.params, index);
    itc_statement_message(&message, &n->chain.id, epoch, index, said);
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED]++;
    enum itc_err e = itc_sig_verify(key, &message, &said->sig);
    if (e != ITC_OK)
        return e;
    compare(n, voter, index, said, before);
    itc_doubt_saw_statement(n, key, epoch, index, said);
    return ITC_OK;
}

static const struct itc_votes *of_round(const struct itc_round *r, enum itc_vote_type type)
{
    return type == ITC_VOTE_PREPARE ? &r->prepares : &r->commits;
}

static struct itc_witness_page *page_of(struct itc_witness *w, const struct itc_slot *slot)
{
    for (uint32_t i = 0; i < ITC_WITNESS_PAGES; i++) {
        struct itc_witness_page *p = &w->pages[i];
        if (p->slot.index != 0 && itc_slot_equal(&p->slot, slot))
            return p;
    }
    return NULL;
}

/* The page of this slot; the oldest makes room for it. */
static struct itc_witness_page *open_page(struct itc_witness *w, const struct itc_slot *slot)
{
    struct itc_witness_page *p = page_of(w, slot);
    if (p != NULL)
        return p;
    p = &w->pages[w->next_page++ % ITC_WITNESS_PAGES];
    p->slot = *slot;
    p->has_header = false;
    p->prepares.checked.held = p->prepares.unchecked.held = p->prepares.shown = 0;
    p->commits.checked.held = p->commits.unchecked.held = p->commits.shown = 0;
    return p;
}

static struct itc_witness_votes *of_page(struct itc_witness_page *p, enum itc_vote_type type)
{
    return type == ITC_VOTE_PREPARE ? &p->prepares : &p->commits;
}

const struct itc_votes *itc_witness_votes(
    const struct itc_node *n, const struct itc_slot *slot, enum itc_vote_type type)
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct itc_round *r = &n->pbft.rounds[i];
        if (itc_slot_equal(&r->slot, slot))
            return of_round(r, type);
    }
    for (uint32_t i = 0; i < ITC_WITNESS_PAGES; i++) {
        const struct itc_witness_page *p = &n->witness.pages[i];
        if (p->slot.index != 0 && itc_slot_equal(&p->slot, slot))
            return type == ITC_VOTE_PREPARE ? &p->prepares.checked : &p->commits.checked;
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
        compare_commit(n, &p->slot, &p->commits.checked, slot->index, v->voter, &said);
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

/* Not in a step that has a great deal to do already: there will be others. */
static void show(struct itc_node *n, const struct itc_vote *v)
{
    struct itc_message m = {.type = ITC_MESSAGE_VOTE, .u.vote = *v};
    if (itc_actions_has_room(&n->actions))
        itc_node_send_all(n, ITC_NONE, ITC_CHANNEL_CONSENSUS, &m, n->pbft.vote_batch, true);
}

static struct itc_vote vote_of(const struct itc_slot *slot, enum itc_vote_type type,
    const struct itc_votes *votes, uint32_t voter)
{
    return (struct itc_vote){.type = (uint8_t)type,
        .slot = *slot,
        .voter = (uint8_t)voter,
        .header_id = votes->ids[voter],
        .sig = votes->sigs[voter]};
}

/* Whose votes are for another header than the page's: bitmap. */
static uint32_t odd_ones(
    const struct itc_node *n, const struct itc_witness_page *p, const struct itc_votes *votes)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < n->chain.committee.n && p->has_header; i++) {
        if (votes->held >> i & 1 && !itc_hash_equal(&votes->ids[i], &p->header_id) &&
            itc_witness_wants(n, &n->chain.committee.keys[i]))
            set |= 1u << i;
    }
    return set;
}

/* Shows those of `set`, unless so many have been shown that it cannot be their voters' fault. */
static void show_odd(
    struct itc_node *n, struct itc_witness_page *p, enum itc_vote_type type, uint32_t set)
{
    const struct itc_votes *votes = &of_page(p, type)->checked;
    uint32_t most = itc_committee_faults(n->chain.committee.n);
    for (uint32_t i = 0; i < n->chain.committee.n; i++) {
        if (!(set >> i & 1) || of_page(p, type)->shown >= most)
            continue;
        struct itc_vote v = vote_of(&p->slot, type, votes, i);
        of_page(p, type)->shown++;
        show(n, &v);
    }
}

/* The round's votes of this type move into its page. */
static void keep(struct itc_node *n, struct itc_witness_page *p, const struct itc_round *r,
    enum itc_vote_type type)
{
    struct itc_witness_votes *votes = of_page(p, type);
    votes->checked = *of_round(r, type);
    uint32_t both = votes->checked.held & votes->unchecked.held;
    votes->unchecked.held &= ~both;
    for (uint32_t i = 0; i < n->chain.committee.n; i++) {
        if (!(both >> i & 1))
            continue;
        struct itc_vote late = vote_of(&r->slot, type, &votes->unchecked, i);
        enum itc_err e = itc_witness_second_vote(n, &late);
        if (e != ITC_OK)
            itc_node_blame(n, votes->from[i], e);
    }
}

void itc_witness_closed(struct itc_node *n, const struct itc_round *r)
{
    uint32_t primary = itc_chain_primary(&n->chain, &r->slot);
    if ((r->prepares.held | r->commits.held) == 0)
        return;
    struct itc_witness_page *p = open_page(&n->witness, &r->slot);
    p->has_header = r->state != ITC_ROUND_EMPTY && n->validator != ITC_NO_VALIDATOR;
    p->header_id = r->header_id;
    keep(n, p, r, ITC_VOTE_PREPARE);
    keep(n, p, r, ITC_VOTE_COMMIT);
    uint32_t odd = odd_ones(n, p, &p->prepares.checked);
    show_odd(n, p, ITC_VOTE_PREPARE, odd);
    show_odd(n, p, ITC_VOTE_COMMIT, odd_ones(n, p, &p->commits.checked));
    if (odd == 0 || !(r->prepares.held >> primary & 1) ||
        !itc_witness_wants(n, &n->chain.committee.keys[primary]))
        return;
    struct itc_vote v = vote_of(&r->slot, ITC_VOTE_PREPARE, &r->prepares, primary);
    show(n, &v);
}

/* --- late votes --------------------------------------------------------------------------------------------- */

static void hold_late(struct itc_node *n, struct itc_witness_page *p, const struct itc_vote *v)
{
    enum itc_vote_type type = (enum itc_vote_type)v->type;
    struct itc_votes *votes = &of_page(p, type)->checked;
    if (votes->held >> v->voter & 1)
        return;
    itc_votes_hold(votes, v->voter, &v->header_id, &v->sig);
    show_odd(n, p, type, odd_ones(n, p, votes) & 1u << v->voter);
}

void itc_witness_checked_late(struct itc_node *n, const struct itc_vote *v)
{
    struct itc_witness_page *p = page_of(&n->witness, &v->slot);
    if (p != NULL)
        hold_late(n, p, v);
}

/* The unchecked vote of `voter` is worth a check now: a good one is held like the others.  ITC_E_SIGNATURE */
static enum itc_err settle(
    struct itc_node *n, struct itc_witness_page *p, enum itc_vote_type type, uint32_t voter)
{
    struct itc_witness_votes *votes = of_page(p, type);
    struct itc_vote v = vote_of(&p->slot, type, &votes->unchecked, voter);
    struct itc_hash message;
    votes->unchecked.held &= ~(1u << voter);
    itc_vote_message(&message, type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT,
        &n->chain.id, &v.slot, &v.header_id);
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED]++;
    enum itc_err e = itc_sig_verify(&n->chain.committee.keys[voter], &message, &v.sig);
    if (e != ITC_OK)
        return e;
    itc_doubt_saw_vote(n, type, &v.slot, voter, &v.header_id);
    hold_late(n, p, &v);
    return ITC_OK;
}

enum itc_err itc_witness_late_vote(struct itc_node *n, uint32_t peer, const struct itc_vote *v)
{
    enum itc_vote_type type = (enum itc_vote_type)v->type;
    bool is_open = itc_slot_equal(&v->slot, &n->pbft.rounds[0].slot);
    struct itc_witness_page *p =
        is_open ? open_page(&n->witness, &v->slot) : page_of(&n->witness, &v->slot);
    if (p == NULL || v->voter >= n->chain.committee.n ||
        !itc_witness_wants(n, &n->chain.committee.keys[v->voter]))
        return ITC_OK;
    struct itc_witness_votes *votes = of_page(p, type);
    bool known = votes->unchecked.held >> v->voter & 1;
    if (known && itc_hash_equal(&votes->unchecked.ids[v->voter], &v->header_id) &&
        memcmp(&votes->unchecked.sigs[v->voter], &v->sig, sizeof(v->sig)) == 0)
        return ITC_OK; /* the whole of it: else a forged one would stand for the voter's own */
    if (known && settle(n, p, type, v->voter) != ITC_OK)
        itc_node_blame(n, votes->from[v->voter], ITC_E_SIGNATURE);
    if (votes->checked.held >> v->voter & 1)
        return itc_witness_second_vote(n, v);
    itc_votes_hold(&votes->unchecked, v->voter, &v->header_id, &v->sig);
    votes->from[v->voter] = peer;
    bool odd = p->has_header && !itc_hash_equal(&v->header_id, &p->header_id);
    return odd ? settle(n, p, type, v->voter) : ITC_OK;
}

void itc_witness_peer_down(struct itc_node *n, uint32_t peer)
{
    for (uint32_t i = 0; i < ITC_WITNESS_PAGES; i++) {
        for (uint32_t k = 0; k < ITC_VALIDATORS_MAX; k++) {
            struct itc_witness_page *p = &n->witness.pages[i];
            if (p->prepares.from[k] == peer)
                p->prepares.from[k] = ITC_NONE;
            if (p->commits.from[k] == peer)
                p->commits.from[k] = ITC_NONE;
        }
    }
}

void itc_witness_reseated(struct itc_node *n)
{
    for (uint32_t i = 0; i < ITC_WITNESS_PAGES; i++)
        n->witness.pages[i].slot.index = 0;
}
