/* vote_frames.c - the votes in the frames that nodes send: see vote_book.h. */
#include "tools/sim/vote_book.h"

#include "spv/sha256.h"

static void take_vote(struct itc_vote_book *b, uint64_t at_ms, enum itc_vote_type type,
    const struct itc_slot *slot, uint8_t voter, const struct itc_hash *id,
    const struct itc_sig *sig)
{
    struct itc_hash message;
    const struct itc_vote_entry vote = {
        .used = true, .type = (uint8_t)type, .voter = voter, .slot = *slot, .id = *id};
    itc_vote_message(
        &message, type == ITC_VOTE_PREPARE ? ITC_TAG_PREPARE : ITC_TAG_COMMIT, &b->chain, slot, id);
    itc_vote_book_take(b, at_ms, &vote, &message, sig);
}

/* All votes of a certificate for header `id`. */
static void take_cert(struct itc_vote_book *b, uint64_t at_ms, enum itc_vote_type type,
    const struct itc_cert *cert, const struct itc_hash *id)
{
    const struct itc_slot slot = {.epoch = itc_params_epoch(&b->params, cert->index),
        .view = cert->view,
        .index = cert->index};
    for (uint32_t voter = 0, k = 0; voter < ITC_VALIDATORS_MAX; voter++)
        if (cert->signers >> voter & 1)
            take_vote(b, at_ms, type, &slot, (uint8_t)voter, id, &cert->sigs[k++]);
}

static void take_view_vote(struct itc_vote_book *b, uint64_t at_ms, const struct itc_slot *slot,
    const struct itc_view_vote *v)
{
    struct itc_vote_entry vote = {.used = true,
        .type = ITC_VOTE_VIEW_CHANGE,
        .voter = v->voter,
        .slot = *slot,
        .named = v->prepared ? v->cert.view + 1 : 0};
    /* First what it names: its voter may have signed that before, and power failed before it left. */
    if (v->prepared)
        take_cert(b, at_ms, ITC_VOTE_PREPARE, &v->cert, &v->header_id);
    itc_view_vote_message(&vote.id, &b->chain, slot, v);
    itc_vote_book_take(b, at_ms, &vote, &vote.id, &v->sig);
}

/* Empty seats have no turn. */
static uint8_t primary_of(const struct itc_roster *roster, const struct itc_slot *slot)
{
    uint64_t turn = ((uint64_t)slot->epoch + slot->view) % (roster->committee.n - roster->empty);
    uint8_t seat = 0;
    while (roster->who[seat] == ITC_VALIDATORS_MAX || turn-- > 0)
        seat++;
    return seat;
}

static void take_proposal(struct itc_vote_book *b, uint64_t at_ms, const struct itc_proposal *p)
{
    struct itc_hash id;
    struct itc_view_vote vote;
    struct itc_reader r = itc_reader_of(p->new_view, p->new_view_len);
    const struct itc_roster *roster = itc_rosters_of(b->rosters, p->slot.epoch);
    if (!roster)
        return;
    itc_header_id(&id, &b->chain, p->header);
    while (r.left > 0 && itc_view_vote_read(&r, &vote) == ITC_OK)
        take_view_vote(b, at_ms, &p->slot, &vote);
    itc_vote_book_note(b, p, &id);
    take_vote(b, at_ms, ITC_VOTE_PREPARE, &p->slot, primary_of(roster, &p->slot), &id, &p->sig);
}

static void take_milestone(struct itc_vote_book *b, uint64_t at_ms, const struct itc_milestone *m)
{
    struct itc_cert cert;
    struct itc_hash id;
    if (itc_cert_decode(&cert, m->cert, m->cert_len) != ITC_OK)
        return;
    itc_header_id(&id, &b->chain, m->header);
    take_cert(b, at_ms, ITC_VOTE_COMMIT, &cert, &id);
}

/* Whose votes they are, the answer does not say: whoever signed them. */
static void take_recalled(struct itc_vote_book *b, uint64_t at_ms, const struct itc_recalled *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        const struct itc_mark *mark = &m->marks[i];
        const struct itc_roster *roster = itc_rosters_of(b->rosters, mark->slot.epoch);
        struct itc_vote_entry vote = {.used = true,
            .recalled = mark->type != ITC_VOTE_VIEW_CHANGE,
            .type = mark->type,
            .slot = mark->slot,
            .named = mark->prepared ? mark->prepared_view + 1 : 0,
            .id = mark->header_id};
        struct itc_hash message;
        itc_mark_message(&message, &b->chain, mark);
        if (mark->type == ITC_VOTE_VIEW_CHANGE)
            vote.id = message;
        for (; roster && vote.voter < roster->committee.n; vote.voter++)
            itc_vote_book_take(b, at_ms, &vote, &message, &mark->sig);
    }
}

/* Evidence that would convict an honest validator. */
static void take_evidence(struct itc_vote_book *b, uint64_t at_ms, const struct itc_evidence *e)
{
    for (uint32_t who = 0; who < ITC_VALIDATORS_MAX; who++)
        if (b->honest >> who & 1 && itc_key_equal(&b->rosters->keys[who], &e->key) &&
            itc_evidence_verify(e, &b->chain) == ITC_OK)
            itc_find(b->finding, at_ms, "no innocent is convicted",
                "there is evidence against validator %u: %s and %s of epoch %u, view %u, height "
                "%llu",
                who, itc_vote_type_name(e->a.type), itc_vote_type_name(e->b.type), e->epoch,
                e->a.view, (unsigned long long)e->index);
}

static bool has_votes(uint8_t type)
{
    return type == ITC_MESSAGE_VOTE || type == ITC_MESSAGE_PROPOSAL ||
           type == ITC_MESSAGE_MILESTONE || type == ITC_MESSAGE_VIEW_CHANGE ||
           type == ITC_MESSAGE_EVIDENCE || type == ITC_MESSAGE_RECALLED;
}

void itc_vote_book_frame(struct itc_vote_book *b, uint64_t at_ms, const uint8_t *frame, size_t len)
{
    struct itc_message m;
    uint8_t type = frame[ITC_FRAME_HEAD - 1];
    if (!has_votes(type) ||
        itc_message_decode(&m, type, frame + ITC_FRAME_HEAD, len - ITC_FRAME_HEAD) != ITC_OK)
        return;
    if (type == ITC_MESSAGE_VOTE)
        take_vote(b, at_ms, (enum itc_vote_type)m.u.vote.type, &m.u.vote.slot, m.u.vote.voter,
            &m.u.vote.header_id, &m.u.vote.sig);
    else if (type == ITC_MESSAGE_PROPOSAL)
        take_proposal(b, at_ms, &m.u.proposal);
    else if (type == ITC_MESSAGE_EVIDENCE)
        take_evidence(b, at_ms, &m.u.evidence);
    else if (type == ITC_MESSAGE_RECALLED)
        take_recalled(b, at_ms, &m.u.recalled);
    else if (type == ITC_MESSAGE_VIEW_CHANGE)
        take_view_vote(b, at_ms, &m.u.view_change.slot, &m.u.view_change.vote);
    else
        take_milestone(b, at_ms, &m.u.milestone);
}
