#include "node/message.h"

#include "node/store.h"
#include "spv/cursor.h"

#include <string.h>

#define ID_SIZE 32

static const uint8_t hello_magic[4] = {'I', 'T', 'C', 'P'};

/* --- one reader, writer and check a message --------------------------------------------------- */

/* A reader follows the layout and checks the counts on its way; a check tells whether the values
 * are ones that a sender may send. */

/* epoch 4 | view 4 | index 8 */
static void read_slot(struct itc_reader *r, struct itc_slot *s)
{
    s->epoch = itc_read_u32(r);
    s->view = itc_read_u32(r);
    s->index = itc_read_u64(r);
}

static void write_slot(struct itc_writer *w, const struct itc_slot *s)
{
    itc_write_u32(w, s->epoch);
    itc_write_u32(w, s->view);
    itc_write_u64(w, s->index);
}

/* What is left of the payload, when that is the last field. */
static const uint8_t *read_rest(struct itc_reader *r, size_t *len)
{
    *len = r->left;
    return itc_read_bytes(r, *len);
}

/* HELLO: magic "ITCP" 4 | version 2 | channel 1 | chain 32 | node_id 8 | validator 1 | head 8 */
static enum itc_err read_hello(struct itc_reader *r, struct itc_hello *h)
{
    uint8_t magic[sizeof hello_magic];
    itc_read_copy(r, magic, sizeof magic);
    uint16_t version = itc_read_u16(r);
    if (r->failed)
        return ITC_E_TRUNCATED;
    if (memcmp(magic, hello_magic, sizeof magic) != 0)
        return ITC_E_FORM;
    if (version != ITC_PROTOCOL_VERSION)
        return ITC_E_VERSION;
    h->channel = (enum itc_channel)itc_read_u8(r);
    itc_read_copy(r, h->chain.b, sizeof h->chain.b);
    h->node_id = itc_read_u64(r);
    h->validator = itc_read_u8(r);
    h->head = itc_read_u64(r);
    return itc_reader_end(r);
}

static void write_hello(struct itc_writer *w, const struct itc_hello *h)
{
    itc_write_bytes(w, hello_magic, sizeof hello_magic);
    itc_write_u16(w, ITC_PROTOCOL_VERSION);
    itc_write_u8(w, (uint8_t)h->channel);
    itc_write_bytes(w, h->chain.b, sizeof h->chain.b);
    itc_write_u64(w, h->node_id);
    itc_write_u8(w, h->validator);
    itc_write_u64(w, h->head);
}

static bool is_validator(uint8_t index)
{
    return index < ITC_VALIDATORS_MAX || index == ITC_NO_VALIDATOR;
}

static enum itc_err check_hello(const struct itc_hello *h)
{
    bool channel = h->channel == ITC_CHANNEL_CONSENSUS || h->channel == ITC_CHANNEL_BULK;
    return channel && is_validator(h->validator) ? ITC_OK : ITC_E_FORM;
}

/* STATUS: head 8 | epoch 4 | view 4 | has_proposal 1 (0 or 1) | prepares 4 | commits 4 | validator 1 */
static enum itc_err read_status(struct itc_reader *r, struct itc_status *s)
{
    s->head = itc_read_u64(r);
    s->epoch = itc_read_u32(r);
    s->view = itc_read_u32(r);
    uint8_t has_proposal = itc_read_u8(r);
    s->has_proposal = has_proposal == 1;
    s->prepares = itc_read_u32(r);
    s->commits = itc_read_u32(r);
    s->validator = itc_read_u8(r);
    enum itc_err e = itc_reader_end(r);
    if (e)
        return e;
    return has_proposal <= 1 && is_validator(s->validator) ? ITC_OK : ITC_E_FORM;
}

static void write_status(struct itc_writer *w, const struct itc_status *s)
{
    itc_write_u64(w, s->head);
    itc_write_u32(w, s->epoch);
    itc_write_u32(w, s->view);
    itc_write_u8(w, s->has_proposal ? 1 : 0);
    itc_write_u32(w, s->prepares);
    itc_write_u32(w, s->commits);
    itc_write_u8(w, s->validator);
}

/* PROPOSAL: slot 16 | primary's signature 64 | header 256 | new_view_len 4 | new view | body (the rest) */
static enum itc_err read_proposal(struct itc_reader *r, struct itc_proposal *p)
{
    read_slot(r, &p->slot);
    itc_read_copy(r, p->sig.b, sizeof p->sig.b);
    p->header = itc_read_bytes(r, ITC_HEADER_SIZE);
    p->new_view_len = itc_read_u32(r);
    if (p->new_view_len > ITC_NEW_VIEW_MAX)
        return ITC_E_TOO_LARGE;
    p->new_view = itc_read_bytes(r, p->new_view_len);
    p->body = read_rest(r, &p->body_len);
    return itc_reader_end(r);
}

static void write_proposal(struct itc_writer *w, const struct itc_proposal *p)
{
    write_slot(w, &p->slot);
    itc_write_bytes(w, p->sig.b, sizeof p->sig.b);
    itc_write_bytes(w, p->header, ITC_HEADER_SIZE);
    itc_write_u32(w, (uint32_t)p->new_view_len);
    itc_write_bytes(w, p->new_view, p->new_view_len);
    itc_write_bytes(w, p->body, p->body_len);
}

/* VOTE: type 1 | slot 16 | voter 1 | header id 32 | signature 64 */
static enum itc_err read_vote(struct itc_reader *r, struct itc_vote *v)
{
    v->type = itc_read_u8(r);
    read_slot(r, &v->slot);
    v->voter = itc_read_u8(r);
    itc_read_copy(r, v->header_id.b, sizeof v->header_id.b);
    itc_read_copy(r, v->sig.b, sizeof v->sig.b);
    return itc_reader_end(r);
}

static void write_vote(struct itc_writer *w, const struct itc_vote *v)
{
    itc_write_u8(w, v->type);
    write_slot(w, &v->slot);
    itc_write_u8(w, v->voter);
    itc_write_bytes(w, v->header_id.b, sizeof v->header_id.b);
    itc_write_bytes(w, v->sig.b, sizeof v->sig.b);
}

static enum itc_err check_vote(const struct itc_vote *v)
{
    if (v->type != ITC_VOTE_PREPARE && v->type != ITC_VOTE_COMMIT)
        return ITC_E_FORM;
    return v->voter < ITC_VALIDATORS_MAX ? ITC_OK : ITC_E_FORM;
}

/* SITE: site bytes (all) */
static enum itc_err check_site(size_t len)
{
    if (len == 0)
        return ITC_E_TRUNCATED;
    return len <= ITC_SITE_MAX ? ITC_OK : ITC_E_TOO_LARGE;
}

/* GET_SITES: count 2 | site ids 32 x count */
static enum itc_err read_get_sites(struct itc_reader *r, struct itc_ids *i)
{
    i->count = itc_read_u16(r);
    if (i->count > ITC_IDS_MAX)
        return ITC_E_TOO_LARGE;
    i->ids = itc_read_bytes(r, (size_t)ID_SIZE * i->count);
    return itc_reader_end(r);
}

static void write_get_sites(struct itc_writer *w, const struct itc_ids *i)
{
    itc_write_u16(w, (uint16_t)i->count);
    itc_write_bytes(w, i->ids, (size_t)ID_SIZE * i->count);
}

static enum itc_err check_count(uint32_t count, uint32_t max)
{
    if (count > max)
        return ITC_E_TOO_LARGE;
    return count > 0 ? ITC_OK : ITC_E_FORM;
}

/* MILESTONE: header 256 | cert_len 2 | certificate (none for header 0) | body (the rest) */
static enum itc_err read_milestone(struct itc_reader *r, struct itc_milestone *m)
{
    m->header = itc_read_bytes(r, ITC_HEADER_SIZE);
    m->cert_len = itc_read_u16(r);
    if (m->cert_len > ITC_CERT_MAX)
        return ITC_E_TOO_LARGE;
    m->cert = itc_read_bytes(r, m->cert_len);
    m->body = read_rest(r, &m->body_len);
    return itc_reader_end(r);
}

static void write_milestone(struct itc_writer *w, const struct itc_milestone *m)
{
    itc_write_bytes(w, m->header, ITC_HEADER_SIZE);
    itc_write_u16(w, (uint16_t)m->cert_len);
    itc_write_bytes(w, m->cert, m->cert_len);
    itc_write_bytes(w, m->body, m->body_len);
}

static enum itc_err check_sizes(size_t cert_len, size_t body_len)
{
    return cert_len <= ITC_CERT_MAX && body_len <= ITC_BODY_MAX ? ITC_OK : ITC_E_TOO_LARGE;
}

/* LEAVES: index 8 | first 4 | count 4 | (site id 32 | tx id 32 | verdict 1) x count */
static enum itc_err read_leaves(struct itc_reader *r, struct itc_leaves *l)
{
    l->index = itc_read_u64(r);
    l->first = itc_read_u32(r);
    l->count = itc_read_u32(r);
    if (l->count > ITC_LEAVES_MAX)
        return ITC_E_TOO_LARGE;
    l->leaves = itc_read_bytes(r, (size_t)ITC_LEAF * l->count);
    return itc_reader_end(r);
}

static void write_leaves(struct itc_writer *w, const struct itc_leaves *l)
{
    itc_write_u64(w, l->index);
    itc_write_u32(w, l->first);
    itc_write_u32(w, l->count);
    itc_write_bytes(w, l->leaves, (size_t)ITC_LEAF * l->count);
}

/* Positions in a cone end before 2^32, so that nobody's sums of them wrap. */
static enum itc_err check_range(uint32_t first, uint32_t count)
{
    return count <= UINT32_MAX - first ? ITC_OK : ITC_E_FORM;
}

static enum itc_err check_leaves(const struct itc_leaves *l)
{
    enum itc_err e = l->count > ITC_LEAVES_MAX ? ITC_E_TOO_LARGE : check_range(l->first, l->count);
    for (size_t i = 0; !e && i < l->count; i++)
        if (l->leaves[ITC_LEAF * i + ITC_LEAF - 1] >= ITC_VERDICT_COUNT)
            e = ITC_E_FORM;
    return e;
}

/* GET_CONE: index 8 | first 4 | count 4 */
static enum itc_err read_get_cone(struct itc_reader *r, struct itc_get_cone *g)
{
    g->index = itc_read_u64(r);
    g->first = itc_read_u32(r);
    g->count = itc_read_u32(r);
    return itc_reader_end(r);
}

static void write_get_cone(struct itc_writer *w, const struct itc_get_cone *g)
{
    itc_write_u64(w, g->index);
    itc_write_u32(w, g->first);
    itc_write_u32(w, g->count);
}

static enum itc_err check_get_cone(const struct itc_get_cone *g)
{
    enum itc_err e = check_count(g->count, ITC_IDS_MAX);
    return e ? e : check_range(g->first, g->count);
}

/* VIEW_CHANGE: slot 16 | view vote | [header 256 | body (the rest)], in brackets if something is prepared */
static enum itc_err read_view_change(struct itc_reader *r, struct itc_view_change *v)
{
    read_slot(r, &v->slot);
    enum itc_err e = itc_view_vote_read(r, &v->vote);
    if (e || !v->vote.prepared)
        return e ? e : itc_reader_end(r);
    v->header = itc_read_bytes(r, ITC_HEADER_SIZE);
    v->body = read_rest(r, &v->body_len);
    return itc_reader_end(r);
}

static void write_view_change(struct itc_writer *w, const struct itc_view_change *v)
{
    write_slot(w, &v->slot);
    itc_view_vote_write(w, &v->vote);
    if (!v->vote.prepared)
        return;
    itc_write_bytes(w, v->header, ITC_HEADER_SIZE);
    itc_write_bytes(w, v->body, v->body_len);
}

/* COMPLAINT: slot 16 | voter 1 | signature 64 */
static enum itc_err read_complaint(struct itc_reader *r, struct itc_complaint *c)
{
    read_slot(r, &c->slot);
    c->voter = itc_read_u8(r);
    itc_read_copy(r, c->sig.b, sizeof c->sig.b);
    return itc_reader_end(r);
}

static void write_complaint(struct itc_writer *w, const struct itc_complaint *c)
{
    write_slot(w, &c->slot);
    itc_write_u8(w, c->voter);
    itc_write_bytes(w, c->sig.b, sizeof c->sig.b);
}

/* EVIDENCE: evidence 256 */
static enum itc_err read_evidence(struct itc_reader *r, struct itc_evidence *v)
{
    enum itc_err e = itc_evidence_read(r, v);
    return e ? e : itc_reader_end(r);
}

static void write_evidence(struct itc_writer *w, const struct itc_evidence *v)
{
    uint8_t bytes[ITC_EVIDENCE_SIZE];
    itc_evidence_encode(bytes, v);
    itc_write_bytes(w, bytes, sizeof bytes);
}

/* --- any message ------------------------------------------------------------------------------ */

static enum itc_err read_message(struct itc_reader *r, struct itc_message *m)
{
    switch (m->type) {
    case ITC_MESSAGE_HELLO:
        return read_hello(r, &m->u.hello);
    case ITC_MESSAGE_STATUS:
        return read_status(r, &m->u.status);
    case ITC_MESSAGE_PROPOSAL:
        return read_proposal(r, &m->u.proposal);
    case ITC_MESSAGE_VOTE:
        return read_vote(r, &m->u.vote);
    case ITC_MESSAGE_SITE:
        m->u.site.bytes = read_rest(r, &m->u.site.len);
        return ITC_OK;
    case ITC_MESSAGE_GET_SITES:
        return read_get_sites(r, &m->u.get_sites);
    case ITC_MESSAGE_MILESTONE:
        return read_milestone(r, &m->u.milestone);
    case ITC_MESSAGE_GET_MILESTONE:
        m->u.get_milestone = itc_read_u64(r);
        return itc_reader_end(r);
    case ITC_MESSAGE_LEAVES:
        return read_leaves(r, &m->u.leaves);
    case ITC_MESSAGE_GET_CONE:
        return read_get_cone(r, &m->u.get_cone);
    case ITC_MESSAGE_VIEW_CHANGE:
        return read_view_change(r, &m->u.view_change);
    case ITC_MESSAGE_COMPLAINT:
        return read_complaint(r, &m->u.complaint);
    case ITC_MESSAGE_EVIDENCE:
        return read_evidence(r, &m->u.evidence);
    case ITC_MESSAGE_RECALL:
        return itc_recall_read(r, &m->u.recall);
    case ITC_MESSAGE_RECALLED:
        return itc_recalled_read(r, &m->u.recalled);
    }
    return ITC_E_VERSION;
}

static enum itc_err check_message(const struct itc_message *m)
{
    switch (m->type) {
    case ITC_MESSAGE_HELLO:
        return check_hello(&m->u.hello);
    case ITC_MESSAGE_PROPOSAL:
        return check_sizes(0, m->u.proposal.body_len);
    case ITC_MESSAGE_VOTE:
        return check_vote(&m->u.vote);
    case ITC_MESSAGE_SITE:
        return check_site(m->u.site.len);
    case ITC_MESSAGE_GET_SITES:
        return check_count(m->u.get_sites.count, ITC_IDS_MAX);
    case ITC_MESSAGE_MILESTONE:
        return check_sizes(m->u.milestone.cert_len, m->u.milestone.body_len);
    case ITC_MESSAGE_LEAVES:
        return check_leaves(&m->u.leaves);
    case ITC_MESSAGE_GET_CONE:
        return check_get_cone(&m->u.get_cone);
    case ITC_MESSAGE_VIEW_CHANGE:
        return check_sizes(0, m->u.view_change.body_len);
    case ITC_MESSAGE_COMPLAINT:
        return m->u.complaint.voter < ITC_VALIDATORS_MAX ? ITC_OK : ITC_E_FORM;
    case ITC_MESSAGE_STATUS:
    case ITC_MESSAGE_GET_MILESTONE:
    case ITC_MESSAGE_EVIDENCE:
    case ITC_MESSAGE_RECALL:
    case ITC_MESSAGE_RECALLED:
        return ITC_OK; /* every value is one that a sender may send */
    }
    return ITC_E_VERSION;
}

static void write_message(struct itc_writer *w, const struct itc_message *m)
{
    switch (m->type) {
    case ITC_MESSAGE_HELLO:
        write_hello(w, &m->u.hello);
        break;
    case ITC_MESSAGE_STATUS:
        write_status(w, &m->u.status);
        break;
    case ITC_MESSAGE_PROPOSAL:
        write_proposal(w, &m->u.proposal);
        break;
    case ITC_MESSAGE_VOTE:
        write_vote(w, &m->u.vote);
        break;
    case ITC_MESSAGE_SITE:
        itc_write_bytes(w, m->u.site.bytes, m->u.site.len);
        break;
    case ITC_MESSAGE_GET_SITES:
        write_get_sites(w, &m->u.get_sites);
        break;
    case ITC_MESSAGE_MILESTONE:
        write_milestone(w, &m->u.milestone);
        break;
    case ITC_MESSAGE_GET_MILESTONE:
        itc_write_u64(w, m->u.get_milestone);
        break;
    case ITC_MESSAGE_LEAVES:
        write_leaves(w, &m->u.leaves);
        break;
    case ITC_MESSAGE_GET_CONE:
        write_get_cone(w, &m->u.get_cone);
        break;
    case ITC_MESSAGE_VIEW_CHANGE:
        write_view_change(w, &m->u.view_change);
        break;
    case ITC_MESSAGE_COMPLAINT:
        write_complaint(w, &m->u.complaint);
        break;
    case ITC_MESSAGE_EVIDENCE:
        write_evidence(w, &m->u.evidence);
        break;
    case ITC_MESSAGE_RECALL:
        itc_recall_write(w, &m->u.recall);
        break;
    case ITC_MESSAGE_RECALLED:
        itc_recalled_write(w, &m->u.recalled);
        break;
    }
}

enum itc_err itc_message_decode(
    struct itc_message *out, uint8_t type, const uint8_t *payload, size_t len)
{
    if (type < ITC_MESSAGE_HELLO || type > ITC_MESSAGE_RECALLED)
        return ITC_E_VERSION;
    struct itc_message m = {.type = (enum itc_message_type)type};
    struct itc_reader r = itc_reader_of(payload, len);
    enum itc_err e = read_message(&r, &m);
    if (!e)
        e = check_message(&m);
    if (!e)
        *out = m;
    return e;
}

enum itc_err itc_message_encode(uint8_t *out, size_t cap, size_t *len, const struct itc_message *m)
{
    ITC_ASSERT(check_message(m) == ITC_OK); /* what cannot be read is not written */
    struct itc_writer w = itc_writer_of(out, cap);
    itc_write_u32(&w, 0); /* the size, once it is known */
    itc_write_u8(&w, (uint8_t)m->type);
    write_message(&w, m);
    enum itc_err e = itc_writer_end(&w, len);
    if (e)
        return e;
    struct itc_writer head = itc_writer_of(out, sizeof(uint32_t));
    itc_write_u32(&head, (uint32_t)(w.used - sizeof(uint32_t)));
    return ITC_OK;
}

enum itc_err itc_frame_size(const uint8_t head[ITC_FRAME_HEAD], size_t *payload_len, uint8_t *type)
{
    struct itc_reader r = itc_reader_of(head, ITC_FRAME_HEAD);
    uint32_t size = itc_read_u32(&r); /* of type and payload */
    if (size <= 1)                    /* no message is without a payload */
        return ITC_E_FORM;
    if (size - 1 > ITC_MESSAGE_MAX)
        return ITC_E_TOO_LARGE;
    *payload_len = size - 1;
    *type = itc_read_u8(&r);
    return ITC_OK;
}
