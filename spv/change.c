#include "spv/change.h"

#include <string.h>

#include "spv/sha256.h"

#define KEY sizeof(struct itc_key)
#define SIG sizeof(struct itc_sig)

uint32_t itc_change_signatures(const struct itc_change *c)
{
    uint32_t count = 0;
    for (uint32_t bits = c->signers; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

enum itc_err itc_change_check(const struct itc_change *c)
{
    uint32_t signatures = itc_change_signatures(c);
    if (c->n < 1 || c->n > ITC_VALIDATORS_MAX || signatures < 1 ||
        signatures > ITC_CHANGE_SIGNERS_MAX)
        return ITC_E_FORM;
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(c->keys + KEY * i, c->keys + KEY * j, KEY) == 0)
                return ITC_E_FORM;
    return ITC_OK;
}

enum itc_err itc_change_read(struct itc_reader *r, struct itc_change *out)
{
    struct itc_change c;
    itc_read_copy(r, c.present.b, sizeof c.present.b);
    c.epoch = itc_read_u32(r);
    c.n = itc_read_u8(r);
    c.keys = itc_read_bytes(r, KEY * c.n);
    c.signers = itc_read_u32(r);
    c.sigs = itc_read_bytes(r, SIG * itc_change_signatures(&c));
    if (r->failed)
        return ITC_E_TRUNCATED;
    enum itc_err e = itc_change_check(&c);
    if (!e)
        *out = c;
    return e;
}

size_t itc_change_size(const struct itc_change *c)
{
    return 32 + 4 + 1 + KEY * c->n + 4 + SIG * itc_change_signatures(c);
}

void itc_change_write(struct itc_writer *w, const struct itc_change *c)
{
    itc_write_bytes(w, c->present.b, sizeof c->present.b);
    itc_write_u32(w, c->epoch);
    itc_write_u8(w, (uint8_t)c->n);
    itc_write_bytes(w, c->keys, KEY * c->n);
    itc_write_u32(w, c->signers);
    itc_write_bytes(w, c->sigs, SIG * itc_change_signatures(c));
}

void itc_change_committee(struct itc_committee *out, const struct itc_change *c)
{
    *out = (struct itc_committee){.n = c->n};
    memcpy(out->keys[0].b, c->keys, KEY * c->n);
}

void itc_change_message(
    struct itc_hash *out, const struct itc_hash *chain, const struct itc_change *c)
{
    uint8_t message[4 + 32 + 1 + 32 * ITC_VALIDATORS_MAX];
    struct itc_writer w = itc_writer_of(message, sizeof message);
    itc_write_u32(&w, c->epoch);
    itc_write_bytes(&w, c->present.b, sizeof c->present.b);
    itc_write_u8(&w, (uint8_t)c->n);
    itc_write_bytes(&w, c->keys, KEY * c->n);
    ITC_ASSERT(!w.failed);
    itc_tagged(out, ITC_TAG_COMMITTEE_CHANGE, chain, message, w.used);
}
