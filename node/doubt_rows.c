/* doubt_rows.c - whether what the store gave back of own votes is what was put there: see doubt.h. */
#include "node/core.h"
#include "spv/sha256.h"

#include <string.h>

static enum itc_err check_prepared(const struct itc_node *n, const struct itc_slot *slot,
    const struct itc_cert *cert, const struct itc_hash *id)
{
    const struct itc_committee *c = &n->chain.committee;
    struct itc_hash message;
    if (cert->index != slot->index || cert->view != slot->view ||
        itc_cert_count(cert) != n->chain.quorum ||
        (c->n < ITC_VALIDATORS_MAX && cert->signers >> c->n != 0))
        return ITC_E_FORM;
    itc_vote_message(&message, ITC_TAG_PREPARE, &n->chain.id, slot, id);
    enum itc_err e = ITC_OK;
    for (uint32_t i = 0, k = 0; i < c->n && e == ITC_OK; i++) {
        if (cert->signers >> i & 1)
            e = itc_sig_verify(&c->keys[i], &message, &cert->sigs[k++]);
    }
    return e;
}

/* The body hangs on the header that we signed; the primary's signature is sent on with them. */
static enum itc_err check_proposed(
    const struct itc_node *n, const struct itc_vote_row *row, const struct itc_hash *signed_message)
{
    struct itc_header h;
    struct itc_hash hash;
    enum itc_err e = itc_header_decode(&h, row->header, ITC_HEADER_SIZE);
    if (e != ITC_OK)
        return e;
    itc_body_hash(&hash, &n->chain.id, row->body, row->body_len);
    if (!itc_hash_equal(&hash, &h.body_hash))
        return ITC_E_FORM;
    uint32_t primary = itc_chain_primary(&n->chain, &row->slot);
    return itc_sig_verify(&n->chain.committee.keys[primary], signed_message, &row->primary);
}

/* Our signature does not cover the certificate. It is mostly the one of the COMMIT row read before: while views time
 * out one after the other, there is a row for each, and they need not cost a quorum's checks. */
static enum itc_err check_named(const struct itc_node *n, const struct itc_vote_row *row)
{
    const struct itc_view_vote *v = &row->view_vote;
    const struct itc_prepared *own = &n->view.own;
    struct itc_slot slot = row->slot;
    slot.view = v->cert.view;
    if (v->voter != n->validator || (v->prepared && v->cert.view >= row->slot.view))
        return ITC_E_FORM;
    if (!v->prepared || (own->has && itc_hash_equal(&own->header_id, &v->header_id) &&
                            memcmp(&own->cert, &v->cert, sizeof(v->cert)) == 0))
        return ITC_OK;
    return check_prepared(n, &slot, &v->cert, &v->header_id);
}

enum itc_err itc_doubt_check_row(const struct itc_node *n, const struct itc_vote_row *row)
{
    struct itc_mark mark = {.type = (uint8_t)row->type, .slot = row->slot, .sig = row->own};
    struct itc_hash message;
    if (row->type == ITC_VOTE_VIEW_CHANGE)
        mark = itc_mark_of_view_vote(&row->slot, &row->view_vote);
    else
        itc_header_id(&mark.header_id, &n->chain.id, row->header);
    itc_mark_message(&message, &n->chain.id, &mark);
    enum itc_err e = itc_sig_verify(&n->signer.key, &message, &mark.sig);
    if (e != ITC_OK)
        return e;
    switch (row->type) {
    case ITC_VOTE_PREPARE:
        return check_proposed(n, row, &message);
    case ITC_VOTE_COMMIT:
        return check_prepared(n, &row->slot, &row->prepared, &mark.header_id);
    case ITC_VOTE_VIEW_CHANGE:
        return check_named(n, row);
    }
    return ITC_E_FORM;
}
