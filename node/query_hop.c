/* query_hop.c - for clients that follow the committee: where it changes next, and which one comes. See query.h. */
#include "node/core.h"

static enum itc_err get(const struct itc_node *n, enum itc_cf cf, const struct itc_store_key *key,
    uint8_t *out, size_t cap, size_t *len)
{
    const struct itc_store *s = &n->config.store;
    return s->get(s->ctx, cf, key->b, key->len, out, cap, len);
}

static enum itc_err get_history(void *ctx, uint32_t level, uint64_t index, struct itc_hash *out)
{
    size_t len;
    struct itc_store_key key = itc_key_history(level, index);
    return get(ctx, ITC_CF_HISTORY, &key, out->b, sizeof(out->b), &len);
}

/* The way from the caller's header to milestone `at`, and `next`, which that one names. */
static void answer(struct itc_node *n, uint64_t token, uint64_t trusted, uint64_t at,
    const struct itc_committee *next)
{
    struct itc_hash path[ITC_MERKLE_DEPTH_MAX];
    uint8_t row[ITC_HEADER_SIZE + ITC_CERT_MAX];
    size_t row_len = 0, hashes = 0, len = 0;
    struct itc_store_key key = itc_key_header(at);
    enum itc_err e = get(n, ITC_CF_HEADER, &key, row, sizeof(row), &row_len);
    if (e == ITC_OK && trusted < at)
        e = itc_history_path(trusted, at, get_history, n, path, &hashes);
    if (e != ITC_OK || row_len < ITC_HEADER_SIZE) {
        itc_query_refuse(n, token, ITC_E_UNKNOWN, "that milestone is not held here");
        return;
    }
    const struct itc_handover h = {.jump = {.header = row,
                                       .cert = row + ITC_HEADER_SIZE,
                                       .cert_len = row_len - ITC_HEADER_SIZE,
                                       .path = path[0].b,
                                       .path_len = hashes},
        .next = *next};
    e = itc_handover_encode(n->query.reply, ITC_REPLY_MAX, &len, &h);
    ITC_ASSERT(e == ITC_OK);
    itc_actions_reply(&n->actions, token, n->query.reply, len, n->pbft.vote_batch);
}

static bool is_behind(struct itc_node *n, uint64_t token, uint64_t trusted)
{
    if (trusted <= n->chain.head.index)
        return false;
    itc_query_refuse(
        n, token, ITC_E_BUSY, "this node is behind the header you trust; try again or ask another");
    return true;
}

struct first_row {
    bool found;
    uint32_t epoch; /* from which on the list is in force */
    struct itc_committee_row row;
};

static bool take_first(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct first_row *first = ctx;
    first->found =
        key_len == 4 && itc_committee_row_decode(&first->row, value, value_len) == ITC_OK;
    for (int i = 0; i < 4 && first->found; i++)
        first->epoch = first->epoch << 8 | key[i];
    return false;
}

/* There is a row for each change, convictions too, at the epoch that it begins with; what is applied and not yet in
 * force is the last. */
void itc_query_hop(struct itc_node *n, uint64_t token, uint64_t trusted)
{
    struct first_row first = {.found = false};
    const struct itc_store *s = &n->config.store;
    uint64_t length = n->chain.params.epoch_length;
    if (is_behind(n, token, trusted))
        return;
    struct itc_store_key from = itc_key_committee((uint32_t)(trusted / length + 1));
    s->scan(s->ctx, ITC_CF_COMMITTEE, from.b, from.len, take_first, &first);
    uint64_t border = first.epoch * length;
    if (first.found && border <= n->chain.head.index)
        answer(n, token, trusted, border, &first.row.list);
    else
        itc_query_refuse(
            n, token, ITC_E_UNKNOWN, "the committee has not changed since the header you trust");
}

void itc_query_committee(struct itc_node *n, uint64_t token, uint64_t trusted)
{
    if (!is_behind(n, token, trusted))
        answer(n, token, trusted, n->chain.head.index, &n->ledger.seats.next);
}
