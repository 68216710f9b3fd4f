#include "tools/itc_outbox.h"

#include "spv/cursor.h"

#include <string.h>

/* Under way: the ledger may yet apply it. */
static bool is_live(const struct itc_outbox_entry *e)
{
    return e->state == ITC_OUTBOX_UNSURE || e->state == ITC_OUTBOX_SENT;
}

/* Whether a tx that had not applied at milestone `index` never will. */
static bool is_over(const struct itc_tx *tx, uint64_t index)
{
    return tx->valid_until != 0 && tx->valid_until <= index;
}

/* What becomes of an entry; false: it goes. */
static bool settle_one(struct itc_outbox_entry *e, uint64_t next_seq, uint64_t index)
{
    bool used = e->tx.seq < next_seq, over = is_over(&e->tx, index);
    if (!used && over)
        e->state = ITC_OUTBOX_FREE;
    else if (used && !over && e->state == ITC_OUTBOX_UNSURE)
        e->state = ITC_OUTBOX_PAST;
    return !used || (!over && e->state == ITC_OUTBOX_PAST);
}

void itc_outbox_settle(struct itc_outbox *o, uint64_t next_seq, uint64_t index)
{
    struct itc_outbox kept = {0};
    bool live = false;
    for (uint32_t i = 0; i < o->count; i++) {
        if (!settle_one(&o->entries[i], next_seq, index))
            continue;
        live = live || is_live(&o->entries[i]);
        kept.entries[kept.count++] = o->entries[i];
    }
    o->count = 0;
    for (uint32_t i = 0; i < kept.count; i++) /* free numbers matter only beside live ones */
        if (live || kept.entries[i].state != ITC_OUTBOX_FREE)
            o->entries[o->count++] = kept.entries[i];
}

enum itc_err itc_outbox_next(
    const struct itc_outbox *o, uint64_t *seq, uint64_t next_seq, uint64_t hint)
{
    uint64_t above = next_seq, lowest_free = UINT64_MAX;
    for (uint32_t i = 0; i < o->count; i++) {
        uint64_t used = o->entries[i].tx.seq;
        if (is_live(&o->entries[i]) && used >= above)
            above = used + 1;
        if (o->entries[i].state == ITC_OUTBOX_FREE && used < lowest_free)
            lowest_free = used;
    }
    if (lowest_free != UINT64_MAX) {
        *seq = lowest_free;
        return ITC_OK;
    }
    if (o->count == ITC_OUTBOX_MAX)
        return ITC_E_FULL;
    if (hint > above && hint - above > ITC_OUTBOX_HINT_AHEAD)
        return ITC_E_SEQUENCE;
    *seq = hint > above ? hint : above;
    return ITC_OK;
}

static struct itc_outbox_entry *place_for(struct itc_outbox *o, uint64_t seq)
{
    for (uint32_t i = 0; i < o->count; i++)
        if (o->entries[i].tx.seq == seq && o->entries[i].state == ITC_OUTBOX_FREE)
            return &o->entries[i];
    ITC_ASSERT(o->count < ITC_OUTBOX_MAX);
    return &o->entries[o->count++];
}

struct itc_outbox_entry *itc_outbox_add(struct itc_outbox *o, const uint8_t bytes[ITC_TX_TRANSFER])
{
    struct itc_tx tx;
    enum itc_err err = itc_tx_decode(&tx, bytes, ITC_TX_TRANSFER);
    ITC_ASSERT(err == ITC_OK && tx.kind == ITC_KIND_TRANSFER && !itc_outbox_find(o, tx.seq));
    struct itc_outbox_entry *e = place_for(o, tx.seq);
    e->state = ITC_OUTBOX_UNSURE;
    e->tx = tx;
    memcpy(e->bytes, bytes, ITC_TX_TRANSFER);
    return e;
}

struct itc_outbox_entry *itc_outbox_find(struct itc_outbox *o, uint64_t seq)
{
    for (uint32_t i = 0; i < o->count; i++)
        if (o->entries[i].tx.seq == seq && is_live(&o->entries[i]))
            return &o->entries[i];
    return NULL;
}

static bool is_same(const struct itc_transfer *a, const struct itc_transfer *b)
{
    return itc_key_equal(&a->to, &b->to) && a->amount.grains == b->amount.grains &&
           a->close == b->close;
}

struct itc_outbox_entry *itc_outbox_retry(struct itc_outbox *o, const struct itc_transfer *t)
{
    for (uint32_t i = 0; i < o->count; i++) {
        struct itc_outbox_entry *e = &o->entries[i];
        bool told = e->state != ITC_OUTBOX_UNSURE && e->state != ITC_OUTBOX_PAST;
        if (!told && is_same(&e->tx.u.transfer, t))
            return e;
    }
    return NULL;
}

void itc_outbox_told(struct itc_outbox *o, uint64_t seq)
{
    for (uint32_t i = 0; i < o->count; i++) {
        struct itc_outbox_entry *e = &o->entries[i];
        if (e->tx.seq == seq && e->state == ITC_OUTBOX_UNSURE)
            e->state = ITC_OUTBOX_SENT;
        else if (e->tx.seq == seq && e->state == ITC_OUTBOX_PAST)
            *e = o->entries[--o->count];
    }
}

struct itc_amount itc_outbox_sum(const struct itc_outbox *o)
{
    struct itc_amount sum = {0};
    for (uint32_t i = 0; i < o->count; i++)
        if (is_live(&o->entries[i]) &&
            itc_amount_add(&sum, sum, o->entries[i].tx.u.transfer.amount))
            sum.grains = ITC_SUPPLY_GRAINS;
    return sum;
}

size_t itc_outbox_encode(uint8_t out[ITC_OUTBOX_BYTES], const struct itc_outbox *o)
{
    struct itc_writer w = itc_writer_of(out, ITC_OUTBOX_BYTES);
    itc_write_u8(&w, (uint8_t)o->count);
    for (uint32_t i = 0; i < o->count; i++) {
        itc_write_u8(&w, (uint8_t)o->entries[i].state);
        itc_write_bytes(&w, o->entries[i].bytes, ITC_TX_TRANSFER);
    }
    ITC_ASSERT(!w.failed);
    return w.used;
}

static enum itc_err decode_entry(struct itc_outbox_entry *out, struct itc_reader *r)
{
    uint8_t state = itc_read_u8(r);
    itc_read_copy(r, out->bytes, ITC_TX_TRANSFER);
    if (r->failed)
        return ITC_E_TRUNCATED;
    enum itc_err e = itc_tx_decode(&out->tx, out->bytes, ITC_TX_TRANSFER);
    if (e)
        return e;
    if (state > ITC_OUTBOX_PAST || out->tx.kind != ITC_KIND_TRANSFER)
        return ITC_E_FORM;
    out->state = (enum itc_outbox_state)state;
    return ITC_OK;
}

enum itc_err itc_outbox_decode(struct itc_outbox *out, const uint8_t *bytes, size_t len)
{
    struct itc_outbox o = {0};
    struct itc_reader r = itc_reader_of(bytes, len);
    uint32_t count = itc_read_u8(&r);
    if (count > ITC_OUTBOX_MAX)
        return ITC_E_FORM;
    for (; o.count < count; o.count++) {
        enum itc_err e = decode_entry(&o.entries[o.count], &r);
        if (e)
            return e;
    }
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    *out = o;
    return ITC_OK;
}
