/* service.c - requests, and the envelope of replies. Their bodies: service_reply.c. */
#include "spv/service.h"

#include "spv/cursor.h"

static void read_hash(struct itc_reader *r, struct itc_hash *h)
{
    itc_read_copy(r, h->b, sizeof h->b);
}

static void read_key(struct itc_reader *r, struct itc_key *k)
{
    itc_read_copy(r, k->b, sizeof k->b);
}

static bool is_op(uint8_t byte)
{
    return byte >= ITC_OP_INFO && byte <= ITC_OP_COMMITTEE;
}

/* What a request must fulfil beyond its layout; the same for those that come and those that go. */
static enum itc_err check_request(const struct itc_request *q)
{
    switch (q->op) {
    case ITC_OP_SUBMIT:
        if (q->u.submit.len > ITC_TX_MAX)
            return ITC_E_TOO_LARGE;
        return q->u.submit.len == 0 ? ITC_E_FORM : ITC_OK;
    case ITC_OP_TX:
        return q->u.tx.wait_ms > ITC_WAIT_MAX_MS ? ITC_E_FORM : ITC_OK;
    case ITC_OP_PAYMENTS:
        return q->u.payments.wait_ms > ITC_WAIT_MAX_MS ? ITC_E_FORM : ITC_OK;
    case ITC_OP_INFO:
    case ITC_OP_JUMP:
    case ITC_OP_ACCOUNT:
    case ITC_OP_PROOF:
    case ITC_OP_MILESTONE:
    case ITC_OP_HOP:
    case ITC_OP_COMMITTEE:
        return ITC_OK;
    }
    return ITC_E_VERSION;
}

static void read_fields(struct itc_request *q, struct itc_reader *r)
{
    switch (q->op) {
    case ITC_OP_INFO:
        return;
    case ITC_OP_SUBMIT:
        q->u.submit.len = itc_read_u16(r);
        q->u.submit.bytes = itc_read_bytes(r, q->u.submit.len);
        return;
    case ITC_OP_JUMP:
    case ITC_OP_HOP:
    case ITC_OP_COMMITTEE:
        q->u.jump.trusted = itc_read_u64(r);
        return;
    case ITC_OP_ACCOUNT:
        q->u.account.trusted = itc_read_u64(r);
        read_key(r, &q->u.account.key);
        return;
    case ITC_OP_TX:
        read_hash(r, &q->u.tx.id);
        q->u.tx.wait_ms = itc_read_u32(r);
        return;
    case ITC_OP_PROOF:
        q->u.proof.trusted = itc_read_u64(r);
        read_hash(r, &q->u.proof.id);
        return;
    case ITC_OP_PAYMENTS:
        read_key(r, &q->u.payments.key);
        q->u.payments.milestone = itc_read_u64(r);
        q->u.payments.position = itc_read_u32(r);
        q->u.payments.wait_ms = itc_read_u32(r);
        return;
    case ITC_OP_MILESTONE:
        q->u.milestone.index = itc_read_u64(r);
        return;
    }
}

enum itc_err itc_request_decode(struct itc_request *out, const uint8_t *bytes, size_t len)
{
    struct itc_request q = {0};
    struct itc_reader r = itc_reader_of(bytes, len);
    uint8_t version = itc_read_u8(&r), op = itc_read_u8(&r);
    if (r.failed)
        return ITC_E_TRUNCATED;
    if (version != ITC_SERVICE_VERSION || !is_op(op))
        return ITC_E_VERSION;
    q.op = (enum itc_op)op;
    read_fields(&q, &r);
    enum itc_err e = itc_reader_end(&r);
    if (!e)
        e = check_request(&q);
    if (!e)
        *out = q;
    return e;
}

static void write_fields(struct itc_writer *w, const struct itc_request *q)
{
    switch (q->op) {
    case ITC_OP_INFO:
        return;
    case ITC_OP_SUBMIT:
        itc_write_u16(w, (uint16_t)q->u.submit.len);
        itc_write_bytes(w, q->u.submit.bytes, q->u.submit.len);
        return;
    case ITC_OP_JUMP:
    case ITC_OP_HOP:
    case ITC_OP_COMMITTEE:
        itc_write_u64(w, q->u.jump.trusted);
        return;
    case ITC_OP_ACCOUNT:
        itc_write_u64(w, q->u.account.trusted);
        itc_write_bytes(w, q->u.account.key.b, sizeof q->u.account.key.b);
        return;
    case ITC_OP_TX:
        itc_write_bytes(w, q->u.tx.id.b, sizeof q->u.tx.id.b);
        itc_write_u32(w, q->u.tx.wait_ms);
        return;
    case ITC_OP_PROOF:
        itc_write_u64(w, q->u.proof.trusted);
        itc_write_bytes(w, q->u.proof.id.b, sizeof q->u.proof.id.b);
        return;
    case ITC_OP_PAYMENTS:
        itc_write_bytes(w, q->u.payments.key.b, sizeof q->u.payments.key.b);
        itc_write_u64(w, q->u.payments.milestone);
        itc_write_u32(w, q->u.payments.position);
        itc_write_u32(w, q->u.payments.wait_ms);
        return;
    case ITC_OP_MILESTONE:
        itc_write_u64(w, q->u.milestone.index);
        return;
    }
}

enum itc_err itc_request_encode(uint8_t *out, size_t cap, size_t *len, const struct itc_request *q)
{
    enum itc_err e = check_request(q);
    if (e)
        return e;
    struct itc_writer w = itc_writer_of(out, cap);
    itc_write_u8(&w, ITC_SERVICE_VERSION);
    itc_write_u8(&w, (uint8_t)q->op);
    write_fields(&w, q);
    return itc_writer_end(&w, len);
}

/* A node's text may end up on a terminal: it must not carry control sequences there. */
static bool is_printable(uint8_t c)
{
    return c >= ' ' && c <= '~';
}

size_t itc_reply_error(uint8_t *out, size_t cap, enum itc_err e, const char *text)
{
    ITC_ASSERT(e > ITC_OK && e < ITC_ERR_COUNT && cap >= 2);
    struct itc_writer w = itc_writer_of(out, cap);
    itc_write_u8(&w, ITC_SERVICE_VERSION);
    itc_write_u8(&w, (uint8_t)e);
    for (size_t i = 0; i < ITC_REPLY_TEXT_MAX && text[i] != '\0'; i++)
        itc_write_u8(&w, is_printable((uint8_t)text[i]) ? (uint8_t)text[i] : '?');
    return w.used;
}

enum itc_err itc_reply_open(
    const uint8_t **body, size_t *body_len, const uint8_t *bytes, size_t len)
{
    struct itc_reader r = itc_reader_of(bytes, len);
    uint8_t version = itc_read_u8(&r), status = itc_read_u8(&r);
    *body = NULL;
    *body_len = 0;
    if (r.failed)
        return ITC_E_TRUNCATED;
    if (version != ITC_SERVICE_VERSION || status >= ITC_ERR_COUNT)
        return ITC_E_VERSION;
    if (len > ITC_REPLY_MAX || (status != ITC_OK && r.left > ITC_REPLY_TEXT_MAX))
        return ITC_E_TOO_LARGE;
    for (size_t i = 0; status != ITC_OK && i < r.left; i++)
        if (!is_printable(r.at[i]))
            return ITC_E_FORM;
    *body = r.at;
    *body_len = r.left;
    return (enum itc_err)status;
}
