/* evaluate.c - see evaluate.h. */
#include "node/core.h"

#include <string.h>

#define APPLY_SITES 4096  /* sites a slice */
#define SETTLE_BATCH 2048 /* accounts a slice */

static size_t tree_bytes(const struct itc_params *p)
{
    return ITC_MERKLE_TREE(ITC_CONE_GROUPS(p->cone_sites_max)) * sizeof(struct itc_hash);
}

size_t itc_evaluation_size(const struct itc_params *p, uint32_t window_sites)
{
    return itc_cone_size(p->cone_sites_max, window_sites) + itc_delta_size(p->cone_sites_max) +
           itc_mem_rounded(p->cone_sites_max) + itc_mem_rounded(tree_bytes(p));
}

void itc_evaluation_init(struct itc_evaluation *ev, struct itc_mem *mem, const struct itc_params *p,
    uint32_t window_sites, uint64_t seed)
{
    ev->state = ITC_EVALUATION_IDLE;
    itc_cone_init(&ev->cone, mem, p->cone_sites_max, window_sites);
    itc_delta_init(&ev->delta, mem, p->cone_sites_max, seed);
    ev->verdicts = itc_mem_take(mem, p->cone_sites_max);
    ev->tree = itc_mem_take(mem, tree_bytes(p));
}

bool itc_evaluation_is(
    const struct itc_evaluation *ev, uint64_t index, const struct itc_hash *body_hash)
{
    return ev->state != ITC_EVALUATION_IDLE && ev->index == index &&
           itc_hash_equal(&ev->body_hash, body_hash);
}

void itc_evaluation_drop(struct itc_node *n)
{
    struct itc_evaluation *ev = &n->evaluation;
    if (ev->state == ITC_EVALUATION_IDLE)
        return;
    itc_delta_drop(&ev->delta, &n->ledger);
    ev->state = ITC_EVALUATION_IDLE;
}

enum itc_err itc_evaluation_begin_own(
    struct itc_node *n, const struct itc_body *body, const struct itc_hash *body_hash)
{
    struct itc_evaluation *ev = &n->evaluation;
    struct itc_seats seats = n->ledger.seats;
    ITC_ASSERT(ev->state == ITC_EVALUATION_IDLE);
    for (uint32_t i = 0; i < body->evidence_count; i++) {
        enum itc_err e = itc_evidence_convict(&seats, &body->evidence[i]);
        if (e != ITC_OK)
            return e;
    }
    ev->index = n->chain.head.index + 1;
    ev->body_hash = *body_hash;
    ev->position = 0;
    itc_merkle_init(&ev->leaves);
    ev->groups = 0;
    itc_delta_begin(&ev->delta, &n->ledger, ev->index);
    ev->delta.seats = seats;
    ev->delta.seats.checks = 0;
    itc_cone_order_init(&ev->cone, &n->window);
    ev->state = ITC_EVALUATION_ORDER;
    return ITC_OK;
}

static uint32_t find_head(const struct itc_node *n, const struct itc_body *body, uint32_t i)
{
    struct itc_hash id;
    memcpy(id.b, body->ids + (size_t)i * sizeof(id.b), sizeof(id.b));
    return itc_window_find(&n->window, &id);
}

enum itc_err itc_evaluation_begin(
    struct itc_node *n, const struct itc_body *body, const struct itc_hash *body_hash)
{
    struct itc_evaluation *ev = &n->evaluation;
    const struct itc_chain *c = &n->chain;
    itc_evaluation_drop(n);
    itc_cone_clear(&ev->cone);
    uint64_t least = itc_chain_least_anchor(c, c->head.index + 1);
    /* While one is missing this is asked again with each site that comes: nothing is walked until all are here. */
    for (uint32_t i = 0; i < body->count; i++) {
        if (find_head(n, body, i) == ITC_NONE)
            return ITC_E_UNKNOWN;
    }
    for (uint32_t i = 0; i < body->count; i++) {
        enum itc_err e = itc_cone_add(&ev->cone, &n->window, find_head(n, body, i),
            itc_chain_sites_max(c), c->params.cone_bytes_max, least);
        if (e != ITC_OK)
            return e;
    }
    return itc_evaluation_begin_own(n, body, body_hash);
}

static void apply_site(struct itc_node *n, uint32_t position)
{
    struct itc_evaluation *ev = &n->evaluation;
    uint32_t index = ev->cone.sites[position];
    const struct itc_vertex_info *info = &n->window.infos[index];
    const struct itc_hash *tx_id = &n->open_txs.entries[info->tx].id;
    struct itc_site site;
    size_t len;
    const uint8_t *bytes = itc_window_bytes(&n->window, index, &len);
    enum itc_err e = itc_site_decode(&site, bytes, len);
    ITC_ASSERT(e == ITC_OK);
    enum itc_verdict v = itc_delta_apply(&ev->delta, &n->ledger, &site.tx, tx_id);
    ev->verdicts[position] = (uint8_t)v;
    struct itc_hash leaf;
    itc_tx_leaf(&leaf, &info->id, tx_id, v);
    itc_merkle_add(&ev->leaves, &leaf);
}

static void end_group(struct itc_evaluation *ev)
{
    itc_merkle_root(&ev->leaves, &ev->tree[ev->groups++]);
    itc_merkle_init(&ev->leaves);
}

static void end_tree(struct itc_evaluation *ev)
{
    if (ev->groups == 0)
        end_group(ev); /* the empty tree */
    itc_merkle_tree(ev->tree, ev->groups);
    ev->tx_root = ev->tree[itc_merkle_tree_len(ev->groups) - 1];
}

static void apply_slice(struct itc_node *n)
{
    struct itc_evaluation *ev = &n->evaluation;
    uint32_t left = ev->cone.count - ev->position;
    uint32_t end = ev->position + (left < APPLY_SITES ? left : APPLY_SITES);
    while (ev->position < end) {
        apply_site(n, ev->position++);
        if (ev->position % ITC_CONE_GROUP == 0 || ev->position == ev->cone.count)
            end_group(ev);
    }
    if (ev->position < ev->cone.count)
        return;
    end_tree(ev);
    ev->state = ITC_EVALUATION_SETTLE;
}

bool itc_evaluation_step(struct itc_node *n)
{
    struct itc_evaluation *ev = &n->evaluation;
    switch (ev->state) {
    case ITC_EVALUATION_IDLE:
        return false;
    case ITC_EVALUATION_ORDER:
        if (itc_cone_order(&ev->cone, &n->window, ITC_EVALUATION_ORDER_ROWS))
            ev->state = ITC_EVALUATION_APPLY;
        return false;
    case ITC_EVALUATION_APPLY:
        apply_slice(n);
        return false;
    case ITC_EVALUATION_SETTLE:
        if (!itc_delta_settle(&ev->delta, &n->ledger, SETTLE_BATCH, &ev->state_root))
            return false;
        ev->state = ITC_EVALUATION_DONE;
        return true;
    case ITC_EVALUATION_DONE:
        return true;
    }
    return false;
}

void itc_evaluation_header(
    const struct itc_node *n, uint32_t view, uint64_t time_ms, struct itc_header *out)
{
    const struct itc_evaluation *ev = &n->evaluation;
    const struct itc_chain *c = &n->chain;
    ITC_ASSERT(ev->state == ITC_EVALUATION_DONE);
    *out = (struct itc_header){
        .flags = itc_params_epoch_end(&c->params, ev->index) ? ITC_HEADER_EPOCH_END : 0,
        .work_bits = itc_params_next_work(
            &c->params, ev->index, c->head.work_bits, c->window_bytes + ev->cone.bytes),
        .view = view,
        .index = ev->index,
        .time_ms = time_ms,
        .epoch = itc_params_epoch(&c->params, ev->index),
        .site_count = ev->cone.count,
        .prev = c->head_id,
        .tx_root = ev->tx_root,
        .state_root = ev->state_root,
        .committee = c->committee_hash,
        .next_committee = ev->delta.seats.next_hash,
        .body_hash = ev->body_hash};
    itc_history_root(&c->history, &out->history_root);
}
