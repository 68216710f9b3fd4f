#include "tools/sim/treason.h"

#include <string.h>

bool itc_deed_chance(struct itc_deed *d, uint32_t one_in)
{
    return itc_rng_below(&d->t->rng, one_in) == 0;
}

void itc_deed_inject(
    struct itc_deed *d, uint32_t to, const struct itc_message *m, uint64_t delay_ms)
{
    uint8_t frame[ITC_FRAME_HEAD + ITC_MESSAGE_MAX];
    struct itc_net_sent s = {.from = d->s->from, .to = to, .channel = ITC_CHANNEL_CONSENSUS};
    if (m->type == ITC_MESSAGE_MILESTONE)
        s.channel = ITC_CHANNEL_BULK;
    if (itc_message_encode(frame, sizeof frame, &s.len, m) != ITC_OK)
        return; /* too large to be sent */
    s.frame = frame;
    itc_net_inject(d->t->net, &s, delay_ms);
}

bool itc_deed_init(struct itc_deed *d, struct itc_traitors *t, struct itc_traitor *who,
    const struct itc_net_sent *s)
{
    d->t = t;
    d->draft = &t->draft;
    d->who = who;
    d->s = s;
    d->node = itc_net_node(t->net, s->from);
    d->changed = d->stopped = false;
    d->otherwise = who->half >> s->to & 1;
    d->delay_ms = 0;
    if (!d->node || itc_node_validator(d->node) == ITC_NO_VALIDATOR)
        return false;
    d->forger = (struct itc_forger){&d->node->chain.id, &who->signer, itc_node_validator(d->node)};
    return true;
}

static struct itc_message vote_for(const struct itc_deed *d, enum itc_vote_type type,
    const struct itc_slot *slot, const struct itc_hash *id)
{
    struct itc_message m = {.type = ITC_MESSAGE_VOTE};
    m.u.vote = (struct itc_vote){.type = (uint8_t)type,
        .slot = *slot,
        .voter = d->forger.voter,
        .header_id = *id,
        .sig = itc_forge_vote(&d->forger, type, slot, id)};
    return m;
}

/* --- proposals and votes ---------------------------------------------------------------------------- */

void itc_deed_use_empty(struct itc_deed *d, uint32_t view)
{
    struct itc_proposal *p = &d->draft->m.u.proposal;
    struct itc_header h;
    uint64_t time_ms = itc_header_decode(&h, p->header, ITC_HEADER_SIZE) == ITC_OK ? h.time_ms : 0;
    p->body_len = itc_forge_empty(d->node, view, time_ms, d->draft);
    p->header = d->draft->header;
    p->body = d->draft->body;
}

static bool propose_twice(struct itc_deed *d)
{
    struct itc_proposal *p = &d->draft->m.u.proposal;
    struct itc_hash id;
    if (d->draft->m.type != ITC_MESSAGE_PROPOSAL)
        return false;
    if (d->otherwise) {
        if (p->slot.index & 1 && p->slot.index == d->node->chain.head.index + 1)
            itc_deed_use_empty(d, p->slot.view);
        itc_forge_time(d->draft, 1);
        itc_forge_sign(&d->forger, &d->draft->m);
        d->changed = true;
    }
    itc_header_id(&id, &d->node->chain.id, p->header);
    struct itc_message commit = vote_for(d, ITC_VOTE_COMMIT, &p->slot, &id);
    itc_deed_inject(d, d->s->to, &commit, d->delay_ms);
    return true;
}

/* For another proposal of the slot, if one is known; else for nothing that there is. */
static bool vote_twice(struct itc_deed *d)
{
    struct itc_vote *v = &d->draft->m.u.vote;
    if (d->draft->m.type != ITC_MESSAGE_VOTE || !d->otherwise)
        return false;
    struct itc_hash other = v->header_id;
    other.b[0] ^= 1;
    for (uint32_t k = 0; k < ITC_TRAITOR_ROUNDS; k++) {
        const struct itc_traitor_round *r = &d->t->rounds[k];
        if (r->body_len > 0 && r->slot.index == v->slot.index && r->slot.view == v->slot.view &&
            r->slot.epoch == v->slot.epoch && !itc_hash_equal(&r->id, &v->header_id))
            other = r->id;
    }
    v->header_id = other;
    itc_forge_sign(&d->forger, &d->draft->m);
    d->changed = true;
    return true;
}

void itc_deed_inject_all(struct itc_deed *d, const struct itc_message *m)
{
    for (uint32_t i = 0; i < itc_net_count(d->t->net); i++)
        if (!(d->who->nodes >> i & 1))
            itc_deed_inject(d, i, m, 0);
}

void itc_treason_sign_all(struct itc_traitors *t, const struct itc_traitor_round *round)
{
    struct itc_deed d;
    for (uint32_t k = 0; k < t->count; k++) {
        struct itc_traitor *who = &t->who[k];
        const struct itc_net_sent s = {.from = who->validator};
        if (!(who->treasons >> ITC_TREASON_SIGNS_ALL & 1) || !itc_deed_init(&d, t, who, &s))
            continue;
        struct itc_message m = vote_for(&d, ITC_VOTE_PREPARE, &round->slot, &round->id);
        itc_deed_inject_all(&d, &m);
        m = vote_for(&d, ITC_VOTE_COMMIT, &round->slot, &round->id);
        itc_deed_inject_all(&d, &m);
        t->deeds[ITC_TREASON_SIGNS_ALL]++;
    }
}

static bool shift_slot(struct itc_deed *d)
{
    struct itc_message m = d->draft->m;
    struct itc_slot *slot = itc_forge_slot(&m);
    uint32_t by = itc_deed_chance(d, 2) ? 1 : UINT32_MAX;
    if (!itc_deed_chance(d, 4))
        return false;
    switch (itc_rng_below(&d->t->rng, 4)) {
    case 0:
        slot->view += by;
        break;
    case 1:
        slot->index += by == 1 ? 1 : UINT64_MAX;
        break;
    case 2:
        slot->epoch += by;
        break;
    default:
        slot->view += 1u << itc_rng_below(&d->t->rng, 18);
        break;
    }
    itc_forge_sign(&d->forger, &m);
    itc_deed_inject(d, d->s->to, &m, d->delay_ms);
    return true;
}

static bool replay(struct itc_deed *d)
{
    const struct itc_traitor_frame *f =
        &d->t->frames[itc_rng_below(&d->t->rng, ITC_TRAITOR_FRAMES)];
    if (!itc_deed_chance(d, 8) || !f->bytes)
        return false;
    const struct itc_net_sent s = {.from = d->s->from,
        .to = d->s->to,
        .channel = f->channel,
        .frame = f->bytes,
        .len = f->len};
    itc_net_inject(d->t->net, &s, 0);
    return true;
}

/* The answer gives away votes, and goes on from hand to hand. */
static bool ask_for_votes(struct itc_deed *d)
{
    const struct itc_committee *c = &d->node->chain.committee;
    struct itc_message m = {.type = ITC_MESSAGE_RECALL};
    if (!itc_deed_chance(d, 16))
        return false;
    m.u.recall = (struct itc_recall){
        .nonce = itc_rng_next(&d->t->rng), .key = c->keys[itc_rng_below(&d->t->rng, c->n)]};
    itc_deed_inject(d, d->s->to, &m, 0);
    return true;
}

/* --- time and silence --------------------------------------------------------------------------------- */

static bool delay_proposal(struct itc_deed *d)
{
    const struct itc_params *p = &d->node->chain.params;
    if (d->draft->m.type != ITC_MESSAGE_PROPOSAL || d->draft->m.u.proposal.new_view_len > 0)
        return false;
    d->delay_ms = p->timeout_ms * 9 / 10;
    d->changed = true;
    return true;
}

static bool say_nothing(struct itc_deed *d)
{
    d->stopped |= d->otherwise;
    return d->otherwise;
}

/* --- a frame ------------------------------------------------------------------------------------------ */

static const struct {
    enum itc_treason treason;
    bool own;                        /* to own messages that have a slot only */
    bool (*act)(struct itc_deed *d); /* false: there was nothing to do */
} acts[] = {
    {ITC_TREASON_JUST_IN_TIME, true, delay_proposal},
    {ITC_TREASON_FALSE_NEW_VIEWS, true, itc_deed_falsify_new_view},
    {ITC_TREASON_TWO_PROPOSALS, true, propose_twice},
    {ITC_TREASON_TWO_VOTES, true, vote_twice},
    {ITC_TREASON_HIDDEN_PREPARED, true, itc_deed_hide_prepared},
    {ITC_TREASON_HIDDEN_PREPARED, false, itc_deed_hide_marks},
    {ITC_TREASON_FORGED_PROOFS, false, itc_deed_forge_proof},
    {ITC_TREASON_FALSE_HEADS, false, itc_deed_lie_about_head},
    {ITC_TREASON_CURIOUS, false, ask_for_votes},
    {ITC_TREASON_SHIFTED_SLOTS, true, shift_slot},
    {ITC_TREASON_REPLAYS, false, replay},
    {ITC_TREASON_MUTE, true, say_nothing},
};

bool itc_treason_send(struct itc_traitors *t, struct itc_traitor *who, const struct itc_net_sent *s)
{
    struct itc_deed d;
    uint8_t type = s->frame[ITC_FRAME_HEAD - 1];
    if (type == ITC_MESSAGE_SITE || type == ITC_MESSAGE_GET_SITES ||
        !itc_deed_init(&d, t, who, s) ||
        itc_message_decode(&d.draft->m, type, s->frame + ITC_FRAME_HEAD, s->len - ITC_FRAME_HEAD) !=
            ITC_OK)
        return false;
    const struct itc_slot *slot = itc_forge_slot(&d.draft->m);
    bool own = slot && itc_forge_is_by(
                           &d.draft->m, d.forger.voter, itc_chain_primary(&d.node->chain, slot));
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (!(who->treasons >> acts[i].treason & 1) || (acts[i].own && !own))
            continue;
        t->deeds[acts[i].treason] += acts[i].act(&d);
    }
    if (d.stopped)
        return true;
    if (d.changed)
        itc_deed_inject(&d, s->to, &d.draft->m, d.delay_ms);
    return d.changed;
}
