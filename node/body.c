/* body.c - the body of a milestone: which sites a proposal covers, and evidence of double votes. Declared in node/message.h. */
#include "node/message.h"

#include "spv/cursor.h"
#include "spv/sha256.h"

#include <string.h>

#define ID_SIZE 32
#define BODY_VERSION 1

static bool ids_ascend(const uint8_t *ids, uint32_t count)
{
    for (size_t i = 1; i < count; i++)
        if (memcmp(ids + ID_SIZE * (i - 1), ids + ID_SIZE * i, ID_SIZE) >= 0)
            return false;
    return true;
}

/* Strictly ascending by key: at most one of an offender. */
static enum itc_err read_evidence(struct itc_reader *r, struct itc_body *b)
{
    b->evidence_count = itc_read_u16(r);
    if (b->evidence_count > ITC_BODY_EVIDENCE_MAX)
        return ITC_E_TOO_LARGE;
    for (uint32_t i = 0; i < b->evidence_count; i++) {
        struct itc_evidence *x = b->evidence;
        enum itc_err e = itc_evidence_read(r, &x[i]);
        if (e)
            return e;
        if (i > 0 && memcmp(x[i - 1].key.b, x[i].key.b, sizeof x[i].key.b) >= 0)
            return ITC_E_FORM;
    }
    return ITC_OK;
}

/* version 1 | count 2 | site ids 32 x count, strictly ascending | evidence count 2 | evidence 256 x count */
enum itc_err itc_body_decode(struct itc_body *out, const uint8_t *bytes, size_t len)
{
    struct itc_reader r = itc_reader_of(bytes, len);
    uint8_t version = itc_read_u8(&r);
    if (!r.failed && version != BODY_VERSION)
        return ITC_E_VERSION;
    struct itc_body b = {.count = itc_read_u16(&r)};
    if (b.count > ITC_BODY_SITES_MAX)
        return ITC_E_TOO_LARGE;
    b.ids = itc_read_bytes(&r, (size_t)ID_SIZE * b.count);
    enum itc_err e = read_evidence(&r, &b);
    if (!e)
        e = itc_reader_end(&r);
    if (e)
        return e;
    if (!ids_ascend(b.ids, b.count))
        return ITC_E_FORM;
    *out = b;
    return ITC_OK;
}

size_t itc_body_write(uint8_t out[ITC_BODY_MAX], const struct itc_body *b)
{
    ITC_ASSERT(b->count <= ITC_BODY_SITES_MAX && ids_ascend(b->ids, b->count));
    ITC_ASSERT(b->evidence_count <= ITC_BODY_EVIDENCE_MAX);
    struct itc_writer w = itc_writer_of(out, ITC_BODY_MAX);
    itc_write_u8(&w, BODY_VERSION);
    itc_write_u16(&w, (uint16_t)b->count);
    itc_write_bytes(&w, b->ids, (size_t)ID_SIZE * b->count);
    itc_write_u16(&w, (uint16_t)b->evidence_count);
    for (uint32_t i = 0; i < b->evidence_count; i++) {
        uint8_t bytes[ITC_EVIDENCE_SIZE];
        itc_evidence_encode(bytes, &b->evidence[i]);
        itc_write_bytes(&w, bytes, sizeof bytes);
    }
    return w.used;
}

size_t itc_body_encode(uint8_t out[ITC_BODY_MAX], const uint8_t *ids, uint32_t count)
{
    return itc_body_write(out, &(struct itc_body){.count = count, .ids = ids});
}

bool itc_body_names(const uint8_t *bytes, const struct itc_hash *id)
{
    uint32_t from = 0, to = bytes[1] | (uint32_t)bytes[2] << 8;
    const uint8_t *ids = bytes + 3;
    while (from < to) {
        uint32_t at = from + (to - from) / 2;
        int side = memcmp(ids + (size_t)ID_SIZE * at, id->b, ID_SIZE);
        if (side == 0)
            return true;
        if (side < 0)
            from = at + 1;
        else
            to = at;
    }
    return false;
}

void itc_body_hash(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t *bytes, size_t len)
{
    itc_tagged(out, ITC_TAG_BODY, chain, bytes, len);
}
