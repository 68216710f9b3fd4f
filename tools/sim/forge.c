#include "tools/sim/forge.h"

#include "spv/sha256.h"

#include <string.h>

struct itc_slot *itc_forge_slot(struct itc_message *m)
{
    switch (m->type) {
    case ITC_MESSAGE_PROPOSAL:
        return &m->u.proposal.slot;
    case ITC_MESSAGE_VOTE:
        return &m->u.vote.slot;
    case ITC_MESSAGE_VIEW_CHANGE:
        return &m->u.view_change.slot;
    case ITC_MESSAGE_COMPLAINT:
        return &m->u.complaint.slot;
    case ITC_MESSAGE_HELLO:
    case ITC_MESSAGE_STATUS:
    case ITC_MESSAGE_SITE:
    case ITC_MESSAGE_GET_SITES:
    case ITC_MESSAGE_MILESTONE:
    case ITC_MESSAGE_GET_MILESTONE:
    case ITC_MESSAGE_LEAVES:
    case ITC_MESSAGE_GET_CONE:
    case ITC_MESSAGE_EVIDENCE:
    case ITC_MESSAGE_RECALL:
    case ITC_MESSAGE_RECALLED:
        break;
    }
    return NULL;
}

bool itc_forge_is_by(const struct itc_message *m, uint8_t voter, uint32_t primary)
{
    return m->type == ITC_MESSAGE_PROPOSAL      ? primary == voter
           : m->type == ITC_MESSAGE_VOTE        ? m->u.vote.voter == voter
           : m->type == ITC_MESSAGE_VIEW_CHANGE ? m->u.view_change.vote.voter == voter
                                                : m->u.complaint.voter == voter;
}

struct itc_sig itc_forge_vote(const struct itc_forger *f, enum itc_vote_type type,
    const struct itc_slot *slot, const struct itc_hash *header_id)
{
    struct itc_hash message;
    struct itc_sig sig;
    itc_vote_message(&message, type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT,
        f->chain, slot, header_id);
    itc_signer_sign(f->signer, &message, &sig);
    return sig;
}

void itc_forge_sign_view(
    const struct itc_forger *f, const struct itc_slot *slot, struct itc_view_vote *vote)
{
    struct itc_hash message;
    vote->voter = f->voter;
    itc_view_vote_message(&message, f->chain, slot, vote);
    itc_signer_sign(f->signer, &message, &vote->sig);
}

void itc_forge_sign(const struct itc_forger *f, struct itc_message *m)
{
    struct itc_hash hash;
    if (m->type == ITC_MESSAGE_PROPOSAL) {
        itc_header_id(&hash, f->chain, m->u.proposal.header);
        m->u.proposal.sig = itc_forge_vote(f, ITC_VOTE_PREPARE, &m->u.proposal.slot, &hash);
    } else if (m->type == ITC_MESSAGE_VOTE) {
        struct itc_vote *v = &m->u.vote;
        v->sig = itc_forge_vote(f, (enum itc_vote_type)v->type, &v->slot, &v->header_id);
    } else if (m->type == ITC_MESSAGE_VIEW_CHANGE) {
        itc_forge_sign_view(f, &m->u.view_change.slot, &m->u.view_change.vote);
    } else {
        ITC_ASSERT(m->type == ITC_MESSAGE_COMPLAINT);
        itc_complaint_message(&hash, f->chain, &m->u.complaint.slot);
        itc_signer_sign(f->signer, &hash, &m->u.complaint.sig);
    }
}

void itc_forge_cert(const struct itc_forger *f, enum itc_vote_type type,
    const struct itc_slot *slot, const struct itc_hash *header_id, uint32_t count,
    struct itc_cert *out)
{
    struct itc_sig sig = itc_forge_vote(f, type, slot, header_id);
    *out = (struct itc_cert){
        .view = slot->view, .index = slot->index, .signers = UINT32_MAX >> (32 - count)};
    for (uint32_t i = 0; i < count; i++)
        out->sigs[i] = sig;
}

size_t itc_forge_empty(
    const struct itc_node *n, uint32_t view, uint64_t time_ms, struct itc_draft *d)
{
    const struct itc_chain *c = &n->chain;
    struct itc_header h = {.index = c->head.index + 1,
        .view = view,
        .time_ms = time_ms > c->head.time_ms ? time_ms : c->head.time_ms,
        .prev = c->head_id,
        .state_root = c->head.state_root,
        .committee = c->committee_hash,
        .next_committee = n->ledger.seats.next_hash};
    h.epoch = itc_params_epoch(&c->params, h.index);
    h.flags = itc_params_epoch_end(&c->params, h.index) ? ITC_HEADER_EPOCH_END : 0;
    h.work_bits = itc_params_next_work(&c->params, h.index, c->head.work_bits, c->window_bytes);
    size_t len = itc_body_encode(d->body, d->body, 0);
    itc_body_hash(&h.body_hash, &c->id, d->body, len);
    itc_history_root(&c->history, &h.history_root);
    itc_sha256(&h.tx_root, d->body, 0);
    itc_header_encode(d->header, &h);
    return len;
}

void itc_forge_time(struct itc_draft *d, uint64_t add_ms)
{
    struct itc_header h;
    enum itc_err e = itc_header_decode(&h, d->m.u.proposal.header, ITC_HEADER_SIZE);
    ITC_ASSERT(e == ITC_OK);
    h.time_ms += add_ms;
    itc_header_encode(d->header, &h);
    d->m.u.proposal.header = d->header;
}
