/* doubt_tell.c - what this node tells those that ask for their own votes: see doubt.h. */
#include "node/core.h"

#define TELL_AGAIN_MS 100 /* an answer costs a signature */

static void tell(struct itc_recalled *out, enum itc_vote_type type, const struct itc_slot *slot,
    const struct itc_hash *header_id, const struct itc_sig *sig)
{
    ITC_ASSERT(out->count < ITC_MARKS_MAX);
    out->marks[out->count++] = (struct itc_mark){
        .type = (uint8_t)type, .slot = *slot, .header_id = *header_id, .sig = *sig};
}

static void tell_round(struct itc_recalled *out, const struct itc_round *r, uint32_t voter)
{
    if (r->prepares.held >> voter & 1)
        tell(out, ITC_VOTE_PREPARE, &r->slot, &r->prepares.ids[voter], &r->prepares.sigs[voter]);
    if (r->commits.held >> voter & 1)
        tell(out, ITC_VOTE_COMMIT, &r->slot, &r->commits.ids[voter], &r->commits.sigs[voter]);
}

static void tell_cert(struct itc_recalled *out, enum itc_vote_type type,
    const struct itc_slot *slot, const struct itc_cert *cert, const struct itc_hash *header_id,
    uint32_t voter)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < voter; i++)
        before += cert->signers >> i & 1;
    if (cert->signers >> voter & 1)
        tell(out, type, slot, header_id, &cert->sigs[before]);
}

/* All that is here of `voter`: 2 + 2 + 1 + 1 + 1 marks at most. */
static void tell_all(const struct itc_node *n, struct itc_recalled *out, uint32_t voter)
{
    const struct itc_chain *c = &n->chain;
    const struct itc_view_state *v = &n->view;
    struct itc_slot slot = n->pbft.rounds[0].slot;
    tell_round(out, &n->pbft.rounds[0], voter);
    tell_round(out, &n->pbft.rounds[1], voter);
    if (v->held >> voter & 1) {
        slot.view = v->views[voter];
        out->marks[out->count++] = itc_mark_of_view_vote(&slot, &v->votes[voter]);
    }
    const struct itc_prepared *prepared = itc_view_highest(n);
    if (prepared != NULL) {
        slot.view = prepared->cert.view;
        tell_cert(out, ITC_VOTE_PREPARE, &slot, &prepared->cert, &prepared->header_id, voter);
    }
    slot = itc_chain_slot(c, c->head.index, c->head_cert.view);
    if (c->head.index > 0 && slot.epoch == n->pbft.rounds[0].slot.epoch)
        tell_cert(out, ITC_VOTE_COMMIT, &slot, &c->head_cert, &c->head_id, voter);
}

void itc_doubt_recall(struct itc_node *n, uint32_t peer, const struct itc_recall *m)
{
    struct itc_peer *p = &n->peers[peer];
    const struct itc_committee *c = &n->chain.committee;
    struct itc_message answer = {.type = ITC_MESSAGE_RECALLED};
    struct itc_recalled *out = &answer.u.recalled;
    struct itc_hash message;
    if (n->validator == ITC_NO_VALIDATOR ||
        (p->told_ms != 0 && n->mono_ms < p->told_ms + TELL_AGAIN_MS))
        return;
    p->told_ms = n->mono_ms;
    *out = (struct itc_recalled){
        .nonce = m->nonce, .teller = n->validator, .head = n->chain.head.index};
    for (uint32_t i = 0; i < c->n; i++) {
        if (itc_key_equal(&c->keys[i], &m->key))
            tell_all(n, out, i);
    }
    itc_recalled_message(&message, &n->chain.id, &m->key, out);
    itc_signer_sign(&n->signer, &message, &out->sig);
    n->actions.sync =
        true; /* own votes among the marks, and the head, are what the disk holds too */
    itc_node_send(n, peer, ITC_CHANNEL_CONSENSUS, &answer, n->actions.last_batch);
}
