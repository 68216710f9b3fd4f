/* complaint.c - see complaint.h. */
#include "node/core.h"
#include "spv/cursor.h"
#include "spv/sha256.h"

#include <string.h>

#define SCORE_LIMIT 8
#define SCORE_MAX (2 * SCORE_LIMIT) /* a primary that mends its ways is soon believed */
#define HEIGHTS 8                   /* for which a complaint counts */
#define LATE_FACTOR 8               /* times the median */
/* Parts, one in so many, of a milestone: */
#define CONGESTED 2 /* above one, sites may wait for turns (room.h) */
#define LET_IN 8    /* and so many are let in all the same */
#define BEHIND 4    /* milestones: who is further behind catches up */

void itc_complaint_message(
    struct itc_hash *out, const struct itc_hash *chain, const struct itc_slot *slot)
{
    uint8_t bytes[16];
    struct itc_writer w = itc_writer_of(bytes, sizeof bytes);
    itc_write_u32(&w, slot->epoch);
    itc_write_u32(&w, slot->view);
    itc_write_u64(&w, slot->index);
    itc_tagged(out, ITC_TAG_COMPLAINT, chain, bytes, sizeof bytes);
}

/* --- measuring -------------------------------------------------------------------------------------------- */

static uint64_t known_after_ms(const struct itc_node *n)
{
    const struct itc_params *p = &n->chain.params;
    return 2 * (uint64_t)p->interval_ms + p->timeout_ms / 2;
}

void itc_complaint_tick(struct itc_node *n)
{
    struct itc_complaints *c = &n->complaints;
    uint64_t every_ms = 2 * known_after_ms(n) / ITC_COMPLAINT_MARKS; /* the ring spans twice T */
    if (c->marks_count > 0 &&
        n->mono_ms < c->marks[(c->marks_count - 1) % ITC_COMPLAINT_MARKS].at_ms + every_ms)
        return;
    c->marks[c->marks_count++ % ITC_COMPLAINT_MARKS] = (struct itc_arrival_mark){
        .at_ms = n->mono_ms, .arrival = n->next_arrival, .offered = n->offered_arrival};
}

/* The link with a validator, or NULL. Of several that claim to be it, the one that has been here longest counts: a claim
 * costs nothing, and must not excuse a primary. */
static const struct itc_peer *link_of(const struct itc_node *n, uint32_t validator)
{
    const struct itc_peer *oldest = NULL;
    for (uint32_t i = 0; i < n->config.limits.peers; i++) {
        const struct itc_peer *p = &n->peers[i];
        if (p->up && p->validator == validator &&
            (oldest == NULL || p->up_arrival < oldest->up_arrival))
            oldest = p;
    }
    return oldest;
}

/* Which sites `primary` had T to consider: those before known_until, but for those that came while it had no link; and of these
 * the tips that were passed on again over this one. */
static void find_known(const struct itc_node *n, uint32_t primary, struct itc_round *r)
{
    const struct itc_complaints *c = &n->complaints;
    const struct itc_peer *link = link_of(n, primary);
    r->known_before = link != NULL ? c->gone[primary] : 0;
    r->known_from = link != NULL ? link->up_arrival : UINT64_MAX;
    r->known_tips = 0;
    r->known_until = 0;
    for (uint32_t i = 0; i < ITC_COMPLAINT_MARKS && i < c->marks_count; i++) {
        const struct itc_arrival_mark *m = &c->marks[i];
        if (m->at_ms + known_after_ms(n) > n->mono_ms)
            continue;
        if (m->arrival > r->known_until)
            r->known_until = m->arrival;
        if (link != NULL && m->at_ms >= link->up_ms + 2 * ITC_GOSSIP_AGAIN_MS &&
            m->offered > r->known_tips)
            r->known_tips = m->offered;
    }
}

void itc_complaint_reseated(struct itc_node *n)
{
    memset(n->complaints.gone, 0, sizeof(n->complaints.gone));
}

void itc_complaint_link_down(struct itc_node *n, uint32_t peer)
{
    uint8_t validator = n->peers[peer].validator;
    if (validator < ITC_VALIDATORS_MAX && link_of(n, validator) == &n->peers[peer])
        n->complaints.gone[validator] = n->next_arrival;
}

void itc_complaint_proposed(struct itc_node *n, struct itc_round *r, uint64_t due_ms)
{
    uint64_t late_ms = n->mono_ms > due_ms ? n->mono_ms - due_ms : 0;
    r->measured = true;
    r->late_ms = late_ms < UINT32_MAX ? (uint32_t)late_ms : UINT32_MAX;
    find_known(n, itc_chain_primary(&n->chain, &r->slot), r);
}

/* --- judging ---------------------------------------------------------------------------------------------- */

static uint32_t median_ms(const struct itc_complaints *c)
{
    uint32_t sorted[ITC_COMPLAINT_DELAYS];
    uint32_t count = 0;
    for (; count < c->delays_count && count < ITC_COMPLAINT_DELAYS; count++) {
        uint32_t k = count;
        for (; k > 0 && sorted[k - 1] > c->delays_ms[count]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = c->delays_ms[count];
    }
    return count == 0 ? 0 : sorted[count / 2];
}

static bool is_late(const struct itc_node *n, const struct itc_round *r)
{
    uint64_t timeout_ms = n->chain.params.timeout_ms;
    uint64_t limit_ms = LATE_FACTOR * (uint64_t)median_ms(&n->complaints);
    if (limit_ms < timeout_ms / 2)
        limit_ms = timeout_ms / 2;
    if (limit_ms > timeout_ms / 4 * 3)
        limit_ms = timeout_ms / 4 * 3;
    return r->late_ms > limit_ms;
}

/* A primary names only so many sites. A traitor may fill the list with some that need no naming; so a full list is
 * an excuse only where there are many tips, or more open sites than a proposal takes. And where names are short a primary keeps
 * others waiting for theirs, as for places: so it is one, too, to have named half a body, an eighth of one our tips, where those that
 * it left make more than half of one with them. */
static bool names_were_short(
    const struct itc_node *n, const struct itc_round *r, uint32_t tips_in, uint32_t tips_left)
{
    uint32_t max = n->chain.params.body_sites_max;
    struct itc_body body;
    enum itc_err e = itc_body_decode(&body, r->body, r->body_len);
    ITC_ASSERT(e == ITC_OK);
    bool full = body.count == max &&
                (n->tips.count >= max / 2 || n->window.count > itc_propose_sites_max(n));
    bool many = body.count >= max / CONGESTED && tips_in >= max / LET_IN;
    return full || (many && tips_in + tips_left > max / CONGESTED);
}

static bool is_unfair(struct itc_node *n, const struct itc_round *r)
{
    const struct itc_cone *cone = &n->evaluation.cone;
    struct itc_window *w = &n->window;
    uint32_t stamp = itc_window_stamp(w);
    uint64_t sites = cone->count, bytes = cone->bytes;
    uint32_t tips_in = 0, tips_left = 0;
    bool missed = false;
    for (uint32_t i = 0; i < cone->count; i++) {
        w->vertices[cone->sites[i]].mark = stamp;
        tips_in += w->vertices[cone->sites[i]].tip_slot != 0;
    }
    for (uint32_t i = w->oldest; i != ITC_NONE && w->infos[i].arrival < r->known_until;
         i = w->vertices[i].newer) {
        bool tip = w->vertices[i].tip_slot != 0;
        bool offered = w->infos[i].arrival < r->known_tips && tip;
        if (w->vertices[i].mark == stamp)
            continue;
        tips_left += tip && (w->vertices[i].flags & ITC_VERTEX_OLD) == 0;
        missed = missed || offered || w->infos[i].arrival >= r->known_from ||
                 w->infos[i].arrival < r->known_before;
        sites++;
        bytes += w->vertices[i].size;
    }
    uint64_t sites_max = itc_propose_sites_max(n), bytes_max = n->chain.params.cone_bytes_max;
    bool lets_in = cone->count >= sites_max / LET_IN || cone->bytes >= bytes_max / LET_IN;
    uint32_t parts = lets_in ? CONGESTED : 1;
    return missed && sites <= sites_max / parts && bytes <= bytes_max / parts &&
           !names_were_short(n, r, tips_in, tips_left);
}

void itc_complaint_judge(struct itc_node *n, const struct itc_round *r)
{
    struct itc_complaints *c = &n->complaints;
    if (!r->measured || r->slot.view != c->view)
        return;
    bool late = is_late(n, r), unfair = is_unfair(n, r);
    n->stats.counts[ITC_COUNT_PROPOSALS_LATE] += late;
    n->stats.counts[ITC_COUNT_PROPOSALS_UNFAIR] += unfair;
    c->delays_ms[c->delays_count++ % ITC_COMPLAINT_DELAYS] = r->late_ms;
    if (!late && !unfair)
        c->score -= c->score > 0;
    else
        c->score += c->score < SCORE_MAX;
}

/* Of several links that claim to be it, all say so: a claim costs nothing, and must not silence a complaint. */
static bool says_ahead(const struct itc_node *n, uint32_t validator)
{
    bool ahead = false;
    for (uint32_t i = 0; i < n->config.limits.peers; i++) {
        const struct itc_peer *p = &n->peers[i];
        if (!p->up || p->validator != validator)
            continue;
        if (p->head <= n->chain.head.index + BEHIND)
            return false;
        ahead = true;
    }
    return ahead;
}

/* Whether f + 1 others say that they are further on. */
static bool is_behind(const struct itc_node *n)
{
    uint32_t ahead = 0;
    for (uint32_t i = 0; i < n->chain.committee.n; i++) {
        ahead += says_ahead(n, i);
    }
    return ahead > itc_committee_faults(n->chain.committee.n);
}

void itc_complaint_unserved(struct itc_node *n, uint32_t view)
{
    struct itc_complaints *c = &n->complaints;
    if (n->pbft.rounds[0].measured || view != c->view || is_behind(n))
        return;
    n->stats.counts[ITC_COUNT_PROPOSALS_LATE]++;
    c->score += c->score < SCORE_MAX;
}

/* --- complaining ------------------------------------------------------------------------------------------ */

static void send(struct itc_node *n, uint32_t voter)
{
    const struct itc_complaints *c = &n->complaints;
    struct itc_message m = {.type = ITC_MESSAGE_COMPLAINT,
        .u.complaint = {.slot = {.epoch = c->epoch, .view = c->view, .index = c->heights[voter]},
            .voter = (uint8_t)voter,
            .sig = c->sigs[voter]}};
    itc_node_send_all(n, ITC_NONE, ITC_CHANNEL_CONSENSUS, &m, 0, true);
}

void itc_complaint_opened(struct itc_node *n)
{
    struct itc_complaints *c = &n->complaints;
    const struct itc_slot *open = &n->pbft.rounds[0].slot;
    struct itc_hash message;
    if (c->epoch != open->epoch || c->view != open->view) {
        c->epoch = open->epoch;
        c->view = open->view;
        c->score = 0;
        memset(c->heights, 0, sizeof(c->heights));
    }
    if (!itc_doubt_votes(n) || c->score < SCORE_LIMIT)
        return;
    itc_complaint_message(&message, &n->chain.id, open);
    itc_signer_sign(&n->signer, &message, &c->sigs[n->validator]);
    c->heights[n->validator] = open->index;
    n->stats.counts[ITC_COUNT_COMPLAINTS]++;
    send(n, n->validator);
}

enum itc_err itc_complaint_received(struct itc_node *n, const struct itc_complaint *m)
{
    struct itc_complaints *c = &n->complaints;
    uint64_t open = n->chain.head.index + 1;
    struct itc_hash message;
    if (n->validator == ITC_NO_VALIDATOR || m->voter == n->validator || m->slot.epoch != c->epoch ||
        m->slot.view != c->view || m->slot.index > open + 1)
        return ITC_OK; /* of another epoch, and perhaps of another committee */
    if (m->voter >= n->chain.committee.n)
        return ITC_E_FORM;
    if (m->slot.index <= c->heights[m->voter])
        return ITC_OK;
    itc_complaint_message(&message, &n->chain.id, &m->slot);
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED]++;
    enum itc_err e = itc_sig_verify(&n->chain.committee.keys[m->voter], &message, &m->sig);
    if (e != ITC_OK)
        return e;
    c->heights[m->voter] = m->slot.index;
    c->sigs[m->voter] = m->sig;
    return ITC_OK;
}

bool itc_complaint_quorum(const struct itc_node *n)
{
    const struct itc_complaints *c = &n->complaints;
    const struct itc_slot *open = &n->pbft.rounds[0].slot;
    uint32_t count = 0;
    for (uint32_t i = 0; i < n->chain.committee.n; i++)
        count += c->heights[i] != 0 && c->heights[i] + HEIGHTS > open->index;
    return open->view == c->view && count >= n->chain.quorum;
}

void itc_complaint_pass_on(struct itc_node *n)
{
    const struct itc_complaints *c = &n->complaints;
    for (uint32_t i = 0; i < n->chain.committee.n; i++) {
        if (c->heights[i] != 0)
            send(n, i);
    }
}
