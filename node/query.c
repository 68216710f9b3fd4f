/* query.c - see query.h. */
#include "node/core.h"

#include <string.h>

#define PATH_BYTES (ITC_MERKLE_DEPTH_MAX * sizeof(struct itc_hash))

/* What a reply that proves something is made of: bytes that its fields borrow until it is encoded. */
struct parts {
    uint8_t cert[ITC_CERT_MAX];
    struct itc_hash jump_path[ITC_MERKLE_DEPTH_MAX];
    struct itc_hash history_path[ITC_MERKLE_DEPTH_MAX];
    struct itc_hash tx_path[ITC_MERKLE_DEPTH_MAX];
    uint8_t header[ITC_HEADER_SIZE + ITC_CERT_MAX];
    uint8_t site[ITC_SITE_MAX];
    uint8_t chunk[ITC_CONE_CHUNK * ITC_CONE_ENTRY];
    size_t chunk_len;
};

/* Of a group's leaves, or of the groups. */
static size_t tree_bytes(uint32_t cone_sites_max)
{
    uint32_t groups = ITC_CONE_GROUPS(cone_sites_max);
    return ITC_MERKLE_TREE(groups > ITC_CONE_GROUP ? groups : ITC_CONE_GROUP) *
           sizeof(struct itc_hash);
}

size_t itc_query_size(uint32_t waits, uint32_t cone_sites_max)
{
    return itc_mem_rounded(waits * sizeof(struct itc_wait)) +
           itc_mem_rounded(tree_bytes(cone_sites_max)) + itc_mem_rounded(ITC_REPLY_MAX);
}

void itc_query_init(
    struct itc_query *q, struct itc_mem *mem, uint32_t waits, uint32_t cone_sites_max)
{
    q->waits = itc_mem_take(mem, waits * sizeof(struct itc_wait));
    q->tree_bytes = tree_bytes(cone_sites_max);
    q->tree = itc_mem_take(mem, q->tree_bytes);
    q->reply = itc_mem_take(mem, ITC_REPLY_MAX);
    q->waits_max = waits;
    q->waits_count = 0;
    q->weighed = 0;
}

void itc_query_refuse(struct itc_node *n, uint64_t token, enum itc_err e, const char *text)
{
    uint8_t reply[256];
    n->stats.client_refused[e]++;
    size_t len = itc_reply_error(reply, sizeof(reply), e, text);
    itc_actions_reply(&n->actions, token, reply, len, 0);
}

/* Sends n->query.reply. What speaks of final things leaves only when our own votes for them are durable. */
static void answer(struct itc_node *n, uint64_t token, enum itc_err e, size_t len)
{
    ITC_ASSERT(e == ITC_OK);
    itc_actions_reply(&n->actions, token, n->query.reply, len, n->pbft.vote_batch);
}

static enum itc_err get_row(void *ctx, enum itc_cf cf, const struct itc_store_key *key,
    uint8_t *out, size_t cap, size_t *len)
{
    const struct itc_node *n = ctx;
    const struct itc_store *s = &n->config.store;
    return s->get(s->ctx, cf, key->b, key->len, out, cap, len);
}

static enum itc_err get_history(void *ctx, uint32_t level, uint64_t index, struct itc_hash *out)
{
    size_t len;
    struct itc_store_key key = itc_key_history(level, index);
    enum itc_err e = get_row(ctx, ITC_CF_HISTORY, &key, out->b, sizeof(out->b), &len);
    return e == ITC_OK && len != sizeof(out->b) ? ITC_E_UNKNOWN : e;
}

/* The way from the caller's trusted header to our head. */
static enum itc_err make_jump(
    struct itc_node *n, uint64_t trusted, struct parts *p, struct itc_jump *out)
{
    const struct itc_chain *c = &n->chain;
    size_t hashes = 0;
    if (trusted > c->head.index)
        return ITC_E_BUSY;
    if (trusted < c->head.index) {
        enum itc_err e =
            itc_history_path(trusted, c->head.index, get_history, n, p->jump_path, &hashes);
        if (e != ITC_OK)
            return e;
    }
    *out = (struct itc_jump){.header = c->head_bytes,
        .cert = p->cert,
        .cert_len = c->head.index == 0 ? 0 : itc_cert_encode(p->cert, &c->head_cert),
        .path = p->jump_path[0].b,
        .path_len = hashes};
    return ITC_OK;
}

static void query_info(struct itc_node *n, uint64_t token)
{
    struct itc_info info;
    size_t len;
    itc_node_info(n, &info);
    enum itc_err e = itc_info_encode(n->query.reply, ITC_REPLY_MAX, &len, &info);
    answer(n, token, e, len);
}

static void query_jump(struct itc_node *n, uint64_t token, uint64_t trusted)
{
    struct parts parts;
    struct itc_jump jump;
    size_t len;
    enum itc_err e = make_jump(n, trusted, &parts, &jump);
    if (e != ITC_OK) {
        itc_query_refuse(
            n, token, e, "this node is behind the header you trust; try again or ask another");
        return;
    }
    e = itc_jump_encode(n->query.reply, ITC_REPLY_MAX, &len, &jump);
    answer(n, token, e, len);
}

/* One more than the issuer may run ahead here: so nobody is told that a number is free which is not, and who is told of
 * one that is too far ahead is refused for that. */
static void open_hints(
    const struct itc_node *n, const struct itc_key *key, struct itc_account_reply *out)
{
    const struct itc_account *a = itc_ledger_find(&n->ledger, key);
    if (a == NULL)
        return;
    out->open_next_seq = a->next_seq;
    for (uint32_t i = 0; i <= ITC_ISSUE_AHEAD; i++) {
        uint32_t tx = itc_open_txs_spender(&n->open_txs, key, out->open_next_seq);
        if (tx == ITC_NONE || itc_amount_add(&out->open_spent, out->open_spent,
                                  n->open_txs.entries[tx].spends) != ITC_OK)
            return;
        out->open_next_seq++;
    }
}

static void query_account(struct itc_node *n, uint64_t token, const struct itc_request *r)
{
    struct parts parts;
    struct itc_account_reply a = {0};
    struct itc_hash state_key;
    uint8_t proof[1 + 64 + 2 + ITC_SMT_DEPTH_MAX * 32], value[ITC_ACCOUNT_VALUE];
    size_t len;
    enum itc_err e = make_jump(n, r->u.account.trusted, &parts, &a.jump);
    if (e != ITC_OK) {
        itc_query_refuse(
            n, token, e, "this node is behind the header you trust; try again or ask another");
        return;
    }
    itc_state_key(&state_key, ITC_STATE_ACCOUNT, r->u.account.key.b, sizeof(r->u.account.key.b));
    e = itc_state_tree_prove(&n->ledger.tree, &state_key, proof, sizeof(proof), &a.proof_len);
    ITC_ASSERT(e == ITC_OK);
    a.proof = proof;
    const struct itc_account *account = itc_ledger_find(&n->ledger, &r->u.account.key);
    if (account != NULL) {
        itc_account_encode(value, account);
        a.value = value;
    }
    open_hints(n, &r->u.account.key, &a);
    e = itc_account_reply_encode(n->query.reply, ITC_REPLY_MAX, &len, &a);
    answer(n, token, e, len);
}

static enum itc_err find_entry(
    struct itc_node *n, const struct itc_tx_at *at, struct parts *p, struct itc_cone_entry *out)
{
    struct itc_store_key key = itc_key_cone(at->milestone, at->position / ITC_CONE_CHUNK);
    enum itc_err e = get_row(n, ITC_CF_CONE, &key, p->chunk, sizeof(p->chunk), &p->chunk_len);
    size_t offset = (size_t)(at->position % ITC_CONE_CHUNK) * ITC_CONE_ENTRY;
    if (e != ITC_OK || offset + ITC_CONE_ENTRY > p->chunk_len)
        return ITC_E_UNKNOWN;
    return itc_cone_entry_decode(out, p->chunk + offset, ITC_CONE_ENTRY);
}

/* The tx inside a stored site; borrows parts->site. */
static enum itc_err find_tx_bytes(
    struct itc_node *n, uint64_t arrival, struct parts *p, const uint8_t **tx, size_t *tx_len)
{
    struct itc_site s;
    size_t len;
    struct itc_store_key key = itc_key_body(arrival);
    enum itc_err e = get_row(n, ITC_CF_BODY, &key, p->site, sizeof(p->site), &len);
    if (e == ITC_OK)
        e = itc_site_decode(&s, p->site, len);
    if (e != ITC_OK)
        return e;
    *tx = s.tx_bytes;
    *tx_len = s.tx_len;
    return ITC_OK;
}

static void status_open(struct itc_node *n, uint32_t entry, struct itc_tx_status *out)
{
    const struct itc_open_tx *t = &n->open_txs.entries[entry];
    uint32_t threshold = n->chain.params.confirm_weight;
    struct itc_site s;
    size_t len;
    const uint8_t *bytes = itc_window_bytes(&n->window, t->site, &len);
    n->query.weighed++;
    out->stage = itc_open_txs_confirmed(&n->open_txs, &n->window, entry, threshold, n->mono_ms)
                     ? ITC_STAGE_CONFIRMED
                     : ITC_STAGE_PENDING;
    out->weight = itc_open_txs_hint(&n->open_txs, &n->window, entry);
    if (itc_site_decode(&s, bytes, len) == ITC_OK) {
        out->tx = s.tx_bytes;
        out->tx_len = s.tx_len;
    }
}

/* What a milestone said of it, if that stands or nothing else is known. False: no such word. */
static bool status_ended(
    struct itc_node *n, const struct itc_hash *id, struct parts *p, struct itc_tx_status *out)
{
    struct itc_tx_at at;
    struct itc_cone_entry entry;
    if (itc_tx_at_find(&n->config.store, id, &at) != ITC_OK)
        return false;
    if (!itc_verdict_is_final(at.verdict) && (itc_open_txs_find(&n->open_txs, id) != ITC_NONE ||
                                                 itc_pool_find(&n->pool, id) != ITC_NONE))
        return false;
    *out = (struct itc_tx_status){.stage = ITC_STAGE_FINAL,
        .verdict = at.verdict,
        .milestone = at.milestone,
        .position = at.position};
    if (find_entry(n, &at, p, &entry) == ITC_OK)
        (void)!find_tx_bytes(n, entry.arrival, p, &out->tx, &out->tx_len);
    return true;
}

static void status_now(struct itc_node *n, const struct itc_hash *id, struct itc_tx_status *out)
{
    uint32_t open = itc_open_txs_find(&n->open_txs, id);
    uint32_t pool = itc_pool_find(&n->pool, id);
    *out = (struct itc_tx_status){.stage = ITC_STAGE_UNKNOWN};
    if (open != ITC_NONE) {
        status_open(n, open, out);
    } else if (pool != ITC_NONE) {
        out->stage = ITC_STAGE_WAITING;
        out->tx = itc_slab_get(&n->pool.bodies, n->pool.txs[pool].body, &out->tx_len);
    }
}

/* False: not final yet and the caller is willing to wait. Who waits asks for no weight: many may, at each milestone. */
static bool query_tx(struct itc_node *n, uint64_t token, const struct itc_request *r, bool may_wait)
{
    struct parts parts;
    struct itc_tx_status s;
    size_t len;
    if (!status_ended(n, &r->u.tx.id, &parts, &s)) {
        if (may_wait && r->u.tx.wait_ms > 0)
            return false;
        status_now(n, &r->u.tx.id, &s);
    }
    enum itc_err e = itc_tx_status_encode(n->query.reply, ITC_REPLY_MAX, &len, &s);
    answer(n, token, e, len);
    return true;
}

/* Path of the entry at `at` in its group, which is in the chunk that find_entry has read, of a milestone of `count`. */
static enum itc_err make_group_path(
    struct itc_node *n, uint32_t at, uint32_t count, struct parts *p, size_t *hashes)
{
    struct itc_hash *tree = n->query.tree;
    uint32_t first = at - at % ITC_CONE_GROUP;
    uint32_t leaves = count - first < ITC_CONE_GROUP ? count - first : ITC_CONE_GROUP;
    size_t offset = (size_t)(first % ITC_CONE_CHUNK) * ITC_CONE_ENTRY;
    for (uint32_t i = 0; i < leaves; i++, offset += ITC_CONE_ENTRY) {
        struct itc_cone_entry entry;
        if (offset + ITC_CONE_ENTRY > p->chunk_len ||
            itc_cone_entry_decode(&entry, p->chunk + offset, ITC_CONE_ENTRY) != ITC_OK)
            return ITC_E_UNKNOWN;
        itc_tx_leaf(&tree[i], &entry.site_id, &entry.tx_id, entry.verdict);
    }
    itc_merkle_tree(tree, leaves);
    itc_merkle_path(p->tx_path, hashes, tree, at - first, leaves);
    return ITC_OK;
}

/* Path of the site at `at` in its milestone's tx_root: to the root of its group, and from there on. */
static enum itc_err make_tx_path(
    struct itc_node *n, const struct itc_tx_at *at, uint32_t count, struct parts *p, size_t *hashes)
{
    struct itc_hash *tree = n->query.tree;
    size_t len, above;
    if (count > n->chain.params.cone_sites_max || at->position >= count)
        return ITC_E_UNKNOWN;
    uint32_t groups = ITC_CONE_GROUPS(count);
    enum itc_err e = make_group_path(n, at->position, count, p, hashes);
    if (e != ITC_OK || groups == 1)
        return e;
    struct itc_store_key key = itc_key_cone(at->milestone, ITC_CONE_TREE_CHUNK);
    e = get_row(n, ITC_CF_CONE, &key, tree[0].b, n->query.tree_bytes, &len);
    if (e != ITC_OK || len != itc_merkle_tree_len(groups) * sizeof(tree[0]))
        return ITC_E_UNKNOWN;
    itc_merkle_path(p->tx_path + *hashes, &above, tree, at->position / ITC_CONE_GROUP, groups);
    *hashes += above;
    return ITC_OK;
}

static enum itc_err make_proof(
    struct itc_node *n, const struct itc_hash *id, struct parts *p, struct itc_tx_proof *out)
{
    struct itc_tx_at at = {0};
    struct itc_cone_entry entry = {0};
    struct itc_header header;
    size_t len;
    enum itc_err e = itc_tx_at_find(&n->config.store, id, &at);
    if (e == ITC_OK)
        e = find_entry(n, &at, p, &entry);
    if (e == ITC_OK)
        e = find_tx_bytes(n, entry.arrival, p, &out->tx, &out->tx_len);
    struct itc_store_key key = itc_key_header(at.milestone);
    if (e == ITC_OK)
        e = get_row(n, ITC_CF_HEADER, &key, p->header, sizeof(p->header), &len);
    if (e == ITC_OK)
        e = itc_header_decode(&header, p->header, ITC_HEADER_SIZE);
    if (e == ITC_OK)
        e = make_tx_path(n, &at, header.site_count, p, &out->tx_path_len);
    if (e == ITC_OK && at.milestone < n->chain.head.index)
        e = itc_history_path(at.milestone, n->chain.head.index, get_history, n, p->history_path,
            &out->history_path_len);
    out->header = p->header;
    out->history_path = p->history_path[0].b;
    out->site_id = entry.site_id;
    out->verdict = entry.verdict;
    out->position = at.position;
    out->tx_path = p->tx_path[0].b;
    return e;
}

static void query_proof(struct itc_node *n, uint64_t token, const struct itc_request *r)
{
    struct parts parts;
    struct itc_proof_reply reply = {0};
    size_t len;
    enum itc_err e = make_jump(n, r->u.proof.trusted, &parts, &reply.jump);
    if (e == ITC_OK)
        e = make_proof(n, &r->u.proof.id, &parts, &reply.proof);
    if (e != ITC_OK) {
        itc_query_refuse(n, token, e, "no milestone known to this node holds that transaction");
        return;
    }
    e = itc_proof_reply_encode(n->query.reply, ITC_REPLY_MAX, &len, &reply);
    answer(n, token, e, len);
}

struct payment_scan {
    const struct itc_key *key;
    struct itc_payments list;
};

/* Keys are receiver 32 | milestone 8 | position 4, big-endian. */
static bool add_payment(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct payment_scan *scan = ctx;
    struct itc_payment *p = &scan->list.list[scan->list.count];
    if (key_len != 44 || value_len != sizeof(p->tx_id.b) || memcmp(key, scan->key->b, 32) != 0)
        return false;
    if (scan->list.count == ITC_PAYMENTS_MAX) {
        scan->list.more = true;
        return false;
    }
    *p = (struct itc_payment){0};
    for (int i = 0; i < 8; i++)
        p->milestone = p->milestone << 8 | key[32 + i];
    for (int i = 0; i < 4; i++)
        p->position = p->position << 8 | key[40 + i];
    memcpy(p->tx_id.b, value, sizeof(p->tx_id.b));
    scan->list.count++;
    return true;
}

static bool query_payments(
    struct itc_node *n, uint64_t token, const struct itc_request *r, bool may_wait)
{
    struct payment_scan scan = {.key = &r->u.payments.key};
    const struct itc_store *s = &n->config.store;
    uint64_t milestone = r->u.payments.milestone;
    uint32_t position = r->u.payments.position;
    size_t len;
    if (position != UINT32_MAX)
        position++;
    else if (milestone != UINT64_MAX)
        milestone++, position = 0;
    struct itc_store_key from = itc_key_paid(&r->u.payments.key, milestone, position);
    s->scan(s->ctx, ITC_CF_PAID, from.b, from.len, add_payment, &scan);
    if (may_wait && scan.list.count == 0 && r->u.payments.wait_ms > 0)
        return false;
    enum itc_err e = itc_payments_encode(n->query.reply, ITC_REPLY_MAX, &len, &scan.list);
    answer(n, token, e, len);
    return true;
}

static void query_milestone(struct itc_node *n, uint64_t token, uint64_t index)
{
    uint8_t row[ITC_HEADER_SIZE + ITC_CERT_MAX];
    size_t row_len = 0, len;
    struct itc_store_key key = itc_key_header(index == ITC_LATEST ? n->chain.head.index : index);
    if (get_row(n, ITC_CF_HEADER, &key, row, sizeof(row), &row_len) != ITC_OK) {
        itc_query_refuse(n, token, ITC_E_UNKNOWN, "no milestone of that index is final here");
        return;
    }
    struct itc_milestone_reply m = {
        .header = row, .cert = row + ITC_HEADER_SIZE, .cert_len = row_len - ITC_HEADER_SIZE};
    enum itc_err e = itc_milestone_reply_encode(n->query.reply, ITC_REPLY_MAX, &len, &m);
    answer(n, token, e, len);
}

static bool wait_for(
    struct itc_node *n, uint64_t token, const struct itc_request *r, uint32_t wait_ms)
{
    struct itc_query *q = &n->query;
    for (uint32_t i = 0; i < q->waits_max; i++) {
        if (q->waits[i].token != 0)
            continue;
        q->waits[i] =
            (struct itc_wait){.token = token, .until_ms = n->mono_ms + wait_ms, .request = *r};
        q->waits_count++;
        return true;
    }
    return false;
}

/* Answers a request that can wait; false: it wants to, and may. */
static bool answer_wait(
    struct itc_node *n, uint64_t token, const struct itc_request *r, bool may_wait)
{
    return r->op == ITC_OP_TX ? query_tx(n, token, r, may_wait)
                              : query_payments(n, token, r, may_wait);
}

void itc_query_request(struct itc_node *n, uint64_t token, const uint8_t *bytes, size_t len)
{
    struct itc_request r;
    enum itc_err e = itc_request_decode(&r, bytes, len);
    if (e != ITC_OK) {
        itc_query_refuse(n, token, e, itc_err_text(e));
        return;
    }
    switch (r.op) {
    case ITC_OP_INFO:
        query_info(n, token);
        break;
    case ITC_OP_SUBMIT:
        itc_issue_submit(n, token, r.u.submit.bytes, r.u.submit.len);
        break;
    case ITC_OP_JUMP:
        query_jump(n, token, r.u.jump.trusted);
        break;
    case ITC_OP_ACCOUNT:
        query_account(n, token, &r);
        break;
    case ITC_OP_PROOF:
        query_proof(n, token, &r);
        break;
    case ITC_OP_MILESTONE:
        query_milestone(n, token, r.u.milestone.index);
        break;
    case ITC_OP_HOP:
        itc_query_hop(n, token, r.u.jump.trusted);
        break;
    case ITC_OP_COMMITTEE:
        itc_query_committee(n, token, r.u.jump.trusted);
        break;
    case ITC_OP_TX:
    case ITC_OP_PAYMENTS:
        if (!answer_wait(n, token, &r, true) &&
            !wait_for(n, token, &r, r.op == ITC_OP_TX ? r.u.tx.wait_ms : r.u.payments.wait_ms))
            answer_wait(n, token, &r, false);
        break;
    }
}

static void visit_waits(struct itc_node *n, bool moved)
{
    struct itc_query *q = &n->query;
    for (uint32_t i = 0; i < q->waits_max && q->waits_count > 0; i++) {
        struct itc_wait *w = &q->waits[i];
        bool over = n->mono_ms >= w->until_ms;
        if (w->token == 0 || (!moved && !over) || !answer_wait(n, w->token, &w->request, !over))
            continue;
        w->token = 0;
        q->waits_count--;
    }
}

void itc_query_head_moved(struct itc_node *n)
{
    visit_waits(n, true);
}

void itc_query_tick(struct itc_node *n)
{
    visit_waits(n, false);
}
