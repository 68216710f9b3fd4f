/* propose.c - see propose.h. */
#include "node/core.h"

#include <string.h>

#define SITES_PER_MS 100 /* of interval: how many sites a primary puts into a proposal */
#define SITES_LEAST 1024
#define NOTHING_MS 10
#define LEFT_SPAN 4 /* what is left would last a part, one in so many, of 3 x depth milestones */

/* Full cones while much is left, then ever fewer, so that a flood does not use it up long before what was first in it has grown
 * old. Under steady load four fifths of what milestones may have on average. */
static uint32_t share_of_left(const struct itc_chain *c)
{
    uint32_t most = itc_chain_sites_max(c), span = 3 * c->params.depth;
    if (span < ITC_RECENT_CONES)
        return most; /* there is a full cone for each */
    uint32_t parts = span / LEFT_SPAN;
    uint32_t share = (itc_chain_sites_left(c) + parts - 1) / parts;
    return share < most ? share : most;
}

uint32_t itc_propose_sites_max(const struct itc_node *n)
{
    uint32_t most = share_of_left(&n->chain);
    uint64_t sites = (uint64_t)n->chain.params.interval_ms * SITES_PER_MS;
    if (sites < SITES_LEAST)
        sites = SITES_LEAST;
    return sites < most ? (uint32_t)sites : most;
}

/* Marks the sites that one of the cone approves; returns the mark. */
static uint32_t mark_approved(struct itc_node *n)
{
    const struct itc_cone *cone = &n->evaluation.cone;
    uint32_t approved = itc_window_stamp(&n->window);
    for (uint32_t i = 0; i < cone->count; i++) {
        const struct itc_vertex *v = &n->window.vertices[cone->sites[i]];
        for (uint32_t k = 0; k < v->parent_count; k++)
            n->window.vertices[v->parents[k]].mark = approved;
    }
    return approved;
}

/* The cone of an own proposal: the open sites, oldest first, while it stays within bounds; without those that stand on
 * what came late. Not only tips: under load each tip may have more behind it than a cone holds, and the height after must
 * find less, not more. */
static void collect(struct itc_node *n)
{
    const struct itc_params *p = &n->chain.params;
    struct itc_cone *cone = &n->evaluation.cone;
    uint32_t sites_max = itc_propose_sites_max(n);
    uint64_t least = itc_chain_least_anchor(&n->chain, n->chain.head.index + 1);
    bool late = itc_conflicts_mark_late(&n->conflicts, &n->open_txs, &n->window, n->mono_ms);
    itc_cone_clear(cone);
    for (uint32_t i = n->window.oldest; i != ITC_NONE && cone->count < sites_max;
         i = n->window.vertices[i].newer)
        if (!late || (n->window.vertices[i].flags & ITC_VERTEX_LATE) == 0)
            (void)!itc_cone_add(cone, &n->window, i, sites_max, p->cone_bytes_max, least);
}

/* Fills the evaluation's cone, and names those of its sites that no other of them approves. Where a body cannot name
 * them all, the cone is what those named stand on. */
static uint32_t choose_heads(struct itc_node *n, struct itc_hash *ids)
{
    const struct itc_params *p = &n->chain.params;
    struct itc_cone *cone = &n->evaluation.cone;
    uint32_t heads[ITC_BODY_SITES_MAX];
    uint32_t count = 0;
    collect(n);
    uint32_t approved = mark_approved(n);
    for (uint32_t i = 0; i < cone->count && count < p->body_sites_max; i++) {
        if (n->window.vertices[cone->sites[i]].mark != approved)
            heads[count++] = cone->sites[i];
    }
    itc_cone_clear(cone);
    for (uint32_t i = 0; i < count; i++) {
        enum itc_err e =
            itc_cone_add(cone, &n->window, heads[i], p->cone_sites_max, p->cone_bytes_max, 0);
        ITC_ASSERT(e == ITC_OK); /* part of what fitted */
        ids[i] = n->window.infos[heads[i]].id;
    }
    return count;
}

/* The first proposal in a view that others were voted out of. True: a fresh one is wanted; what was prepared
 * before is proposed again here. */
static bool lead_view(struct itc_node *n, struct itc_round *r)
{
    const struct itc_prepared *p;
    struct itc_header h;
    if (!itc_view_proof_gather(n, &p))
        return false;
    if (p == NULL)
        return true;
    enum itc_err e = itc_header_decode(&h, p->header, ITC_HEADER_SIZE);
    ITC_ASSERT(e == ITC_OK);
    itc_pbft_take(n, r, &h, p->header, p->body, p->body_len);
    itc_round_move(r, ITC_ROUND_PROPOSED);
    itc_view_accepted(n, n->view.new_view, n->view.new_view_len);
    return false;
}

void itc_propose_start(struct itc_node *n)
{
    struct itc_pbft *b = &n->pbft;
    struct itc_round *r = &b->rounds[0];
    struct itc_hash ids[ITC_BODY_SITES_MAX], hash;
    struct itc_body body;
    bool fresh_view = r->slot.view != itc_chain_start_view(&n->chain);
    /* Where nothing is left only milestones make room, empty ones too. */
    bool full = n->window.count > 0 && itc_chain_sites_left(&n->chain) == 0;
    bool idle = fresh_view || full || n->mono_ms >= b->idle_proposal_ms;
    if (!itc_doubt_votes(n) || r->state != ITC_ROUND_EMPTY || b->own ||
        itc_chain_primary(&n->chain, &r->slot) != n->validator ||
        (n->mono_ms < b->next_proposal_ms && !fresh_view) ||
        (n->window.count == 0 && !idle && !itc_witness_has_news(n)))
        return;
    if (fresh_view && !lead_view(n, r))
        return;
    itc_evaluation_drop(n);
    body.count = choose_heads(n, ids);
    body.ids = ids[0].b;
    itc_witness_choose(n, &body);
    b->next_proposal_ms = n->mono_ms + n->chain.params.interval_ms;
    if (body.count == 0 && body.evidence_count == 0 &&
        !idle) { /* none of the open sites can be named: not to be asked without a pause */
        b->next_proposal_ms += NOTHING_MS;
        return;
    }
    b->idle_proposal_ms = n->mono_ms + n->chain.params.idle_ms;
    b->own_index = r->slot.index;
    itc_hash_sort(ids, body.count);
    b->own_body_len = itc_body_write(b->own_body, &body);
    itc_body_hash(&hash, &n->chain.id, b->own_body, b->own_body_len);
    enum itc_err e = itc_evaluation_begin_own(n, &body, &hash);
    ITC_ASSERT(e == ITC_OK);
    b->own = true;
}

void itc_propose_finish(struct itc_node *n)
{
    struct itc_pbft *b = &n->pbft;
    struct itc_round *r = &b->rounds[0];
    struct itc_header h;
    uint8_t bytes[ITC_HEADER_SIZE];
    uint64_t prev = n->chain.head.time_ms;
    itc_evaluation_header(n, r->slot.view, n->now_ms > prev ? n->now_ms : prev, &h);
    itc_header_encode(bytes, &h);
    itc_pbft_take(n, r, &h, bytes, b->own_body, b->own_body_len);
    b->own = false;
    itc_round_move(r, ITC_ROUND_EVALUATED);
    itc_view_accepted(n, n->view.new_view, n->view.new_view_len);
    n->stats.counts[ITC_COUNT_PROPOSALS]++;
}
