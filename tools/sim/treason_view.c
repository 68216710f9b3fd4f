#include "tools/sim/treason.h"

#include <string.h>

/* Keeps the first vote of a height that names something, with its bytes. */
static void keep_named(struct itc_draft *named, const struct itc_view_change *v)
{
    if (named->m.type == ITC_MESSAGE_VIEW_CHANGE &&
        named->m.u.view_change.slot.index == v->slot.index)
        return;
    named->m.type = ITC_MESSAGE_VIEW_CHANGE;
    named->m.u.view_change = *v;
    memcpy(named->header, v->header, ITC_HEADER_SIZE);
    memcpy(named->body, v->body, v->body_len);
    named->m.u.view_change.header = named->header;
    named->m.u.view_change.body = named->body;
}

bool itc_deed_hide_prepared(struct itc_deed *d)
{
    struct itc_view_change *v = &d->draft->m.u.view_change;
    struct itc_draft *named = &d->t->named[d->who - d->t->who];
    if (d->draft->m.type != ITC_MESSAGE_VIEW_CHANGE || !v->vote.prepared)
        return false;
    keep_named(named, v);
    if (!d->otherwise)
        return false;
    const struct itc_slot slot = v->slot;
    if (named->m.u.view_change.vote.cert.view < v->vote.cert.view)
        *v = named->m.u.view_change;
    else
        v->vote.prepared = false;
    v->slot = slot;
    itc_forge_sign(&d->forger, &d->draft->m);
    d->changed = true;
    return true;
}

/* Whoever asks what it has voted for is told of nothing, and of another head. */
bool itc_deed_hide_marks(struct itc_deed *d)
{
    struct itc_recalled *m = &d->draft->m.u.recalled;
    const struct itc_node *asker = itc_net_node(d->t->net, d->s->to);
    struct itc_hash message;
    if (d->draft->m.type != ITC_MESSAGE_RECALLED || !asker)
        return false;
    m->count = 0;
    m->head = d->otherwise ? 0 : m->head + 1000000;
    itc_recalled_message(&message, d->forger.chain, &asker->signer.key, m);
    itc_signer_sign(d->forger.signer, &message, &m->sig);
    d->changed = true;
    return true;
}

static uint32_t read_votes(
    const struct itc_proposal *p, struct itc_view_vote votes[ITC_VALIDATORS_MAX])
{
    struct itc_reader r = itc_reader_of(p->new_view, p->new_view_len);
    uint32_t count = 0;
    while (
        r.left > 0 && count < ITC_VALIDATORS_MAX && itc_view_vote_read(&r, &votes[count]) == ITC_OK)
        count++;
    return count;
}

/* 0: it names nothing. */
static uint32_t rank_of(const struct itc_view_vote *v)
{
    return v->prepared ? v->cert.view + 1 : 0;
}

/* Of all votes for the slot that are known, q that name as little as can be; ascending by voter. */
static uint32_t choose_least(struct itc_deed *d, const struct itc_slot *slot,
    struct itc_view_vote votes[ITC_VALIDATORS_MAX], uint32_t count)
{
    struct itc_view_vote all[ITC_VALIDATORS_MAX];
    uint32_t known = 0, chosen = 0, n = 0;
    for (uint32_t i = 0; i < count; i++) {
        all[votes[i].voter] = votes[i];
        known |= 1u << votes[i].voter;
    }
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++) {
        const struct itc_slot *s = &d->t->view_slots[i];
        if (s->index != slot->index || s->view != slot->view || s->epoch != slot->epoch)
            continue;
        all[i] = d->t->view_votes[i];
        known |= 1u << i;
    }
    all[d->forger.voter].prepared = false;
    itc_forge_sign_view(&d->forger, slot, &all[d->forger.voter]);
    known |= 1u << d->forger.voter;
    for (uint32_t k = 0; k < d->node->chain.quorum && known != chosen; k++) {
        uint32_t best = ITC_VALIDATORS_MAX;
        for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++)
            if ((known & ~chosen) >> i & 1 &&
                (best == ITC_VALIDATORS_MAX || rank_of(&all[i]) < rank_of(&all[best])))
                best = i;
        chosen |= 1u << best;
    }
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++)
        if (chosen >> i & 1)
            votes[n++] = all[i];
    return n;
}

/* What the votes bind to, if its bytes are known; else a header with no sites. */
static void propose_bound(struct itc_deed *d, const struct itc_view_vote *votes, uint32_t count)
{
    struct itc_proposal *p = &d->draft->m.u.proposal;
    const struct itc_view_vote *best = NULL;
    for (uint32_t i = 0; i < count; i++)
        if (votes[i].prepared && (!best || votes[i].cert.view > best->cert.view))
            best = &votes[i];
    for (uint32_t k = 0; best && k < ITC_TRAITOR_ROUNDS; k++) {
        const struct itc_traitor_round *r = &d->t->rounds[k];
        if (r->body_len == 0 || !itc_hash_equal(&r->id, &best->header_id))
            continue;
        p->header = memcpy(d->draft->header, r->header, ITC_HEADER_SIZE);
        p->body = memcpy(d->draft->body, r->body, r->body_len);
        p->body_len = r->body_len;
        return;
    }
    itc_deed_use_empty(d, p->slot.view);
}

static void put_votes(struct itc_deed *d, const struct itc_view_vote *votes, uint32_t count)
{
    struct itc_proposal *p = &d->draft->m.u.proposal;
    struct itc_writer w = itc_writer_of(d->draft->new_view, sizeof d->draft->new_view);
    for (uint32_t i = 0; i < count; i++)
        itc_view_vote_write(&w, &votes[i]);
    p->new_view = d->draft->new_view;
    p->new_view_len = w.used;
}

bool itc_deed_falsify_new_view(struct itc_deed *d)
{
    struct itc_view_vote votes[ITC_VALIDATORS_MAX];
    struct itc_proposal *p = &d->draft->m.u.proposal;
    if (d->draft->m.type != ITC_MESSAGE_PROPOSAL || p->new_view_len == 0 ||
        p->slot.index != d->node->chain.head.index + 1)
        return false;
    uint32_t count = read_votes(p, votes);
    switch (itc_rng_below(&d->t->rng, 7)) {
    case 0: /* too few */
        count--;
        break;
    case 1: /* one of them twice */
        votes[count - 1] = votes[0];
        break;
    case 2: /* too many */
        if (count < ITC_VALIDATORS_MAX)
            votes[count++] = votes[0];
        votes[count - 1].voter = (uint8_t)count;
        itc_forge_sign_view(&d->forger, &p->slot, &votes[count - 1]);
        break;
    case 3: /* as many as fit */
        for (; count < ITC_VALIDATORS_MAX; count++)
            votes[count] = votes[0];
        break;
    case 4: /* the right ones, and another header */
        itc_deed_use_empty(d, p->slot.view);
        break;
    default: /* a good set, if there are enough that name nothing, or little */
        count = choose_least(d, &p->slot, votes, count);
        propose_bound(d, votes, count);
        break;
    }
    put_votes(d, votes, count);
    itc_forge_sign(&d->forger, &d->draft->m);
    d->changed = true;
    return true;
}

/* Votes to leave for a view that nobody has left for, in the names of `count` validators. */
static uint32_t make_up_votes(struct itc_deed *d, const struct itc_slot *slot, uint32_t count,
    struct itc_view_vote votes[ITC_VALIDATORS_MAX])
{
    struct itc_view_vote own = {.prepared = false};
    itc_forge_sign_view(&d->forger, slot, &own);
    for (uint32_t i = 0; i < count; i++) {
        votes[i] = own;
        votes[i].voter = (uint8_t)(count == 1 ? own.voter : i);
        if (i != own.voter && itc_deed_chance(d, 2)) { /* what it said of another view or height */
            votes[i] = d->t->view_votes[i];
            votes[i].voter = (uint8_t)i;
        }
    }
    return count;
}

static void usurp(struct itc_deed *d, const struct itc_traitor_round *round)
{
    struct itc_view_vote votes[ITC_VALIDATORS_MAX];
    const struct itc_chain *c = &d->node->chain;
    struct itc_message *m = &d->draft->m;
    struct itc_slot slot = round->slot;
    do
        slot.view++;
    while (itc_chain_primary(c, &slot) != d->forger.voter);
    *m = (struct itc_message){.type = ITC_MESSAGE_PROPOSAL};
    m->u.proposal.slot = slot;
    m->u.proposal.header = round->header;
    itc_deed_use_empty(d, slot.view);
    uint32_t count = itc_rng_below(&d->t->rng, 2) ? 1 : c->quorum;
    put_votes(d, votes, make_up_votes(d, &slot, count, votes));
    itc_forge_sign(&d->forger, m);
    uint64_t delay_ms = itc_rng_below(&d->t->rng, 40);
    for (uint32_t i = 0; i < itc_net_count(d->t->net); i++)
        if (!(d->who->nodes >> i & 1) && d->who->half >> i & 1)
            itc_deed_inject(d, i, m, delay_ms);
}

void itc_treason_usurp(struct itc_traitors *t, const struct itc_traitor_round *round)
{
    struct itc_deed d;
    for (uint32_t k = 0; k < t->count; k++) {
        struct itc_traitor *who = &t->who[k];
        const struct itc_net_sent s = {.from = who->validator};
        if (!(who->treasons >> ITC_TREASON_FALSE_NEW_VIEWS & 1) || !itc_deed_init(&d, t, who, &s) ||
            !itc_deed_chance(&d, 4) || round->slot.index != d.node->chain.head.index + 1)
            continue;
        usurp(&d, round);
        t->deeds[ITC_TREASON_FALSE_NEW_VIEWS]++;
    }
}
