#include "tools/sim/treason.h"

static void put_cert(struct itc_deed *d, struct itc_message *m, const struct itc_cert *cert)
{
    m->u.milestone.cert_len = itc_cert_encode(d->draft->cert, cert);
    m->u.milestone.cert = d->draft->cert;
}

void itc_treason_show_prepares(struct itc_traitors *t, const struct itc_traitor_round *round)
{
    struct itc_deed d;
    struct itc_cert cert = {
        .view = round->slot.view, .index = round->slot.index, .signers = round->prepares};
    uint32_t count = 0;
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++)
        if (round->prepares >> i & 1)
            cert.sigs[count++] = round->sigs[i];
    for (uint32_t k = 0; k < t->count; k++) {
        struct itc_traitor *who = &t->who[k];
        const struct itc_net_sent s = {.from = who->validator};
        struct itc_message m = {.type = ITC_MESSAGE_MILESTONE};
        if (!(who->treasons >> ITC_TREASON_FORGED_PROOFS & 1) || !itc_deed_init(&d, t, who, &s) ||
            !itc_deed_chance(&d, 4))
            continue;
        m.u.milestone.header = round->header;
        m.u.milestone.body = round->body;
        m.u.milestone.body_len = round->body_len;
        put_cert(&d, &m, &cert);
        itc_deed_inject_all(&d, &m);
        t->deeds[ITC_TREASON_FORGED_PROOFS]++;
    }
}

static void bend_cert(struct itc_deed *d, struct itc_cert *cert, const struct itc_hash *id)
{
    struct itc_slot slot = itc_chain_slot(&d->node->chain, cert->index, cert->view);
    uint32_t signers = cert->signers, lowest = signers & -signers;
    switch (itc_rng_below(&d->t->rng, 5)) {
    case 0:
        cert->view++;
        break;
    case 1: /* others have signed */
        cert->signers = (signers & ~lowest) | (~signers & (signers + lowest));
        break;
    case 2:
        itc_forge_cert(&d->forger, ITC_VOTE_COMMIT, &slot, id, d->node->chain.quorum, cert);
        break;
    case 3: /* one of them in another view */
        slot.view++;
        cert->signers = (signers & ~lowest) | 1u << d->forger.voter;
        cert->sigs[0] = itc_forge_vote(&d->forger, ITC_VOTE_COMMIT, &slot, id);
        break;
    default: /* one too few */
        cert->signers &= ~(UINT32_C(1) << (31 - __builtin_clz(signers)));
        break;
    }
}

static bool forge_milestone(struct itc_deed *d)
{
    struct itc_milestone *m = &d->draft->m.u.milestone;
    struct itc_cert cert;
    struct itc_hash id;
    if (!itc_deed_chance(d, 2) || itc_cert_decode(&cert, m->cert, m->cert_len) != ITC_OK)
        return false;
    itc_header_id(&id, &d->node->chain.id, m->header);
    bend_cert(d, &cert, &id);
    if (cert.signers == 0)
        return false;
    put_cert(d, &d->draft->m, &cert);
    d->changed = true;
    return true;
}

/* The next height is final, say signatures that are all the traitor's. */
static void make_up_milestone(struct itc_deed *d)
{
    struct itc_message m = {.type = ITC_MESSAGE_MILESTONE};
    const struct itc_chain *c = &d->node->chain;
    struct itc_slot slot = itc_chain_slot(c, c->head.index + 1, itc_chain_next_view(c, &c->head));
    struct itc_cert cert;
    struct itc_hash id;
    m.u.milestone.body_len = itc_forge_empty(d->node, slot.view, c->head.time_ms + 1, d->draft);
    m.u.milestone.body = d->draft->body;
    m.u.milestone.header = d->draft->header;
    itc_header_id(&id, &c->id, d->draft->header);
    itc_forge_cert(&d->forger, ITC_VOTE_COMMIT, &slot, &id, c->quorum, &cert);
    put_cert(d, &m, &cert);
    itc_deed_inject(d, d->s->to, &m, 0);
}

/* A vote for a view that names a certificate of nobody but the traitor. */
static bool forge_prepared(struct itc_deed *d)
{
    struct itc_view_change *v = &d->draft->m.u.view_change;
    if (!d->otherwise || v->slot.view == 0 || v->slot.index != d->node->chain.head.index + 1)
        return false;
    struct itc_slot before = v->slot;
    before.view--;
    v->body_len = itc_forge_empty(d->node, before.view, 0, d->draft);
    v->header = d->draft->header;
    v->body = d->draft->body;
    v->vote.prepared = true;
    itc_header_id(&v->vote.header_id, &d->node->chain.id, v->header);
    itc_forge_cert(&d->forger, ITC_VOTE_PREPARE, &before, &v->vote.header_id, d->node->chain.quorum,
        &v->vote.cert);
    itc_forge_sign(&d->forger, &d->draft->m);
    d->changed = true;
    return true;
}

bool itc_deed_forge_proof(struct itc_deed *d)
{
    if (d->draft->m.type == ITC_MESSAGE_MILESTONE)
        return forge_milestone(d);
    if (d->draft->m.type == ITC_MESSAGE_VIEW_CHANGE)
        return forge_prepared(d);
    if (d->draft->m.type != ITC_MESSAGE_STATUS || !itc_deed_chance(d, 16))
        return false;
    make_up_milestone(d);
    return true;
}

bool itc_deed_lie_about_head(struct itc_deed *d)
{
    struct itc_status *s = &d->draft->m.u.status;
    if (d->draft->m.type != ITC_MESSAGE_STATUS)
        return false;
    if (itc_deed_chance(d, 2))
        s->head += 1000000;
    s->prepares = (uint32_t)itc_rng_next(&d->t->rng);
    s->commits = (uint32_t)itc_rng_next(&d->t->rng);
    s->has_proposal = itc_deed_chance(d, 2);
    d->changed = true;
    return true;
}
