/* start.c - a node from what its store holds. The order matters: chain, accounts, recent final ids, open sites,
 * votes, pool. A store that was never used gets the rows of genesis instead. Own votes that do not read or do not
 * prove stop no node: it goes on without voting (doubt.h). */
#include "node/core.h"
#include "spv/cursor.h"
#include "spv/mutant.h"

#include <string.h>

static enum itc_err get(const struct itc_node *n, enum itc_cf cf, const struct itc_store_key *key,
    uint8_t *out, size_t cap, size_t *len)
{
    const struct itc_store *s = &n->config.store;
    return s->get(s->ctx, cf, key->b, key->len, out, cap, len);
}

static void scan(const struct itc_node *n, enum itc_cf cf, const struct itc_store_key *from,
    itc_store_row_fn *fn, void *ctx)
{
    const struct itc_store *s = &n->config.store;
    s->scan(s->ctx, cf, from->b, from->len, fn, ctx);
}

/* A scan that stops at the first error. */
struct load {
    struct itc_node *n;
    enum itc_err e;
    uint64_t until; /* cone rows: last milestone of interest */
};

static enum itc_err scan_all(
    struct load *l, enum itc_cf cf, const struct itc_store_key *from, itc_store_row_fn *fn)
{
    l->e = ITC_OK;
    scan(l->n, cf, from, fn, l);
    return l->e;
}

/* --- a new store ------------------------------------------------------------------------------------------ */

static void put_history(void *ctx, uint32_t level, uint64_t index, const struct itc_hash *node)
{
    struct itc_node *n = ctx;
    struct itc_store_key key = itc_key_history(level, index);
    itc_actions_put(&n->actions, ITC_CF_HISTORY, &key, node->b, sizeof(node->b));
}

static void write_genesis(struct itc_node *n)
{
    struct itc_actions *a = &n->actions;
    uint8_t row[ITC_HEAD_ROW], format[4];
    struct itc_writer w = itc_writer_of(format, sizeof(format));
    itc_write_u32(&w, ITC_STORE_FORMAT);
    struct itc_store_key key = itc_key_meta("format");
    itc_actions_put(a, ITC_CF_META, &key, format, sizeof(format));
    key = itc_key_meta("chain");
    itc_actions_put(a, ITC_CF_META, &key, n->chain.id.b, sizeof(n->chain.id.b));
    key = itc_key_meta("head");
    itc_head_row_encode(row, &(struct itc_head_row){.low_arrival = n->next_arrival});
    itc_actions_put(a, ITC_CF_META, &key, row, sizeof(row));
    key = itc_key_header(0);
    itc_actions_put(a, ITC_CF_HEADER, &key, n->chain.head_bytes, ITC_HEADER_SIZE);
    itc_history_add(&n->chain.history, &n->chain.head_id, put_history, n);
    itc_chain_write_committee(n, 0, &(struct itc_committee_row){.list = n->chain.committee});
    a->sync = true;
}

static enum itc_err load_genesis(struct itc_node *n)
{
    struct itc_hash root;
    for (uint32_t i = 0; i < n->genesis.allocation_count; i++) {
        struct itc_allocation al;
        itc_genesis_allocation(&n->genesis, i, &al);
        struct itc_account account = {.balance = al.amount};
        enum itc_err e = itc_ledger_load(&n->ledger, &al.key, &account);
        if (e != ITC_OK)
            return e;
        uint8_t value[ITC_ACCOUNT_VALUE];
        itc_account_encode(value, &account);
        struct itc_store_key key = itc_key_account(&al.key);
        itc_actions_put(&n->actions, ITC_CF_ACCOUNT, &key, value, sizeof(value));
    }
    itc_ledger_loaded(&n->ledger);
    itc_ledger_root(&n->ledger, &root);
    itc_genesis_header(&n->chain.head, &n->genesis, &n->chain.id, &root);
    itc_header_encode(n->chain.head_bytes, &n->chain.head);
    itc_header_id(&n->chain.head_id, &n->chain.id, n->chain.head_bytes);
    itc_chain_remember(&n->chain, &n->chain.head, &n->chain.head_id);
    itc_seats_init(&n->ledger.seats, &n->chain.id, 0, &n->genesis.committee, &n->genesis.committee);
    itc_chain_seat(n);
    write_genesis(n);
    return ITC_OK;
}

/* --- a used store ----------------------------------------------------------------------------------------- */

static enum itc_err load_header(struct itc_node *n, uint64_t index, struct itc_header *h,
    uint8_t row[ITC_HEADER_SIZE + ITC_CERT_MAX], size_t *len)
{
    struct itc_store_key key = itc_key_header(index);
    enum itc_err e = get(n, ITC_CF_HEADER, &key, row, ITC_HEADER_SIZE + ITC_CERT_MAX, len);
    if (e != ITC_OK)
        return e;
    return *len < ITC_HEADER_SIZE ? ITC_E_TRUNCATED : itc_header_decode(h, row, ITC_HEADER_SIZE);
}

static enum itc_err get_history(void *ctx, uint32_t level, uint64_t index, struct itc_hash *out)
{
    const struct itc_node *n = ctx;
    size_t len;
    struct itc_store_key key = itc_key_history(level, index);
    return get(n, ITC_CF_HISTORY, &key, out->b, sizeof(out->b), &len);
}

static enum itc_err load_chain(struct itc_node *n, const struct itc_head_row *head)
{
    struct itc_chain *c = &n->chain;
    uint8_t row[ITC_HEADER_SIZE + ITC_CERT_MAX];
    size_t len;
    uint64_t first = head->index >= c->ring_size ? head->index - c->ring_size + 1 : 0;
    for (uint64_t i = first; i <= head->index; i++) {
        enum itc_err e = load_header(n, i, &c->head, row, &len);
        if (e != ITC_OK)
            return e;
        itc_header_id(&c->head_id, &c->id, row);
        itc_chain_remember(c, &c->head, &c->head_id);
    }
    memcpy(c->head_bytes, row, ITC_HEADER_SIZE);
    c->window_bytes = head->window_bytes;
    if (head->index > 0) {
        enum itc_err e =
            itc_cert_decode(&c->head_cert, row + ITC_HEADER_SIZE, len - ITC_HEADER_SIZE);
        if (e != ITC_OK)
            return e;
    }
    return itc_history_load(&c->history, head->index + 1, get_history, n);
}

/* The lists that the head's header names, and what its epoch has done so far. */
struct load_seats {
    const struct itc_node *n;
    struct itc_committee present, next;
    uint32_t convicted;
    bool taken;
};

static bool load_committee(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct load_seats *l = ctx;
    const struct itc_header *head = &l->n->chain.head;
    struct itc_committee_row row;
    struct itc_hash hash;
    struct itc_store_key next = itc_key_committee(head->epoch + 1);
    if (itc_committee_row_decode(&row, value, value_len) != ITC_OK)
        return false;
    itc_committee_hash(&hash, &l->n->chain.id, &row.list);
    if (itc_hash_equal(&hash, &head->committee))
        l->present = row.list;
    if (itc_hash_equal(&hash, &head->next_committee))
        l->next = row.list;
    if (key_len == next.len && memcmp(key, next.b, key_len) == 0) {
        l->convicted = row.convicted;
        l->taken = row.taken;
    }
    return true;
}

static enum itc_err load_seats(struct itc_node *n)
{
    struct itc_seats *seats = &n->ledger.seats;
    struct load_seats l = {.n = n};
    scan(n, ITC_CF_COMMITTEE, &(struct itc_store_key){.len = 0}, load_committee, &l);
    if (l.present.n == 0 || l.next.n == 0)
        return ITC_E_UNKNOWN;
    itc_seats_init(seats, &n->chain.id, n->chain.head.epoch, &l.present, &l.next);
    seats->convicted = l.convicted;
    seats->taken = l.taken;
    if (n->chain.head.flags & ITC_HEADER_EPOCH_END)
        itc_seats_turn(seats);
    itc_chain_seat(n);
    return ITC_OK;
}

static bool load_account(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct load *l = ctx;
    struct itc_key account_key;
    struct itc_account account;
    l->e = key_len == sizeof(account_key.b) ? itc_account_decode(&account, value, value_len)
                                            : ITC_E_FORM;
    if (l->e == ITC_OK) {
        memcpy(account_key.b, key, sizeof(account_key.b));
        l->e = itc_ledger_load(&l->n->ledger, &account_key, &account);
    }
    return l->e == ITC_OK;
}

static enum itc_err load_accounts(struct load *l)
{
    struct itc_node *n = l->n;
    struct itc_hash root;
    enum itc_err e = scan_all(l, ITC_CF_ACCOUNT, &(struct itc_store_key){.len = 0}, load_account);
    if (e != ITC_OK)
        return e;
    itc_ledger_loaded(&n->ledger);
    itc_ledger_root(&n->ledger, &root);
    return itc_hash_equal(&root, &n->chain.head.state_root) ? ITC_OK : ITC_E_PROOF;
}

static uint64_t big_endian(const uint8_t *b, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | b[i];
    return v;
}

static bool load_cone(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct load *l = ctx;
    if (key_len != 12) {
        l->e = ITC_E_FORM;
        return false;
    }
    uint64_t milestone = big_endian(key, 8);
    if (milestone > l->until)
        return false;
    uint64_t chunk = big_endian(key + 8, 4);
    if (chunk == ITC_CONE_BODY_CHUNK || chunk == ITC_CONE_TREE_CHUNK)
        return true;
    for (size_t at = 0; at + ITC_CONE_ENTRY <= value_len && l->e == ITC_OK; at += ITC_CONE_ENTRY) {
        struct itc_cone_entry entry;
        l->e = itc_cone_entry_decode(&entry, value + at, ITC_CONE_ENTRY);
        if (l->e == ITC_OK)
            l->e = itc_final_ids_add(&l->n->final_ids, &entry.site_id, entry.anchor, milestone);
    }
    return l->e == ITC_OK;
}

/* Bytes from low_arrival on are open sites, or of sites that became final since; parents come first. */
static bool load_site(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct load *l = ctx;
    struct itc_node *n = l->n;
    if (key_len != 8) {
        l->e = ITC_E_FORM;
        return false;
    }
    uint64_t arrival = big_endian(key, 8);
    if (n->next_arrival <= arrival)
        n->next_arrival = arrival + 1;
    struct itc_site site;
    enum itc_err e = itc_site_decode(&site, value, value_len);
    if (e == ITC_OK && site.anchor < itc_chain_least_anchor(&n->chain, n->chain.head.index + 1))
        return true; /* let go as too old before, or its time is over now; there may be a great many */
    if (e == ITC_OK)
        e = itc_intake_settled(n, ITC_NONE, value, value_len, arrival);
    /* Final already, or dropped before with its parents: both are as they should be. */
    if (e != ITC_OK && e != ITC_E_DUPLICATE && e != ITC_E_PARENT)
        l->e = e;
    return l->e == ITC_OK;
}

static bool load_vote(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct load *l = ctx;
    struct itc_node *n = l->n;
    struct itc_vote_row row;
    enum itc_err e = itc_vote_row_decode(&row, key, key_len, value, value_len);
    bool open = e == ITC_OK && row.slot.index == n->chain.head.index + 1;
    if (n->validator == ITC_NO_VALIDATOR || (e == ITC_OK && !open))
        return true;
    if (e == ITC_OK)
        e = itc_doubt_check_row(n, &row);
    if (e == ITC_OK)
        e = itc_pbft_restore(n, &row);
    if (e != ITC_OK)
        itc_doubt_begin(n, ITC_DOUBT_DAMAGED, 0);
    return e == ITC_OK;
}

static bool load_pool(
    void *ctx, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
    struct load *l = ctx;
    (void)key;
    (void)key_len;
    l->e = itc_issue_restore(l->n, value, value_len);
    return l->e == ITC_OK;
}

static enum itc_err load_used(struct itc_node *n, const struct itc_head_row *head)
{
    struct load l = {.n = n, .until = head->index};
    enum itc_err e = load_chain(n, head);
    if (e == ITC_OK)
        e = load_seats(n);
    if (e == ITC_OK)
        e = load_accounts(&l);
    if (e != ITC_OK)
        return e;
    uint64_t span = 3 * (uint64_t)n->chain.params.depth;
    struct itc_store_key from = itc_key_cone(head->index > span ? head->index - span : 0, 0);
    e = scan_all(&l, ITC_CF_CONE, &from, load_cone);
    n->next_arrival = head->low_arrival;
    from = itc_key_body(head->low_arrival);
    if (e == ITC_OK)
        e = scan_all(&l, ITC_CF_BODY, &from, load_site);
    itc_window_age(&n->window, itc_chain_tip_anchor(&n->chain));
    from.len = 0;
    itc_pbft_init(n);
    if (e == ITC_OK)
        e = itc_doubt_load(n);
    if (e == ITC_OK && !ITC_MUTANT("votes-forgotten"))
        e = scan_all(&l, ITC_CF_VOTE, &from, load_vote);
    if (e == ITC_OK)
        e = scan_all(&l, ITC_CF_POOL, &from, load_pool);
    return e;
}

enum itc_err itc_node_load(struct itc_node *n)
{
    uint8_t row[64];
    size_t len;
    struct itc_head_row head;
    struct itc_store_key key = itc_key_meta("format");
    n->next_arrival = 1;
    enum itc_err e = get(n, ITC_CF_META, &key, row, sizeof(row), &len);
    if (e == ITC_E_UNKNOWN) {
        e = load_genesis(n);
        itc_pbft_init(n);
        return e == ITC_OK ? itc_doubt_load(n) : e;
    }
    struct itc_reader r = itc_reader_of(row, len);
    if (e != ITC_OK || itc_read_u32(&r) != ITC_STORE_FORMAT || itc_reader_end(&r) != ITC_OK)
        return ITC_E_VERSION;
    key = itc_key_meta("chain");
    e = get(n, ITC_CF_META, &key, row, sizeof(row), &len);
    if (e != ITC_OK || len != sizeof(n->chain.id.b) || memcmp(row, n->chain.id.b, len) != 0)
        return ITC_E_CHAIN;
    key = itc_key_meta("head");
    e = get(n, ITC_CF_META, &key, row, sizeof(row), &len);
    if (e == ITC_OK)
        e = itc_head_row_decode(&head, row, len);
    return e == ITC_OK ? load_used(n, &head) : e;
}
