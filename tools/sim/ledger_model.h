/* ledger_model.h - the ledger once more, from the text of its rules and as plainly as can be: sorted arrays, linear
 * search, copies. It shares nothing with the library but SHA-256 and the struct of a tx; for changes of the committee,
 * see seats_model.h. */
#ifndef ITC_SIM_LEDGER_MODEL_H
#define ITC_SIM_LEDGER_MODEL_H

#include "spv/header.h"
#include "spv/tx.h"
#include "tools/sim/seats_model.h"

#define LEDGER_MODEL_ACCOUNTS_MAX 128
#define LEDGER_MODEL_APPLIED_MAX 4096

struct ledger_model_account {
    uint8_t key[32];
    uint64_t balance;
    uint64_t next_seq;
};

struct ledger_model {
    struct ledger_model_account accounts[LEDGER_MODEL_ACCOUNTS_MAX]; /* ascending keys */
    size_t count;
    size_t accounts_max;
    uint64_t dust;
    struct seats_model seats;
    /* of the open milestone */
    uint64_t milestone;
    uint8_t applied[LEDGER_MODEL_APPLIED_MAX][32];
    size_t applied_count;
};

/* Puts an account in place; a first balance. */
void ledger_model_load(
    struct ledger_model *m, const uint8_t key[32], uint64_t balance, uint64_t next_seq);
struct ledger_model_account *ledger_model_find(
    struct ledger_model *m, const uint8_t key[32]); /* or NULL */
void ledger_model_begin(struct ledger_model *m, uint64_t milestone);
enum itc_verdict ledger_model_apply(
    struct ledger_model *m, const struct itc_tx *tx, const uint8_t tx_id[32]);
/* Accounts that are empty now leave. To drop a milestone, go back to a copy. */
void ledger_model_end(struct ledger_model *m);
void ledger_model_root(const struct ledger_model *m, uint8_t out[32]);
uint64_t ledger_model_total(const struct ledger_model *m);

#endif
