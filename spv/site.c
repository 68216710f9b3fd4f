#include "spv/site.h"

#include "spv/cursor.h"
#include "spv/sha256.h"

#define NONCE_SIZE 8

static bool parents_ascend(const struct itc_site *s)
{
    for (uint32_t i = 1; i < s->parent_count; i++)
        if (itc_hash_compare(&s->parents[i - 1], &s->parents[i]) >= 0)
            return false;
    return true;
}

enum itc_err itc_site_decode(struct itc_site *out, const uint8_t *bytes, size_t len)
{
    struct itc_site s;
    struct itc_reader r = itc_reader_of(bytes, len);
    uint8_t version = itc_read_u8(&r);
    s.parent_count = itc_read_u8(&r);
    if (r.failed)
        return ITC_E_TRUNCATED;
    if (version != ITC_SITE_VERSION)
        return ITC_E_VERSION;
    if (s.parent_count > ITC_SITE_PARENTS_MAX || len > ITC_SITE_MAX)
        return ITC_E_TOO_LARGE;
    s.anchor = itc_read_u64(&r);
    for (uint32_t i = 0; i < s.parent_count; i++)
        itc_read_copy(&r, s.parents[i].b, sizeof s.parents[i].b);
    if (r.failed || r.left < NONCE_SIZE)
        return ITC_E_TRUNCATED;
    if (!parents_ascend(&s))
        return ITC_E_FORM;
    s.tx_len = r.left - NONCE_SIZE;
    s.tx_bytes = itc_read_bytes(&r, s.tx_len);
    s.nonce = itc_read_u64(&r);
    enum itc_err e = itc_tx_decode(&s.tx, s.tx_bytes, s.tx_len);
    if (!e)
        *out = s;
    return e;
}

enum itc_err itc_site_encode(uint8_t *out, size_t cap, size_t *len, const struct itc_site *s)
{
    if (s->parent_count > ITC_SITE_PARENTS_MAX || s->tx_len > ITC_TX_MAX)
        return ITC_E_TOO_LARGE;
    if (ITC_SITE_FIXED + sizeof s->parents[0] * s->parent_count + s->tx_len > cap)
        return ITC_E_TOO_LARGE;
    if (!parents_ascend(s))
        return ITC_E_FORM;
    struct itc_writer w = itc_writer_of(out, cap);
    itc_write_u8(&w, ITC_SITE_VERSION);
    itc_write_u8(&w, (uint8_t)s->parent_count);
    itc_write_u64(&w, s->anchor);
    for (uint32_t i = 0; i < s->parent_count; i++)
        itc_write_bytes(&w, s->parents[i].b, sizeof s->parents[i].b);
    itc_write_bytes(&w, s->tx_bytes, s->tx_len);
    itc_write_u64(&w, s->nonce);
    return itc_writer_end(&w, len);
}

void itc_site_id(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t *bytes, size_t len)
{
    itc_tagged(out, ITC_TAG_SITE, chain, bytes, len);
}

void itc_site_stem(
    struct itc_hash *out, const struct itc_hash *chain, const uint8_t *bytes, size_t len)
{
    ITC_ASSERT(len >= NONCE_SIZE);
    itc_tagged(out, ITC_TAG_STEM, chain, bytes, len - NONCE_SIZE);
}
