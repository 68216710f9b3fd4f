#include "node/store.h"

#include "node/message.h"
#include "spv/cursor.h"

static const char *const cf_names[ITC_CF_COUNT] = {
    [ITC_CF_META] = "meta",
    [ITC_CF_BODY] = "body",
    [ITC_CF_CONE] = "cone",
    [ITC_CF_TX_AT] = "tx_at",
    [ITC_CF_PAID] = "paid",
    [ITC_CF_HEADER] = "header",
    [ITC_CF_HISTORY] = "history",
    [ITC_CF_ACCOUNT] = "account",
    [ITC_CF_VOTE] = "vote",
    [ITC_CF_POOL] = "pool",
    [ITC_CF_COMMITTEE] = "committee",
};

const char *itc_cf_name(enum itc_cf cf)
{
    ITC_ASSERT((unsigned)cf < ITC_CF_COUNT);
    return cf_names[cf];
}

/* --- keys: big-endian, so that byte order is numeric order ------------------------------------ */

static struct itc_writer key_writer(struct itc_store_key *key)
{
    return itc_writer_of(key->b, sizeof key->b);
}

static void key_end(struct itc_store_key *key, const struct itc_writer *w)
{
    enum itc_err e = itc_writer_end(w, &key->len);
    ITC_ASSERT(e == ITC_OK);
}

static struct itc_store_key key_of_bytes(const void *bytes, size_t len)
{
    struct itc_store_key key = {.len = 0};
    struct itc_writer w = key_writer(&key);
    itc_write_bytes(&w, bytes, len);
    key_end(&key, &w);
    return key;
}

static struct itc_store_key key_of_u64(uint64_t v)
{
    struct itc_store_key key = {.len = 0};
    struct itc_writer w = key_writer(&key);
    itc_write_u64_be(&w, v);
    key_end(&key, &w);
    return key;
}

struct itc_store_key itc_key_body(uint64_t arrival)
{
    return key_of_u64(arrival);
}

struct itc_store_key itc_key_cone(uint64_t milestone, uint32_t chunk)
{
    struct itc_store_key key = {.len = 0};
    struct itc_writer w = key_writer(&key);
    itc_write_u64_be(&w, milestone);
    itc_write_u32_be(&w, chunk);
    key_end(&key, &w);
    return key;
}

struct itc_store_key itc_key_tx_at(const struct itc_hash *tx_id, bool applied)
{
    struct itc_store_key key = {.len = 0};
    struct itc_writer w = key_writer(&key);
    itc_write_bytes(&w, tx_id->b, sizeof(tx_id->b));
    itc_write_u8(&w, applied ? 0 : 1);
    key_end(&key, &w);
    return key;
}

struct itc_store_key itc_key_paid(const struct itc_key *to, uint64_t milestone, uint32_t position)
{
    struct itc_store_key key = {.len = 0};
    struct itc_writer w = key_writer(&key);
    itc_write_bytes(&w, to->b, sizeof to->b);
    itc_write_u64_be(&w, milestone);
    itc_write_u32_be(&w, position);
    key_end(&key, &w);
    return key;
}

struct itc_store_key itc_key_header(uint64_t index)
{
    return key_of_u64(index);
}

struct itc_store_key itc_key_history(uint32_t level, uint64_t index)
{
    ITC_ASSERT(level <= UINT8_MAX);
    struct itc_store_key key = {.len = 0};
    struct itc_writer w = key_writer(&key);
    itc_write_u8(&w, (uint8_t)level);
    itc_write_u64_be(&w, index);
    key_end(&key, &w);
    return key;
}

struct itc_store_key itc_key_account(const struct itc_key *key)
{
    return key_of_bytes(key->b, sizeof key->b);
}

struct itc_store_key itc_key_vote(const struct itc_slot *slot, uint8_t type)
{
    struct itc_store_key key = {.len = 0};
    struct itc_writer w = key_writer(&key);
    itc_write_u32_be(&w, slot->epoch);
    itc_write_u64_be(&w, slot->index);
    itc_write_u32_be(&w, slot->view);
    itc_write_u8(&w, type);
    key_end(&key, &w);
    return key;
}

struct itc_store_key itc_key_pool(const struct itc_hash *tx_id)
{
    return key_of_bytes(tx_id->b, sizeof tx_id->b);
}

struct itc_store_key itc_key_committee(uint32_t epoch)
{
    struct itc_store_key key = {.len = 0};
    struct itc_writer w = key_writer(&key);
    itc_write_u32_be(&w, epoch);
    key_end(&key, &w);
    return key;
}

struct itc_store_key itc_key_meta(const char *name)
{
    struct itc_store_key key = {.len = 0};
    struct itc_writer w = key_writer(&key);
    for (const char *c = name; *c != '\0'; c++)
        itc_write_u8(&w, (uint8_t)*c);
    key_end(&key, &w);
    return key;
}

/* n 1 | keys 32 x n | convicted 4 | taken 1 (0 or 1) */
size_t itc_committee_row_encode(
    uint8_t out[ITC_COMMITTEE_ROW_MAX], const struct itc_committee_row *row)
{
    const struct itc_committee *c = &row->list;
    struct itc_writer w = itc_writer_of(out, ITC_COMMITTEE_ROW_MAX);
    itc_write_u8(&w, (uint8_t)c->n);
    itc_write_bytes(&w, c->keys[0].b, sizeof c->keys[0] * c->n);
    itc_write_u32(&w, row->convicted);
    itc_write_u8(&w, row->taken ? 1 : 0);
    ITC_ASSERT(!w.failed);
    return w.used;
}

enum itc_err itc_committee_row_decode(
    struct itc_committee_row *out, const uint8_t *bytes, size_t len)
{
    struct itc_committee_row row = {.list = {.n = 0}};
    struct itc_reader r = itc_reader_of(bytes, len);
    row.list.n = itc_read_u8(&r);
    if (!r.failed && (row.list.n < 1 || row.list.n > ITC_VALIDATORS_MAX))
        return ITC_E_FORM;
    itc_read_copy(&r, row.list.keys[0].b, sizeof row.list.keys[0] * row.list.n);
    row.convicted = itc_read_u32(&r);
    uint8_t taken = itc_read_u8(&r);
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (taken > 1)
        return ITC_E_FORM;
    row.taken = taken == 1;
    *out = row;
    return ITC_OK;
}

/* --- rows of fixed size ----------------------------------------------------------------------- */

/* arrival 8 | anchor 8 | site id 32 | tx id 32 | verdict 1 */
void itc_cone_entry_encode(uint8_t out[ITC_CONE_ENTRY], const struct itc_cone_entry *e)
{
    struct itc_writer w = itc_writer_of(out, ITC_CONE_ENTRY);
    itc_write_u64(&w, e->arrival);
    itc_write_u64(&w, e->anchor);
    itc_write_bytes(&w, e->site_id.b, sizeof e->site_id.b);
    itc_write_bytes(&w, e->tx_id.b, sizeof e->tx_id.b);
    itc_write_u8(&w, (uint8_t)e->verdict);
    ITC_ASSERT(!w.failed && w.left == 0);
}

enum itc_err itc_cone_entry_decode(struct itc_cone_entry *out, const uint8_t *bytes, size_t len)
{
    struct itc_cone_entry entry;
    struct itc_reader r = itc_reader_of(bytes, len);
    entry.arrival = itc_read_u64(&r);
    entry.anchor = itc_read_u64(&r);
    itc_read_copy(&r, entry.site_id.b, sizeof entry.site_id.b);
    itc_read_copy(&r, entry.tx_id.b, sizeof entry.tx_id.b);
    uint8_t verdict = itc_read_u8(&r);
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (verdict >= ITC_VERDICT_COUNT)
        return ITC_E_FORM;
    entry.verdict = (enum itc_verdict)verdict;
    *out = entry;
    return ITC_OK;
}

/* milestone 8 | position 4 | verdict 1 */
void itc_tx_at_encode(uint8_t out[ITC_TX_AT_ROW], const struct itc_tx_at *t)
{
    struct itc_writer w = itc_writer_of(out, ITC_TX_AT_ROW);
    itc_write_u64(&w, t->milestone);
    itc_write_u32(&w, t->position);
    itc_write_u8(&w, (uint8_t)t->verdict);
    ITC_ASSERT(!w.failed && w.left == 0);
}

enum itc_err itc_tx_at_decode(struct itc_tx_at *out, const uint8_t *bytes, size_t len)
{
    struct itc_reader r = itc_reader_of(bytes, len);
    uint64_t milestone = itc_read_u64(&r);
    uint32_t position = itc_read_u32(&r);
    uint8_t verdict = itc_read_u8(&r);
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (verdict >= ITC_VERDICT_COUNT)
        return ITC_E_FORM;
    *out = (struct itc_tx_at){milestone, position, (enum itc_verdict)verdict};
    return ITC_OK;
}

enum itc_err itc_tx_at_find(
    const struct itc_store *s, const struct itc_hash *tx_id, struct itc_tx_at *out)
{
    uint8_t row[ITC_TX_AT_ROW];
    size_t len;
    struct itc_store_key key = itc_key_tx_at(tx_id, true);
    enum itc_err e = s->get(s->ctx, ITC_CF_TX_AT, key.b, key.len, row, sizeof(row), &len);
    if (e == ITC_E_UNKNOWN) {
        key = itc_key_tx_at(tx_id, false);
        e = s->get(s->ctx, ITC_CF_TX_AT, key.b, key.len, row, sizeof(row), &len);
    }
    return e == ITC_OK ? itc_tx_at_decode(out, row, len) : e;
}

/* index 8 | low_arrival 8 | window_bytes 8 */
void itc_head_row_encode(uint8_t out[ITC_HEAD_ROW], const struct itc_head_row *h)
{
    struct itc_writer w = itc_writer_of(out, ITC_HEAD_ROW);
    itc_write_u64(&w, h->index);
    itc_write_u64(&w, h->low_arrival);
    itc_write_u64(&w, h->window_bytes);
    ITC_ASSERT(!w.failed && w.left == 0);
}

enum itc_err itc_head_row_decode(struct itc_head_row *out, const uint8_t *bytes, size_t len)
{
    struct itc_head_row head;
    struct itc_reader r = itc_reader_of(bytes, len);
    head.index = itc_read_u64(&r);
    head.low_arrival = itc_read_u64(&r);
    head.window_bytes = itc_read_u64(&r);
    enum itc_err e = itc_reader_end(&r);
    if (!e)
        *out = head;
    return e;
}

/* voter 32 | why 1 | until 8 */
void itc_memory_row_encode(uint8_t out[ITC_MEMORY_ROW], const struct itc_memory_row *m)
{
    struct itc_writer w = itc_writer_of(out, ITC_MEMORY_ROW);
    itc_write_bytes(&w, m->voter.b, sizeof m->voter.b);
    itc_write_u8(&w, (uint8_t)m->why);
    itc_write_u64(&w, m->until);
    ITC_ASSERT(!w.failed && w.left == 0);
}

enum itc_err itc_memory_row_decode(struct itc_memory_row *out, const uint8_t *bytes, size_t len)
{
    struct itc_memory_row m;
    struct itc_reader r = itc_reader_of(bytes, len);
    itc_read_copy(&r, m.voter.b, sizeof m.voter.b);
    uint8_t why = itc_read_u8(&r);
    m.until = itc_read_u64(&r);
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (why >= ITC_DOUBT_WHYS || (why == ITC_DOUBT_NONE && m.until != 0))
        return ITC_E_FORM;
    m.why = (enum itc_doubt_why)why;
    *out = m;
    return ITC_OK;
}

const char *itc_doubt_text(enum itc_doubt_why why)
{
    static const char *const texts[ITC_DOUBT_WHYS] = {
        [ITC_DOUBT_NONE] = "no reason",
        [ITC_DOUBT_NEW] = "the store has no memory of this key, which may have voted before",
        [ITC_DOUBT_DAMAGED] = "the memory of its own votes is damaged",
        [ITC_DOUBT_ROLLED_BACK] = "this key has signed votes that the store does not know",
    };
    ITC_ASSERT((unsigned)why < ITC_DOUBT_WHYS);
    return texts[why];
}

/* --- vote rows -------------------------------------------------------------------------------- */

/* PREPARE: own signature 64 | primary's signature 64 | header 256 | body_len 4 | body */
static void write_prepare(struct itc_writer *w, const struct itc_vote_row *row)
{
    itc_write_bytes(w, row->own.b, sizeof row->own.b);
    itc_write_bytes(w, row->primary.b, sizeof row->primary.b);
    itc_write_bytes(w, row->header, ITC_HEADER_SIZE);
    itc_write_u32(w, (uint32_t)row->body_len);
    itc_write_bytes(w, row->body, row->body_len);
}

static enum itc_err read_prepare(struct itc_reader *r, struct itc_vote_row *row)
{
    itc_read_copy(r, row->own.b, sizeof row->own.b);
    itc_read_copy(r, row->primary.b, sizeof row->primary.b);
    row->header = itc_read_bytes(r, ITC_HEADER_SIZE);
    row->body_len = itc_read_u32(r);
    if (row->body_len > ITC_BODY_MAX)
        return ITC_E_TOO_LARGE;
    row->body = itc_read_bytes(r, row->body_len);
    return itc_reader_end(r);
}

/* COMMIT: own signature 64 | cert_len 2 | certificate of prepares | header 256 */
static void write_commit(struct itc_writer *w, const struct itc_vote_row *row)
{
    uint8_t cert[ITC_CERT_MAX];
    size_t cert_len = itc_cert_encode(cert, &row->prepared);
    itc_write_bytes(w, row->own.b, sizeof row->own.b);
    itc_write_u16(w, (uint16_t)cert_len);
    itc_write_bytes(w, cert, cert_len);
    itc_write_bytes(w, row->header, ITC_HEADER_SIZE);
}

static enum itc_err read_commit(struct itc_reader *r, struct itc_vote_row *row)
{
    itc_read_copy(r, row->own.b, sizeof row->own.b);
    size_t cert_len = itc_read_u16(r);
    if (cert_len > ITC_CERT_MAX)
        return ITC_E_TOO_LARGE;
    const uint8_t *cert = itc_read_bytes(r, cert_len);
    row->header = itc_read_bytes(r, ITC_HEADER_SIZE);
    enum itc_err e = itc_reader_end(r);
    return e ? e : itc_cert_decode(&row->prepared, cert, cert_len);
}

enum itc_err itc_vote_row_encode(
    uint8_t *out, size_t cap, size_t *len, const struct itc_vote_row *r)
{
    struct itc_writer w = itc_writer_of(out, cap);
    switch (r->type) {
    case ITC_VOTE_PREPARE:
        ITC_ASSERT(r->body_len <= ITC_BODY_MAX);
        write_prepare(&w, r);
        break;
    case ITC_VOTE_COMMIT:
        write_commit(&w, r);
        break;
    case ITC_VOTE_VIEW_CHANGE:
        itc_view_vote_write(&w, &r->view_vote);
        break;
    }
    return itc_writer_end(&w, len);
}

static uint64_t read_be(struct itc_reader *r, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | itc_read_u8(r);
    return v;
}

/* epoch 4 | height 8 | view 4 | type 1, big-endian: what itc_key_vote writes */
static enum itc_err read_vote_key(struct itc_vote_row *row, const uint8_t *key, size_t key_len)
{
    struct itc_reader r = itc_reader_of(key, key_len);
    row->slot.epoch = (uint32_t)read_be(&r, 4);
    row->slot.index = read_be(&r, 8);
    row->slot.view = (uint32_t)read_be(&r, 4);
    uint8_t type = itc_read_u8(&r);
    enum itc_err e = itc_reader_end(&r);
    if (e)
        return e;
    if (type < ITC_VOTE_PREPARE || type > ITC_VOTE_VIEW_CHANGE)
        return ITC_E_VERSION;
    row->type = (enum itc_vote_type)type;
    return ITC_OK;
}

enum itc_err itc_vote_row_decode(struct itc_vote_row *out, const uint8_t *key, size_t key_len,
    const uint8_t *value, size_t value_len)
{
    struct itc_vote_row row = {.header = NULL};
    enum itc_err e = read_vote_key(&row, key, key_len);
    if (e)
        return e;
    struct itc_reader r = itc_reader_of(value, value_len);
    switch (row.type) {
    case ITC_VOTE_PREPARE:
        e = read_prepare(&r, &row);
        break;
    case ITC_VOTE_COMMIT:
        e = read_commit(&r, &row);
        break;
    case ITC_VOTE_VIEW_CHANGE:
        e = itc_view_vote_read(&r, &row.view_vote);
        if (!e)
            e = itc_reader_end(&r);
        break;
    }
    if (!e)
        *out = row;
    return e;
}
