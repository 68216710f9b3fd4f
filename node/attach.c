/* attach.c - see attach.h. */
#include "node/core.h"

/* A parent as the validity rules see it. */
enum parent_state {
    PARENT_OPEN,
    PARENT_FINAL,
    PARENT_MISSING
};

static enum parent_state find_parent(
    const struct itc_node *n, const struct itc_hash *id, uint32_t *index, uint64_t *anchor)
{
    *index = itc_window_find(&n->window, id);
    if (*index != ITC_NONE) {
        *anchor = n->window.infos[*index].anchor;
        return PARENT_OPEN;
    }
    const struct itc_final_id *f = itc_final_ids_find(&n->final_ids, id);
    if (f == NULL)
        return PARENT_MISSING;
    *anchor = f->anchor;
    return PARENT_FINAL;
}

/* Rule 2 of validity: anchors never go back along a path, and no step spans more than depth. */
static enum itc_err check_parent_anchor(
    const struct itc_node *n, uint64_t site_anchor, uint64_t parent_anchor)
{
    if (parent_anchor > site_anchor)
        return ITC_E_ANCHOR;
    if (site_anchor - parent_anchor > n->chain.params.depth)
        return ITC_E_PARENT;
    return ITC_OK;
}

bool itc_attach_known(const struct itc_node *n, const struct itc_hash *id)
{
    return itc_window_find(&n->window, id) != ITC_NONE ||
           itc_final_ids_find(&n->final_ids, id) != NULL;
}

enum itc_err itc_attach_check_parents(const struct itc_node *n, const struct itc_site *s)
{
    for (uint32_t i = 0; i < s->parent_count; i++) {
        uint32_t index;
        uint64_t anchor;
        if (find_parent(n, &s->parents[i], &index, &anchor) == PARENT_MISSING)
            return ITC_E_UNKNOWN;
        enum itc_err e = check_parent_anchor(n, s->anchor, anchor);
        if (e != ITC_OK)
            return e;
    }
    return ITC_OK;
}

enum itc_err itc_attach_site(struct itc_node *n, uint32_t peer, const struct itc_site *s,
    const struct itc_hash *id, const uint8_t *bytes, size_t len, uint64_t arrival)
{
    uint32_t parents[ITC_SITE_PARENTS_MAX];
    uint32_t open = 0;
    struct itc_hash tx_id;
    itc_window_expect(&n->window, id);
    itc_tx_id(&tx_id, &n->chain.id, s->tx_bytes, s->tx_len);
    itc_open_txs_expect(&n->open_txs, &tx_id, &s->tx.issuer, s->tx.seq);
    for (uint32_t i = 0; i < s->parent_count; i++) {
        uint64_t anchor;
        enum parent_state state = find_parent(n, &s->parents[i], &parents[open], &anchor);
        ITC_ASSERT(state != PARENT_MISSING);
        open += state == PARENT_OPEN;
    }
    uint32_t index;
    struct itc_arrival a = {.id = id,
        .bytes = bytes,
        .len = len,
        .arrival = arrival != 0 ? arrival : n->next_arrival,
        .anchor = s->anchor,
        .parents = parents,
        .parent_count = open};
    enum itc_err e = itc_window_add(&n->window, &index, &a);
    if (e != ITC_OK)
        return e;
    itc_tips_attach(&n->tips, &n->window, index);
    itc_open_txs_attach(&n->open_txs, &n->window, index, &s->tx, &tx_id, n->mono_ms);
    itc_conflicts_attach(&n->conflicts, &n->open_txs, &n->window, index, n->mono_ms);
    itc_weight_attach(&n->window, index, n->chain.params.confirm_weight, n->scratch, NULL, NULL);
    n->next_arrival = a.arrival + 1;
    n->stats.counts[ITC_COUNT_SITES_ATTACHED]++;
    n->attached = true;
    if (arrival != 0)
        return ITC_OK;
    struct itc_store_key key = itc_key_body(a.arrival);
    itc_actions_put(&n->actions, ITC_CF_BODY, &key, bytes, len);
    itc_gossip_site(n, peer, bytes, len);
    return ITC_OK;
}
