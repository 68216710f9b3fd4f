#include "tools/sim/traitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FETCH_MS 2000 /* after asking for a cone, its sites are let in */

const char *itc_treason_name(enum itc_treason t)
{
    static const char *const names[ITC_TREASONS] = {
        [ITC_TREASON_TWINS] = "twins",
        [ITC_TREASON_TWO_PROPOSALS] = "two-proposals",
        [ITC_TREASON_TWO_VOTES] = "two-votes",
        [ITC_TREASON_SIGNS_ALL] = "signs-all",
        [ITC_TREASON_SHIFTED_SLOTS] = "shifted-slots",
        [ITC_TREASON_REPLAYS] = "replays",
        [ITC_TREASON_HIDDEN_PREPARED] = "hidden-prepared",
        [ITC_TREASON_FALSE_NEW_VIEWS] = "false-new-views",
        [ITC_TREASON_FORGED_PROOFS] = "forged-proofs",
        [ITC_TREASON_FALSE_HEADS] = "false-heads",
        [ITC_TREASON_CURIOUS] = "curious",
        [ITC_TREASON_JUST_IN_TIME] = "just-in-time",
        [ITC_TREASON_CENSORS] = "censors",
        [ITC_TREASON_MUTE] = "mute",
    };
    return names[t];
}

/* --- who ---------------------------------------------------------------------------------------- */

void itc_traitor_plan_draw(struct itc_traitor_plan *out, uint64_t seed, uint32_t n, uint32_t room,
    uint32_t allowed, bool surely)
{
    uint32_t most = itc_committee_faults(n);
    struct itc_rng rng;
    *out = (struct itc_traitor_plan){.allowed = allowed};
    itc_rng_init(&rng, seed);
    if (most == 0)
        return;
    uint32_t want = surely ? 1 + itc_rng_below(&rng, most) : itc_rng_below(&rng, most + 1);
    while (want > 0) {
        uint32_t i = itc_rng_below(&rng, n);
        if (out->set >> i & 1)
            continue;
        out->set |= 1u << i;
        want--;
        if (itc_rng_below(&rng, 2) && room > 0 && allowed >> ITC_TREASON_TWINS & 1) {
            out->twins |= 1u << i;
            room--;
        }
    }
}

/* The traitor whose node this is, or NULL. */
static struct itc_traitor *owner_of(struct itc_traitors *t, uint32_t node)
{
    for (uint32_t k = 0; k < t->count; k++)
        if (t->who[k].nodes >> node & 1)
            return &t->who[k];
    return NULL;
}

void itc_traitors_text(const struct itc_traitors *t, uint32_t k, char *out, size_t cap)
{
    size_t len = (size_t)snprintf(out, cap, "%u:", t->who[k].validator);
    for (uint32_t i = 0; i < ITC_TREASONS && len < cap; i++)
        if (t->who[k].treasons >> i & 1)
            len += (size_t)snprintf(
                out + len, cap - len, " %s", itc_treason_name((enum itc_treason)i));
}

/* One of a set; none of none. */
static uint32_t draw_one(struct itc_rng *rng, uint32_t set)
{
    uint32_t skip = set ? itc_rng_below(rng, (uint32_t)__builtin_popcount(set)) : 0;
    for (; skip > 0; skip--)
        set &= set - 1;
    return set & -set;
}

void itc_traitors_change(struct itc_traitors *t, struct itc_rng *rng)
{
    for (uint32_t k = 0; k < t->count; k++) {
        struct itc_traitor *who = &t->who[k];
        uint32_t treasons = draw_one(rng, t->plan.allowed);
        for (uint32_t i = 0; i < ITC_TREASONS; i++)
            treasons |= (uint32_t)(itc_rng_below(rng, 4) == 0) << i;
        treasons &= t->plan.allowed & ~(1u << ITC_TREASON_TWINS);
        if (t->plan.twins >> who->validator & 1)
            treasons |= 1u << ITC_TREASON_TWINS;
        who->treasons = treasons;
        who->half = (uint32_t)itc_rng_next(rng);
        who->wallet = itc_rng_below(rng, 2) ? itc_rng_below(rng, ITC_WALLETS) : ITC_WALLETS;
    }
}

void itc_traitors_part(
    const struct itc_traitors *t, struct itc_rng *rng, uint32_t apart[ITC_NET_NODES_MAX])
{
    uint32_t nodes = itc_net_count(t->net);
    memset(apart, 0, ITC_NET_NODES_MAX * sizeof apart[0]);
    for (uint32_t k = 0; k < t->count; k++) {
        uint32_t first = t->who[k].validator, second = t->who[k].nodes & ~(1u << first);
        if (second == 0)
            continue;
        uint32_t twin = (uint32_t)__builtin_ctz(second);
        for (uint32_t i = 0; i < nodes; i++) {
            uint32_t side = itc_rng_below(rng, 5); /* 0, 1: the first; 2, 3: the twin; 4: both */
            if (i == first || i == twin || side == 4)
                continue;
            uint32_t away = side < 2 ? twin : first;
            apart[away] |= 1u << i;
            apart[i] |= 1u << away;
        }
        apart[first] |= 1u << twin;
        apart[twin] |= 1u << first;
    }
}

/* --- what they hear ------------------------------------------------------------------------------- */

static void remember_frame(struct itc_traitors *t, const struct itc_net_sent *s)
{
    struct itc_traitor_frame *f = &t->frames[t->frames_count++ % ITC_TRAITOR_FRAMES];
    free(f->bytes);
    f->channel = s->channel;
    f->len = s->len;
    f->bytes = malloc(s->len);
    ITC_ASSERT(f->bytes);
    memcpy(f->bytes, s->frame, s->len);
}

static struct itc_traitor_round *find_round(
    struct itc_traitors *t, const struct itc_slot *slot, const struct itc_hash *id)
{
    for (uint32_t k = 0; k < ITC_TRAITOR_ROUNDS; k++) {
        struct itc_traitor_round *r = &t->rounds[k];
        if (r->body_len > 0 && r->slot.index == slot->index && r->slot.epoch == slot->epoch &&
            r->slot.view == slot->view && itc_hash_equal(&r->id, id))
            return r;
    }
    return NULL;
}

static void add_prepare(struct itc_traitor_round *r, uint32_t voter, const struct itc_sig *sig)
{
    r->prepares |= 1u << voter;
    r->sigs[voter] = *sig;
}

static void hear_proposal(
    struct itc_traitors *t, const struct itc_node *n, const struct itc_proposal *p)
{
    struct itc_hash id;
    itc_header_id(&id, &n->chain.id, p->header);
    if (p->body_len > ITC_BODY_MAX || find_round(t, &p->slot, &id))
        return;
    struct itc_traitor_round *r = &t->rounds[t->rounds_count++ % ITC_TRAITOR_ROUNDS];
    r->slot = p->slot;
    r->id = id;
    r->prepares = 0;
    memcpy(r->header, p->header, ITC_HEADER_SIZE);
    memcpy(r->body, p->body, p->body_len);
    r->body_len = p->body_len;
    add_prepare(r, itc_chain_primary(&n->chain, &p->slot), &p->sig);
    itc_treason_sign_all(t, r);
    itc_treason_usurp(t, r);
}

static void hear_prepare(struct itc_traitors *t, const struct itc_node *n, const struct itc_vote *v)
{
    struct itc_traitor_round *r = find_round(t, &v->slot, &v->header_id);
    if (!r || v->voter >= ITC_VALIDATORS_MAX || r->prepares >> v->voter & 1)
        return;
    add_prepare(r, v->voter, &v->sig);
    if ((uint32_t)__builtin_popcount(r->prepares) == n->chain.quorum)
        itc_treason_show_prepares(t, r);
}

/* `n`: the traitor's node that hears it. */
static void hear(struct itc_traitors *t, const struct itc_node *n, const struct itc_net_sent *s)
{
    struct itc_message m;
    uint8_t type = s->frame[ITC_FRAME_HEAD - 1];
    if (type == ITC_MESSAGE_SITE || type == ITC_MESSAGE_GET_SITES ||
        itc_message_decode(&m, type, s->frame + ITC_FRAME_HEAD, s->len - ITC_FRAME_HEAD) != ITC_OK)
        return;
    remember_frame(t, s);
    if (m.type == ITC_MESSAGE_PROPOSAL)
        hear_proposal(t, n, &m.u.proposal);
    if (m.type == ITC_MESSAGE_VOTE && m.u.vote.type == ITC_VOTE_PREPARE)
        hear_prepare(t, n, &m.u.vote);
    if (m.type == ITC_MESSAGE_VIEW_CHANGE) {
        t->view_slots[m.u.view_change.vote.voter] = m.u.view_change.slot;
        t->view_votes[m.u.view_change.vote.voter] = m.u.view_change.vote;
    }
}

/* --- the hook --------------------------------------------------------------------------------------- */

/* Sites that must not reach the traitor's node: then they are not in what it proposes. */
static bool withholds(struct itc_traitors *t, struct itc_traitor *who, const struct itc_net_sent *s)
{
    struct itc_site site;
    if (!(who->treasons >> ITC_TREASON_CENSORS & 1) ||
        s->frame[ITC_FRAME_HEAD - 1] != ITC_MESSAGE_SITE ||
        itc_net_now(t->net) < who->fetches_until ||
        itc_site_decode(&site, s->frame + ITC_FRAME_HEAD, s->len - ITC_FRAME_HEAD) != ITC_OK)
        return false;
    const struct itc_private_chain *chain = itc_net_chain(t->net);
    if (who->wallet < ITC_WALLETS &&
        !itc_key_equal(&site.tx.issuer, &chain->wallets[who->wallet].key))
        return false;
    t->deeds[ITC_TREASON_CENSORS]++;
    return true;
}

/* What others hold of his own votes and proposals, and bring back: his node may never have cast them, and would have
 * no rows of them. An honest node hears of nothing that it has not cast. */
static bool is_echo(const struct itc_node *n, const struct itc_net_sent *s)
{
    struct itc_message m;
    uint8_t type = s->frame[ITC_FRAME_HEAD - 1];
    if ((type != ITC_MESSAGE_VOTE && type != ITC_MESSAGE_PROPOSAL) ||
        itc_message_decode(&m, type, s->frame + ITC_FRAME_HEAD, s->len - ITC_FRAME_HEAD) != ITC_OK)
        return false;
    return itc_forge_is_by(
        &m, itc_node_validator(n), itc_chain_primary(&n->chain, itc_forge_slot(&m)));
}

static bool on_frame(void *ctx, struct itc_net *net, const struct itc_net_sent *s)
{
    struct itc_traitors *t = ctx;
    struct itc_traitor *from = owner_of(t, s->from), *to = owner_of(t, s->to);
    const struct itc_node *hearer = itc_net_node(net, s->to);
    if (to && ((!from && withholds(t, to, s)) || (hearer && is_echo(hearer, s))))
        return true;
    if (to && hearer)
        hear(t, hearer, s);
    if (!from)
        return false;
    if (s->frame[ITC_FRAME_HEAD - 1] == ITC_MESSAGE_GET_CONE)
        from->fetches_until = itc_net_now(net) + FETCH_MS;
    return itc_treason_send(t, from, s);
}

static void on_greeting(void *ctx, uint32_t from, uint8_t *validator, uint64_t *head)
{
    struct itc_traitors *t = ctx;
    struct itc_traitor *who = owner_of(t, from);
    if (!who || !(who->treasons >> ITC_TREASON_FALSE_HEADS & 1))
        return;
    *head += 1000000;
    *validator = (uint8_t)itc_rng_below(&t->rng, 256);
}

void itc_traitors_init(
    struct itc_traitors *t, const struct itc_traitor_plan *plan, uint64_t seed, struct itc_net *net)
{
    const struct itc_private_chain *chain = itc_net_chain(net);
    t->plan = *plan;
    t->net = net;
    itc_rng_init(&t->rng, seed);
    for (uint32_t i = 0; i < itc_net_count(net); i++) {
        uint32_t identity = itc_net_identity(net, i);
        if (identity == ITC_NET_NODES_MAX || !(plan->set >> identity & 1))
            continue;
        t->nodes |= 1u << i;
        struct itc_traitor *who = NULL;
        for (uint32_t k = 0; k < t->count; k++)
            if (t->who[k].validator == identity)
                who = &t->who[k];
        if (!who) {
            who = &t->who[t->count++];
            who->validator = identity;
            enum itc_err e = itc_signer_init(&who->signer, &chain->validators[identity]);
            ITC_ASSERT(e == ITC_OK);
        }
        who->nodes |= 1u << i;
    }
    if (t->count == 0)
        return;
    t->hook = (struct itc_net_traitors){
        .ctx = t, .takes = on_frame, .greets = on_greeting, .reckless = t->nodes};
    itc_net_betray(net, &t->hook);
    itc_traitors_change(t, &t->rng);
}

void itc_traitors_free(struct itc_traitors *t)
{
    for (uint32_t k = 0; k < ITC_TRAITOR_FRAMES; k++)
        free(t->frames[k].bytes);
}
