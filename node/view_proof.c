/* view_proof.c - see view_proof.h. */
#include "node/core.h"
#include "spv/cursor.h"
#include "spv/mutant.h"

#include <string.h>

/* Of a new view. */
static uint32_t votes_needed(const struct itc_node *n)
{
    return n->chain.quorum - ITC_MUTANT("new-view-too-few");
}

/* Whether a vote of a new view is one that we hold, and so have checked, already. */
static bool is_held(
    const struct itc_node *n, const struct itc_slot *slot, const struct itc_view_vote *vote)
{
    const struct itc_view_state *v = &n->view;
    const struct itc_view_vote *mine = &v->votes[vote->voter];
    if (slot->index != n->pbft.rounds[0].slot.index || !(v->held >> vote->voter & 1) ||
        v->views[vote->voter] != slot->view || mine->prepared != vote->prepared)
        return false;
    if (vote->prepared && (!itc_hash_equal(&mine->header_id, &vote->header_id) ||
                              memcmp(&mine->cert, &vote->cert, sizeof(vote->cert)) != 0))
        return false;
    return memcmp(&mine->sig, &vote->sig, sizeof(vote->sig)) == 0;
}

enum itc_err itc_view_proof_check(const struct itc_node *n, const struct itc_slot *slot,
    const uint8_t *new_view, size_t len, bool *bound, struct itc_hash *id)
{
    struct itc_reader r = itc_reader_of(new_view, len);
    uint32_t count = 0, highest = 0;
    int last = -1;
    *bound = false;
    while (r.left > 0) {
        struct itc_view_vote vote;
        enum itc_err e = itc_view_vote_read(&r, &vote);
        if (e != ITC_OK)
            return e;
        if (vote.voter <= last)
            return ITC_E_FORM;
        last = vote.voter;
        if (!is_held(n, slot, &vote) && !ITC_MUTANT("new-view-believed"))
            e = itc_view_vote_check(
                &n->chain.id, &n->chain.committee, n->chain.quorum, slot, &vote);
        if (e != ITC_OK)
            return e;
        count++;
        if (vote.prepared && (!*bound || vote.cert.view > highest)) {
            *bound = true;
            highest = vote.cert.view;
            *id = vote.header_id;
        }
    }
    return count == votes_needed(n) ? ITC_OK : ITC_E_QUORUM;
}

/* q votes for the round's view. 0: there are not enough. */
static uint32_t choose_votes(const struct itc_node *n)
{
    const struct itc_view_state *v = &n->view;
    uint32_t chosen = 0, count = 0;
    for (uint32_t i = 0; i < n->chain.committee.n && count < votes_needed(n); i++) {
        if (!(v->held >> i & 1) || v->views[i] != n->pbft.rounds[0].slot.view)
            continue;
        chosen |= 1u << i;
        count++;
    }
    return count == votes_needed(n) ? chosen : 0;
}

bool itc_view_proof_gather(struct itc_node *n, const struct itc_prepared **bound)
{
    struct itc_view_state *v = &n->view;
    uint32_t chosen = choose_votes(n);
    struct itc_hash id;
    bool is_bound;
    if (chosen == 0)
        return false;
    struct itc_writer w = itc_writer_of(v->new_view, sizeof(v->new_view));
    for (uint32_t i = 0; i < n->chain.committee.n; i++) {
        if (chosen >> i & 1)
            itc_view_vote_write(&w, &v->votes[i]);
    }
    enum itc_err e =
        itc_view_proof_check(n, &n->pbft.rounds[0].slot, v->new_view, w.used, &is_bound, &id);
    ITC_ASSERT(e == ITC_OK);
    *bound = NULL;
    for (uint32_t i = 0; i < n->chain.committee.n && is_bound; i++) {
        if (chosen >> i & 1 && v->named[i].has && itc_hash_equal(&v->named[i].header_id, &id))
            *bound = &v->named[i];
    }
    if (is_bound && *bound == NULL)
        return false; /* by our own vote, and its bytes were lost in a restart: others have them */
    v->new_view_len = w.used;
    return true;
}
