#include "tools/sim/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static struct itc_trace_entry *next(struct itc_trace *t)
{
    struct itc_trace_entry *e = &t->ring[t->count++ % ITC_TRACE_SIZE];
    memset(e, 0, sizeof *e);
    return e;
}

static void heard(const struct itc_trace *t, const struct itc_trace_entry *e)
{
    if (t->listen)
        t->listen(t->ctx, e);
}

/* What a frame is about. */
static void describe(
    struct itc_trace_entry *e, const struct itc_trace *t, const struct itc_message *m)
{
    struct itc_hash id;
    if (m->type == ITC_MESSAGE_VOTE) {
        e->vote = m->u.vote.type;
        e->voter = m->u.vote.voter;
        e->slot = m->u.vote.slot;
        memcpy(e->id, m->u.vote.header_id.b, sizeof e->id);
    } else if (m->type == ITC_MESSAGE_PROPOSAL) {
        itc_header_id(&id, &t->chain, m->u.proposal.header);
        e->slot = m->u.proposal.slot;
        memcpy(e->id, id.b, sizeof e->id);
    } else if (m->type == ITC_MESSAGE_VIEW_CHANGE) {
        e->voter = m->u.view_change.vote.voter;
        e->slot = m->u.view_change.slot;
        memcpy(e->id, m->u.view_change.vote.header_id.b, sizeof e->id);
    } else if (m->type == ITC_MESSAGE_COMPLAINT) {
        e->voter = m->u.complaint.voter;
        e->slot = m->u.complaint.slot;
    } else if (m->type == ITC_MESSAGE_EVIDENCE) {
        e->slot = (struct itc_slot){m->u.evidence.epoch, m->u.evidence.a.view, m->u.evidence.index};
        memcpy(e->id, m->u.evidence.key.b, sizeof e->id);
    } else if (m->type == ITC_MESSAGE_STATUS) {
        e->slot = (struct itc_slot){m->u.status.epoch, m->u.status.view, m->u.status.head};
    } else if (m->type == ITC_MESSAGE_GET_MILESTONE) {
        e->slot.index = m->u.get_milestone;
    }
}

void itc_trace_frame(struct itc_trace *t, uint64_t at_ms, const struct itc_net_sent *s)
{
    struct itc_message m;
    uint8_t type = s->frame[ITC_FRAME_HEAD - 1];
    if (type == ITC_MESSAGE_SITE || type == ITC_MESSAGE_GET_SITES)
        return;
    struct itc_trace_entry *e = next(t);
    e->kind = ITC_TRACE_FRAME;
    e->at_ms = at_ms;
    e->arrives_ms = s->arrives_ms;
    e->node = s->from;
    e->to = s->to;
    e->type = type;
    if (itc_message_decode(&m, type, s->frame + ITC_FRAME_HEAD, s->len - ITC_FRAME_HEAD) == ITC_OK)
        describe(e, t, &m);
    heard(t, e);
}

void itc_trace_head(struct itc_trace *t, uint64_t at_ms, const struct itc_node *n, uint32_t i)
{
    struct itc_hash id;
    struct itc_info info;
    struct itc_trace_entry *e = next(t);
    itc_node_info(n, &info);
    e->kind = ITC_TRACE_HEAD;
    e->at_ms = at_ms;
    e->node = i;
    e->slot = (struct itc_slot){info.epoch, info.view, itc_node_head(n, &id)->index};
    memcpy(e->id, id.b, sizeof e->id);
    heard(t, e);
}

void itc_trace_power(struct itc_trace *t, uint64_t at_ms, uint32_t i, bool on)
{
    struct itc_trace_entry *e = next(t);
    e->kind = ITC_TRACE_POWER;
    e->at_ms = at_ms;
    e->node = i;
    e->type = on;
    heard(t, e);
}

void itc_trace_fault(struct itc_trace *t, uint64_t at_ms, const char *format, ...)
{
    va_list arguments;
    struct itc_trace_entry *e = next(t);
    e->kind = ITC_TRACE_FAULT;
    e->at_ms = at_ms;
    va_start(arguments, format);
    (void)vsnprintf(e->text, sizeof e->text, format, arguments);
    va_end(arguments);
    heard(t, e);
}

static const char *frame_name(const struct itc_trace_entry *e)
{
    static const char *const names[] = {"?", "HELLO", "STATUS", "PROPOSAL", "VOTE", "SITE",
        "GET_SITES", "MILESTONE", "GET_MILESTONE", "LEAVES", "GET_CONE", "VIEW_CHANGE", "COMPLAINT",
        "EVIDENCE", "RECALL", "RECALLED"};
    if (e->type == ITC_MESSAGE_VOTE)
        return e->vote == ITC_VOTE_PREPARE ? "PREPARE" : "COMMIT";
    return e->type < sizeof names / sizeof names[0] ? names[e->type] : names[0];
}

static void print_frame(FILE *out, const struct itc_trace_entry *e)
{
    fprintf(out, "%u -> %u  %s", e->node, e->to, frame_name(e));
    if (e->type == ITC_MESSAGE_VOTE || e->type == ITC_MESSAGE_PROPOSAL ||
        e->type == ITC_MESSAGE_VIEW_CHANGE || e->type == ITC_MESSAGE_COMPLAINT ||
        e->type == ITC_MESSAGE_EVIDENCE)
        fprintf(out, " epoch %u view %u height %" PRIu64 " of %02x%02x%02x%02x", e->slot.epoch,
            e->slot.view, e->slot.index, e->id[0], e->id[1], e->id[2], e->id[3]);
    if (e->type == ITC_MESSAGE_STATUS)
        fprintf(out, " epoch %u view %u head %" PRIu64, e->slot.epoch, e->slot.view, e->slot.index);
    if (e->type == ITC_MESSAGE_VOTE && e->voter != e->node)
        fprintf(out, " by %u", e->voter);
    if (e->arrives_ms == UINT64_MAX)
        fprintf(out, "  lost\n");
    else
        fprintf(out, "  arrives %" PRIu64 ".%03" PRIu64 "\n", e->arrives_ms / 1000,
            e->arrives_ms % 1000);
}

void itc_trace_print(FILE *out, const struct itc_trace_entry *e)
{
    fprintf(out, "%6" PRIu64 ".%03" PRIu64 "  ", e->at_ms / 1000, e->at_ms % 1000);
    switch (e->kind) {
    case ITC_TRACE_FRAME:
        print_frame(out, e);
        break;
    case ITC_TRACE_HEAD:
        fprintf(out, "%u       head %" PRIu64 ", %02x%02x%02x%02x; view %u\n", e->node,
            e->slot.index, e->id[0], e->id[1], e->id[2], e->id[3], e->slot.view);
        break;
    case ITC_TRACE_POWER:
        fprintf(out, "%u       %s\n", e->node, e->type ? "starts" : "is down");
        break;
    case ITC_TRACE_FAULT:
        fprintf(out, "fault:  %s\n", e->text);
        break;
    }
}

void itc_trace_tail(FILE *out, const struct itc_trace *t, uint32_t count)
{
    uint64_t kept = t->count < ITC_TRACE_SIZE ? t->count : ITC_TRACE_SIZE;
    if (count > kept)
        count = (uint32_t)kept;
    for (uint64_t i = t->count - count; i < t->count; i++)
        itc_trace_print(out, &t->ring[i % ITC_TRACE_SIZE]);
}
