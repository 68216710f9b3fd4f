/* core.c - what all files of the node use: jobs, sends, blame, peers. See core.h. */
#include "node/core.h"

#define POINTS_MAX 100 /* of blame, and a peer is let go */

uint64_t itc_node_job(struct itc_node *n, enum itc_job_kind kind, uint32_t owner)
{
    n->next_job++;
    return (uint64_t)kind << 60 | (uint64_t)owner << 32 | n->next_job;
}

uint64_t itc_node_verify(struct itc_node *n, enum itc_job_kind kind, uint32_t owner,
    const struct itc_key *key, const struct itc_hash *message, const struct itc_sig *sig)
{
    struct itc_verify v = {.job = itc_node_job(n, kind, owner),
        .vote = kind == ITC_JOB_VOTE || kind == ITC_JOB_CERT,
        .key = *key,
        .message = *message,
        .sig = *sig};
    n->stats.counts[ITC_COUNT_SIGNATURES_CHECKED]++;
    itc_actions_verify(&n->actions, &v);
    return v.job;
}

void itc_node_send(struct itc_node *n, uint32_t peer, enum itc_channel channel,
    const struct itc_message *m, uint64_t after)
{
    size_t len;
    const uint8_t *frame = itc_actions_frame(&n->actions, m, &len);
    itc_actions_send(&n->actions, peer, channel, frame, len, after);
}

void itc_node_send_all(struct itc_node *n, uint32_t but, enum itc_channel channel,
    const struct itc_message *m, uint64_t after, bool validators_only)
{
    size_t len;
    const uint8_t *frame = NULL;
    for (uint32_t i = 0; i < n->config.limits.peers; i++) {
        const struct itc_peer *p = &n->peers[i];
        if (!p->up || i == but || (validators_only && p->validator == ITC_NO_VALIDATOR))
            continue;
        if (frame == NULL)
            frame = itc_actions_frame(&n->actions, m, &len);
        itc_actions_send(&n->actions, i, channel, frame, len, after);
    }
}

/* How much an error says about its sender. What honest nodes may send in a race costs nothing. */
static uint32_t points_for(enum itc_err e)
{
    switch (e) {
    case ITC_E_TRUNCATED:
    case ITC_E_TRAILING:
    case ITC_E_FORM:
    case ITC_E_TOO_LARGE:
    case ITC_E_VERSION:
    case ITC_E_CHAIN:
        return POINTS_MAX;
    case ITC_E_QUORUM:
    case ITC_E_PROOF:
    case ITC_E_SIGNATURE:
        return POINTS_MAX / 4;
    case ITC_E_WORK:
    case ITC_E_ANCHOR:
    case ITC_E_PARENT:
        return POINTS_MAX / 10;
    case ITC_OK:
    case ITC_E_DUPLICATE:
    case ITC_E_UNKNOWN:
    case ITC_E_FULL:
    case ITC_E_CHECKSUM:
    case ITC_E_OVERFLOW:
    case ITC_E_FUNDS:
    case ITC_E_SEQUENCE:
    case ITC_E_EXPIRED:
    case ITC_E_OLDER:
    case ITC_E_DUST:
    case ITC_E_BUSY:
    case ITC_E_COMMITTEE:
    case ITC_ERR_COUNT:
        break;
    }
    return 0;
}

void itc_node_blame(struct itc_node *n, uint32_t peer, enum itc_err e)
{
    n->stats.peer_refused[e]++;
    if (peer == ITC_NONE || !n->peers[peer].up || n->peers[peer].points >= POINTS_MAX)
        return;
    n->peers[peer].points += points_for(e);
    if (n->peers[peer].points < POINTS_MAX)
        return;
    n->stats.counts[ITC_COUNT_PEERS_DROPPED]++;
    itc_actions_drop(&n->actions, peer, e);
}

uint32_t itc_node_pick_peer(struct itc_node *n, uint32_t but, uint64_t head)
{
    uint32_t limit = n->config.limits.peers;
    uint32_t start = itc_rng_below(&n->rng, limit);
    uint32_t last_resort = ITC_NONE;
    for (uint32_t k = 0; k < limit; k++) {
        uint32_t i = k < limit - start ? start + k : start + k - limit;
        if (!n->peers[i].up || n->peers[i].head < head)
            continue;
        if (i != but)
            return i;
        last_resort = i;
    }
    return last_resort;
}

bool itc_node_serves(struct itc_node *n, uint32_t peer, uint32_t cost_us)
{
    bool left =
        itc_ration_take(&n->peers[peer].bulk, n->mono_ms, cost_us, ITC_RATION_BULK_BURST_US);
    n->stats.peer_refused[ITC_E_BUSY] += !left;
    return left;
}

void itc_node_halt(struct itc_node *n, const char *why)
{
    n->actions.halt = why;
}
