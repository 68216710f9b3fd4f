/* chain.c - see chain.h. */
#include "node/core.h"

#include <string.h>

size_t itc_chain_size(const struct itc_params *p)
{
    return itc_mem_rounded((3 * (size_t)p->depth + 2) * sizeof(struct itc_recent));
}

void itc_chain_init(struct itc_chain *c, struct itc_mem *mem, const struct itc_params *p)
{
    c->params = *p;
    c->ring_size = 3 * p->depth + 2;
    c->ring = itc_mem_take(mem, c->ring_size * sizeof(struct itc_recent));
    itc_history_init(&c->history);
}

const struct itc_recent *itc_chain_recent(const struct itc_chain *c, uint64_t index)
{
    if (index > c->head.index || c->head.index - index >= c->ring_size)
        return NULL;
    return &c->ring[index % c->ring_size];
}

void itc_chain_remember(struct itc_chain *c, const struct itc_header *h, const struct itc_hash *id)
{
    uint64_t span = 3 * (uint64_t)c->params.depth;
    c->ring[h->index % c->ring_size] = (struct itc_recent){.id = *id,
        .index = h->index,
        .time_ms = h->time_ms,
        .work_bits = h->work_bits,
        .site_count = h->site_count};
    c->recent_sites += h->site_count;
    if (h->index >= span) { /* at start the ring begins later */
        const struct itc_recent *gone = &c->ring[(h->index - span) % c->ring_size];
        c->recent_sites -= gone->index == h->index - span ? gone->site_count : 0;
    }
}

uint32_t itc_chain_sites_left(const struct itc_chain *c)
{
    uint32_t most = itc_params_recent_max(&c->params);
    return c->recent_sites < most ? most - c->recent_sites : 0;
}

uint32_t itc_chain_sites_max(const struct itc_chain *c)
{
    uint32_t left = itc_chain_sites_left(c);
    return left < c->params.cone_sites_max ? left : c->params.cone_sites_max;
}

uint64_t itc_chain_least_anchor(const struct itc_chain *c, uint64_t index)
{
    uint64_t span = 2 * (uint64_t)c->params.depth;
    return index > span ? index - span : 0;
}

uint64_t itc_chain_tip_anchor(const struct itc_chain *c)
{
    return c->head.index > c->params.depth ? c->head.index - c->params.depth : 0;
}

uint32_t itc_chain_primary(const struct itc_chain *c, const struct itc_slot *slot)
{
    const struct itc_committee *seats = &c->committee;
    uint32_t members[ITC_VALIDATORS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < seats->n; i++) {
        if (!itc_seats_empty(seats, i))
            members[count++] = i;
    }
    return members[((uint64_t)slot->epoch + slot->view) % count];
}

uint32_t itc_chain_next_view(const struct itc_chain *c, const struct itc_header *header)
{
    return itc_params_epoch_end(&c->params, header->index) ? 0 : header->view;
}

uint32_t itc_chain_start_view(const struct itc_chain *c)
{
    return itc_chain_next_view(c, &c->head);
}

struct itc_slot itc_chain_slot(const struct itc_chain *c, uint64_t index, uint32_t view)
{
    return (struct itc_slot){
        .epoch = itc_params_epoch(&c->params, index), .view = view, .index = index};
}

static void write_paid(
    struct itc_node *n, uint32_t site, uint32_t position, const struct itc_hash *tx_id)
{
    struct itc_site s;
    size_t len;
    const uint8_t *bytes = itc_window_bytes(&n->window, site, &len);
    enum itc_err e = itc_site_decode(&s, bytes, len);
    ITC_ASSERT(e == ITC_OK);
    if (s.tx.kind != ITC_KIND_TRANSFER)
        return;
    struct itc_store_key key = itc_key_paid(&s.tx.u.transfer.to, n->evaluation.index, position);
    itc_actions_put(&n->actions, ITC_CF_PAID, &key, tx_id->b, sizeof(tx_id->b));
}

/* Rows of the site at `position`: where its tx ended, and who was paid. Of several sites with one tx the
 * applied one counts; within a milestone it comes first, and its copies (`duplicate`) write nothing. */
static void write_site(struct itc_node *n, uint32_t position, struct itc_cone_entry *entry)
{
    struct itc_evaluation *ev = &n->evaluation;
    uint32_t site = ev->cone.sites[position];
    const struct itc_vertex_info *info = &n->window.infos[site];
    *entry = (struct itc_cone_entry){.arrival = info->arrival,
        .anchor = info->anchor,
        .site_id = info->id,
        .tx_id = n->open_txs.entries[info->tx].id,
        .verdict = (enum itc_verdict)ev->verdicts[position]};
    bool applied = entry->verdict == ITC_VERDICT_APPLIED;
    n->stats.counts[applied ? ITC_COUNT_TXS_APPLIED : ITC_COUNT_TXS_REJECTED]++;
    if (applied)
        write_paid(n, site, position, &entry->tx_id);
    if (entry->verdict != ITC_VERDICT_DUPLICATE) {
        struct itc_store_key key = itc_key_tx_at(&entry->tx_id, applied);
        uint8_t row[ITC_TX_AT_ROW];
        itc_tx_at_encode(
            row, &(struct itc_tx_at){
                     .milestone = ev->index, .position = position, .verdict = entry->verdict});
        itc_actions_put(&n->actions, ITC_CF_TX_AT, &key, row, sizeof(row));
    }
    itc_issue_verdict(n, &entry->tx_id, entry->verdict);
}

static void write_cone(struct itc_node *n, const uint8_t *body, size_t body_len)
{
    struct itc_evaluation *ev = &n->evaluation;
    struct itc_store_key key = itc_key_cone(ev->index, ITC_CONE_BODY_CHUNK);
    itc_actions_put(&n->actions, ITC_CF_CONE, &key, body, body_len);
    key = itc_key_cone(ev->index, ITC_CONE_TREE_CHUNK);
    if (ev->groups > 1)
        itc_actions_put(&n->actions, ITC_CF_CONE, &key, ev->tree[0].b,
            itc_merkle_tree_len(ev->groups) * sizeof(ev->tree[0]));
    for (uint32_t first = 0; first < ev->cone.count; first += ITC_CONE_CHUNK) {
        uint8_t chunk[ITC_CONE_CHUNK * ITC_CONE_ENTRY];
        size_t len = 0;
        for (uint32_t i = first; i < ev->cone.count && i < first + ITC_CONE_CHUNK; i++) {
            struct itc_cone_entry entry;
            write_site(n, i, &entry);
            itc_cone_entry_encode(chunk + len, &entry);
            len += ITC_CONE_ENTRY;
        }
        key = itc_key_cone(ev->index, first / ITC_CONE_CHUNK);
        itc_actions_put(&n->actions, ITC_CF_CONE, &key, chunk, len);
    }
}

static void write_accounts(struct itc_node *n)
{
    const struct itc_delta *d = &n->evaluation.delta;
    for (uint32_t i = 0; i < d->touched_count; i++) {
        const struct itc_touched *t = &d->touched[i];
        struct itc_store_key key = itc_key_account(&t->key);
        uint8_t row[ITC_ACCOUNT_VALUE];
        if (t->account.balance.grains == 0) {
            if (t->existed)
                itc_actions_delete(&n->actions, ITC_CF_ACCOUNT, &key);
            continue;
        }
        itc_account_encode(row, &t->account);
        itc_actions_put(&n->actions, ITC_CF_ACCOUNT, &key, row, sizeof(row));
    }
}

static void put_history(void *ctx, uint32_t level, uint64_t index, const struct itc_hash *node)
{
    struct itc_node *n = ctx;
    struct itc_store_key key = itc_key_history(level, index);
    itc_actions_put(&n->actions, ITC_CF_HISTORY, &key, node->b, sizeof(node->b));
}

static void write_header(struct itc_node *n)
{
    struct itc_chain *c = &n->chain;
    uint8_t row[ITC_HEADER_SIZE + ITC_CERT_MAX];
    memcpy(row, c->head_bytes, ITC_HEADER_SIZE);
    size_t cert_len =
        c->head.index == 0 ? 0 : itc_cert_encode(row + ITC_HEADER_SIZE, &c->head_cert);
    struct itc_store_key key = itc_key_header(c->head.index);
    itc_actions_put(&n->actions, ITC_CF_HEADER, &key, row, ITC_HEADER_SIZE + cert_len);
    itc_history_add(&c->history, &c->head_id, put_history, n);
}

static void write_head(struct itc_node *n)
{
    uint8_t row[ITC_HEAD_ROW];
    uint32_t oldest = n->window.oldest;
    struct itc_head_row head = {.index = n->chain.head.index,
        .low_arrival = oldest == ITC_NONE ? n->next_arrival : n->window.infos[oldest].arrival,
        .window_bytes = n->chain.window_bytes};
    itc_head_row_encode(row, &head);
    struct itc_store_key key = itc_key_meta("head");
    itc_actions_put(&n->actions, ITC_CF_META, &key, row, sizeof(row));
    /* Votes up to this height have served: the certificate stands in the same batch. */
    struct itc_store_key from = itc_key_vote(&(struct itc_slot){0}, 0);
    struct itc_slot next = itc_chain_slot(&n->chain, n->chain.head.index + 1, 0);
    struct itc_store_key until = itc_key_vote(&next, 0);
    itc_actions_delete_range(&n->actions, ITC_CF_VOTE, &from, &until);
}

static void leave_window(struct itc_node *n, const uint32_t *sites, uint32_t count)
{
    itc_tips_remove(&n->tips, &n->window, sites, count);
    itc_conflicts_remove(&n->conflicts, &n->open_txs, &n->window, sites, count);
    itc_open_txs_remove(&n->open_txs, &n->window, sites, count);
    itc_window_remove(&n->window, sites, count);
}

/* The cone becomes final; what has grown too old to ever be in a cone is let go. */
static void clear_window(struct itc_node *n)
{
    struct itc_evaluation *ev = &n->evaluation;
    uint64_t index = n->chain.head.index;
    uint64_t span = 3 * (uint64_t)n->chain.params.depth;
    itc_final_ids_expire(&n->final_ids, index > span ? index - span : 0);
    for (uint32_t i = 0; i < ev->cone.count; i++) {
        const struct itc_vertex_info *info = &n->window.infos[ev->cone.sites[i]];
        enum itc_err e = itc_final_ids_add(&n->final_ids, &info->id, info->anchor, index);
        ITC_ASSERT(e == ITC_OK); /* itc_chain_sites_max */
    }
    leave_window(n, ev->cone.sites, ev->cone.count);
    uint32_t outdated =
        itc_window_outdated(&n->window, n->scratch, itc_chain_least_anchor(&n->chain, index + 1));
    if (outdated > 0) {
        leave_window(n, n->scratch, outdated);
        itc_tips_restore(&n->tips, &n->window);
        n->stats.counts[ITC_COUNT_SITES_OUTDATED] += outdated;
    }
    itc_window_age(&n->window, itc_chain_tip_anchor(&n->chain));
}

static void move_head(struct itc_chain *c, const struct itc_header *header,
    const struct itc_cert *cert, uint64_t cone_bytes)
{
    c->window_bytes = header->index % c->params.work_window == 0 ? 0 : c->window_bytes + cone_bytes;
    c->head = *header;
    c->head_cert = *cert;
    itc_header_encode(c->head_bytes, header);
    itc_header_id(&c->head_id, &c->id, c->head_bytes);
    itc_chain_remember(c, header, &c->head_id);
}

/* Peers that do not vote learn of it from us. */
static void push_milestone(struct itc_node *n, const uint8_t *body, size_t body_len)
{
    uint8_t cert[ITC_CERT_MAX];
    struct itc_message m = {.type = ITC_MESSAGE_MILESTONE,
        .u.milestone = {.header = n->chain.head_bytes,
            .cert = cert,
            .cert_len = itc_cert_encode(cert, &n->chain.head_cert),
            .body = body,
            .body_len = body_len}};
    for (uint32_t peer = 0; peer < n->config.limits.peers; peer++) {
        const struct itc_peer *p = &n->peers[peer];
        if (p->up && p->validator == ITC_NO_VALIDATOR && p->head < n->chain.head.index)
            itc_node_send(n, peer, ITC_CHANNEL_BULK, &m, n->pbft.vote_batch);
    }
}

void itc_chain_seat(struct itc_node *n)
{
    struct itc_chain *c = &n->chain;
    c->committee = n->ledger.seats.present;
    c->committee_hash = n->ledger.seats.present_hash;
    c->quorum = itc_committee_quorum(c->committee.n);
    n->validator = ITC_NO_VALIDATOR;
    for (uint32_t i = 0; i < c->committee.n && n->has_key; i++) {
        if (itc_key_equal(&c->committee.keys[i], &n->signer.key))
            n->validator = (uint8_t)i;
    }
}

void itc_chain_write_committee(
    struct itc_node *n, uint32_t epoch, const struct itc_committee_row *value)
{
    uint8_t row[ITC_COMMITTEE_ROW_MAX];
    size_t len = itc_committee_row_encode(row, value);
    struct itc_store_key key = itc_key_committee(epoch);
    itc_actions_put(&n->actions, ITC_CF_COMMITTEE, &key, row, len);
}

/* A change of the committee that was applied in this milestone, and who was convicted, is stored with it. */
static void write_change(struct itc_node *n)
{
    const struct itc_seats *seats = &n->evaluation.delta.seats;
    if (!itc_hash_equal(&seats->next_hash, &n->ledger.seats.next_hash))
        itc_chain_write_committee(n, seats->epoch + 1,
            &(struct itc_committee_row){
                .list = seats->next, .convicted = seats->convicted, .taken = seats->taken});
}

static void tell_convictions(struct itc_node *n, const uint8_t *body, size_t body_len)
{
    struct itc_body b;
    enum itc_err e = itc_body_decode(&b, body, body_len);
    ITC_ASSERT(e == ITC_OK);
    for (uint32_t i = 0; i < b.evidence_count; i++)
        itc_actions_convict(&n->actions, &b.evidence[i], n->evaluation.delta.seats.epoch + 1);
    n->stats.counts[ITC_COUNT_CONVICTIONS] += b.evidence_count;
}

/* Past the last milestone of an epoch the next committee is in force. */
static void turn_epoch(struct itc_node *n)
{
    struct itc_seats *seats = &n->ledger.seats;
    if (!itc_params_epoch_end(&n->chain.params, n->chain.head.index))
        return;
    bool changed = itc_seats_changed(seats);
    itc_seats_turn(seats);
    if (changed) {
        itc_chain_seat(n);
        itc_pbft_reseated(n);
        itc_doubt_reseated(n);
    }
}

void itc_chain_commit(struct itc_node *n, const struct itc_header *header,
    const struct itc_cert *cert, const uint8_t *body, size_t body_len)
{
    struct itc_evaluation *ev = &n->evaluation;
    ITC_ASSERT(ev->state == ITC_EVALUATION_DONE && header->index == n->chain.head.index + 1);
    write_cone(n, body, body_len);
    write_accounts(n);
    write_change(n);
    tell_convictions(n, body, body_len);
    move_head(&n->chain, header, cert, ev->cone.bytes);
    write_header(n);
    itc_delta_commit(&ev->delta, &n->ledger);
    ev->state = ITC_EVALUATION_IDLE;
    clear_window(n);
    write_head(n);
    n->stats.counts[ITC_COUNT_MILESTONES]++;
    push_milestone(n, body, body_len);
    itc_witness_closed(n, &n->pbft.rounds[0]);
    turn_epoch(n);
    itc_witness_head_moved(n);

    /* From here on `header`, `cert` and `body`, which may lie in a round or in sync's slot, are gone. */
    itc_doubt_head_moved(n);
    itc_pbft_opened(n);
    itc_sync_opened(n);
    itc_issue_head_moved(n);
    itc_intake_head_moved(n);
    n->moved = true;
}
