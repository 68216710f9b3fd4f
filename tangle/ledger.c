#include "tangle/ledger.h"

#include <string.h>

#include "spv/sha256.h"

/* A site touches two accounts at most. */
static uint32_t changes_max(uint32_t cone_sites_max)
{
    return 2 * cone_sites_max;
}

size_t itc_ledger_size(uint32_t accounts_max, uint32_t cone_sites_max)
{
    return itc_mem_rounded((size_t)accounts_max * sizeof(struct itc_ledger_entry)) +
           itc_index_size(accounts_max) + itc_mem_rounded((size_t)accounts_max * sizeof(uint32_t)) +
           itc_state_tree_size(accounts_max, changes_max(cone_sites_max)) +
           itc_mem_rounded(ITC_LEDGER_BATCH * sizeof(struct itc_state_change));
}

void itc_ledger_init(struct itc_ledger *l, struct itc_mem *mem, uint32_t accounts_max,
    uint32_t cone_sites_max, struct itc_amount dust, uint64_t seed)
{
    memset(l, 0, sizeof *l);
    l->accounts_max = accounts_max;
    l->free_list = ITC_NONE;
    l->dust = dust;
    l->entries = itc_mem_take(mem, (size_t)accounts_max * sizeof *l->entries);
    itc_index_init(&l->keys, mem, accounts_max, seed, &l->entries->key, sizeof *l->entries,
        sizeof l->entries->key);
    l->next = itc_mem_take(mem, (size_t)accounts_max * sizeof *l->next);
    itc_state_tree_init(&l->tree, mem, accounts_max, changes_max(cone_sites_max));
    l->batch = itc_mem_take(mem, ITC_LEDGER_BATCH * sizeof *l->batch);
}

uint32_t itc_ledger_find_entry(const struct itc_ledger *l, const struct itc_key *key)
{
    return itc_index_find(&l->keys, key->b);
}

void itc_ledger_add(struct itc_ledger *l, const struct itc_key *key, const struct itc_account *a)
{
    uint32_t entry = l->free_list;
    if (entry != ITC_NONE) {
        l->free_list = l->next[entry];
    } else {
        ITC_ASSERT(l->fresh < l->accounts_max);
        entry = l->fresh++;
    }
    l->entries[entry].key = *key;
    l->entries[entry].account = *a;
    itc_index_add(&l->keys, entry);
    l->count++;
}

void itc_ledger_remove(struct itc_ledger *l, uint32_t entry)
{
    itc_index_remove(&l->keys, entry);
    l->entries[entry].account.balance.grains = 0; /* what a walk over all entries adds up */
    l->next[entry] = l->free_list;
    l->free_list = entry;
    l->count--;
}

void itc_ledger_state_key(struct itc_hash *out, const struct itc_key *key)
{
    itc_state_key(out, ITC_STATE_ACCOUNT, key->b, sizeof key->b);
}

void itc_ledger_change(
    struct itc_state_change *out, const struct itc_hash *state_key, const struct itc_account *a)
{
    out->key = *state_key;
    out->remove = a->balance.grains == 0;
    if (!out->remove) {
        uint8_t value[ITC_ACCOUNT_VALUE];
        itc_account_encode(value, a);
        itc_sha256(&out->value_hash, value, sizeof value);
    }
}

/* --- loading --- */

enum itc_err itc_ledger_load(
    struct itc_ledger *l, const struct itc_key *key, const struct itc_account *a)
{
    if (itc_ledger_find_entry(l, key) != ITC_NONE)
        return ITC_E_DUPLICATE;
    if (l->count == l->accounts_max)
        return ITC_E_FULL;
    itc_ledger_add(l, key, a);
    return ITC_OK;
}

void itc_ledger_loaded(struct itc_ledger *l)
{
    ITC_ASSERT(l->fresh == l->count);
    itc_state_tree_begin(&l->tree, l->count);
    for (uint32_t entry = 0; entry < l->count; entry++) {
        const struct itc_ledger_entry *e = &l->entries[entry];
        struct itc_hash key, value_hash;
        itc_account_leaf(&key, &value_hash, &e->key, &e->account);
        itc_state_tree_place(&l->tree, entry, &key, &value_hash);
    }
    itc_state_tree_build(&l->tree);
}

/* --- reading --- */

const struct itc_account *itc_ledger_find(const struct itc_ledger *l, const struct itc_key *key)
{
    uint32_t entry = itc_ledger_find_entry(l, key);
    return entry == ITC_NONE ? NULL : &l->entries[entry].account;
}

void itc_ledger_root(const struct itc_ledger *l, struct itc_hash *out)
{
    itc_state_tree_root(&l->tree, out);
}

struct itc_amount itc_ledger_total(const struct itc_ledger *l)
{
    struct itc_amount total = {0};
    for (uint32_t entry = 0; entry < l->fresh; entry++)
        total.grains += l->entries[entry].account.balance.grains;
    return total;
}
