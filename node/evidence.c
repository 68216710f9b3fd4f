/* evidence.c - see evidence.h. */
#include "node/evidence.h"

#include "node/view_vote.h"
#include "spv/sha256.h"
#include "spv/sign.h"

#include <string.h>

#define CONTENT_SIZE (ITC_STATEMENT_SIZE - sizeof(struct itc_sig))

static void write_content(struct itc_writer *w, const struct itc_statement *s)
{
    itc_write_u8(w, (uint8_t)s->type);
    itc_write_u32(w, s->view);
    itc_write_u8(w, s->named ? 1 : 0);
    itc_write_u32(w, s->named_view);
    itc_write_bytes(w, s->header_id.b, sizeof s->header_id.b);
}

static int compare(const struct itc_statement *a, const struct itc_statement *b)
{
    uint8_t x[CONTENT_SIZE], y[CONTENT_SIZE];
    struct itc_writer wx = itc_writer_of(x, sizeof x), wy = itc_writer_of(y, sizeof y);
    write_content(&wx, a);
    write_content(&wy, b);
    return memcmp(x, y, sizeof x);
}

static bool forgets(const struct itc_statement *commit, const struct itc_statement *change)
{
    if (change->view <= commit->view)
        return false;
    if (!change->named || change->named_view < commit->view)
        return true;
    return change->named_view == commit->view &&
           !itc_hash_equal(&change->header_id, &commit->header_id);
}

bool itc_statements_contradict(const struct itc_statement *a, const struct itc_statement *b)
{
    if (a->type == b->type)
        return a->view == b->view && compare(a, b) != 0;
    if (a->type == ITC_VOTE_COMMIT && b->type == ITC_VOTE_VIEW_CHANGE)
        return forgets(a, b);
    return a->type == ITC_VOTE_VIEW_CHANGE && b->type == ITC_VOTE_COMMIT && forgets(b, a);
}

void itc_evidence_make(struct itc_evidence *out, const struct itc_key *key, uint32_t epoch,
    uint64_t index, const struct itc_statement *x, const struct itc_statement *y)
{
    bool in_order = compare(x, y) < 0;
    ITC_ASSERT(itc_statements_contradict(x, y));
    *out = (struct itc_evidence){.key = *key,
        .epoch = epoch,
        .index = index,
        .a = in_order ? *x : *y,
        .b = in_order ? *y : *x};
}

static void write_statement(struct itc_writer *w, const struct itc_statement *s)
{
    write_content(w, s);
    itc_write_bytes(w, s->sig.b, sizeof s->sig.b);
}

void itc_evidence_encode(uint8_t out[ITC_EVIDENCE_SIZE], const struct itc_evidence *e)
{
    struct itc_writer w = itc_writer_of(out, ITC_EVIDENCE_SIZE);
    itc_write_bytes(&w, e->key.b, sizeof e->key.b);
    itc_write_u32(&w, e->epoch);
    itc_write_u64(&w, e->index);
    write_statement(&w, &e->a);
    write_statement(&w, &e->b);
    ITC_ASSERT(!w.failed && w.left == 0);
}

/* False: not the one encoding of a statement. */
static bool read_statement(struct itc_reader *r, struct itc_statement *s)
{
    static const struct itc_hash nothing;
    uint8_t type = itc_read_u8(r);
    s->view = itc_read_u32(r);
    uint8_t named = itc_read_u8(r);
    s->named_view = itc_read_u32(r);
    itc_read_copy(r, s->header_id.b, sizeof s->header_id.b);
    itc_read_copy(r, s->sig.b, sizeof s->sig.b);
    s->type = (enum itc_vote_type)type;
    s->named = named == 1;
    if (type < ITC_VOTE_PREPARE || type > ITC_VOTE_VIEW_CHANGE || named > 1)
        return false;
    if (type != ITC_VOTE_VIEW_CHANGE)
        return !named && s->named_view == 0;
    return named || (s->named_view == 0 && itc_hash_equal(&s->header_id, &nothing));
}

enum itc_err itc_evidence_read(struct itc_reader *r, struct itc_evidence *out)
{
    itc_read_copy(r, out->key.b, sizeof out->key.b);
    out->epoch = itc_read_u32(r);
    out->index = itc_read_u64(r);
    bool good = read_statement(r, &out->a);
    good = read_statement(r, &out->b) && good;
    if (r->failed)
        return ITC_E_TRUNCATED;
    good = good && compare(&out->a, &out->b) < 0 && itc_statements_contradict(&out->a, &out->b);
    return good ? ITC_OK : ITC_E_FORM;
}

void itc_statement_message(struct itc_hash *out, const struct itc_hash *chain, uint32_t epoch,
    uint64_t index, const struct itc_statement *s)
{
    struct itc_slot slot = {.epoch = epoch, .view = s->view, .index = index};
    if (s->type != ITC_VOTE_VIEW_CHANGE) {
        int tag = s->type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT;
        itc_vote_message(out, tag, chain, &slot, &s->header_id);
        return;
    }
    struct itc_view_vote vote = {
        .prepared = s->named, .header_id = s->header_id, .cert = {.view = s->named_view}};
    itc_view_vote_message(out, chain, &slot, &vote);
}

enum itc_err itc_evidence_verify(const struct itc_evidence *e, const struct itc_hash *chain)
{
    struct itc_hash message;
    itc_statement_message(&message, chain, e->epoch, e->index, &e->a);
    enum itc_err bad = itc_sig_verify(&e->key, &message, &e->a.sig);
    if (bad)
        return bad;
    itc_statement_message(&message, chain, e->epoch, e->index, &e->b);
    return itc_sig_verify(&e->key, &message, &e->b.sig);
}

enum itc_err itc_evidence_apply(struct itc_seats *s, const struct itc_evidence *e)
{
    if (e->epoch > s->epoch || s->epoch - e->epoch > 1)
        return ITC_E_EXPIRED;
    return itc_seats_convict(s, &e->key);
}

enum itc_err itc_evidence_convict(struct itc_seats *s, const struct itc_evidence *e)
{
    enum itc_err bad = itc_evidence_apply(s, e);
    return bad ? bad : itc_evidence_verify(e, &s->chain);
}

const char *itc_vote_type_name(enum itc_vote_type type)
{
    switch (type) {
    case ITC_VOTE_PREPARE:
        return "PREPARE";
    case ITC_VOTE_COMMIT:
        return "COMMIT";
    case ITC_VOTE_VIEW_CHANGE:
        return "VIEW-CHANGE";
    }
    return "?";
}
