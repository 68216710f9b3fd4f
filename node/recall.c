/* recall.c - see recall.h. */
#include "node/recall.h"

#include "node/store.h"
#include "spv/sha256.h"

#include <string.h>

#define MARK_SIZE (1 + 4 + 4 + 8 + 1 + 4 + 32 + 64)

static void write_mark(struct itc_writer *w, const struct itc_mark *m)
{
    itc_write_u8(w, m->type);
    itc_write_u32(w, m->slot.epoch);
    itc_write_u32(w, m->slot.view);
    itc_write_u64(w, m->slot.index);
    itc_write_u8(w, m->prepared ? 1 : 0);
    itc_write_u32(w, m->prepared_view);
    itc_write_bytes(w, m->header_id.b, sizeof m->header_id.b);
    itc_write_bytes(w, m->sig.b, sizeof m->sig.b);
}

static void write_marks(struct itc_writer *w, const struct itc_recalled *m)
{
    itc_write_u8(w, (uint8_t)m->count);
    for (uint32_t i = 0; i < m->count; i++)
        write_mark(w, &m->marks[i]);
}

/* Of each field that says nothing there is one value only. */
static bool is_sane(const struct itc_mark *m, uint8_t prepared)
{
    static const struct itc_hash nothing;
    bool leaves = m->type == ITC_VOTE_VIEW_CHANGE;
    if (m->type < ITC_VOTE_PREPARE || m->type > ITC_VOTE_VIEW_CHANGE || prepared > leaves)
        return false;
    if (prepared == 0 && m->prepared_view != 0)
        return false;
    return !leaves || prepared == 1 || itc_hash_equal(&m->header_id, &nothing);
}

static enum itc_err read_mark(struct itc_reader *r, struct itc_mark *m)
{
    m->type = itc_read_u8(r);
    m->slot.epoch = itc_read_u32(r);
    m->slot.view = itc_read_u32(r);
    m->slot.index = itc_read_u64(r);
    uint8_t prepared = itc_read_u8(r);
    m->prepared = prepared == 1;
    m->prepared_view = itc_read_u32(r);
    itc_read_copy(r, m->header_id.b, sizeof m->header_id.b);
    itc_read_copy(r, m->sig.b, sizeof m->sig.b);
    if (r->failed)
        return ITC_E_TRUNCATED;
    return is_sane(m, prepared) ? ITC_OK : ITC_E_FORM;
}

void itc_recall_write(struct itc_writer *w, const struct itc_recall *m)
{
    itc_write_u64(w, m->nonce);
    itc_write_bytes(w, m->key.b, sizeof m->key.b);
}

enum itc_err itc_recall_read(struct itc_reader *r, struct itc_recall *out)
{
    out->nonce = itc_read_u64(r);
    itc_read_copy(r, out->key.b, sizeof out->key.b);
    return itc_reader_end(r);
}

void itc_recalled_write(struct itc_writer *w, const struct itc_recalled *m)
{
    itc_write_u64(w, m->nonce);
    itc_write_u8(w, m->teller);
    itc_write_u64(w, m->head);
    itc_write_bytes(w, m->sig.b, sizeof m->sig.b);
    write_marks(w, m);
}

enum itc_err itc_recalled_read(struct itc_reader *r, struct itc_recalled *out)
{
    out->nonce = itc_read_u64(r);
    out->teller = itc_read_u8(r);
    out->head = itc_read_u64(r);
    itc_read_copy(r, out->sig.b, sizeof out->sig.b);
    out->count = itc_read_u8(r);
    if (r->failed)
        return ITC_E_TRUNCATED;
    if (out->teller >= ITC_VALIDATORS_MAX || out->count > ITC_MARKS_MAX)
        return ITC_E_FORM;
    for (uint32_t i = 0; i < out->count; i++) {
        enum itc_err e = read_mark(r, &out->marks[i]);
        if (e != ITC_OK)
            return e;
    }
    return itc_reader_end(r);
}

void itc_recalled_message(struct itc_hash *out, const struct itc_hash *chain,
    const struct itc_key *key, const struct itc_recalled *m)
{
    uint8_t bytes[8 + 32 + 8 + 1 + ITC_MARKS_MAX * MARK_SIZE];
    struct itc_writer w = itc_writer_of(bytes, sizeof bytes);
    itc_write_u64(&w, m->nonce);
    itc_write_bytes(&w, key->b, sizeof key->b);
    itc_write_u64(&w, m->head);
    write_marks(&w, m);
    ITC_ASSERT(!w.failed);
    itc_tagged(out, ITC_TAG_RECALLED, chain, bytes, sizeof bytes - w.left);
}

void itc_mark_message(
    struct itc_hash *out, const struct itc_hash *chain, const struct itc_mark *mark)
{
    if (mark->type != ITC_VOTE_VIEW_CHANGE) {
        int tag = mark->type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT;
        itc_vote_message(out, tag, chain, &mark->slot, &mark->header_id);
        return;
    }
    const struct itc_view_vote vote = {.prepared = mark->prepared,
        .header_id = mark->header_id,
        .cert = {.view = mark->prepared_view}};
    itc_view_vote_message(out, chain, &mark->slot, &vote);
}

struct itc_mark itc_mark_of_view_vote(const struct itc_slot *slot, const struct itc_view_vote *vote)
{
    struct itc_mark m = {.type = ITC_VOTE_VIEW_CHANGE, .slot = *slot, .sig = vote->sig};
    if (vote->prepared) {
        m.prepared = true;
        m.prepared_view = vote->cert.view;
        m.header_id = vote->header_id;
    }
    return m;
}
