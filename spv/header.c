#include "spv/header.h"

#include "spv/cursor.h"
#include "spv/merkle.h"
#include "spv/mutant.h"
#include "spv/sha256.h"
#include "spv/sign.h"

#include <string.h>

#define WORK_BITS_MAX 64

static void write_hash(struct itc_writer *w, const struct itc_hash *h)
{
    itc_write_bytes(w, h->b, sizeof h->b);
}

static void read_hash(struct itc_reader *r, struct itc_hash *h)
{
    itc_read_copy(r, h->b, sizeof h->b);
}

void itc_header_encode(uint8_t out[ITC_HEADER_SIZE], const struct itc_header *h)
{
    struct itc_writer w = itc_writer_of(out, ITC_HEADER_SIZE);
    itc_write_u16(&w, ITC_HEADER_VERSION);
    itc_write_u16(&w, h->flags);
    itc_write_u16(&w, (uint16_t)h->work_bits);
    itc_write_u16(&w, (uint16_t)h->view);
    itc_write_u64(&w, h->index);
    itc_write_u64(&w, h->time_ms);
    itc_write_u32(&w, h->epoch);
    itc_write_u32(&w, h->site_count);
    write_hash(&w, &h->prev);
    write_hash(&w, &h->history_root);
    write_hash(&w, &h->tx_root);
    write_hash(&w, &h->state_root);
    write_hash(&w, &h->committee);
    write_hash(&w, &h->next_committee);
    write_hash(&w, &h->body_hash);
    ITC_ASSERT(!w.failed && w.left == 0);
}

enum itc_err itc_header_decode(struct itc_header *out, const uint8_t *bytes, size_t len)
{
    struct itc_header h;
    struct itc_reader r = itc_reader_of(bytes, len);
    uint16_t version = itc_read_u16(&r);
    if (!r.failed && version != ITC_HEADER_VERSION)
        return ITC_E_VERSION;
    h.flags = itc_read_u16(&r);
    h.work_bits = itc_read_u16(&r);
    h.view = itc_read_u16(&r);
    h.index = itc_read_u64(&r);
    h.time_ms = itc_read_u64(&r);
    h.epoch = itc_read_u32(&r);
    h.site_count = itc_read_u32(&r);
    read_hash(&r, &h.prev);
    read_hash(&r, &h.history_root);
    read_hash(&r, &h.tx_root);
    read_hash(&r, &h.state_root);
    read_hash(&r, &h.committee);
    read_hash(&r, &h.next_committee);
    read_hash(&r, &h.body_hash);
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if ((h.flags & ~ITC_HEADER_EPOCH_END) || h.work_bits > WORK_BITS_MAX)
        return ITC_E_FORM;
    *out = h;
    return ITC_OK;
}

void itc_header_id(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t bytes[ITC_HEADER_SIZE])
{
    itc_tagged(out, ITC_TAG_MILESTONE, chain, bytes, ITC_HEADER_SIZE);
}

static const struct {
    const char *name;
    bool final;
} verdicts[ITC_VERDICT_COUNT] = {
    [ITC_VERDICT_APPLIED] = {"applied", true},
    [ITC_VERDICT_DUPLICATE] = {"duplicate", false},
    [ITC_VERDICT_NO_ACCOUNT] = {"no-account", false},
    [ITC_VERDICT_STALE_SEQ] = {"stale-seq", true},
    [ITC_VERDICT_EXPIRED] = {"expired", true},
    [ITC_VERDICT_EARLY_SEQ] = {"early-seq", false},
    [ITC_VERDICT_NO_FUNDS] = {"no-funds", false},
    [ITC_VERDICT_DUST] = {"dust", false},
    [ITC_VERDICT_FULL] = {"full", false},
    [ITC_VERDICT_NOT_COMMITTEE] = {"not-committee", false},
    [ITC_VERDICT_TAKEN] = {"taken", true},
};

const char *itc_verdict_name(enum itc_verdict v)
{
    return (unsigned)v < ITC_VERDICT_COUNT ? verdicts[v].name : "unknown-verdict";
}

bool itc_verdict_is_final(enum itc_verdict v)
{
    return (unsigned)v < ITC_VERDICT_COUNT && verdicts[v].final;
}

void itc_tx_leaf(struct itc_hash *out, const struct itc_hash *site_id, const struct itc_hash *tx_id,
    enum itc_verdict verdict)
{
    uint8_t leaf[65];
    struct itc_writer w = itc_writer_of(leaf, sizeof leaf);
    write_hash(&w, site_id);
    write_hash(&w, tx_id);
    itc_write_u8(&w, (uint8_t)verdict);
    itc_merkle_leaf(out, leaf, sizeof leaf);
}

uint32_t itc_committee_faults(uint32_t n)
{
    ITC_ASSERT(n >= 1 && n <= ITC_VALIDATORS_MAX);
    return (n - 1) / 3;
}

uint32_t itc_committee_quorum(uint32_t n)
{
    return (n + itc_committee_faults(n)) / 2 + 1 - ITC_MUTANT("quorum-less-one");
}

void itc_committee_hash(
    struct itc_hash *out, const struct itc_hash *chain, const struct itc_committee *c)
{
    ITC_ASSERT(c->n >= 1 && c->n <= ITC_VALIDATORS_MAX);
    uint8_t n = (uint8_t)c->n;
    struct itc_sha256 s;
    itc_tagged_init(&s, ITC_TAG_COMMITTEE, chain);
    itc_sha256_add(&s, &n, 1);
    itc_sha256_add(&s, c->keys[0].b, sizeof c->keys[0] * c->n);
    itc_sha256_end(&s, out);
}

void itc_vote_message(struct itc_hash *out, int tag, const struct itc_hash *chain,
    const struct itc_slot *slot, const struct itc_hash *header_id)
{
    ITC_ASSERT(tag == ITC_TAG_PREPARE || tag == ITC_TAG_COMMIT);
    uint8_t message[48];
    struct itc_writer w = itc_writer_of(message, sizeof message);
    itc_write_u32(&w, slot->epoch);
    itc_write_u32(&w, ITC_MUTANT("view-not-signed") ? 0 : slot->view);
    itc_write_u64(&w, slot->index);
    write_hash(&w, header_id);
    tag = ITC_MUTANT("domain-tag-dropped") ? ITC_TAG_PREPARE : tag;
    itc_tagged(out, (enum itc_tag)tag, chain, message, sizeof message);
}

static uint32_t count_bits(uint32_t bits)
{
    uint32_t count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

uint32_t itc_cert_count(const struct itc_cert *c)
{
    return count_bits(c->signers);
}

size_t itc_cert_encode(uint8_t out[ITC_CERT_MAX], const struct itc_cert *c)
{
    struct itc_writer w = itc_writer_of(out, ITC_CERT_MAX);
    itc_write_u32(&w, c->view);
    itc_write_u64(&w, c->index);
    itc_write_u32(&w, c->signers);
    itc_write_bytes(&w, c->sigs[0].b, sizeof c->sigs[0] * itc_cert_count(c));
    return w.used;
}

enum itc_err itc_cert_decode(struct itc_cert *out, const uint8_t *bytes, size_t len)
{
    struct itc_reader r = itc_reader_of(bytes, len);
    uint32_t view = itc_read_u32(&r);
    uint64_t index = itc_read_u64(&r);
    uint32_t signers = itc_read_u32(&r);
    const uint8_t *sigs = itc_read_bytes(&r, sizeof out->sigs[0] * count_bits(signers));
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (signers == 0)
        return ITC_E_FORM;
    *out = (struct itc_cert){.view = view, .index = index, .signers = signers};
    memcpy(out->sigs[0].b, sigs, sizeof out->sigs[0] * count_bits(signers));
    return ITC_OK;
}

enum itc_err itc_cert_verify(const struct itc_cert *cert, const struct itc_header *header,
    const struct itc_hash *id, const struct itc_hash *chain, const struct itc_committee *committee)
{
    struct itc_hash committee_hash, message;
    itc_committee_hash(&committee_hash, chain, committee);
    if (!itc_hash_equal(&committee_hash, &header->committee))
        return ITC_E_CHAIN;
    uint32_t members = UINT32_MAX >> (32 - committee->n);
    if (cert->index != header->index || (cert->signers & ~members) != 0 ||
        (itc_cert_count(cert) != itc_committee_quorum(committee->n) &&
            !ITC_MUTANT("light-client-fewer")))
        return ITC_E_QUORUM;

    const struct itc_slot slot = {header->epoch, cert->view, cert->index};
    itc_vote_message(&message, ITC_TAG_COMMIT, chain, &slot, id);
    const struct itc_sig *sig = cert->sigs;
    for (uint32_t i = 0; i < committee->n; i++) {
        if (!(cert->signers >> i & 1))
            continue;
        if (itc_sig_verify(&committee->keys[i], &message, sig++))
            return ITC_E_SIGNATURE;
    }
    return ITC_OK;
}
