#include "tools/sim/ledger_model.h"

#include <stdlib.h>
#include <string.h>

#include "tools/sim/naive.h"

void ledger_model_load(
    struct ledger_model *m, const uint8_t key[32], uint64_t balance, uint64_t next_seq)
{
    size_t at = 0;
    while (at < m->count && memcmp(m->accounts[at].key, key, 32) < 0)
        at++;
    memmove(&m->accounts[at + 1], &m->accounts[at], (m->count - at) * sizeof m->accounts[0]);
    m->count++;
    memcpy(m->accounts[at].key, key, 32);
    m->accounts[at].balance = balance;
    m->accounts[at].next_seq = next_seq;
}

struct ledger_model_account *ledger_model_find(struct ledger_model *m, const uint8_t key[32])
{
    for (size_t i = 0; i < m->count; i++)
        if (memcmp(m->accounts[i].key, key, 32) == 0)
            return &m->accounts[i];
    return NULL;
}

void ledger_model_begin(struct ledger_model *m, uint64_t milestone)
{
    m->milestone = milestone;
    m->applied_count = 0;
    m->seats.checks = 0;
}

/* Rules 12 to 15. */
static enum itc_verdict check_transfer(struct ledger_model *m, const struct itc_tx *tx)
{
    uint64_t balance = ledger_model_find(m, tx->issuer.b)->balance;
    uint64_t amount = tx->u.transfer.amount.grains;
    if (amount > balance)
        return ITC_VERDICT_NO_FUNDS;
    uint64_t rest = balance - amount;
    if (tx->u.transfer.close && rest != 0)
        return ITC_VERDICT_DUST;
    if (!tx->u.transfer.close && (rest == 0 || rest < m->dust))
        return ITC_VERDICT_DUST;
    const struct ledger_model_account *to = ledger_model_find(m, tx->u.transfer.to.b);
    if (to != NULL)
        return to->balance + amount < m->dust ? ITC_VERDICT_DUST : ITC_VERDICT_APPLIED;
    if (amount < m->dust)
        return ITC_VERDICT_DUST;
    return m->count >= m->accounts_max ? ITC_VERDICT_FULL : ITC_VERDICT_APPLIED;
}

static enum itc_verdict check(
    struct ledger_model *m, const struct itc_tx *tx, const uint8_t tx_id[32])
{
    for (size_t i = 0; i < m->applied_count; i++)
        if (memcmp(m->applied[i], tx_id, 32) == 0)
            return ITC_VERDICT_DUPLICATE;
    const struct ledger_model_account *issuer = ledger_model_find(m, tx->issuer.b);
    if (issuer == NULL)
        return ITC_VERDICT_NO_ACCOUNT;
    if (tx->seq < issuer->next_seq || issuer->next_seq == UINT64_MAX)
        return ITC_VERDICT_STALE_SEQ;
    if (tx->valid_until != 0 && m->milestone > tx->valid_until)
        return ITC_VERDICT_EXPIRED;
    if (tx->seq != issuer->next_seq)
        return ITC_VERDICT_EARLY_SEQ;
    if (tx->kind == ITC_KIND_COMMITTEE)
        return seats_model_apply(&m->seats, &tx->u.change);
    return tx->kind == ITC_KIND_DATA ? ITC_VERDICT_APPLIED : check_transfer(m, tx);
}

enum itc_verdict ledger_model_apply(
    struct ledger_model *m, const struct itc_tx *tx, const uint8_t tx_id[32])
{
    enum itc_verdict v = check(m, tx, tx_id);
    if (v != ITC_VERDICT_APPLIED)
        return v;
    ITC_ASSERT(m->applied_count < LEDGER_MODEL_APPLIED_MAX);
    memcpy(m->applied[m->applied_count++], tx_id, 32);
    ledger_model_find(m, tx->issuer.b)->next_seq++;
    if (tx->kind == ITC_KIND_TRANSFER) {
        uint64_t amount = tx->u.transfer.amount.grains;
        ledger_model_find(m, tx->issuer.b)->balance -= amount;
        if (ledger_model_find(m, tx->u.transfer.to.b) == NULL)
            ledger_model_load(m, tx->u.transfer.to.b, 0, m->milestone * 1048576);
        ledger_model_find(m, tx->u.transfer.to.b)->balance += amount;
    }
    return v;
}

void ledger_model_end(struct ledger_model *m)
{
    size_t left = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->accounts[i].balance > 0)
            m->accounts[left++] = m->accounts[i];
    m->count = left;
}

static void leaf_of(struct naive_leaf *leaf, const struct ledger_model_account *a)
{
    uint8_t tagged[32 + 32 + 1 + 32] = {0}, value[16];
    naive_hash(tagged, "itc/state", 9);
    memcpy(tagged + 32, tagged, 32);
    memcpy(tagged + 65, a->key, 32); /* after the type byte, 0: account */
    naive_hash(leaf->key, tagged, sizeof tagged);
    for (unsigned i = 0; i < 8; i++) {
        value[i] = (uint8_t)(a->balance >> 8 * i);
        value[8 + i] = (uint8_t)(a->next_seq >> 8 * i);
    }
    naive_hash(leaf->value_hash, value, sizeof value);
}

static int by_key(const void *a, const void *b)
{
    const struct naive_leaf *x = a, *y = b;
    return memcmp(x->key, y->key, 32);
}

void ledger_model_root(const struct ledger_model *m, uint8_t out[32])
{
    struct naive_leaf leaves[LEDGER_MODEL_ACCOUNTS_MAX];
    for (size_t i = 0; i < m->count; i++)
        leaf_of(&leaves[i], &m->accounts[i]);
    qsort(leaves, m->count, sizeof leaves[0], by_key);
    naive_state_root(out, leaves, m->count, 0);
}

uint64_t ledger_model_total(const struct ledger_model *m)
{
    uint64_t total = 0;
    for (size_t i = 0; i < m->count; i++)
        total += m->accounts[i].balance;
    return total;
}
