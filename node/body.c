/* body.c - the body of a milestone: which sites a proposal covers. Declared in node/message.h. */
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

/* version 1 | count 2 | site ids 32 x count, strictly ascending | evidence count 2: 0 */
enum itc_err itc_body_decode(struct itc_body *out, const uint8_t *bytes, size_t len)
{
    struct itc_reader r = itc_reader_of(bytes, len);
    uint8_t version = itc_read_u8(&r);
    if (!r.failed && version != BODY_VERSION)
        return ITC_E_VERSION;
    uint32_t count = itc_read_u16(&r);
    if (count > ITC_IDS_MAX)
        return ITC_E_TOO_LARGE;
    const uint8_t *ids = itc_read_bytes(&r, (size_t)ID_SIZE * count);
    uint16_t evidence_count = itc_read_u16(&r);
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (evidence_count != 0 || !ids_ascend(ids, count))
        return ITC_E_FORM;
    *out = (struct itc_body){.count = count, .ids = ids};
    return ITC_OK;
}

size_t itc_body_encode(uint8_t out[ITC_BODY_MAX], const uint8_t *ids, uint32_t count)
{
    ITC_ASSERT(count <= ITC_IDS_MAX && ids_ascend(ids, count));
    struct itc_writer w = itc_writer_of(out, ITC_BODY_MAX);
    itc_write_u8(&w, BODY_VERSION);
    itc_write_u16(&w, (uint16_t)count);
    itc_write_bytes(&w, ids, (size_t)ID_SIZE * count);
    itc_write_u16(&w, 0);
    return w.used;
}

void itc_body_hash(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t *bytes, size_t len)
{
    itc_tagged(out, ITC_TAG_BODY, chain, bytes, len);
}
