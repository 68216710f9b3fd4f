/* cast.c - see cast.h. Safety rests on three lines: a vote is cast at most once a slot (own bit in `held`, set from
 * the store at start), its row is in a batch that is durable before it leaves (`after`), and a COMMIT is cast only
 * with the prepared certificate in its row. */
#include "node/core.h"
#include "spv/mutant.h"
#include "spv/sha256.h"

static void send_vote(struct itc_node *n, uint32_t peer, const struct itc_round *r,
    enum itc_vote_type type, uint32_t voter)
{
    const struct itc_votes *votes = type == ITC_VOTE_PREPARE ? &r->prepares : &r->commits;
    struct itc_message m = {.type = ITC_MESSAGE_VOTE,
        .u.vote = {.type = (uint8_t)type,
            .slot = r->slot,
            .voter = (uint8_t)voter,
            .header_id = votes->ids[voter],
            .sig = votes->sigs[voter]}};
    if (peer == ITC_NONE)
        itc_node_send_all(n, ITC_NONE, ITC_CHANNEL_CONSENSUS, &m, n->pbft.vote_batch, true);
    else
        itc_node_send(n, peer, ITC_CHANNEL_CONSENSUS, &m, n->pbft.vote_batch);
}

static void send_proposal(struct itc_node *n, uint32_t peer, const struct itc_round *r)
{
    uint32_t primary = itc_chain_primary(&n->chain, &r->slot);
    struct itc_message m = {.type = ITC_MESSAGE_PROPOSAL,
        .u.proposal = {.slot = r->slot,
            .sig = r->prepares.sigs[primary],
            .header = r->header_bytes,
            .new_view = n->view.new_view,
            .new_view_len = n->view.new_view_len,
            .body = r->body,
            .body_len = r->body_len}};
    if (r->slot.view != itc_chain_start_view(&n->chain) && n->view.new_view_len == 0)
        return; /* lost in a restart: without the votes nobody could take it */
    if (peer == ITC_NONE)
        itc_node_send_all(n, ITC_NONE, ITC_CHANNEL_CONSENSUS, &m, n->pbft.vote_batch, true);
    else
        itc_node_send(n, peer, ITC_CHANNEL_CONSENSUS, &m, n->pbft.vote_batch);
}

void itc_cast_write(struct itc_node *n, const struct itc_vote_row *row)
{
    size_t cap = 1024 + ITC_CERT_MAX + ITC_BODY_MAX;
    uint8_t *value = itc_actions_alloc(&n->actions, cap);
    size_t len;
    enum itc_err e = itc_vote_row_encode(value, cap, &len, row);
    ITC_ASSERT(e == ITC_OK);
    struct itc_store_key key = itc_key_vote(&row->slot, (uint8_t)row->type);
    if (ITC_MUTANT("newest-row-only"))
        itc_actions_delete_range(&n->actions, ITC_CF_VOTE, &(struct itc_store_key){.len = 0}, &key);
    itc_actions_put(&n->actions, ITC_CF_VOTE, &key, value, len);
    n->actions.sync = !ITC_MUTANT("fsync-skipped");
    n->pbft.vote_batch = itc_actions_batch(&n->actions);
    if (ITC_MUTANT("vote-before-durable") || ITC_MUTANT("fsync-skipped"))
        n->pbft.vote_batch = 0;
    n->stats.counts[ITC_COUNT_VOTES_SENT]++;
}

static void sign_vote(
    const struct itc_node *n, const struct itc_round *r, enum itc_tag tag, struct itc_sig *out)
{
    struct itc_hash message;
    itc_vote_message(&message, (int)tag, &n->chain.id, &r->slot, &r->header_id);
    itc_signer_sign(&n->signer, &message, out);
}

void itc_cast_prepare(struct itc_node *n, struct itc_round *r)
{
    uint32_t primary = itc_chain_primary(&n->chain, &r->slot);
    itc_round_move(r, ITC_ROUND_PREPARED);
    if (r->prepares.held >> n->validator & 1)
        return; /* cast before a restart */
    struct itc_vote_row row = {.slot = r->slot,
        .type = ITC_VOTE_PREPARE,
        .header = r->header_bytes,
        .body = r->body,
        .body_len = r->body_len};
    sign_vote(n, r, ITC_TAG_PREPARE, &row.own);
    itc_votes_hold(&r->prepares, n->validator, &r->header_id, &row.own);
    row.primary = r->prepares.sigs[primary];
    itc_cast_write(n, &row);
    if (primary == n->validator)
        send_proposal(n, ITC_NONE, r);
    else
        send_vote(n, ITC_NONE, r, ITC_VOTE_PREPARE, n->validator);
}

void itc_cast_commit(struct itc_node *n, struct itc_round *r, const struct itc_cert *prepared)
{
    itc_round_move(r, ITC_ROUND_COMMITTED);
    itc_view_prepared(n, r, prepared);
    if (r->commits.held >> n->validator & 1)
        return;
    struct itc_vote_row row = {
        .slot = r->slot, .type = ITC_VOTE_COMMIT, .prepared = *prepared, .header = r->header_bytes};
    sign_vote(n, r, ITC_TAG_COMMIT, &row.own);
    itc_votes_hold(&r->commits, n->validator, &r->header_id, &row.own);
    itc_cast_write(n, &row);
    send_vote(n, ITC_NONE, r, ITC_VOTE_COMMIT, n->validator);
}

void itc_cast_status(struct itc_node *n, uint32_t peer, const struct itc_status *s)
{
    const struct itc_round *r = &n->pbft.rounds[0];
    if (s->head != n->chain.head.index || s->epoch != r->slot.epoch ||
        n->peers[peer].validator == ITC_NO_VALIDATOR)
        return;
    if (!itc_ration_take(
            &n->peers[peer].status, n->mono_ms, ITC_RATION_STATUS_US, ITC_RATION_STATUS_BURST_US)) {
        n->stats.peer_refused[ITC_E_BUSY]++;
        return;
    }
    itc_view_status(n, peer, s);
    uint32_t primary = itc_chain_primary(&n->chain, &r->slot);
    if (s->view < r->slot.view && r->state != ITC_ROUND_EMPTY && r->prepares.held >> primary & 1)
        send_proposal(n, peer, r);
    if (s->view != r->slot.view)
        return;
    if (!s->has_proposal && r->state != ITC_ROUND_EMPTY && r->prepares.held >> primary & 1)
        send_proposal(n, peer, r);
    for (uint32_t i = 0; i < n->chain.committee.n; i++) {
        if (r->prepares.held >> i & 1 && !(s->prepares >> i & 1) && i != primary)
            send_vote(n, peer, r, ITC_VOTE_PREPARE, i);
        if (r->commits.held >> i & 1 && !(s->commits >> i & 1))
            send_vote(n, peer, r, ITC_VOTE_COMMIT, i);
    }
}
