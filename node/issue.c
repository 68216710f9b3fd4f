/* issue.c - see issue.h. */
#include "node/core.h"
#include "spv/cursor.h"

#include <string.h>

#define GAP_MAX 16 /* how far a seq may run ahead of a gap among those that are known */
#define WEIGH_CONFLICTS_MS 10
#define LINE_UP_TRIES 64
#define TURNS_AHEAD 16 /* sites of one issuer, made here or not, that wait for their turn */
/* How long a tx without valid_until is kept, in milestones: as many as this time holds at most, and at least so many
 * times depth. */
#define PATIENCE_MS 600000u
#define PATIENCE_DEPTHS 16

static void submitted(struct itc_node *n, uint64_t token, const struct itc_hash *id, uint64_t after)
{
    uint8_t reply[64];
    size_t len;
    enum itc_err e = itc_submitted_encode(reply, sizeof(reply), &len, id);
    ITC_ASSERT(e == ITC_OK);
    itc_actions_reply(&n->actions, token, reply, len, after);
}

static void refuse(struct itc_node *n, uint64_t token, enum itc_err e, const char *text)
{
    n->stats.counts[ITC_COUNT_TXS_REFUSED]++;
    itc_query_refuse(n, token, e, text);
}

/* Whether a milestone gave this tx a verdict that stands. */
static bool is_final(struct itc_node *n, const struct itc_hash *id)
{
    struct itc_tx_at at;
    return itc_tx_at_find(&n->config.store, id, &at) == ITC_OK && itc_verdict_is_final(at.verdict);
}

/* Whether a lower sequence number, for which this node knows no tx, lies too far below: what cannot apply must not
 * fill the pool. A short way is granted, for the missing one may be on its way from another node. */
static bool far_above_a_gap(const struct itc_node *n, const struct itc_tx *tx, uint64_t next_seq)
{
    for (uint64_t seq = next_seq; seq + GAP_MAX < tx->seq; seq++) {
        if (itc_pool_spender(&n->pool, &tx->issuer, seq) == ITC_NONE &&
            itc_open_txs_spender(&n->open_txs, &tx->issuer, seq) == ITC_NONE)
            return true;
    }
    return false;
}

/* What the ledger and the account's own open txs say. NULL if nothing is against it. */
static const char *against_ledger(
    const struct itc_node *n, const struct itc_tx *tx, enum itc_err *e)
{
    const struct itc_account *a = itc_ledger_find(&n->ledger, &tx->issuer);
    *e = ITC_E_UNKNOWN;
    if (a == NULL)
        return "the issuer has no account yet; it begins with a first payment to its address";
    *e = ITC_E_SEQUENCE;
    if (tx->seq < a->next_seq)
        return "the sequence number was used already; ask for the account's next one";
    if (tx->seq - a->next_seq > ITC_ISSUE_AHEAD)
        return "the sequence number is too far ahead of the account's next one";
    if (itc_pool_spender(&n->pool, &tx->issuer, tx->seq) != ITC_NONE)
        return "another transaction of that sequence number is waiting here";
    if (far_above_a_gap(n, tx, a->next_seq))
        return "a transaction of a lower sequence number is missing; send that one first";
    *e = ITC_E_EXPIRED;
    if (tx->valid_until != 0 && tx->valid_until <= n->chain.head.index)
        return "valid_until lies in the past; sign the transaction anew";
    const struct itc_seats *seats = &n->ledger.seats;
    *e = ITC_E_QUORUM;
    if (tx->kind == ITC_KIND_COMMITTEE &&
        (tx->u.change.epoch != seats->epoch || seats->taken ||
            !itc_hash_equal(&tx->u.change.present, &seats->present_hash)))
        return "the change is for another epoch or committee, or this epoch has its change already";
    *e = ITC_E_FUNDS;
    if (tx->kind != ITC_KIND_TRANSFER)
        return NULL;
    const struct itc_transfer *t = &tx->u.transfer;
    if (t->amount.grains > a->balance.grains)
        return "the balance does not cover the amount";
    uint64_t rest = a->balance.grains - t->amount.grains;
    *e = ITC_E_DUST;
    if (!t->close && rest < n->chain.params.dust.grains)
        return "a transfer must leave the dust limit behind, or close the account by sending all "
               "of it";
    if (itc_ledger_find(&n->ledger, &t->to) == NULL &&
        t->amount.grains < n->chain.params.dust.grains)
        return "a first payment to a new account must be at least the dust limit";
    return NULL;
}

void itc_issue_submit(struct itc_node *n, uint64_t token, const uint8_t *bytes, size_t len)
{
    struct itc_tx tx;
    struct itc_hash id;
    uint32_t entry;
    enum itc_err e = itc_tx_decode(&tx, bytes, len);
    if (e == ITC_OK && !itc_tx_fits(&tx, len, n->chain.params.tx_size_max))
        e = ITC_E_TOO_LARGE;
    if (e != ITC_OK) {
        refuse(n, token, e, itc_err_text(e));
        return;
    }
    itc_tx_id(&id, &n->chain.id, bytes, len);
    entry = itc_pool_find(&n->pool, &id);
    if (entry != ITC_NONE && n->pool.txs[entry].state == ITC_POOL_CHECKING) {
        refuse(n, token, ITC_E_BUSY, "the same transaction is being checked; try again");
        return;
    }
    if (entry != ITC_NONE || is_final(n, &id)) { /* sent twice: acknowledged twice */
        n->actions.sync = true;
        submitted(n, token, &id, n->actions.last_batch);
        return;
    }
    const char *why = against_ledger(n, &tx, &e);
    if (why == NULL) {
        e = itc_pool_add(&n->pool, &entry, &id, &tx, bytes, len);
        why =
            "this node holds as many unfinished transactions as it can; try later or another node";
    }
    if (e != ITC_OK) {
        refuse(n, token, e, why);
        return;
    }
    n->pool.txs[entry].token = token;
    n->pool.txs[entry].accepted = n->chain.head.index;
    n->pool.txs[entry].job = itc_node_verify(n, ITC_JOB_TX, entry, &tx.issuer, &id, &tx.sig);
}

/* The signature is good: acknowledged once it is durable. */
static void accept(struct itc_node *n, uint32_t entry)
{
    struct itc_pool_tx *t = &n->pool.txs[entry];
    size_t len;
    const uint8_t *tx = itc_slab_get(&n->pool.bodies, t->body, &len);
    struct itc_store_key key = itc_key_pool(&t->id);
    itc_actions_put(&n->actions, ITC_CF_POOL, &key, tx, len);
    n->actions.sync = true;
    n->stats.counts[ITC_COUNT_TXS_SUBMITTED]++;
    submitted(n, t->token, &t->id, itc_actions_batch(&n->actions));
    if (itc_open_txs_find(&n->open_txs, &t->id) != ITC_NONE)
        t->state = ITC_POOL_OPEN; /* another node has attached it */
    else
        itc_pool_queue(&n->pool, entry, 0);
}

void itc_issue_verified(struct itc_node *n, uint64_t job, bool good)
{
    uint32_t entry = itc_job_owner(job);
    struct itc_pool_tx *t = &n->pool.txs[entry];
    if (t->state != ITC_POOL_CHECKING || t->job != job)
        return;
    if (good) {
        accept(n, entry);
        return;
    }
    refuse(n, t->token, ITC_E_SIGNATURE, itc_err_text(ITC_E_SIGNATURE));
    itc_pool_remove(&n->pool, entry);
}

enum itc_err itc_issue_restore(struct itc_node *n, const uint8_t *bytes, size_t len)
{
    struct itc_tx tx;
    struct itc_hash id;
    uint32_t entry;
    enum itc_err e = itc_tx_decode(&tx, bytes, len);
    if (e != ITC_OK)
        return e;
    itc_tx_id(&id, &n->chain.id, bytes, len);
    e = itc_pool_add(&n->pool, &entry, &id, &tx, bytes, len);
    if (e != ITC_OK)
        return e;
    n->pool.txs[entry].accepted = n->chain.head.index;
    if (itc_open_txs_find(&n->open_txs, &id) != ITC_NONE)
        n->pool.txs[entry].state = ITC_POOL_OPEN;
    else
        itc_pool_queue(&n->pool, entry, 0);
    return ITC_OK;
}

static void finish(struct itc_node *n, uint32_t entry)
{
    struct itc_store_key key = itc_key_pool(&n->pool.txs[entry].id);
    itc_actions_delete(&n->actions, ITC_CF_POOL, &key);
    itc_pool_remove(&n->pool, entry);
}

/* Whether the tx may be attached now. A site's past holds its issuer's previous tx, or that is final: so a milestone
 * applies an account's txs in their order, however many it holds. *site: the open site to build on, or ITC_NONE. Of several
 * that carry the previous tx it is the one with the newest anchor: a stranger may attach it again, anchored as he likes. */
static bool predecessor(const struct itc_node *n, const struct itc_pool_tx *t, uint32_t *site)
{
    const struct itc_account *a = itc_ledger_find(&n->ledger, &t->issuer);
    *site = ITC_NONE;
    if (a == NULL || t->seq <= a->next_seq)
        return true;
    uint32_t before = itc_open_txs_spender(&n->open_txs, &t->issuer, t->seq - 1);
    if (before == ITC_NONE)
        return false;
    *site = n->open_txs.entries[before].anchored;
    return n->window.infos[*site].anchor >= itc_chain_tip_anchor(&n->chain);
}

static void weigh_conflicts(struct itc_node *n)
{
    if (n->mono_ms < n->conflicts_ms)
        return;
    n->conflicts_ms = n->mono_ms + WEIGH_CONFLICTS_MS;
    if (itc_conflicts_refresh(&n->conflicts, &n->open_txs, &n->window, n->mono_ms))
        itc_tips_review(&n->tips);
}

/* Ids of the parents to approve, ascending: the site to build on, if any, and eligible tips. */
static uint32_t choose_parents(
    struct itc_node *n, uint32_t base, struct itc_hash out[ITC_SITE_PARENTS_MAX])
{
    uint32_t tips[ITC_SITE_PARENTS_MAX], count = 0;
    weigh_conflicts(n);
    uint32_t want = itc_tips_parents(&n->tips);
    uint32_t found = itc_tips_choose(&n->tips, &n->window, &n->conflicts, &n->rng, want, tips);
    if (base != ITC_NONE)
        out[count++] = n->window.infos[base].id;
    for (uint32_t i = 0; i < found && count < want; i++) {
        if (tips[i] != base)
            out[count++] = n->window.infos[tips[i]].id;
    }
    itc_hash_sort(out, count);
    return count;
}

/* Builds the site around a queued tx and asks for its work. */
static void start_work(struct itc_node *n, uint32_t slot, uint32_t entry, uint32_t base)
{
    struct itc_work_slot *w = &n->works[slot];
    struct itc_site s = {.anchor = n->chain.head.index};
    s.parent_count = choose_parents(n, base, s.parents);
    s.tx_bytes = itc_slab_get(&n->pool.bodies, n->pool.txs[entry].body, &s.tx_len);
    enum itc_err e = itc_site_encode(w->site, sizeof(w->site), &w->len, &s);
    ITC_ASSERT(e == ITC_OK);
    struct itc_work work;
    struct itc_hash stem;
    itc_site_stem(&stem, &n->chain.id, w->site, w->len);
    itc_pow_init(&work.pow, &n->chain.id, &n->chain.head_id, &stem,
        itc_pow_bits(n->chain.head.work_bits, w->len));
    work.job = itc_node_job(n, ITC_JOB_WORK, slot);
    w->job = work.job;
    w->pool = entry;
    n->works_busy++;
    itc_actions_work(&n->actions, &work);
}

static uint64_t patience(const struct itc_params *p)
{
    uint64_t least = PATIENCE_DEPTHS * (uint64_t)p->depth;
    uint64_t pace_ms = p->interval_ms > 0 ? p->interval_ms : 1;
    uint64_t in_time = (PATIENCE_MS + pace_ms - 1) / pace_ms;
    return in_time > least ? in_time : least;
}

/* Nobody will ever apply it: its time is over, or what it waits for did not come in a long while. */
static bool is_over(const struct itc_node *n, const struct itc_pool_tx *t)
{
    uint64_t head = n->chain.head.index;
    if (t->valid_until != 0)
        return t->valid_until <= head;
    return head - t->accepted > patience(&n->chain.params);
}

/* From the queue to the flow of its issuer, if it may be attached now, and not many of the issuer's wait for their turn to be
 * (their work would be done too soon: they might be dropped). */
static void line_up(struct itc_node *n)
{
    uint32_t tries = n->pool.queued < LINE_UP_TRIES ? n->pool.queued : LINE_UP_TRIES;
    for (uint32_t i = 0; i < tries; i++) {
        uint32_t base, entry = itc_pool_dequeue(&n->pool);
        const struct itc_pool_tx *t = &n->pool.txs[entry];
        if (t->done || is_over(n, t)) {
            finish(n, entry);
            continue;
        }
        const struct itc_account *a = itc_ledger_find(&n->ledger, &t->issuer);
        uint64_t weight = a == NULL ? 1 : itc_fair_weight(a->balance, n->chain.params.dust);
        if (t->not_before > n->chain.head.index || !predecessor(n, t, &base) ||
            itc_fair_waiting(&n->fair, &t->issuer) >= TURNS_AHEAD ||
            !itc_pool_ready(&n->pool, entry, weight))
            itc_pool_queue(&n->pool, entry, t->not_before);
    }
}

void itc_issue_progress(struct itc_node *n)
{
    if (!itc_room_left(n) || n->works_busy == n->config.limits.works)
        return;
    line_up(n);
    for (uint32_t slot = 0; slot < n->config.limits.works; slot++) {
        uint32_t base, entry;
        if (n->works[slot].job != 0)
            continue;
        if ((entry = itc_pool_next(&n->pool)) == ITC_NONE)
            return;
        const struct itc_pool_tx *t = &n->pool.txs[entry];
        bool over = t->done || is_over(n, t);
        bool works = !over && predecessor(n, t, &base);
        itc_pool_take(&n->pool, entry, works);
        if (works)
            start_work(n, slot, entry, base);
        else if (over)
            finish(n, entry);
        else
            itc_pool_queue(&n->pool, entry, t->not_before);
    }
}

void itc_issue_worked(struct itc_node *n, uint64_t job, uint64_t nonce)
{
    struct itc_work_slot *w = &n->works[itc_job_owner(job)];
    if (w->job != job)
        return;
    w->job = 0;
    n->works_busy--;
    struct itc_pool_tx *t = &n->pool.txs[w->pool];
    if (t->done) {
        finish(n, w->pool);
        return;
    }
    struct itc_writer out = itc_writer_of(w->site + w->len - sizeof(nonce), sizeof(nonce));
    itc_write_u64(&out, nonce);
    enum itc_err e = itc_intake_own(n, &t->site, w->site, w->len);
    if (e == ITC_OK || e == ITC_E_DUPLICATE || e == ITC_E_BUSY) {
        t->state = ITC_POOL_OPEN;
        t->held = e == ITC_E_BUSY;
        n->stats.counts[t->tries > 0 ? ITC_COUNT_TXS_REATTACHED : ITC_COUNT_SITES_ISSUED]++;
        return;
    }
    /* A parent was dropped while we worked, or the window is full: again, on other tips. */
    itc_pool_queue(&n->pool, w->pool, e == ITC_E_FULL ? n->chain.head.index + 1 : 0);
}

void itc_issue_attached(struct itc_node *n, const struct itc_hash *tx_id)
{
    uint32_t entry = itc_pool_find(&n->pool, tx_id);
    if (entry != ITC_NONE)
        n->pool.txs[entry].held = false;
}

void itc_issue_verdict(struct itc_node *n, const struct itc_hash *tx_id, enum itc_verdict v)
{
    uint32_t entry = itc_pool_find(&n->pool, tx_id);
    if (entry == ITC_NONE || !itc_verdict_is_final(v))
        return;
    struct itc_pool_tx *t = &n->pool.txs[entry];
    if (t->state == ITC_POOL_OPEN)
        finish(n, entry);
    else if (t->state != ITC_POOL_CHECKING)
        t->done = true;
}

/* An open tx whose sites have left the window without a final verdict: again, at its turn if it was early, and else
 * ever more slowly. One that was pushed out of the queue was no burden to anybody but this node, which may spend one proof
 * of work on it in each milestone. */
static void retry(struct itc_node *n, uint32_t entry)
{
    struct itc_pool_tx *t = &n->pool.txs[entry];
    const struct itc_account *a = itc_ledger_find(&n->ledger, &t->issuer);
    bool early = a != NULL && t->seq > a->next_seq;
    uint32_t wait = early || t->held ? 0 : t->tries < 6 ? 1u << t->tries : 64;
    t->tries += !t->held;
    itc_pool_queue(&n->pool, entry, n->chain.head.index + wait);
}

void itc_issue_head_moved(struct itc_node *n)
{
    itc_fair_next_interval(&n->pool.fair);
    if (n->pool.count == 0)
        return;
    for (uint32_t i = 0; i < n->pool.fresh; i++) {
        struct itc_pool_tx *t = &n->pool.txs[i];
        if (t->state == ITC_POOL_OPEN && itc_open_txs_find(&n->open_txs, &t->id) == ITC_NONE &&
            itc_pending_find(&n->pending, &t->site) == ITC_NONE)
            retry(n, i);
    }
}
