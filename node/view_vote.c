/* view_vote.c - see view_vote.h. */
#include "node/view_vote.h"

#include "spv/mutant.h"
#include "spv/sha256.h"
#include "spv/sign.h"

void itc_view_vote_write(struct itc_writer *w, const struct itc_view_vote *v)
{
    uint8_t cert[ITC_CERT_MAX];
    itc_write_u8(w, v->voter);
    itc_write_bytes(w, v->sig.b, sizeof v->sig.b);
    if (!v->prepared) {
        itc_write_u16(w, 0);
        return;
    }
    size_t len = itc_cert_encode(cert, &v->cert);
    itc_write_u16(w, (uint16_t)len);
    itc_write_bytes(w, v->header_id.b, sizeof v->header_id.b);
    itc_write_bytes(w, cert, len);
}

enum itc_err itc_view_vote_read(struct itc_reader *r, struct itc_view_vote *out)
{
    out->voter = itc_read_u8(r);
    itc_read_copy(r, out->sig.b, sizeof out->sig.b);
    size_t len = itc_read_u16(r);
    if (r->failed)
        return ITC_E_TRUNCATED;
    if (len > ITC_CERT_MAX)
        return ITC_E_TOO_LARGE;
    if (out->voter >= ITC_VALIDATORS_MAX)
        return ITC_E_FORM;
    out->prepared = len > 0;
    if (len == 0)
        return ITC_OK;
    itc_read_copy(r, out->header_id.b, sizeof out->header_id.b);
    const uint8_t *cert = itc_read_bytes(r, len);
    return cert == NULL ? ITC_E_TRUNCATED : itc_cert_decode(&out->cert, cert, len);
}

void itc_view_vote_message(struct itc_hash *out, const struct itc_hash *chain,
    const struct itc_slot *slot, const struct itc_view_vote *v)
{
    static const struct itc_hash nothing;
    uint8_t bytes[53];
    struct itc_writer w = itc_writer_of(bytes, sizeof bytes);
    itc_write_u32(&w, slot->epoch);
    itc_write_u32(&w, slot->view);
    itc_write_u64(&w, slot->index);
    itc_write_u8(&w, v->prepared ? 1 : 0);
    itc_write_u32(&w, v->prepared ? v->cert.view : 0);
    itc_write_bytes(&w, v->prepared ? v->header_id.b : nothing.b, sizeof nothing.b);
    ITC_ASSERT(!w.failed && w.left == 0);
    itc_tagged(out, ITC_TAG_VIEW_CHANGE, chain, bytes, sizeof bytes);
}

enum itc_err itc_view_vote_check(const struct itc_hash *chain, const struct itc_committee *c,
    uint32_t quorum, const struct itc_slot *slot, const struct itc_view_vote *vote)
{
    struct itc_hash message;
    if (vote->voter >= c->n)
        return ITC_E_FORM;
    itc_view_vote_message(&message, chain, slot, vote);
    enum itc_err e = itc_sig_verify(&c->keys[vote->voter], &message, &vote->sig);
    if (e != ITC_OK || !vote->prepared)
        return e;
    const struct itc_cert *cert = &vote->cert;
    if (cert->index != slot->index || cert->view >= slot->view || itc_cert_count(cert) != quorum ||
        (c->n < ITC_VALIDATORS_MAX && cert->signers >> c->n != 0))
        return ITC_E_QUORUM;
    struct itc_slot prepared = {.epoch = slot->epoch, .view = cert->view, .index = slot->index};
    itc_vote_message(&message, ITC_TAG_PREPARE, chain, &prepared, &vote->header_id);
    for (uint32_t i = 0, k = 0; i < c->n && e == ITC_OK; i++) {
        if (cert->signers >> i & 1 && !ITC_MUTANT("prepared-unverified"))
            e = itc_sig_verify(&c->keys[i], &message, &cert->sigs[k++]);
    }
    return e;
}
