/* What a milestone does to the ledger, exactly. The verdict of a tx is the first rule that holds:
 *
 *   1. its id was applied earlier in this milestone                                     -> duplicate
 *   2. its issuer has no account, neither before this milestone nor by it               -> no-account
 *   3. seq < the issuer's next_seq, or next_seq is 2^64 - 1                             -> stale-seq
 *   4. valid_until != 0 and valid_until < index of the milestone                        -> expired
 *   5. seq > next_seq                                                                   -> early-seq
 *   6. it is data                                                                       -> applied
 *   7. a transfer: amount > the issuer's balance                                        -> no-funds
 *      rest = balance - amount; with close: rest != 0                                   -> dust
 *      without close: rest < dust limit (0 is less, too)                                -> dust
 *   8. the receiver has an account: its balance + amount < dust limit                   -> dust
 *      it has none: amount < dust limit                                                 -> dust
 *                   accounts before + created by this milestone so far >= accounts_max  -> full
 *   9.                                                                                  -> applied
 *
 * An applied tx adds 1 to the issuer's next_seq; a transfer sets its balance to rest and adds amount to the
 * receiver's. A receiver without an account gets one with next_seq = index << 20. Any other verdict changes
 * nothing at all.
 *
 * An account whose balance is 0 is there until the end of the milestone: it can issue data, be paid again and
 * go on with its seq, and it counts in rule 8. What is empty at the end leaves the state; what was created and
 * emptied in one milestone never enters it.
 *
 * An account at seq 2^64 - 1 can issue no more: the seq after that one does not exist (rule 3). Milestones would
 * have to pass 2^44 for it to come about. */
#include "spv/mutant.h"
#include "tangle/ledger.h"

#include <string.h>

#define FIRST_SEQ_SHIFT 20
#define MILESTONE_END (UINT64_C(1) << (64 - FIRST_SEQ_SHIFT))

static uint32_t touched_max(uint32_t sites_max)
{
    return 2 * sites_max;
}

size_t itc_delta_size(uint32_t sites_max)
{
    uint32_t touched = touched_max(sites_max);
    return itc_mem_rounded(touched * sizeof(struct itc_touched)) + itc_index_size(touched) +
           itc_mem_rounded(sites_max * sizeof(struct itc_hash)) + itc_index_size(sites_max) +
           itc_mem_rounded(2 * (size_t)touched * sizeof(struct itc_key_item));
}

void itc_delta_init(struct itc_delta *d, struct itc_mem *mem, uint32_t sites_max, uint64_t seed)
{
    uint32_t touched = touched_max(sites_max);
    memset(d, 0, sizeof *d);
    d->sites_max = sites_max;
    d->touched = itc_mem_take(mem, touched * sizeof *d->touched);
    itc_index_init(&d->touched_keys, mem, touched, seed, &d->touched->key, sizeof *d->touched,
        sizeof d->touched->key);
    d->applied = itc_mem_take(mem, sites_max * sizeof *d->applied);
    itc_index_init(
        &d->applied_ids, mem, sites_max, seed, d->applied, sizeof *d->applied, sizeof *d->applied);
    d->order = itc_mem_take(mem, 2 * (size_t)touched * sizeof *d->order);
}

void itc_delta_begin(struct itc_delta *d, const struct itc_ledger *l, uint64_t index)
{
    ITC_ASSERT(index < MILESTONE_END && !l->tree.open);
    d->milestone = index;
    d->seats = l->seats;
    d->seats.checks = 0;
    itc_index_clear(&d->touched_keys);
    d->touched_count = 0;
    itc_index_clear(&d->applied_ids);
    d->applied_count = 0;
    d->accounts = l->count;
    d->settled = 0;
    d->settling = false;
}

/* --- applying --- */

/* An account as a tx sees it, and where it would be written. */
struct party {
    const struct itc_key *key;
    struct itc_account account;
    uint32_t touched; /* ITC_NONE: not yet by this milestone */
    uint32_t entry;   /* ITC_NONE: not in the ledger, or touched */
};

/* False: there is no such account. */
static bool party_find(struct party *out, const struct itc_delta *d, const struct itc_ledger *l,
    const struct itc_key *key)
{
    *out = (struct party){.key = key, .touched = ITC_NONE, .entry = ITC_NONE};
    out->touched = itc_index_find(&d->touched_keys, key->b);
    if (out->touched != ITC_NONE) {
        out->account = d->touched[out->touched].account;
        return true;
    }
    out->entry = itc_ledger_find_entry(l, key);
    if (out->entry != ITC_NONE) {
        out->account = l->entries[out->entry].account;
        return true;
    }
    return false;
}

static void party_write(struct itc_delta *d, const struct party *p)
{
    if (p->touched != ITC_NONE) {
        d->touched[p->touched].account = p->account;
        return;
    }
    ITC_ASSERT(d->touched_count < touched_max(d->sites_max));
    uint32_t at = d->touched_count++;
    d->touched[at] = (struct itc_touched){
        .key = *p->key,
        .account = p->account,
        .existed = p->entry != ITC_NONE,
        .entry = p->entry,
    };
    itc_ledger_state_key(&d->touched[at].state_key, p->key);
    itc_index_add(&d->touched_keys, at);
}

/* Rules 3 to 5. */
static enum itc_verdict check_seq(
    const struct itc_tx *tx, const struct itc_account *issuer, uint64_t milestone)
{
    if ((tx->seq < issuer->next_seq && !ITC_MUTANT("seq-unchecked")) ||
        issuer->next_seq == UINT64_MAX)
        return ITC_VERDICT_STALE_SEQ;
    if (tx->valid_until != 0 && tx->valid_until < milestone)
        return ITC_VERDICT_EXPIRED;
    return tx->seq > issuer->next_seq ? ITC_VERDICT_EARLY_SEQ : ITC_VERDICT_APPLIED;
}

/* Rule 7. */
static enum itc_verdict take(
    struct itc_account *issuer, const struct itc_transfer *t, struct itc_amount dust)
{
    struct itc_amount rest;
    if (itc_amount_sub(&rest, issuer->balance, t->amount))
        return ITC_VERDICT_NO_FUNDS;
    if (t->close ? rest.grains != 0 : rest.grains == 0 || rest.grains < dust.grains)
        return ITC_VERDICT_DUST;
    issuer->balance = rest;
    return ITC_VERDICT_APPLIED;
}

/* Rule 8. `created`: the account is new. */
static enum itc_verdict give(struct party *to, bool *created, const struct itc_delta *d,
    const struct itc_ledger *l, const struct itc_transfer *t)
{
    bool is_new = !party_find(to, d, l, &t->to);
    struct itc_amount sum;
    enum itc_err e = itc_amount_add(&sum, to->account.balance, t->amount);
    ITC_ASSERT(!e); /* all balances together are the supply */
    if (sum.grains < l->dust.grains)
        return ITC_VERDICT_DUST;
    if (is_new) {
        if (d->accounts >= l->accounts_max)
            return ITC_VERDICT_FULL;
        to->account.next_seq = d->milestone << FIRST_SEQ_SHIFT;
    }
    to->account.balance = sum;
    *created = is_new;
    return ITC_VERDICT_APPLIED;
}

static enum itc_verdict transfer(struct itc_delta *d, const struct itc_ledger *l,
    struct itc_account *issuer, const struct itc_tx *tx)
{
    const struct itc_transfer *t = &tx->u.transfer;
    ITC_ASSERT(!itc_key_equal(&t->to, &tx->issuer)); /* no such tx decodes */
    enum itc_verdict v = take(issuer, t, l->dust);
    if (v != ITC_VERDICT_APPLIED)
        return v;
    struct party to;
    bool created;
    v = give(&to, &created, d, l, t);
    if (v == ITC_VERDICT_APPLIED) {
        party_write(d, &to);
        d->accounts += created;
    }
    return v;
}

static enum itc_verdict apply_kind(struct itc_delta *d, const struct itc_ledger *l,
    struct itc_account *issuer, const struct itc_tx *tx)
{
    switch (tx->kind) {
    case ITC_KIND_TRANSFER:
        return transfer(d, l, issuer, tx);
    case ITC_KIND_DATA:
        return ITC_VERDICT_APPLIED;
    case ITC_KIND_COMMITTEE:
        return itc_seats_apply(&d->seats, &tx->u.change);
    }
    ITC_ASSERT(!"a kind that decodes");
    return ITC_VERDICT_COUNT;
}

enum itc_verdict itc_delta_apply(struct itc_delta *d, const struct itc_ledger *l,
    const struct itc_tx *tx, const struct itc_hash *tx_id)
{
    ITC_ASSERT(!d->settling);
    if (itc_index_find(&d->applied_ids, tx_id->b) != ITC_NONE)
        return ITC_VERDICT_DUPLICATE;
    struct party issuer; /* a copy: written back only if the tx applies */
    if (!party_find(&issuer, d, l, &tx->issuer))
        return ITC_VERDICT_NO_ACCOUNT;
    enum itc_verdict v = check_seq(tx, &issuer.account, d->milestone);
    if (v == ITC_VERDICT_APPLIED)
        v = apply_kind(d, l, &issuer.account, tx);
    if (v != ITC_VERDICT_APPLIED)
        return v;
    issuer.account.next_seq++;
    party_write(d, &issuer);
    ITC_ASSERT(d->applied_count < d->sites_max);
    d->applied[d->applied_count] = *tx_id;
    itc_index_add(&d->applied_ids, d->applied_count++);
    return ITC_VERDICT_APPLIED;
}

/* --- settling --- */

static void start_settling(struct itc_delta *d)
{
    /* Those created and emptied, too: removing an absent leaf is nothing. */
    for (uint32_t i = 0; i < d->touched_count; i++)
        d->order[i] = itc_key_item_of(&d->touched[i].state_key, i);
    struct itc_key_item *scratch = d->order + touched_max(d->sites_max);
    itc_key_sort(d->order, scratch, d->touched_count, &d->touched->state_key, sizeof *d->touched);
    d->settling = true;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

bool itc_delta_settle(
    struct itc_delta *d, struct itc_ledger *l, uint32_t batch, struct itc_hash *root)
{
    ITC_ASSERT(batch > 0);
    if (!d->settling)
        start_settling(d);
    uint32_t end = d->settled + least(batch, d->touched_count - d->settled);
    while (d->settled < end) {
        uint32_t count = least(ITC_LEDGER_BATCH, end - d->settled);
        for (uint32_t i = 0; i < count; i++) {
            const struct itc_touched *t = &d->touched[d->order[d->settled + i].number];
            itc_ledger_change(&l->batch[i], &t->state_key, &t->account);
        }
        itc_state_tree_update(&l->tree, l->batch, count);
        d->settled += count;
    }
    if (d->settled < d->touched_count)
        return false;
    itc_ledger_root(l, root);
    return true;
}

void itc_delta_commit(struct itc_delta *d, struct itc_ledger *l)
{
    ITC_ASSERT(d->settling && d->settled == d->touched_count);
    /* Those that go make room for those that come: there are never more than accounts_max. */
    for (uint32_t i = 0; i < d->touched_count; i++) {
        const struct itc_touched *t = &d->touched[i];
        if (t->existed && t->account.balance.grains == 0)
            itc_ledger_remove(l, t->entry);
    }
    for (uint32_t i = 0; i < d->touched_count; i++) {
        const struct itc_touched *t = &d->touched[i];
        if (t->account.balance.grains == 0)
            continue;
        if (t->existed)
            l->entries[t->entry].account = t->account;
        else
            itc_ledger_add(l, &t->key, &t->account);
    }
    l->seats = d->seats;
    itc_state_tree_keep(&l->tree);
    d->settling = false;
}

void itc_delta_drop(struct itc_delta *d, struct itc_ledger *l)
{
    itc_state_tree_drop(&l->tree);
    d->settling = false;
}
