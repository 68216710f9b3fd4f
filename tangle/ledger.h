/* ledger.h - accounts and committee, and what a milestone does to them. Pure. Rules: docs/protocol.md, "Ledger".
 *
 *     committed ledger  --- itc_delta_apply, site by site, in the cone's order --->  delta
 *                       --- itc_delta_settle ------------------------------------->  state root
 *        itc_delta_commit: the delta becomes the ledger      itc_delta_drop: as if it had never been
 *
 * A verdict depends only on the ledger before the milestone and on the sites before it in the order. */
#ifndef ITC_TANGLE_LEDGER_H
#define ITC_TANGLE_LEDGER_H

#include "spv/genesis.h"
#include "spv/tx.h"
#include "tangle/index.h"
#include "tangle/key_sort.h"
#include "tangle/seats.h"
#include "tangle/state_tree.h"

struct itc_ledger_entry {
    struct itc_key key;
    struct itc_account account;
};

struct itc_ledger {
    struct itc_ledger_entry *entries;
    struct itc_index keys;
    uint32_t *next; /* of a free entry: the next free one */
    uint32_t accounts_max;
    uint32_t count;
    uint32_t fresh; /* entries from here on were never used */
    uint32_t free_list;
    struct itc_amount dust;
    struct itc_seats seats; /* set by whoever loads the ledger; in no tree: the header names both */
    struct itc_state_tree tree;
    struct itc_state_change *batch; /* on their way into the tree, ITC_LEDGER_BATCH of them */
};
#define ITC_LEDGER_BATCH 512

/* One account that a milestone touches. */
struct itc_touched {
    struct itc_key key;
    struct itc_account account; /* as it becomes; of a failed tx there is no trace */
    bool existed;               /* in the ledger before this milestone */
    uint32_t entry;             /* there; ITC_NONE if it did not exist */
    struct itc_hash state_key;
};

struct itc_delta {
    uint64_t milestone;
    struct itc_seats seats; /* as they become */
    uint32_t sites_max;
    struct itc_touched *touched; /* at most two a site */
    struct itc_index touched_keys;
    uint32_t touched_count;
    struct itc_hash *applied; /* ids of txs applied in this milestone */
    struct itc_index applied_ids;
    uint32_t applied_count;
    uint32_t accounts;          /* in the ledger, with those this milestone created so far */
    struct itc_key_item *order; /* touched accounts as the tree wants them; 2 x, for sorting */
    uint32_t settled;           /* of these, in the tree's update */
    bool settling;              /* begun; no tx can be applied any more */
};

size_t itc_ledger_size(uint32_t accounts_max, uint32_t cone_sites_max);
void itc_ledger_init(struct itc_ledger *l, struct itc_mem *mem, uint32_t accounts_max,
    uint32_t cone_sites_max, struct itc_amount dust, uint64_t seed);
/* Loading at start (genesis allocations, stored rows), in any order; then itc_ledger_loaded once, which
 * builds the tree.
 *   ITC_E_DUPLICATE  the key was loaded before
 *   ITC_E_FULL       more than accounts_max */
ITC_MUST enum itc_err itc_ledger_load(
    struct itc_ledger *l, const struct itc_key *key, const struct itc_account *a);
void itc_ledger_loaded(struct itc_ledger *l);
/* The committed account, or NULL. Good until the next commit. */
const struct itc_account *itc_ledger_find(const struct itc_ledger *l, const struct itc_key *key);
/* Root of the committed ledger (of the open delta once it is settled: see itc_delta_settle). */
void itc_ledger_root(const struct itc_ledger *l, struct itc_hash *out);
/* Sum of all balances: the supply, always. For checks at start and in tests; walks every account. */
struct itc_amount itc_ledger_total(const struct itc_ledger *l);

/* `sites_max`: cone_sites_max of genesis. */
size_t itc_delta_size(uint32_t sites_max);
void itc_delta_init(struct itc_delta *d, struct itc_mem *mem, uint32_t sites_max, uint64_t seed);
/* Starts an empty delta over the committed ledger for milestone `index` (below 2^44: its first seqs fit). What
 * the last delta did is committed or dropped by now. */
void itc_delta_begin(struct itc_delta *d, const struct itc_ledger *l, uint64_t index);
/* Applies one tx, decoded and so of good form, or not, and says which. At most sites_max calls. */
enum itc_verdict itc_delta_apply(struct itc_delta *d, const struct itc_ledger *l,
    const struct itc_tx *tx, const struct itc_hash *tx_id);
/* Accounts that end empty leave the state. Goes on with the tree for up to `batch` accounts; true when done,
 * and then *root is the ledger's root after this milestone. */
bool itc_delta_settle(
    struct itc_delta *d, struct itc_ledger *l, uint32_t batch, struct itc_hash *root);
/* After settling is done: the delta becomes the ledger; d->touched still lists what changed (balance 0: the
 * account is gone) until the next begin. */
void itc_delta_commit(struct itc_delta *d, struct itc_ledger *l);
/* At any time after begin: nothing happened. */
void itc_delta_drop(struct itc_delta *d, struct itc_ledger *l);

/* Between ledger.c and delta.c. */
uint32_t itc_ledger_find_entry(
    const struct itc_ledger *l, const struct itc_key *key); /* or ITC_NONE */
void itc_ledger_add(struct itc_ledger *l, const struct itc_key *key, const struct itc_account *a);
void itc_ledger_remove(struct itc_ledger *l, uint32_t entry);
void itc_ledger_state_key(struct itc_hash *out, const struct itc_key *key);
/* The change that makes the tree say `a`; a balance of 0 takes the leaf away. */
void itc_ledger_change(
    struct itc_state_change *out, const struct itc_hash *state_key, const struct itc_account *a);

#endif
