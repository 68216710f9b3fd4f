/* node.c - see node.h: memory, start, and the dispatch of events. */
#include "node/core.h"

#define TICK_MS 100
#define MONO_STEP_MAX_MS 1000 /* a clock that jumps ahead must not fire every timer */
#define STATUS_MS 500
#define QUEUE_SHARE 2 /* of the pending sites, one part in so many may wait for their turn */

/* What a rival must have for another tx to come late: well below the weight that confirms, for two nodes do not see the same
 * at the same time. A weight doubles in twice the time that a site takes to everybody, at most (Popov, section 4.1). */
static uint32_t late_weight(const struct itc_params *p)
{
    return p->confirm_weight < 8 ? 2 : p->confirm_weight / 4;
}

/* The parts that carve() cuts, in the same order. */
static size_t size_of(const struct itc_params *p, const struct itc_limits *l)
{
    return itc_mem_rounded(sizeof(struct itc_node)) + itc_actions_size(l->arena_bytes) +
           itc_chain_size(p) + itc_window_size(l->window_sites, l->window_bytes) +
           itc_tips_size(l->window_sites) + itc_open_txs_size(l->window_sites) +
           itc_conflicts_size(l->window_sites) +
           itc_ledger_size(p->accounts_max, p->cone_sites_max) +
           itc_evaluation_size(p, l->window_sites) + itc_final_ids_size(itc_params_recent_max(p)) +
           itc_bad_ids_size(l->bad_ids) + itc_pending_size(l) + itc_fair_size(l->pending_sites) +
           itc_pool_size(l->pool_txs, l->pool_bytes) + itc_sync_size(p->cone_sites_max) +
           itc_query_size(l->waits, p->cone_sites_max) +
           itc_mem_rounded(l->peers * sizeof(struct itc_peer)) +
           itc_mem_rounded(l->works * sizeof(struct itc_work_slot)) +
           itc_mem_rounded(l->window_sites * sizeof(uint32_t));
}

static void carve(struct itc_node *n, struct itc_mem *mem, const struct itc_params *p)
{
    const struct itc_limits *l = &n->config.limits;
    uint64_t seed = itc_rng_next(&n->rng);
    itc_actions_init(&n->actions, mem, l->arena_bytes);
    itc_chain_init(&n->chain, mem, p);
    itc_window_init(&n->window, mem, l->window_sites, l->window_bytes, seed);
    itc_tips_init(&n->tips, mem, l->window_sites);
    itc_open_txs_init(&n->open_txs, mem, l->window_sites, seed);
    itc_conflicts_init(&n->conflicts, mem, l->window_sites, p->interval_ms, late_weight(p));
    itc_ledger_init(&n->ledger, mem, p->accounts_max, p->cone_sites_max, p->dust, seed);
    itc_evaluation_init(&n->evaluation, mem, p, l->window_sites, seed);
    itc_final_ids_init(&n->final_ids, mem, itc_params_recent_max(p), seed);
    itc_bad_ids_init(&n->bad_ids, mem, l->bad_ids, seed);
    itc_pending_init(&n->pending, mem, l, seed);
    itc_fair_init(&n->fair, mem, l->pending_sites, l->pending_sites / QUEUE_SHARE,
        l->pending_bytes / QUEUE_SHARE, seed);
    itc_pool_init(&n->pool, mem, l->pool_txs, l->pool_bytes, seed);
    itc_sync_init(&n->sync, mem, p->cone_sites_max, seed);
    itc_query_init(&n->query, mem, l->waits, p->cone_sites_max);
    n->peers = itc_mem_take(mem, l->peers * sizeof(struct itc_peer));
    n->works = itc_mem_take(mem, l->works * sizeof(struct itc_work_slot));
    n->scratch = itc_mem_take(mem, l->window_sites * sizeof(uint32_t));
}

size_t itc_node_size(const struct itc_node_config *config)
{
    struct itc_genesis g;
    if (itc_genesis_decode(&g, config->genesis, config->genesis_len) != ITC_OK)
        return 0;
    return size_of(&g.params, &config->limits);
}

/* Whether the limits can hold what the chain's parameters allow. */
static bool limits_suffice(const struct itc_node *n, const struct itc_params *p)
{
    const struct itc_limits *l = &n->config.limits;
    /* What gossip leaves free (room.h) must hold a whole cone; the slab loses three tenths at worst. */
    return l->window_sites >= 4 * p->cone_sites_max && l->window_sites >= l->pending_sites &&
           l->window_bytes / 40 * 7 >= p->cone_bytes_max &&
           n->actions.writes_max >= 5 * p->cone_sites_max + 1024;
}

static enum itc_err take_key(struct itc_node *n)
{
    n->validator = ITC_NO_VALIDATOR;
    n->has_key = n->config.secret != NULL;
    if (!n->has_key)
        return ITC_OK;
    enum itc_err e = itc_signer_init(&n->signer, n->config.secret);
    n->config.secret = NULL;
    return e;
}

enum itc_err itc_node_start(struct itc_node **node, void *memory,
    const struct itc_node_config *config, uint64_t now_ms, struct itc_actions **out)
{
    struct itc_genesis g;
    enum itc_err e = itc_genesis_decode(&g, config->genesis, config->genesis_len);
    if (e != ITC_OK)
        return e;
    struct itc_mem mem = {.at = memory, .left = size_of(&g.params, &config->limits)};
    struct itc_node *n = itc_mem_take(&mem, sizeof(*n));
    n->config = *config;
    n->genesis = g;
    n->now_ms = now_ms;
    n->mono_ms = 1;
    itc_rng_init(&n->rng, config->seed);
    carve(n, &mem, &g.params);
    if (!limits_suffice(n, &g.params))
        return ITC_E_FULL;
    itc_genesis_id(&n->chain.id, config->genesis, config->genesis_len);
    e = take_key(n);
    if (e != ITC_OK)
        return e;
    itc_actions_reset(&n->actions);
    e = itc_node_load(n);
    if (e != ITC_OK)
        return e;
    n->actions.more = true;
    n->actions.wake_ms = now_ms;
    *node = n;
    *out = &n->actions;
    return ITC_OK;
}

/* --- events ---------------------------------------------------------------------------------------------- */

static void send_status(struct itc_node *n, uint32_t peer)
{
    struct itc_message m = {.type = ITC_MESSAGE_STATUS};
    itc_pbft_fill_status(n, &m.u.status);
    if (peer == ITC_NONE)
        itc_node_send_all(n, ITC_NONE, ITC_CHANNEL_CONSENSUS, &m, 0, false);
    else
        itc_node_send(n, peer, ITC_CHANNEL_CONSENSUS, &m, 0);
}

static void peer_up(struct itc_node *n, const struct itc_event *e)
{
    ITC_ASSERT(e->u.up.peer < n->config.limits.peers && !n->peers[e->u.up.peer].up);
    struct itc_peer *p = &n->peers[e->u.up.peer];
    *p = (struct itc_peer){.up = true,
        .validator = e->u.up.validator,
        .head = e->u.up.head,
        .up_arrival = n->next_arrival,
        .up_ms = n->mono_ms,
        .status = p->status,
        .bulk = p->bulk,
        .ancestors = p->ancestors};
    send_status(n, e->u.up.peer);
    itc_witness_peer_up(n, e->u.up.peer);
}

static void peer_down(struct itc_node *n, uint32_t peer)
{
    ITC_ASSERT(peer < n->config.limits.peers);
    if (!n->peers[peer].up)
        return;
    itc_complaint_link_down(n, peer);
    n->peers[peer].up = false;
    itc_intake_peer_down(n, peer);
    itc_sync_peer_down(n, peer);
    itc_pbft_peer_down(n, peer);
    itc_witness_peer_down(n, peer);
}

static void status(struct itc_node *n, uint32_t peer, const struct itc_status *s)
{
    n->peers[peer].head = s->head;
    n->peers[peer].validator = s->validator;
    itc_doubt_ask(n, peer);
    itc_cast_status(n, peer, s);
}

/* Who speaks of a height holds all below it. Without this, who is behind would learn of them with the next STATUS
 * only; and where milestones come faster than those, it would stay behind, and silent, for ever. What is one height
 * further on is usual: the votes for it are a moment late. */
static void spoke_of(struct itc_node *n, uint32_t peer, const struct itc_slot *slot)
{
    struct itc_peer *p = &n->peers[peer];
    if (slot->index > n->chain.head.index + 2 && slot->index - 1 > p->head)
        p->head = slot->index - 1;
}

/* An error that is the sender's fault; sites blame for themselves, where the fault is found. */
static enum itc_err message(struct itc_node *n, uint32_t peer, const struct itc_message *m)
{
    switch (m->type) {
    case ITC_MESSAGE_STATUS:
        status(n, peer, &m->u.status);
        return ITC_OK;
    case ITC_MESSAGE_PROPOSAL:
        spoke_of(n, peer, &m->u.proposal.slot);
        return itc_pbft_proposal(n, &m->u.proposal);
    case ITC_MESSAGE_VOTE:
        spoke_of(n, peer, &m->u.vote.slot);
        return itc_pbft_vote(n, peer, &m->u.vote);
    case ITC_MESSAGE_VIEW_CHANGE:
        return itc_view_vote_received(n, &m->u.view_change);
    case ITC_MESSAGE_COMPLAINT:
        return itc_complaint_received(n, &m->u.complaint);
    case ITC_MESSAGE_EVIDENCE:
        return itc_witness_evidence(n, peer, &m->u.evidence);
    case ITC_MESSAGE_RECALL:
        itc_doubt_recall(n, peer, &m->u.recall);
        return ITC_OK;
    case ITC_MESSAGE_RECALLED:
        return itc_doubt_recalled(n, peer, &m->u.recalled);
    case ITC_MESSAGE_SITE:
        (void)!itc_intake_site(n, peer, m->u.site.bytes, m->u.site.len);
        return ITC_OK;
    case ITC_MESSAGE_GET_SITES:
        itc_gossip_serve(n, peer, m->u.get_sites.count, m->u.get_sites.ids);
        return ITC_OK;
    case ITC_MESSAGE_MILESTONE:
        return itc_sync_milestone(n, peer, &m->u.milestone);
    case ITC_MESSAGE_GET_MILESTONE:
        itc_sync_serve_milestone(n, peer, m->u.get_milestone);
        return ITC_OK;
    case ITC_MESSAGE_LEAVES:
        return itc_sync_leaves(n, peer, &m->u.leaves);
    case ITC_MESSAGE_GET_CONE:
        itc_sync_serve_cone(n, peer, &m->u.get_cone);
        return ITC_OK;
    case ITC_MESSAGE_HELLO:
        return ITC_E_FORM; /* only ever the first frame, which the links consume */
    }
    return ITC_E_VERSION;
}

static void from_peer(struct itc_node *n, const struct itc_event *ev)
{
    struct itc_message m;
    uint32_t peer = ev->u.message.peer;
    ITC_ASSERT(peer < n->config.limits.peers);
    if (!n->peers[peer].up)
        return;
    enum itc_err e =
        itc_message_decode(&m, ev->u.message.type, ev->u.message.payload, ev->u.message.len);
    if (e == ITC_OK)
        e = message(n, peer, &m);
    if (e != ITC_OK)
        itc_node_blame(n, peer, e);
}

static void verified(struct itc_node *n, uint64_t job, bool good)
{
    switch (itc_job_kind(job)) {
    case ITC_JOB_SITE:
        itc_intake_verified(n, job, good);
        break;
    case ITC_JOB_TX:
        itc_issue_verified(n, job, good);
        break;
    case ITC_JOB_VOTE:
        itc_pbft_verified(n, job, good);
        break;
    case ITC_JOB_CERT:
        itc_sync_verified(n, job, good);
        break;
    case ITC_JOB_WORK:
        break;
    }
}

static void dispatch(struct itc_node *n, const struct itc_event *e)
{
    switch (e->type) {
    case ITC_EVENT_TICK:
    case ITC_EVENT_CONTINUE:
        break;
    case ITC_EVENT_PEER_UP:
        peer_up(n, e);
        break;
    case ITC_EVENT_PEER_DOWN:
        peer_down(n, e->u.down);
        break;
    case ITC_EVENT_MESSAGE:
        from_peer(n, e);
        break;
    case ITC_EVENT_REQUEST:
        itc_query_request(n, e->u.request.token, e->u.request.bytes, e->u.request.len);
        break;
    case ITC_EVENT_VERIFIED:
        verified(n, e->u.verified.job, e->u.verified.good);
        break;
    case ITC_EVENT_WORKED:
        itc_issue_worked(n, e->u.worked.job, e->u.worked.nonce);
        break;
    }
}

static void housekeeping(struct itc_node *n)
{
    if (n->mono_ms < n->tick_ms)
        return;
    n->tick_ms = n->mono_ms + TICK_MS;
    itc_parents_tick(n);
    itc_gossip_again(n);
    itc_query_tick(n);
    itc_complaint_tick(n);
    itc_witness_tick(n);
    if (n->mono_ms < n->pbft.next_status_ms)
        return;
    n->pbft.next_status_ms = n->mono_ms + STATUS_MS;
    send_status(n, ITC_NONE);
}

static void set_time(struct itc_node *n, uint64_t now_ms)
{
    uint64_t step = now_ms > n->now_ms ? now_ms - n->now_ms : 0;
    n->mono_ms += step < MONO_STEP_MAX_MS ? step : MONO_STEP_MAX_MS;
    n->now_ms = now_ms;
}

static uint64_t wake_ms(const struct itc_node *n)
{
    uint64_t at = n->tick_ms;
    uint64_t pbft = itc_pbft_wake_ms(n);
    uint64_t view = itc_view_wake_ms(n);
    if (pbft < at)
        at = pbft;
    if (view < at)
        at = view;
    return n->now_ms + (at > n->mono_ms ? at - n->mono_ms : 0);
}

struct itc_actions *itc_node_step(struct itc_node *n, const struct itc_event *event)
{
    itc_actions_reset(&n->actions);
    set_time(n, event->now_ms);
    n->attached = false;
    if (n->moved) {
        n->moved = false;
        itc_query_head_moved(n);
    }
    dispatch(n, event);
    housekeeping(n);
    bool more = itc_intake_progress(n);
    more = itc_sync_progress(n) || more;
    itc_view_progress(n);
    more = itc_pbft_progress(n) || more;
    itc_issue_progress(n);
    n->actions.more = more || n->moved;
    n->actions.wake_ms = wake_ms(n);
    return &n->actions;
}

/* --- what others may know -------------------------------------------------------------------------------- */

/* Peers that are up, and whether most of them are no further than we are: one liar cannot make us look late. */
static uint32_t peers_up(const struct itc_node *n, bool *synced)
{
    uint32_t up = 0, ahead = 0;
    for (uint32_t i = 0; i < n->config.limits.peers; i++) {
        up += n->peers[i].up;
        ahead += n->peers[i].up && n->peers[i].head > n->chain.head.index + 2;
    }
    *synced = 2 * ahead <= up;
    return up;
}

static uint32_t empty_seats(const struct itc_committee *c)
{
    uint32_t empty = 0;
    for (uint32_t i = 0; i < c->n; i++)
        empty |= (uint32_t)itc_seats_empty(c, i) << i;
    return empty;
}

static void tell_memory(const struct itc_node *n, struct itc_info *out)
{
    struct itc_memory memory;
    itc_node_memory(n, &memory);
    out->doubts = memory.why != ITC_DOUBT_NONE;
    out->doubt_until = out->doubts ? memory.until : 0;
    out->votes = itc_doubt_votes(n);
}

void itc_node_info(const struct itc_node *n, struct itc_info *out)
{
    bool synced;
    *out = (struct itc_info){.chain = n->chain.id,
        .network = n->chain.params.network,
        .index = n->chain.head.index,
        .time_ms = n->chain.head.time_ms,
        .work_bits = n->chain.head.work_bits,
        .epoch = n->chain.head.epoch,
        .view = n->pbft.rounds[0].slot.view,
        .open_sites = n->window.count,
        .tips = n->tips.count,
        .peers = peers_up(n, &synced),
        .validators = n->chain.committee.n,
        .validator = n->validator != ITC_NO_VALIDATOR,
        .accounts = n->ledger.count,
        .empty_seats = empty_seats(&n->chain.committee)};
    out->synced = synced;
    tell_memory(n, out);
    while (
        out->software_len < sizeof(out->software) && n->config.software[out->software_len] != 0) {
        out->software[out->software_len] = n->config.software[out->software_len];
        out->software_len++;
    }
}

const struct itc_stats *itc_node_stats(const struct itc_node *n)
{
    return &n->stats;
}

const struct itc_hash *itc_node_chain(const struct itc_node *n)
{
    return &n->chain.id;
}

const struct itc_header *itc_node_head(const struct itc_node *n, struct itc_hash *id)
{
    *id = n->chain.head_id;
    return &n->chain.head;
}

uint8_t itc_node_validator(const struct itc_node *n)
{
    return n->validator;
}
