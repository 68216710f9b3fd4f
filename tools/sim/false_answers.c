#include "tools/sim/false_answers.h"

#include <string.h>

/* A certificate in the making, by seat. */
struct signatures {
    uint32_t held; /* bitmap */
    struct itc_sig sigs[ITC_VALIDATORS_MAX];
};

static void take_cert(struct signatures *s, const struct itc_cert *cert)
{
    uint32_t count = 0;
    s->held = cert->signers;
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++)
        if (cert->signers >> i & 1)
            s->sigs[i] = cert->sigs[count++];
}

/* Every traitor with a seat signs; returns the seats. */
static uint32_t sign_all(struct signatures *s, const struct itc_traitors *t,
    const struct itc_committee *c, const struct itc_slot *slot, const struct itc_hash *id)
{
    uint32_t seats = 0;
    for (uint32_t k = 0; k < t->count; k++)
        for (uint32_t i = 0; i < c->n; i++) {
            if (!itc_key_equal(&c->keys[i], &t->who[k].signer.key))
                continue;
            const struct itc_forger f = {&itc_net_chain(t->net)->id, &t->who[k].signer, (uint8_t)i};
            s->sigs[i] = itc_forge_vote(&f, ITC_VOTE_COMMIT, slot, id);
            seats |= 1u << i;
        }
    s->held |= seats;
    return seats;
}

/* q of them: those of `first`, and then others. False: there are too few. */
static bool put_cert(struct itc_false_answer *out, const struct signatures *s, uint32_t first,
    uint32_t quorum, const struct itc_slot *slot)
{
    struct itc_cert cert = {.view = slot->view, .index = slot->index, .signers = first};
    uint32_t count = (uint32_t)__builtin_popcount(first), put = 0;
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX && count < quorum; i++)
        if ((s->held & ~first) >> i & 1) {
            cert.signers |= 1u << i;
            count++;
        }
    for (uint32_t i = 0; i < ITC_VALIDATORS_MAX; i++)
        if (cert.signers >> i & 1)
            cert.sigs[put++] = s->sigs[i];
    out->jump.header = out->header;
    out->jump.cert = out->cert;
    out->jump.cert_len = itc_cert_encode(out->cert, &cert);
    return count == quorum;
}

/* What the traitors know of a proposal for this height, of the highest view. */
static const struct itc_traitor_round *find_round(
    const struct itc_traitors *t, const struct itc_header *h)
{
    const struct itc_traitor_round *best = NULL;
    for (uint32_t k = 0; k < ITC_TRAITOR_ROUNDS; k++) {
        const struct itc_traitor_round *r = &t->rounds[k];
        if (r->body_len > 0 && r->slot.index == h->index && r->slot.epoch == h->epoch &&
            (!best || r->slot.view > best->slot.view))
            best = r;
    }
    return best;
}

bool itc_false_answer_make(struct itc_false_answer *out, const struct itc_traitors *t,
    const struct itc_committee *c, enum itc_false_kind kind, const struct itc_jump *honest)
{
    struct signatures s = {.held = 0};
    struct itc_header h;
    struct itc_cert cert;
    struct itc_hash id;
    if (itc_header_decode(&h, honest->header, ITC_HEADER_SIZE) != ITC_OK ||
        itc_cert_decode(&cert, honest->cert, honest->cert_len) != ITC_OK)
        return false;
    struct itc_slot slot = {.epoch = h.epoch, .view = cert.view, .index = h.index};
    const struct itc_traitor_round *r = find_round(t, &h);
    out->jump = *honest;
    if (kind == ITC_FALSE_STATE) {
        h.state_root.b[0] ^= 1;
        itc_header_encode(out->header, &h);
        take_cert(&s, &cert);
    } else {
        if (!r)
            return false;
        memcpy(out->header, r->header, ITC_HEADER_SIZE);
        slot.view = r->slot.view;
        s.held = r->prepares;
        memcpy(s.sigs, r->sigs, sizeof s.sigs);
    }
    itc_header_id(&id, &itc_net_chain(t->net)->id, out->header);
    uint32_t traitors = sign_all(&s, t, c, &slot, &id);
    return traitors != 0 && put_cert(out, &s, traitors, itc_committee_quorum(c->n), &slot);
}
