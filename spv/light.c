#include "spv/light.h"

#include "spv/cursor.h"
#include "spv/merkle.h"
#include "spv/mutant.h"

#include <string.h>

#define LIGHT_VERSION 1

/* Header `id` of `index` is in the history of `of`, which is newer. */
static enum itc_err check_history(const struct itc_header *of, const struct itc_hash *id,
    uint64_t index, const uint8_t *path, size_t path_len)
{
    struct itc_hash leaf;
    itc_merkle_leaf(&leaf, id->b, sizeof id->b);
    return itc_merkle_verify(&of->history_root, &leaf, index, of->index, path, path_len);
}

/* Hash of the committee that signs the header after `h`. */
static const struct itc_hash *successor(const struct itc_header *h)
{
    return h->flags & ITC_HEADER_EPOCH_END ? &h->next_committee : &h->committee;
}

static bool hands_over(const struct itc_header *h)
{
    return !itc_hash_equal(successor(h), &h->committee);
}

static bool is_named(const struct itc_hash *name, const struct itc_hash *chain,
    const struct itc_committee *committee)
{
    struct itc_hash hash;
    itc_committee_hash(&hash, chain, committee);
    return itc_hash_equal(&hash, name);
}

enum itc_err itc_light_init(struct itc_light *out, enum itc_network network,
    const struct itc_hash *chain, const struct itc_committee *committee,
    const uint8_t header[ITC_HEADER_SIZE])
{
    struct itc_header h;
    enum itc_err e = itc_header_decode(&h, header, ITC_HEADER_SIZE);
    if (e)
        return e;
    if (h.index != 0 || !itc_hash_is_zero(&h.prev) || !itc_hash_equal(&h.body_hash, chain) ||
        !is_named(&h.committee, chain, committee))
        return ITC_E_CHAIN;
    *out = (struct itc_light){
        .network = network, .chain = *chain, .committee = *committee, .header = h};
    itc_header_id(&out->id, chain, header);
    return ITC_OK;
}

/* Whether the committee after `h` is `next`; NULL: the one that is trusted now. */
static enum itc_err check_committees(
    const struct itc_light *l, const struct itc_header *h, const struct itc_committee *next)
{
    if (!is_named(&h->committee, &l->chain, &l->committee))
        return ITC_E_COMMITTEE;
    if (!next)
        return hands_over(h) ? ITC_E_COMMITTEE : ITC_OK;
    if (!hands_over(h) || next->n < 1 || next->n > ITC_VALIDATORS_MAX)
        return ITC_E_FORM;
    return is_named(&h->next_committee, &l->chain, next) ? ITC_OK : ITC_E_PROOF;
}

static enum itc_err check_cert(const struct itc_light *l, const struct itc_jump *jump,
    const struct itc_header *h, const struct itc_hash *id)
{
    struct itc_cert cert;
    enum itc_err e = itc_cert_decode(&cert, jump->cert, jump->cert_len);
    if (ITC_MUTANT("light-client-uncertified"))
        return e;
    return e ? e : itc_cert_verify(&cert, h, id, &l->chain, &l->committee);
}

/* A hop if `next` is given, else a jump. */
static enum itc_err move(
    struct itc_light *l, const struct itc_jump *jump, const struct itc_committee *next)
{
    struct itc_header h;
    struct itc_hash id;
    enum itc_err e = itc_header_decode(&h, jump->header, ITC_HEADER_SIZE);
    if (e)
        return e;
    bool same = h.index == l->header.index;
    if (h.index < l->header.index || (same && next))
        return ITC_E_OLDER;
    itc_header_id(&id, &l->chain, jump->header);
    if (same)
        return itc_hash_equal(&id, &l->id) ? ITC_OK : ITC_E_CHAIN;

    /* Hashes before signatures: they cost a hundredth. */
    e = check_committees(l, &h, next);
    if (!e)
        e = check_history(&h, &l->id, l->header.index, jump->path, jump->path_len);
    if (!e)
        e = check_cert(l, jump, &h, &id);
    if (e)
        return e;
    l->header = h;
    l->id = id;
    if (next)
        l->committee = *next;
    return ITC_OK;
}

enum itc_err itc_light_advance(struct itc_light *l, const struct itc_jump *jump)
{
    return move(l, jump, NULL);
}

enum itc_err itc_light_hop(
    struct itc_light *l, const struct itc_jump *jump, const struct itc_committee *next)
{
    return move(l, jump, next);
}

/* The milestone of `proof` is the trusted header or in its history. */
static enum itc_err check_milestone(
    struct itc_header *out, const struct itc_light *l, const struct itc_tx_proof *proof)
{
    struct itc_hash id;
    enum itc_err e = itc_header_decode(out, proof->header, ITC_HEADER_SIZE);
    if (e)
        return e;
    if (out->index > l->header.index)
        return ITC_E_OLDER;
    itc_header_id(&id, &l->chain, proof->header);
    if (out->index < l->header.index)
        return check_history(
            &l->header, &id, out->index, proof->history_path, proof->history_path_len);
    return itc_hash_equal(&id, &l->id) && proof->history_path_len == 0 ? ITC_OK : ITC_E_PROOF;
}

enum itc_err itc_light_check_tx(
    struct itc_tx_fact *out, const struct itc_light *l, const struct itc_tx_proof *proof)
{
    struct itc_header h;
    struct itc_tx tx;
    struct itc_hash tx_id, leaf;
    if ((unsigned)proof->verdict >= ITC_VERDICT_COUNT)
        return ITC_E_FORM;
    enum itc_err e = check_milestone(&h, l, proof);
    if (!e)
        e = itc_tx_decode(&tx, proof->tx, proof->tx_len);
    if (e)
        return e;
    itc_tx_id(&tx_id, &l->chain, proof->tx, proof->tx_len);
    itc_tx_leaf(&leaf, &proof->site_id, &tx_id, proof->verdict);
    e = itc_merkle_verify(
        &h.tx_root, &leaf, proof->position, h.site_count, proof->tx_path, proof->tx_path_len);
    if (e)
        return e;
    *out = (struct itc_tx_fact){.tx = tx,
        .tx_id = tx_id,
        .verdict = proof->verdict,
        .milestone = h.index,
        .position = proof->position,
        .time_ms = h.time_ms};
    return ITC_OK;
}

enum itc_err itc_light_check_account(struct itc_account *out, bool *exists,
    const struct itc_light *l, const struct itc_key *key, const uint8_t *value, size_t value_len,
    const struct itc_smt_proof *proof)
{
    struct itc_hash state_key;
    struct itc_account account = {0};
    if (value_len != (value ? ITC_ACCOUNT_VALUE : 0))
        return ITC_E_FORM;
    itc_state_key(&state_key, ITC_STATE_ACCOUNT, key->b, sizeof key->b);
    enum itc_err e;
    if (value) {
        e = itc_smt_verify_present(&l->header.state_root, &state_key, value, value_len, proof);
        if (!e)
            e = itc_account_decode(&account, value, value_len);
    } else {
        e = itc_smt_verify_absent(&l->header.state_root, &state_key, proof);
    }
    if (e)
        return e;
    *out = account;
    *exists = value != NULL;
    return ITC_OK;
}

size_t itc_light_encode(uint8_t out[ITC_LIGHT_MAX], const struct itc_light *l)
{
    uint8_t header[ITC_HEADER_SIZE];
    itc_header_encode(header, &l->header);
    struct itc_writer w = itc_writer_of(out, ITC_LIGHT_MAX);
    itc_write_u8(&w, LIGHT_VERSION);
    itc_write_u8(&w, (uint8_t)l->network);
    itc_write_bytes(&w, l->chain.b, sizeof l->chain.b);
    itc_write_u8(&w, (uint8_t)l->committee.n);
    itc_write_bytes(&w, l->committee.keys[0].b, sizeof l->committee.keys[0] * l->committee.n);
    itc_write_bytes(&w, header, sizeof header);
    ITC_ASSERT(!w.failed);
    return w.used;
}

enum itc_err itc_light_decode(struct itc_light *out, const uint8_t *bytes, size_t len)
{
    struct itc_light l = {0};
    struct itc_reader r = itc_reader_of(bytes, len);
    uint8_t version = itc_read_u8(&r);
    if (!r.failed && version != LIGHT_VERSION)
        return ITC_E_VERSION;
    uint8_t network = itc_read_u8(&r);
    itc_read_copy(&r, l.chain.b, sizeof l.chain.b);
    l.committee.n = itc_read_u8(&r);
    if (!r.failed &&
        (network >= ITC_NETWORK_COUNT || l.committee.n < 1 || l.committee.n > ITC_VALIDATORS_MAX))
        return ITC_E_FORM;
    l.network = (enum itc_network)network;
    itc_read_copy(&r, l.committee.keys[0].b, sizeof l.committee.keys[0] * l.committee.n);
    const uint8_t *header = itc_read_bytes(&r, ITC_HEADER_SIZE);
    enum itc_err e = itc_reader_end(&r);
    if (!e)
        e = itc_header_decode(&l.header, header, ITC_HEADER_SIZE);
    if (e)
        return e;
    if (!is_named(successor(&l.header), &l.chain, &l.committee))
        return ITC_E_FORM;
    itc_header_id(&l.id, &l.chain, header);
    *out = l;
    return ITC_OK;
}
