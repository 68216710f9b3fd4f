#include "spv/tx.h"

#include "spv/cursor.h"
#include "spv/sha256.h"

#define TRANSFER_CLOSE 1u /* flags bit 0 */

/* What a value must fulfil beyond its layout; the same for those that come and those that go. */
static enum itc_err check_transfer(const struct itc_tx *tx)
{
    uint64_t grains = tx->u.transfer.amount.grains;
    if (grains == 0 || grains > ITC_SUPPLY_GRAINS)
        return ITC_E_FORM;
    return itc_key_equal(&tx->u.transfer.to, &tx->issuer) ? ITC_E_FORM : ITC_OK;
}

static enum itc_err check_data(const struct itc_tx *tx)
{
    size_t tag_len = tx->u.data.tag_len;
    return tag_len == 0 || tag_len > ITC_DATA_TAG_MAX ? ITC_E_FORM : ITC_OK;
}

static enum itc_err read_transfer(struct itc_tx *tx, struct itc_reader *r)
{
    struct itc_transfer *t = &tx->u.transfer;
    itc_read_copy(r, t->to.b, sizeof t->to.b);
    t->amount.grains = itc_read_u64(r);
    uint8_t flags = itc_read_u8(r);
    t->close = flags & TRANSFER_CLOSE;
    enum itc_err e = itc_reader_end(r);
    if (e)
        return e;
    return flags & ~TRANSFER_CLOSE ? ITC_E_FORM : check_transfer(tx);
}

static enum itc_err read_data(struct itc_tx *tx, struct itc_reader *r)
{
    struct itc_data *d = &tx->u.data;
    d->tag_len = itc_read_u8(r);
    d->tag = itc_read_bytes(r, d->tag_len);
    d->len = r->left;
    d->bytes = itc_read_bytes(r, d->len);
    enum itc_err e = itc_reader_end(r);
    return e ? e : check_data(tx);
}

static enum itc_err read_change(struct itc_tx *tx, struct itc_reader *r)
{
    enum itc_err e = itc_change_read(r, &tx->u.change);
    return e ? e : itc_reader_end(r);
}

static enum itc_err read_payload(struct itc_tx *tx, struct itc_reader *r)
{
    switch (tx->kind) {
    case ITC_KIND_TRANSFER:
        return read_transfer(tx, r);
    case ITC_KIND_DATA:
        return read_data(tx, r);
    case ITC_KIND_COMMITTEE:
        return read_change(tx, r);
    }
    return ITC_E_VERSION;
}

static size_t size_max(uint8_t kind)
{
    return kind == ITC_KIND_COMMITTEE ? ITC_TX_MAX : ITC_TX_PLAIN_MAX;
}

bool itc_tx_fits(const struct itc_tx *tx, size_t len, uint32_t tx_size_max)
{
    return tx->kind == ITC_KIND_COMMITTEE || len <= tx_size_max;
}

enum itc_err itc_tx_decode(struct itc_tx *out, const uint8_t *bytes, size_t len)
{
    struct itc_tx tx;
    struct itc_reader r = itc_reader_of(bytes, len);
    uint8_t version = itc_read_u8(&r), kind = itc_read_u8(&r);
    if (len > size_max(kind))
        return ITC_E_TOO_LARGE;
    if (r.failed)
        return ITC_E_TRUNCATED;
    if (version != ITC_TX_VERSION || kind < ITC_KIND_TRANSFER || kind > ITC_KIND_COMMITTEE)
        return ITC_E_VERSION;
    if (len < ITC_TX_FIXED)
        return ITC_E_TRUNCATED;
    tx.kind = (enum itc_kind)kind;
    itc_read_copy(&r, tx.issuer.b, sizeof tx.issuer.b);
    tx.seq = itc_read_u64(&r);
    tx.valid_until = itc_read_u64(&r);
    size_t payload_len = len - ITC_TX_FIXED;
    struct itc_reader payload = itc_reader_of(itc_read_bytes(&r, payload_len), payload_len);
    itc_read_copy(&r, tx.sig.b, sizeof tx.sig.b);

    enum itc_err e = read_payload(&tx, &payload);
    if (!e)
        *out = tx;
    return e;
}

static enum itc_err check_form(const struct itc_tx *tx)
{
    switch (tx->kind) {
    case ITC_KIND_TRANSFER:
        return check_transfer(tx);
    case ITC_KIND_DATA:
        return check_data(tx);
    case ITC_KIND_COMMITTEE:
        return itc_change_check(&tx->u.change);
    }
    return ITC_E_VERSION;
}

static void write_payload(struct itc_writer *w, const struct itc_tx *tx)
{
    switch (tx->kind) {
    case ITC_KIND_TRANSFER:
        itc_write_bytes(w, tx->u.transfer.to.b, sizeof tx->u.transfer.to.b);
        itc_write_u64(w, tx->u.transfer.amount.grains);
        itc_write_u8(w, tx->u.transfer.close ? TRANSFER_CLOSE : 0);
        break;
    case ITC_KIND_DATA:
        itc_write_u8(w, (uint8_t)tx->u.data.tag_len);
        itc_write_bytes(w, tx->u.data.tag, tx->u.data.tag_len);
        itc_write_bytes(w, tx->u.data.bytes, tx->u.data.len);
        break;
    case ITC_KIND_COMMITTEE:
        itc_change_write(w, &tx->u.change);
        break;
    }
}

/* Of a tx of good form; SIZE_MAX where the sum could wrap. */
static size_t size_of(const struct itc_tx *tx)
{
    switch (tx->kind) {
    case ITC_KIND_TRANSFER:
        return ITC_TX_TRANSFER;
    case ITC_KIND_DATA:
        return tx->u.data.len > ITC_TX_PLAIN_MAX
                   ? SIZE_MAX
                   : ITC_TX_FIXED + 1 + tx->u.data.tag_len + tx->u.data.len;
    case ITC_KIND_COMMITTEE:
        return ITC_TX_FIXED + itc_change_size(&tx->u.change);
    }
    return SIZE_MAX;
}

enum itc_err itc_tx_encode(uint8_t *out, size_t cap, size_t *len, const struct itc_tx *tx)
{
    enum itc_err e = check_form(tx);
    if (e)
        return e;
    size_t size = size_of(tx);
    if (size > cap || size > size_max((uint8_t)tx->kind))
        return ITC_E_TOO_LARGE;

    struct itc_writer w = itc_writer_of(out, cap);
    itc_write_u8(&w, ITC_TX_VERSION);
    itc_write_u8(&w, (uint8_t)tx->kind);
    itc_write_bytes(&w, tx->issuer.b, sizeof tx->issuer.b);
    itc_write_u64(&w, tx->seq);
    itc_write_u64(&w, tx->valid_until);
    write_payload(&w, tx);
    itc_write_bytes(&w, tx->sig.b, sizeof tx->sig.b);
    return itc_writer_end(&w, len);
}

void itc_tx_id(struct itc_hash *out, const struct itc_hash *chain, const uint8_t *bytes, size_t len)
{
    ITC_ASSERT(len >= ITC_TX_FIXED);
    itc_tagged(out, ITC_TAG_TX, chain, bytes, len - sizeof(struct itc_sig));
}
