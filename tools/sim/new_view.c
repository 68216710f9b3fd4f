#include "tools/sim/new_view.h"

static bool is_good_cert(const struct itc_vote_book *b, const struct itc_committee *c,
    const struct itc_slot *slot, const struct itc_view_vote *v)
{
    const struct itc_slot in = {.epoch = slot->epoch, .view = v->cert.view, .index = slot->index};
    if (itc_cert_count(&v->cert) != itc_committee_quorum(c->n) || v->cert.index != slot->index ||
        v->cert.view >= slot->view)
        return false;
    for (uint32_t voter = 0; voter < ITC_VALIDATORS_MAX; voter++)
        if (v->cert.signers >> voter & 1 &&
            (voter >= c->n ||
                !itc_vote_book_may_have(b, ITC_VOTE_PREPARE, &in, (uint8_t)voter, &v->header_id)))
            return false;
    return true;
}

static bool is_good_vote(const struct itc_vote_book *b, const struct itc_committee *c,
    const struct itc_slot *slot, const struct itc_view_vote *v)
{
    struct itc_hash message;
    if (v->voter >= c->n || (v->prepared && !is_good_cert(b, c, slot, v)))
        return false;
    itc_view_vote_message(&message, &b->chain, slot, v);
    return itc_sig_verify(&c->keys[v->voter], &message, &v->sig) == ITC_OK;
}

bool itc_new_view_allows(
    const struct itc_vote_book *b, const struct itc_proposal *p, const struct itc_hash *id)
{
    const struct itc_committee *c = &itc_rosters_of(b->rosters, p->slot.epoch)->committee;
    struct itc_reader r = itc_reader_of(p->new_view, p->new_view_len);
    struct itc_view_vote best = {.prepared = false}, v;
    struct itc_header header;
    uint32_t voters = 0, count = 0;
    for (; r.left > 0; count++) {
        if (itc_view_vote_read(&r, &v) != ITC_OK || voters >> v.voter & 1 ||
            !is_good_vote(b, c, &p->slot, &v))
            return false;
        voters |= 1u << v.voter;
        if (v.prepared && (!best.prepared || v.cert.view > best.cert.view))
            best = v;
    }
    if (count != itc_committee_quorum(c->n) ||
        itc_header_decode(&header, p->header, ITC_HEADER_SIZE) != ITC_OK)
        return false;
    return best.prepared ? itc_hash_equal(&best.header_id, id) : header.view == p->slot.view;
}
